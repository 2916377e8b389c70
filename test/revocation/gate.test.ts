/**
 * The gate in front of a store under a clock that the test moves, and marks in memory against a model.
 * @module
 */
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { resolveOptions } from '../../src/options.js'
import { RevocationGate } from '../../src/revocation/gate.js'
import { toMark } from '../../src/revocation/mark.js'
import { MarkTable } from '../../src/revocation/mark-table.js'
import { createMemoryStore } from '../../src/revocation/memory.js'
import { type RevocationMark, toKey } from '../../src/revocation/store.js'
import { createVerifier } from '../../src/verify/verifier.js'
import { startIssuer } from '../support/app.js'

const { eu } = await startIssuer(t)
const DAY = 86_400

async function verifiedToken(test: Test) {
  const verifier = createVerifier(resolveOptions({ pools: { eu: eu.options() } }, {}))
  test.teardown(() => verifier.close())
  return verifier.verify(
    eu.accessToken(),
    verifier.compilePolicy({ names: ['eu'], takesTenants: false }, {}, 'test'),
  )
}

/** A clock that the test moves, and that fires what is due. */
function createClock() {
  let ms = 1000
  let timers: { at: number; action: () => void }[] = []
  return {
    now: () => ms,
    after(delay: number, action: () => void) {
      const timer = { at: ms + delay, action }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
    move(by: number) {
      ms += by
      const due = timers.filter(({ at }) => at <= ms)
      timers = timers.filter(({ at }) => at > ms)
      for (const { action } of due) action()
    },
    waiting: () => timers.length,
  }
}

t.test('a store that fails five times in a row is left alone for five seconds', async (t) => {
  const token = await verifiedToken(t)
  const clock = createClock()
  let asked = 0
  let answer: () => Promise<boolean> = () => new Promise(() => {})
  const store = {
    isRevoked() {
      asked += 1
      return answer()
    },
    revoke() {},
  }
  const gate = new RevocationGate({ store, timeout: 0.05, onError: 'deny' }, () => {}, clock)
  const pass = async () => gate.pass(token)
  const unavailable = (retryAfter: number) => ({ code: 'COGNITO_ERR_REVOCATION_UNAVAILABLE', retryAfter })
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    const refused = t.rejects(pass(), unavailable(attempt < 5 ? 1 : 5))
    clock.move(49)
    t.equal(clock.waiting(), 1, 'it has 50 ms')
    clock.move(1)
    await refused
    t.equal(clock.waiting(), 0)
  }
  t.equal(asked, 5)
  await t.rejects(pass(), unavailable(5))
  clock.move(3500)
  await t.rejects(pass(), unavailable(2))
  t.equal(asked, 5, 'it is not asked')

  clock.move(1500)
  const probe = t.rejects(pass(), unavailable(5))
  await t.rejects(pass(), unavailable(1), 'one request tries, the others do not wait')
  t.equal(asked, 6)
  clock.move(50)
  await probe
  await t.rejects(pass(), unavailable(5), 'it failed again')

  clock.move(5000)
  answer = async () => false
  await pass()
  await Promise.all([pass(), pass(), pass()])
  t.equal(asked, 10, 'it is asked again by everybody')
  answer = async () => true
  for (let attempt = 0; attempt < 7; attempt += 1)
    await t.rejects(pass(), { code: 'COGNITO_ERR_TOKEN_REVOKED' }, 'to refuse is no failure')
  t.equal(clock.waiting(), 0)
})

t.test(
  'what a store knows is believed while it is left alone, and an answer at once ends that',
  async (t) => {
    const token = await verifiedToken(t)
    const clock = createClock()
    const changes: unknown[] = []
    let known: boolean | undefined
    let answer: () => boolean | Promise<boolean> = () => Promise.reject(new Error('down'))
    const store = { recall: () => known, isRevoked: () => answer(), revoke() {} }
    const options = { store, timeout: 0.05, onError: 'allow' } as const
    const gate = new RevocationGate(options, (reason) => changes.push(reason), clock)
    const pass = async () => gate.pass(token)
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await pass()
      clock.move(50)
    }
    t.equal(changes.length, 1)
    known = true
    await t.rejects(
      pass(),
      { code: 'COGNITO_ERR_TOKEN_REVOKED' },
      'though the store is left alone, and onError allows',
    )
    known = false
    await pass()
    known = undefined
    answer = () => true
    await pass()
    clock.move(5000)
    for (let attempt = 0; attempt < 5; attempt += 1)
      await t.rejects(pass(), { code: 'COGNITO_ERR_TOKEN_REVOKED' }, 'asked again by everybody')
    known = 'yes' as never
    await pass()
    t.match(changes.at(-1), /its answer is no boolean/)
  },
)

