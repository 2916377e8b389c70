/**
 * `expirySignal` fires when a token expires, with the refusal that a request would get, and keeps nothing longer than it has to.
 * @module
 */
import { getEventListeners } from 'node:events'
import t from 'tap'
import { createExpirySignal } from '../../src/expiry/expiry-signal.js'
import { readToken } from '../../src/expiry/token-in-use.js'
import { CognitoError, type ExpirySignalOptions, expirySignal } from '../../src/index.js'
import { exposeGarbageCollector } from '../support/garbage.js'
import { TestClock } from '../support/test-clock.js'

const DAY = 86_400_000
const collectGarbage = exposeGarbageCollector()

/** A signal by a clock that the test moves. */
function signalIn(clock: TestClock, ms: number, options?: ExpirySignalOptions): AbortSignal {
  const exp = (clock.now() + ms) / 1000
  return createExpirySignal(readToken, clock)({ pool: 'eu', payload: { exp } }, options)
}

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length

t.test('a signal fires when the token expires, and not before', async (t) => {
  for (const ms of [1, 1500, 3_600_000, 2 ** 31 + 5000]) {
    const clock = new TestClock()
    const signal = signalIn(clock, ms)
    let heard = 0
    signal.addEventListener('abort', () => {
      heard += 1
    })
    await clock.advance(ms - 1)
    t.equal(signal.aborted, false, `${ms - 1} ms`)
    await clock.advance(1)
    t.equal(signal.aborted, true, `${ms} ms`)
    t.type(signal.reason, CognitoError)
    t.match(signal.reason, {
      code: 'COGNITO_ERR_TOKEN_EXPIRED',
      reasonCode: 'TOKEN_EXPIRED',
      statusCode: 401,
      pool: 'eu',
    })
    await clock.advance(DAY)
    t.strictSame([heard, clock.pending], [1, 0])
  }
})

t.test('a token that has expired already has a signal that has fired', async (t) => {
  for (const ms of [0, -1, -4000]) {
    const clock = new TestClock()
    const { signal } = new AbortController()
    for (const fired of [signalIn(clock, ms), signalIn(clock, ms, { signal })]) {
      t.equal(fired.aborted, true)
      t.equal(fired.reason.code, 'COGNITO_ERR_TOKEN_EXPIRED')
    }
    t.strictSame([clock.pending, listeners(signal)], [0, 0])
  }
})

t.test('a clock that is set is noticed within a minute, in both directions', async (t) => {
  const clock = new TestClock()
  let ahead = 0
  const moved = { now: () => clock.now() + ahead, after: clock.after }
  const payload = { exp: (clock.now() + 90_000) / 1000 }
  const signal = createExpirySignal(readToken, moved)({ payload })
  await clock.advance(1)
  ahead = -600_000
  await clock.advance(600_000)
  t.equal(signal.aborted, false)
  ahead = 0
  await clock.advance(60_000)
  t.equal(signal.aborted, true)
  t.equal(signal.reason.pool, undefined)
})

t.test('the signal of a request ends the signal of its token, and nothing is left', async (t) => {
  const clock = new TestClock()
  const leaving = new AbortController()
  const signal = signalIn(clock, DAY, { signal: leaving.signal })
  t.strictSame([clock.pending, listeners(leaving.signal)], [1, 1])
  const reason = new Error('the client has left')
  leaving.abort(reason)
  t.strictSame([signal.aborted, clock.pending], [true, 0])
  t.equal(signal.reason, reason)
  const late = signalIn(clock, DAY, { signal: leaving.signal })
  t.equal(late.reason, reason, 'a client that has left already')
  t.equal(clock.pending, 0)
})

t.test('ten thousand streams leave no timers and no listeners', async (t) => {
  const clock = new TestClock()
  const process = new AbortController()
  const ended = Array.from({ length: 10_000 }, () => {
    const leaving = new AbortController()
    const signal = signalIn(clock, DAY, { signal: leaving.signal })
    leaving.abort()
    return signal
  })
  t.ok(ended.every(({ aborted }) => aborted))
  t.equal(clock.pending, 0)
  for (let index = 0; index < 1000; index += 1) signalIn(clock, 1000, { signal: process.signal })
  t.strictSame([clock.pending, listeners(process.signal)], [1000, 1], 'one listener for all')
  await clock.advance(1000)
  t.strictSame([clock.pending, listeners(process.signal)], [0, 1])
})

