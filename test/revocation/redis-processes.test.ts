/**
 * Two processes that share one Redis: a sign-out in the one holds in the other, also when Redis crashes under load.
 * @module
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startIssuer } from '../support/app.js'
import { createChance } from '../support/chance.js'
import { TestRedis, withRedis } from '../support/redis.js'
import { MODES, type RevocationApp, startProcess } from '../support/revocation-process.js'
import { until } from '../support/revocations.js'

const { eu } = await startIssuer(t)
const signIn = () => eu.accessToken({ jti: randomUUID() })

/** Longest wait for what has to happen; milliseconds. */
const WAIT_MS = 90_000

type Pair = readonly [one: RevocationApp, other: RevocationApp]

async function setUp(test: Test) {
  const redis = await TestRedis.start(test)
  const order = { pool: eu.options(), redisPort: redis.port }
  const [one, other] = await Promise.all([startProcess(test, order), startProcess(test, order)])
  const pairs = MODES.map((mode) => ({ mode, pair: [one[mode], other[mode]] as Pair }))
  for (const { pair } of pairs) for (const app of pair) test.ok(await serves(app), 'it serves')
  return { redis, pairs }
}

const serves = ({ get }: RevocationApp) => until(async () => (await get(signIn())) === 200, WAIT_MS)

/** A token whose sign-out was acknowledged. Moments are numbered. */
interface SignedOut {
  readonly token: string
  readonly by: RevocationApp
  readonly begunAt: number
  readonly acknowledgedAt: number
}

/** People who sign in at an application, and out again; and who try what was signed out. */
class Load {
  readonly signedOut: SignedOut[] = []
  readonly counts = { passed: 0, refused: 0, refusedElsewhere: 0, unavailable: 0 }
  /** Revoked tokens that passed. */
  readonly faults: string[] = []
  readonly #isCopied: boolean
  /** The latest sign-out that each application has learnt of by its copy: when it began. */
  readonly #learnt = new Map<RevocationApp, number>()
  readonly #random = createChance(1)
  #moment = 0
  #isOver = false

  constructor(isCopied: boolean) {
    this.#isCopied = isCopied
  }

  async run(app: RevocationApp): Promise<void> {
    while (!this.#isOver) {
      await this.#signInAndOut(app)
      await this.#tryOne(app)
      await pause(5)
    }
  }

  end(): void {
    this.#isOver = true
  }

  /** Signs in, and out again. */
  async #signInAndOut(app: RevocationApp): Promise<void> {
    const token = signIn()
    if ((await app.get(token)) === 200) this.counts.passed += 1
    const begunAt = ++this.#moment
    if ((await app.signOut(token)) === 200)
      this.signedOut.push({ token, by: app, begunAt, acknowledgedAt: ++this.#moment })
    else this.counts.unavailable += 1
  }

  async #tryOne(app: RevocationApp): Promise<void> {
    const one = this.signedOut[Math.floor(this.#random() * this.signedOut.length)]
    if (!one) return
    const isExcused = this.#isExcused(app, one)
    const status = await app.get(one.token)
    if (status === 401) this.#refused(app, one)
    if (status === 200 && !isExcused) this.faults.push(`${one.acknowledgedAt} at ${this.#moment}`)
  }

  /** A copy learns of marks in their order: with one that began after this one was acknowledged, it has this one, too. */
  #isExcused(app: RevocationApp, { by, acknowledgedAt }: SignedOut): boolean {
    return this.#isCopied && app !== by && acknowledgedAt > (this.#learnt.get(app) ?? 0)
  }

  #refused(app: RevocationApp, { by, begunAt }: SignedOut): void {
    this.counts.refused += 1
    if (app === by) return
    this.counts.refusedElsewhere += 1
    this.#learnt.set(app, Math.max(begunAt, this.#learnt.get(app) ?? 0))
  }
}

t.test('two processes', withRedis, async (t) => {
  const { redis, pairs } = await setUp(t)

  t.test('a sign-out in one process is seen by another within a second', async (t) => {
    const ways = pairs.flatMap(({ mode, pair: [one, other] }) => [
      { mode, here: one, there: other },
      { mode, here: other, there: one },
    ])
    for (const { mode, here, there } of ways) {
      const [token, another] = [signIn(), signIn()]
      for (const { get } of [here, there]) t.equal(await get(token), 200)
      t.equal(await here.signOut(token), 200)
      t.equal(await here.get(token), 401, `${mode}: at once in the process itself`)
      t.ok(await until(async () => (await there.get(token)) === 401, 1000), `${mode}: soon in the other one`)
      for (const { get } of [here, there]) t.equal(await get(another), 200)
    }
  })

  t.test('a Redis that crashes under load has lost nothing that it acknowledged', async (t) => {
    const loads = pairs.map(({ mode, pair }) => ({ mode, pair, load: new Load(mode === 'copied') }))
    const people = loads.flatMap(({ pair, load }) => [...pair, ...pair].map((app) => load.run(app)))
    const all = async (isSo: (load: Load) => Promise<boolean>, name: string) => {
      for (const { load } of loads) t.ok(await isSo(load), name)
    }
    await all((load) => takes(load, 35, 15), 'sign-outs are taken')
    await redis.kill()
    await all(({ counts }) => until(() => counts.unavailable > 4, WAIT_MS), 'and not taken')
    await redis.start()
    await all((load) => takes(load, 20, 10), 'and taken again')
    for (const { load } of loads) load.end()
    await Promise.all(people)
    for (const { mode, load } of loads) {
      t.comment({ mode, signedOut: load.signedOut.length, ...load.counts })
      t.strictSame(load.faults, [], `${mode}: no revoked token has passed`)
    }
    const ends = loads.flatMap(({ mode, pair, load }) => pair.map((app) => ({ mode, app, load })))
    for (const { mode, app, load } of ends)
      await assertAllRefused(t, app, load.signedOut, mode === 'copied' ? WAIT_MS : 1)
  })
})

/** Waits until so many more have signed out, and so many have been refused in the other process. */
function takes({ signedOut, counts }: Load, out: number, refused: number): Promise<boolean> {
  const [signedOutBefore, refusedBefore] = [signedOut.length, counts.refusedElsewhere]
  const isThrough = () =>
    signedOut.length >= signedOutBefore + out && counts.refusedElsewhere >= refusedBefore + refused
  return until(isThrough, WAIT_MS)
}

async function assertAllRefused(
  test: Test,
  app: RevocationApp,
  signedOut: readonly SignedOut[],
  withinMs: number,
): Promise<void> {
  test.ok(await serves(app), 'it serves')
  const isRefused = async ({ token }: SignedOut) => (await app.get(token)) === 401
  const areRefused = async () => (await Promise.all(signedOut.map(isRefused))).every(Boolean)
  test.ok(await until(areRefused, withinMs), 'all of them are refused')
  test.equal(await app.get(signIn()), 200, 'and others are not')
}