t.test('what was asked at the same time and fails counts once', async (t) => {
  const token = await verifiedToken(t)
  let asked = 0
  const store = {
    async isRevoked(): Promise<boolean> {
      asked += 1
      throw new Error('a hiccup')
    },
    revoke() {},
  }
  const clock = createClock()
  const gate = new RevocationGate({ store, timeout: 0.05, onError: 'allow' }, () => {}, clock)
  await Promise.all(Array.from({ length: 50 }, () => gate.pass(token)))
  clock.move(60)
  await gate.pass(token)
  t.equal(asked, 51, 'it is asked on')
})

t.test('a store that fails at once is asked each time', async (t) => {
  const token = await verifiedToken(t)
  let asked = 0
  const store = {
    isRevoked(): boolean {
      asked += 1
      throw new Error('no copy yet')
    },
    revoke() {},
  }
  const gate = new RevocationGate({ store, timeout: 0.05, onError: 'deny' }, () => {})
  for (let attempt = 0; attempt < 20; attempt += 1) {
    t.throws(() => gate.pass(token), { code: 'COGNITO_ERR_REVOCATION_UNAVAILABLE', retryAfter: 1 })
  }
  t.equal(asked, 20)
})

t.test('a mark that nobody confirms is given up after half a second', async (t) => {
  const clock = createClock()
  const store = { isRevoked: () => false, revoke: () => new Promise<void>(() => {}) }
  const gate = new RevocationGate({ store, timeout: 0.05, onError: 'deny' }, () => {}, clock)
  const refused = t.rejects(gate.revoke(toMark({ by: 'pool' }, 'p', 0, 5), 'eu'), {
    reason: 'the store of revocations did not take a mark: no answer within 500 ms',
  } as never)
  clock.move(500)
  await refused
})

t.test('a mark lives as long as a token that it concerns can', async (t) => {
  const now = 1_800_000_000
  const longest = DAY + 60 + 300
  const rows = [
    [{ by: 'jti', value: 'x', exp: now + 3600 }, null, now + 3600 + 300],
    [{ by: 'jti', value: 'x', exp: now + 0.5 }, null, now + 1 + 300],
    [{ by: 'jti', value: 'x' }, null, now + 1 + longest + 300],
    [{ by: 'jti', value: 'x', exp: now * 10 }, null, now + 1 + longest + 300],
    [{ by: 'origin_jti', value: 'x' }, null, now + 1 + longest + 300],
    [{ by: 'sub', value: 'x' }, now + 60, now + 60 + longest],
    [{ by: 'client_id', value: 'x', notBefore: now - 1000.5 }, now - 1001, now - 1001 + longest],
    [{ by: 'pool', notBefore: now + 300 }, now + 300, now + 300 + longest],
  ] as const
  for (const [revocation, notBefore, expiresAt] of rows) {
    const { by } = revocation
    const value = 'value' in revocation ? 'x' : ''
    const expected = { key: toKey('p', by, value), userPoolId: 'p', by, value, notBefore, expiresAt }
    t.strictSame(toMark(revocation, 'p', now + 0.25, 5), expected, JSON.stringify(revocation))
  }
})

t.test('no two marks share a key', async () => {
  const part = fc.stringMatching(/^[a:%3A]{0,4}$/)
  const by = fc.constantFrom('jti', 'origin_jti', 'sub', 'client_id', 'pool') as fc.Arbitrary<
    RevocationMark['by']
  >
  const mark = fc.tuple(part, by, part)
  fc.assert(
    fc.property(mark, mark, (one, other) => {
      return (toKey(...one) === toKey(...other)) === (JSON.stringify(one) === JSON.stringify(other))
    }),
    { numRuns: 20_000, seed: 1 },
  )
})

