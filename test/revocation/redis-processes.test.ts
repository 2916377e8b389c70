/**
 * Processes that share their revocations: what one revokes, another refuses, also when Redis crashes.
 * @module
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startIssuer } from '../support/app.js'
import { TestRedis, withRedis } from '../support/redis.js'
import { type RevocationProcess, startProcess } from '../support/revocation-process.js'
import { until } from '../support/revocations.js'

const { eu } = await startIssuer(t)
const signIn = () => eu.accessToken({ jti: randomUUID() })

async function setUp(test: Test, replica: boolean) {
  const redis = await TestRedis.start(test)
  const order = { pool: eu.options(), redisPort: redis.port, replica }
  const [one, other] = await Promise.all([startProcess(test, order), startProcess(test, order)])
  for (const { get } of [one, other]) test.ok(await until(async () => (await get(signIn())) === 200, 10_000))
  return { redis, one, other }
}

/** A token whose sign-out was acknowledged. */
interface SignedOut {
  readonly token: string
  readonly at: number
  readonly by: RevocationProcess
}

/** People who sign in at a process, and out again; and who try what was signed out. */
class Load {
  readonly signedOut: SignedOut[] = []
  readonly counts = { passed: 0, refused: 0, unavailable: 0 }
  /** Revoked tokens that passed. */
  readonly faults: string[] = []
  readonly #isExcused: (by: RevocationProcess, signedOut: SignedOut) => boolean
  #isOver = false

  /** @param isExcused - whether a process need not know of a sign-out yet */
  constructor(isExcused: (by: RevocationProcess, signedOut: SignedOut) => boolean) {
    this.#isExcused = isExcused
  }

  async run(process: RevocationProcess): Promise<void> {
    while (!this.#isOver) {
      await this.#signInAndOut(process)
      await this.#tryOne(process)
      await pause(10)
    }
  }

  end(): void {
    this.#isOver = true
  }

  /** Signs in, and out again. */
  async #signInAndOut(process: RevocationProcess): Promise<void> {
    const token = signIn()
    if ((await process.get(token)) === 200) this.counts.passed += 1
    if ((await process.signOut(token)) === 200)
      this.signedOut.push({ token, at: performance.now(), by: process })
    else this.counts.unavailable += 1
  }

  async #tryOne(process: RevocationProcess): Promise<void> {
    const one = this.signedOut[Math.floor(Math.random() * this.signedOut.length)]
    if (!one) return
    const isExcused = this.#isExcused(process, one)
    const status = await process.get(one.token)
    if (status === 401) this.counts.refused += 1
    if (status === 200 && !isExcused) this.faults.push(`after ${performance.now() - one.at} ms`)
  }
}

t.jobs = 2
for (const replica of [false, true]) {
  t.test(replica ? 'copied' : 'asked', { ...withRedis, buffered: true }, async (t) => {
    const { redis, one, other } = await setUp(t, replica)

    t.test('a sign-out in one process is seen by another within a second', async (t) => {
      for (const [here, there] of [
        [one, other],
        [other, one],
      ] as const) {
        const [token, another] = [signIn(), signIn()]
        for (const { get } of [one, other]) t.equal(await get(token), 200)
        t.equal(await here.signOut(token), 200)
        t.equal(await here.get(token), 401, 'at once in the process itself')
        t.ok(await until(async () => (await there.get(token)) === 401, 1000), 'soon in the other one')
        for (const { get } of [one, other]) t.equal(await get(another), 200)
      }
    })

    t.test('a Redis that crashes under load has lost nothing that it acknowledged', async (t) => {
      let downSince = Number.POSITIVE_INFINITY
      // The copy of another process has a second while Redis is there.
      const load = new Load(
        (process, { at, by }) =>
          replica && process !== by && Math.min(performance.now(), downSince) - at < 1000,
      )
      const people = [one, one, other, other].map((process) => load.run(process))
      await pause(2500)
      downSince = performance.now()
      await redis.kill()
      await pause(1000)
      const before = load.signedOut.length
      await redis.start()
      t.ok(await until(() => load.signedOut.length > before + 10, 15_000), 'sign-outs are taken again')
      await pause(2000)
      load.end()
      await Promise.all(people)
      const { passed, refused, unavailable } = load.counts
      t.comment({ signedOut: load.signedOut.length, ...load.counts })
      t.ok(load.signedOut.length > 50 && passed > 50 && refused > 50 && unavailable > 0)
      t.strictSame(load.faults, [], 'no revoked token has passed')
      for (const { get } of [one, other]) {
        t.ok(await until(async () => (await get(signIn())) === 200, 10_000), 'it serves')
        const statuses = await Promise.all(load.signedOut.map(({ token }) => get(token)))
        t.strictSame([...new Set(statuses)], [401], 'all of them are refused')
        t.equal(await get(signIn()), 200, 'and others are not')
      }
    })
  })
}