t.test('a signal that lives longer forgets the tokens that have ended', async (t) => {
  const clock = new TestClock()
  const { signal } = new AbortController()
  const refs = Array.from({ length: 100 }, () => new WeakRef(signalIn(clock, 1000, { signal })))
  await clock.advance(1000)
  // A reference is kept until the next turn of the event loop.
  await new Promise((resolve) => setImmediate(resolve))
  collectGarbage()
  t.ok(refs.filter((ref) => ref.deref() !== undefined).length <= 1)
  t.equal(signal.aborted, false)
})

t.test('one signal for many streams ends them all, and Node warns of nothing', async (t) => {
  const clock = new TestClock()
  const warnings: Error[] = []
  const onWarning = (warning: Error) => void warnings.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const leaving = new AbortController()
  const reason = new Error('the server closes')
  const signals = Array.from({ length: 30 }, (_, index) =>
    signalIn(clock, index < 10 ? 1000 : DAY, { signal: leaving.signal }),
  )
  await clock.advance(1000)
  t.equal(signals.filter(({ aborted }) => aborted).length, 10)
  leaving.abort(reason)
  t.ok(signals.slice(10).every((signal) => signal.reason === reason))
  t.match(signals[0]?.reason, { code: 'COGNITO_ERR_TOKEN_EXPIRED' })
  t.equal(clock.pending, 0)
  await new Promise((resolve) => setImmediate(resolve))
  t.strictSame(warnings, [])
})

t.test('without credentials no token ends', async (t) => {
  const clock = new TestClock()
  const create = createExpirySignal(readToken, clock)
  const signal = create(null)
  await clock.advance(400 * DAY)
  t.strictSame([signal.aborted, clock.pending], [false, 0])
  const leaving = new AbortController()
  const joined = create(null, { signal: leaving.signal })
  t.equal(joined.aborted, false)
  leaving.abort()
  t.equal(joined.aborted, true)
})

t.test('by the time of day: no timer keeps the process alive', async (t) => {
  const now = () => Date.now() / 1000
  const signal = expirySignal({ payload: { exp: now() + 86_400 } })
  t.equal(signal.aborted, false)
  t.equal(process.getActiveResourcesInfo().includes('Timeout'), false)
  const soon = expirySignal({ payload: { exp: now() + 0.05 } }, {})
  while (!soon.aborted) await new Promise((resolve) => setTimeout(resolve, 10))
  t.throws(() => soon.throwIfAborted(), { code: 'COGNITO_ERR_TOKEN_EXPIRED' })
})

t.test('wrong arguments are a TypeError', async (t) => {
  const create = expirySignal as (...values: unknown[]) => AbortSignal
  const good = { payload: { exp: Date.now() / 1000 + 60 } }
  for (const wrong of [
    undefined,
    7,
    'token',
    {},
    { payload: null },
    { payload: {} },
    { claims: good.payload },
  ]) {
    t.throws(() => create(wrong), { name: 'TypeError', message: /^expirySignal: expected request\.cognito/ })
  }
  for (const exp of ['1', Number.NaN, Number.POSITIVE_INFINITY, null]) {
    t.throws(() => create({ payload: { exp } }), TypeError, String(exp))
  }
  for (const signal of [null, 7, {}, new AbortController(), { aborted: false }]) {
    const expected = { name: 'TypeError', message: /^expirySignal\.signal: expected an AbortSignal; found/ }
    t.throws(() => create(good, { signal }), expected)
    t.throws(() => create(null, { signal }), expected, 'whoever is authenticated')
  }
  t.throws(() => create(good, { sginal: 1 }), {
    name: 'TypeError',
    message: /^expirySignal\.sginal: .*signal/,
  })
  t.throws(() => create(good, null), TypeError)
  t.equal(create(good, { signal: undefined }).aborted, false)
})
