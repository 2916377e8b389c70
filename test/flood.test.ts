/**
 * A flood of forged tokens with random keys and otherwise plausible claims: known keys do not notice, and a key that
 * was really published gets through.
 * @module
 */
import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import { monotonicClock } from '../src/clock.js'
import { createLookupQueue, type Lookup } from '../src/lookup-queue.js'
import { createApp, startIssuer } from './support/app.js'
import { forge } from './support/forge.js'

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

t.test(
  '1,000 forged tokens a second: a new key works within 5 s, known keys at once, fetches are few',
  async (t) => {
    const { issuer, eu } = await startIssuer(t)
    const app = await createApp(t, { eu: eu.options() })
    const known = eu.accessToken()
    await app.cognito.verify(known)
    const signature = randomBytes(256).toString('base64url')
    const forged = () =>
      forge(eu, { header: { kid: randomBytes(16).toString('base64') }, signature: () => signature })
    const codes = new Map<string, number>()
    const count = (code: string) => codes.set(code, (codes.get(code) ?? 0) + 1)
    const flood = setInterval(() => {
      for (let index = 0; index < 10; index += 1) {
        app.cognito.verify(forged()).then(
          () => count('in'),
          ({ code }) => count(code),
        )
      }
    }, 10)
    t.teardown(() => clearInterval(flood))

    await pause(2500)
    eu.rotateKeys()
    const fresh = eu.accessToken()
    const published = performance.now()
    let firstSuccess: number | undefined
    let refusedAfterwards = 0
    const users = setInterval(() => {
      app.cognito.verify(fresh).then(
        () => {
          firstSuccess ??= performance.now() - published
        },
        () => {
          if (firstSuccess !== undefined) refusedAfterwards += 1
        },
      )
    }, 50)
    t.teardown(() => clearInterval(users))
    for (let index = 0; index < 60 && firstSuccess === undefined; index += 1) {
      t.match(await app.cognito.verify(known), { pool: 'eu' })
      await pause(100)
    }
    await pause(300)
    t.ok(firstSuccess !== undefined && firstSuccess < 5000, `after ${firstSuccess} ms`)
    // A request that began to wait before the first success may still be answered by then.
    t.ok(refusedAfterwards <= 60, `${refusedAfterwards} refused`)
    const seconds = 2.5 + (firstSuccess ?? 0) / 1000
    const fetches = issuer.fetches.get(eu.userPoolId) ?? 0
    t.ok(fetches <= 13 + seconds / 2, `${fetches} fetches`)
    t.strictSame([...codes.keys()], ['COGNITO_ERR_TOKEN_INVALID'], 'never in, never a 5xx')
  },
)

/** A queue whose lookups end when the test says so. */
function createBench(
  test: Test,
  policy: { lookupBurst: number; lookupIntervalMs: number; maxWaitMs: number },
) {
  // The queue's own timers keep no process alive.
  const alive = setInterval(() => {}, 1000)
  test.teardown(() => clearInterval(alive))
  const started: string[] = []
  const pending: (() => void)[] = []
  const start = (kid: string) => {
    started.push(kid)
    return new Promise<Lookup>((resolve) => pending.push(() => resolve({ outcome: 'absent' })))
  }
  const queue = createLookupQueue(start, { ...monotonicClock, ...policy })
  return { queue, started, end: () => pending.splice(0).map((resolve) => resolve()) }
}

t.test(
  'the next lookup goes to the key that was asked for most often, whether or not somebody waits',
  async (t) => {
    const { queue, started, end } = createBench(t, { lookupBurst: 1, lookupIntervalMs: 150, maxWaitMs: 50 })
    const first = queue.enter('first')
    t.strictSame(started, ['first'])
    end()
    t.match(await first, { outcome: 'absent' })
    const answers = ['a', 'b', 'b', 'c'].map((kid) => queue.enter(kid))
    t.strictSame(
      (await Promise.all(answers)).map(({ outcome }) => outcome),
      Array(4).fill('over budget'),
      'nobody waits for long',
    )
    await pause(150)
    t.strictSame(started, ['first', 'b'])
    end()
    await pause(250)
    t.strictSame(started, ['first', 'b'], 'those asked for once are forgotten')
  },
)

t.test('at most four lookups are in flight, and the end of one begins the next', async (t) => {
  const { queue, started, end } = createBench(t, {
    lookupBurst: 10,
    lookupIntervalMs: 10_000,
    maxWaitMs: 1000,
  })
  const answers = Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((kid) => queue.enter(kid)))
  t.strictSame(started, ['a', 'b', 'c', 'd'])
  end()
  await pause(5)
  t.strictSame(started, ['a', 'b', 'c', 'd', 'e', 'f'])
  end()
  t.ok((await answers).every(({ outcome }) => outcome === 'absent'))
})

t.test('64 requests wait; further ones only count', async (t) => {
  const { queue, started, end } = createBench(t, { lookupBurst: 1, lookupIntervalMs: 100, maxWaitMs: 5000 })
  const first = queue.enter('first')
  end()
  await first
  const waiting = Array.from({ length: 64 }, (_, index) => queue.enter(`waiting-${index}`))
  for (let index = 0; index < 3; index += 1) t.match(await queue.enter('popular'), { outcome: 'over budget' })
  await pause(150)
  t.strictSame(started, ['first', 'popular'])
  queue.clear({ outcome: 'failed', retryAfterMs: 1 })
  t.ok(
    (await Promise.all(waiting)).every(({ outcome }) => outcome === 'failed'),
    'a failure answers all that wait',
  )
  end()
})

t.test('the count of keys is bounded, and the popular ones stay', async (t) => {
  const { queue, started, end } = createBench(t, { lookupBurst: 1, lookupIntervalMs: 400, maxWaitMs: 10 })
  const first = queue.enter('first')
  end()
  await first
  for (let index = 0; index < 8; index += 1) void queue.enter('popular')
  for (let index = 0; index < 10_000; index += 1) void queue.enter(`random-${index}`)
  await pause(500)
  t.strictSame(started, ['first', 'popular'])
  queue.clear({ outcome: 'absent' })
  end()
})

t.test('4,096 keys are counted; one more, and those asked for once are forgotten', async (t) => {
  const { queue, started, end } = createBench(t, {
    lookupBurst: 100,
    lookupIntervalMs: 10_000,
    maxWaitMs: 10,
  })
  const inFlight = ['a', 'b', 'c', 'd']
  for (const kid of inFlight) void queue.enter(kid)
  for (let index = 0; index < 4096; index += 1) void queue.enter(`random-${index}`)
  void queue.enter('late')
  end()
  await pause(5)
  t.strictSame(started, [...inFlight, 'late'])
  end()
})
