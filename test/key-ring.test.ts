/**
 * The keys of a pool under a clock that the test moves: how long they are trusted, who is asked, who waits.
 * @module
 */
import t, { type Test } from 'tap'
import { monotonicClock } from '../src/clock.js'
import { type EndpointPolicy, JwksEndpoint } from '../src/jwks-endpoint.js'
import { KeyRing, type KeyRingPolicy } from '../src/key-ring.js'
import { TestIssuer, type TestPool } from '../src/testing.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

interface Bench {
  readonly ring: KeyRing<{ pem: string }>
  readonly clock: { ms: number }
  readonly issuer: TestIssuer
  readonly pool: TestPool
  readonly asked: () => number
  /** Looks a key up the way a request does: held, or found. */
  readonly use: () => Promise<string>
  readonly first: JwksEndpoint
  /** For endpoints and rings of the test's own. */
  readonly policy: EndpointPolicy & KeyRingPolicy
}

async function setUp(test: Test, limits: { timeoutMs?: number; maxWaitMs?: number } = {}): Promise<Bench> {
  const issuer = await TestIssuer.start()
  test.teardown(() => issuer.close())
  const pool = issuer.createPool()
  const clock = { ms: 1_000_000 }
  const policy = {
    pool: 'eu',
    timeoutMs: limits.timeoutMs ?? 1000,
    lookupBurst: 10,
    lookupIntervalMs: 2000,
    refreshAfterMs: 5 * MINUTE,
    staleIfErrorMs: 24 * HOUR,
    random: () => 1,
    after: monotonicClock.after,
    now: () => clock.ms,
  }
  const endpoint = new JwksEndpoint(pool.jwksUrl, { ...policy, maxWaitMs: 100 })
  test.teardown(() => endpoint.close())
  const ringPolicy = { ...policy, maxWaitMs: limits.maxWaitMs ?? 3000, random: () => 0.5 }
  const ring = new KeyRing([endpoint], (pem) => ({ pem }), ringPolicy)
  const use = async () => (ring.held(pool.kid()) ? 'held' : (await ring.find(pool.kid(), endpoint)).outcome)
  return {
    ring,
    clock,
    issuer,
    pool,
    use,
    first: endpoint,
    policy: ringPolicy,
    asked: () => issuer.fetches.get(pool.userPoolId) ?? 0,
  }
}

/** Lets a background re-check end. */
const settle = (ms = 60) => new Promise((resolve) => setTimeout(resolve, ms))

t.test('a cold herd is one lookup a key', async (t) => {
  const { ring, pool, first, asked } = await setUp(t)
  t.equal(ring.status().state, 'cold')
  const found = await Promise.all(Array.from({ length: 1000 }, () => ring.find(pool.kid(), first)))
  t.equal(
    new Set(found.map((result) => result.outcome === 'found' && result.key)).size,
    1,
    'and one key object',
  )
  t.equal(asked(), 1)
  t.match(ring.status(), {
    state: 'ok',
    keys: [{ ageSeconds: 0 }],
    lastSuccessSeconds: 0,
    lastFailure: undefined,
  })
})

t.test('a held key is used at once, and re-checked in the background after its time', async (t) => {
  const { use, clock, asked, ring, pool } = await setUp(t)
  t.equal(await use(), 'found')
  const key = ring.held(pool.kid())
  clock.ms += 5 * MINUTE
  t.equal(await use(), 'held')
  await settle()
  t.equal(asked(), 1)
  clock.ms += 1
  t.equal(await use(), 'held')
  t.equal(await use(), 'held')
  await settle()
  t.equal(asked(), 2, 'one re-check, however many uses')
  clock.ms += 5 * MINUTE
  t.equal(ring.held(pool.kid()), key, 'confirmed: the same key object')
})

t.test('a key that was taken out of the set is dropped by the next re-check', async (t) => {
  const { use, clock, pool, ring } = await setUp(t)
  await use()
  const old = pool.kid()
  pool.rotateKeys({ keepOld: false })
  clock.ms += 5 * MINUTE + 1
  t.ok(ring.held(old), 'used once more')
  await settle()
  t.equal(ring.held(old), undefined)
  t.equal(await use(), 'found', 'and the new key is found')
})