const KEYS = ['a', 'b', 'c', 'd', 'e']
const MAX = 3

/** A table, and the list of all marks that it took. */
class Ledger {
  readonly table = new MarkTable(MAX)
  readonly marks: RevocationMark[] = []
  now = 1_800_000_000

  /** Whether the table took the mark, or had no room for it: an expired one may stay for a minute. */
  add(mark: RevocationMark): boolean {
    const isTaken = this.table.add(mark, this.now)
    const keysAfter = (time: number) =>
      new Set(this.marks.filter(({ expiresAt }) => expiresAt > time).map(({ key }) => key))
    const isFull = keysAfter(this.now - 60).size >= MAX && !keysAfter(this.now).has(mark.key)
    if (isTaken) this.marks.push(mark)
    return this.table.size <= MAX && (isTaken || isFull)
  }

  /** Whether the table refuses what a mark that is alive concerns. */
  holds(key: string, issuedAt: number): boolean {
    const alive = this.marks.filter((mark) => mark.key === key && mark.expiresAt > this.now)
    const isConcerned = alive.some(({ notBefore }) => notBefore === null || issuedAt <= notBefore)
    return !isConcerned || this.table.concerns({ keys: [key], issuedAt } as never)
  }
}

t.test('marks in memory are those of a model that forgets nothing', async () => {
  const step = fc.record({
    key: fc.constantFrom(...KEYS),
    life: fc.integer({ min: 0, max: 400 }),
    age: fc.option(fc.integer({ min: 0, max: 400 })),
    passes: fc.integer({ min: 0, max: 200 }),
  })
  const run = (ledger: Ledger, { key, life, age, passes }: Step) => {
    ledger.now += passes
    const notBefore = age === null ? null : ledger.now - age
    const mark = {
      key,
      userPoolId: '',
      by: 'jti',
      value: '',
      notBefore,
      expiresAt: ledger.now + life,
    } as const
    const times = [500, 200, 0].map((before) => ledger.now - before)
    return ledger.add(mark) && KEYS.every((other) => times.every((time) => ledger.holds(other, time)))
  }
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const ledger = new Ledger()
      return steps.every((one) => run(ledger, one))
    }),
    { numRuns: 5000, seed: 1 },
  )
})

interface Step {
  readonly key: string
  readonly life: number
  readonly age: number | null
  readonly passes: number
}

t.test('memory is given back when marks expire, and a full store has room again', async (t) => {
  let ms = 1_800_000_000_000
  const store = createMemoryStore({ max: 2 }, () => ms)
  const mark = (value: string, seconds: number): RevocationMark => ({
    ...toMark({ by: 'jti', value, exp: ms / 1000 + seconds - 300 }, 'p', ms / 1000, 5),
  })
  const token = (value: string) => ({ keys: [toKey('p', 'jti', value)], issuedAt: ms / 1000 }) as never
  store.revoke(mark('short', 600))
  store.revoke(mark('long', 6000))
  for (const by of ['pool', 'client_id'] as const) {
    store.revoke(toMark({ by, value: 'x', notBefore: Math.floor(ms / 1000) } as never, 'p', ms / 1000, 5))
    t.ok(
      store.isRevoked({ keys: [toKey('p', by, by === 'pool' ? '' : 'x')], issuedAt: ms / 1000 } as never),
      by,
    )
  }
  t.throws(() => store.revoke(mark('third', 600)), {
    name: 'RevocationStoreFullError',
    code: 'REVOCATION_STORE_FULL',
  })
  store.revoke(mark('long', 7000))
  t.ok(store.isRevoked(token('short')))
  t.notOk(store.isRevoked(token('third')))
  ms += 700_000
  store.revoke(mark('third', 600))
  t.notOk(store.isRevoked(token('short')))
  t.ok(store.isRevoked(token('third')))
  ms += 5_400_000
  store.revoke(mark('fourth', 600))
  t.ok(store.isRevoked(token('long')), 'its life has become longer')
})