t.test('of two refreshes at once, the answer of the later one counts', async (t) => {
  const { use, pool, ring, asked } = await setUp(t)
  await use()
  const { keys } = pool.keySet()
  pool.keySet = () => ({ keys: asked() < 3 ? keys : [{ kid: 'other' }] })
  t.strictSame(await Promise.all([ring.refresh(), ring.refresh()]), [true, true])
  t.equal(asked(), 3)
  t.equal(ring.held(pool.kid()), undefined)
})

t.test('a key whose material changed is replaced', async (t) => {
  const { use, clock, pool, ring } = await setUp(t)
  await use()
  const before = ring.held(pool.kid())
  const kid = pool.kid()
  const keySet = pool.keySet()
  pool.rotateKeys({ keepOld: false })
  const fresh = pool.keySet().keys.find(({ kid }) => kid === pool.kid())
  pool.keySet = () => ({ keys: [...keySet.keys.filter((key) => key['kid'] !== kid), { ...fresh, kid }] })
  clock.ms += 5 * MINUTE + 1
  ring.held(kid)
  await settle()
  t.not(ring.held(kid), before)
  t.ok(ring.held(kid))
})

t.test('an outage takes no key away for 24 hours, and nobody waits for it', async (t) => {
  const { use, clock, issuer, asked, ring } = await setUp(t)
  await use()
  issuer.down = true
  for (const hours of [0, 1, 2, 6, 6, 6]) {
    clock.ms += hours === 0 ? 5 * MINUTE + 1 : hours * HOUR
    t.equal(
      await use(),
      hours === 0 ? 'held' : 'found',
      `${hours} hours later: after idling, one use asks first`,
    )
    t.equal(await use(), 'held')
    await settle(450)
  }
  t.equal(asked(), 13, 'one lookup a back-off step, of two attempts')
  t.match(ring.status(), { state: 'degraded', lastFailure: { reason: 'status' } })
  clock.ms += 4 * HOUR
  t.match(ring.status(), { state: 'down', keys: [] }, 'a key past its time counts no more')
  t.equal(await use(), 'unavailable')
  t.match(ring.status(), { state: 'down', keys: [] })
  issuer.down = false
  clock.ms += MINUTE
  t.equal(await use(), 'found')
  t.match(ring.status(), { state: 'ok', lastSuccessSeconds: 0 })
})

t.test('a process that idled asks before it trusts an old key', async (t) => {
  const { use, clock, issuer, pool } = await setUp(t)
  await use()
  clock.ms += 10 * MINUTE + 1
  t.equal(await use(), 'found', 'confirmed in the foreground')
  clock.ms += 10 * MINUTE + 1
  issuer.down = true
  t.equal(await use(), 'found', 'an endpoint that fails takes no key away')
  t.equal(await use(), 'held', 'and from then on nobody waits')
  issuer.down = false
  clock.ms += 11 * MINUTE
  await use()
  await settle()
  const old = pool.kid()
  pool.rotateKeys({ keepOld: false })
  clock.ms += 11 * MINUTE
  pool.kid = () => old
  t.equal(await use(), 'absent')
})

t.test('a failure of long ago does not spare an idle process the question', async (t) => {
  const { use, clock, issuer, pool, ring } = await setUp(t)
  await use()
  issuer.down = true
  clock.ms += 5 * MINUTE + 1
  t.equal(await use(), 'held')
  await settle(450)
  issuer.down = false
  const old = pool.kid()
  pool.rotateKeys({ keepOld: false })
  clock.ms += 20 * HOUR
  t.equal(ring.held(old), undefined)
})

t.test('a key past its time is asked for again without a slot of the budget', async (t) => {
  const { use, clock, ring, first, pool, issuer } = await setUp(t)
  await use()
  clock.ms += 25 * HOUR
  for (let index = 0; index < 12; index += 1) await ring.find(`unknown-${index}`, first)
  t.match(await ring.find('unknown', first), { outcome: 'over budget' })
  t.equal(await use(), 'found')
  clock.ms += 25 * HOUR
  issuer.down = true
  t.equal(await use(), 'unavailable')
  issuer.down = false
  pool.rotateKeys({ keepOld: false })
})

t.test('a waiting request is released in time, with the key that is held if there is one', async (t) => {
  const { use, clock, issuer, ring, pool, first } = await setUp(t, { timeoutMs: 400, maxWaitMs: 50 })
  issuer.delay = 200
  t.match(await ring.find(pool.kid(), first), { outcome: 'unavailable', retryAfterMs: 1000 })
  await new Promise((resolve) => setTimeout(resolve, 300))
  t.equal(await use(), 'held', 'the lookup went on')
  clock.ms += 11 * MINUTE
  t.equal(await use(), 'found', 'released with the old key')
})

t.test('a cold pool that nobody answers for is unavailable, at once during the back-off', async (t) => {
  const { use, issuer, asked, ring, first, clock } = await setUp(t)
  issuer.down = true
  t.equal(await use(), 'unavailable')
  t.match(await ring.find('another', first), { outcome: 'unavailable', retryAfterMs: 1000 })
  t.equal(asked(), 2, 'one lookup of two attempts')
  issuer.down = false
  clock.ms += 1000
  t.equal(await use(), 'found')
})

t.test(
  'two URLs: the issuer’s own first, the other one should it fail, and a definite answer is final',
  async (t) => {
    const issuer = await TestIssuer.start()
    t.teardown(() => issuer.close())
    const [original, updated] = [issuer.createPool(), issuer.createPool()]
    updated.keySet = () => original.keySet()
    const clock = { ms: 1000 }
    const policy = {
      timeoutMs: 1000,
      lookupBurst: 2,
      lookupIntervalMs: 2000,
      pool: 'eu',
      maxWaitMs: 100,
      after: monotonicClock.after,
      now: () => clock.ms,
      random: () => 1,
    }
    const missing = new JwksEndpoint(`${issuer.origin}/nowhere/.well-known/jwks.json`, policy)
    const good = new JwksEndpoint(original.jwksUrl, policy)
    const ring = new KeyRing([good, missing], (pem) => pem, {
      refreshAfterMs: MINUTE,
      staleIfErrorMs: HOUR,
      maxWaitMs: 3000,
      random: () => 0.5,
      after: monotonicClock.after,
      now: () => clock.ms,
    })
    t.match(await ring.find(original.kid(), missing), { outcome: 'found' })
    t.match(ring.status(), { state: 'ok', lastFailure: { reason: 'status' } }, 'one answering URL is enough')
    t.match(await ring.find('unknown', missing), { outcome: 'absent' })
    t.equal(issuer.fetches.get('nowhere'), 1, 'one fetch a back-off step')
    t.match(await ring.find('unknown-2', missing), { outcome: 'over budget' })
    clock.ms += MINUTE + 1
    t.ok(ring.held(original.kid()))
    await settle()
    t.equal(issuer.fetches.get('nowhere'), 1, 'a re-check asks the URL that confirmed the key')
  },
)

t.test(
  '"no such key" from another URL than the one that confirmed the key takes it from nobody',
  async (t) => {
    const { issuer, first, pool, policy } = await setUp(t)
    const empty = issuer.createPool()
    empty.keySet = () => ({ keys: [{ kid: 'other' }] })
    const other = new JwksEndpoint(empty.jwksUrl, policy)
    t.teardown(() => other.close())
    const ring = new KeyRing([first, other], (pem) => pem, policy)
    t.match(await first.lookUp(pool.kid()), { outcome: 'found' })
    t.match(await other.lookUp(pool.kid()), { outcome: 'absent' })
    t.ok(ring.held(pool.kid()))
  },
)

t.test('a key from which no check can be made is as good as not published', async (t) => {
  const { first, pool, policy } = await setUp(t)
  let isUsable = false
  const ring = new KeyRing(
    [first],
    (pem) => {
      if (isUsable) return pem
      throw new Error('no such key type')
    },
    policy,
  )
  t.match(await ring.find(pool.kid(), first), { outcome: 'absent' })
  isUsable = true
  t.match(await ring.find(pool.kid(), first), { outcome: 'found' })
  isUsable = false
  const kid = pool.kid()
  pool.rotateKeys({ keepOld: false })
  const [successor] = pool.keySet().keys
  pool.keySet = () => ({ keys: [{ ...successor, kid }] })
  t.ok(ring.held(kid))
  t.equal(await ring.refresh(), true)
  t.equal(ring.held(kid), undefined, 'and takes the key that it replaces away')
})
