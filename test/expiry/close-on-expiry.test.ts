/**
 * A socket does not outlive its token: closed in time and not before, however far away that is, whatever its peer does.
 * @module
 */
import { EventEmitter } from 'node:events'
import t from 'tap'
import type { Clock } from '../../src/base/clock.js'
import { createCloseOnExpiry } from '../../src/expiry/close-on-expiry.js'
import { readToken } from '../../src/expiry/token-in-use.js'
import { type ClosableTarget, closeOnExpiry } from '../../src/index.js'
import { TestClock } from '../support/test-clock.js'

const DAY = 86_400_000

const watch = (target: ClosableTarget, authentication: { payload: { exp: number } } | null, clock: Clock) =>
  createCloseOnExpiry(readToken, clock)(target, authentication)

/** The shape of a WebSocket. It tells what is done to it, and when; its peer agrees to close, or does not. */
function createSocket(clock: TestClock, { agrees = true, terminates = true } = {}) {
  const events = new EventEmitter()
  const calls: [ms: number, ...call: unknown[]][] = []
  const start = clock.now()
  const end = () => {
    socket.readyState = 3
    events.emit('close')
  }
  const socket = {
    readyState: 1,
    close: (code: number, reason: string) => {
      calls.push([clock.now() - start, code, reason])
      socket.readyState = 2
      if (agrees) end()
    },
    addEventListener: (type: 'close', listener: () => void) => void events.on(type, listener),
    ...(terminates && {
      terminate: () => {
        calls.push([clock.now() - start, 'terminate'])
        end()
      },
    }),
  }
  return { socket, calls, end, listeners: () => events.listenerCount('close') }
}

const expiringIn = (clock: TestClock, ms: number) => ({ payload: { exp: (clock.now() + ms) / 1000 } })
const CLOSED = [4401, 'The token expired'] as const

t.test('a socket is closed when its token expires, and not before', async (t) => {
  for (const ms of [1, 1500, 3_600_000, 2 ** 31 + 5000]) {
    const clock = new TestClock()
    const { socket, calls } = createSocket(clock)
    watch(socket, expiringIn(clock, ms), clock)
    await clock.advance(ms - 1)
    t.strictSame(calls, [], `${ms - 1} ms`)
    await clock.advance(1)
    t.strictSame(calls, [[ms, ...CLOSED]], `${ms} ms`)
    await clock.advance(DAY)
    t.equal(calls.length, 1, 'once')
    t.equal(clock.pending, 0)
  }
})

t.test('a token that has expired already closes its socket at once', async (t) => {
  for (const ms of [0, -1, -4000]) {
    const clock = new TestClock()
    const { socket, calls } = createSocket(clock)
    watch(socket, expiringIn(clock, ms), clock)
    t.strictSame(calls, [[0, ...CLOSED]], `${ms} ms`)
  }
})

t.test('a clock that is set forward is noticed within a minute', async (t) => {
  const clock = new TestClock()
  const { socket, calls } = createSocket(clock)
  let ahead = 0
  watch(socket, expiringIn(clock, DAY), { now: () => clock.now() + ahead, after: clock.after })
  await clock.advance(90_000)
  ahead = DAY
  await clock.advance(29_999)
  t.strictSame(calls, [])
  await clock.advance(1)
  t.strictSame(calls, [[120_000, ...CLOSED]])
})

t.test('a peer that does not agree to close is cut off after two seconds', async (t) => {
  const clock = new TestClock()
  const { socket, calls } = createSocket(clock, { agrees: false })
  watch(socket, expiringIn(clock, 1000), clock)
  await clock.advance(DAY)
  t.strictSame(calls, [
    [1000, ...CLOSED],
    [3000, 'terminate'],
  ])
  const plain = createSocket(clock, { agrees: false, terminates: false })
  watch(plain.socket, expiringIn(clock, 1000), clock)
  await clock.advance(DAY)
  t.strictSame(plain.calls, [[1000, ...CLOSED]], 'where it can be cut off')
})

t.test('a socket whose close throws is cut off at once, and its error ends no process', async (t) => {
  const clock = new TestClock()
  const errors: unknown[] = []
  const onError = (error: unknown) => void errors.push(error)
  process.on('uncaughtException', onError)
  t.teardown(() => process.off('uncaughtException', onError))
  const fail = () => {
    throw new Error('a broken socket')
  }
  for (const ms of [-1, 1000]) {
    const { socket, calls } = createSocket(clock)
    watch({ ...socket, close: fail }, expiringIn(clock, ms), clock)
    await clock.advance(1000)
    t.match(calls, [[Number, 'terminate']], `${ms} ms`)
    t.equal(clock.pending, 0)
    watch({ ...socket, readyState: 1, close: fail, terminate: fail }, expiringIn(clock, ms), clock)
    await clock.advance(1000)
    const stubborn = createSocket(clock, { agrees: false })
    watch({ ...stubborn.socket, terminate: fail }, expiringIn(clock, ms), clock)
    await clock.advance(DAY)
    t.match(stubborn.calls, [[Number, ...CLOSED]])
    t.equal(clock.pending, 0)
  }
  await new Promise((resolve) => setImmediate(resolve))
  t.strictSame(errors, [])
})

t.test('a socket that closes takes its timer with it', async (t) => {
  const clock = new TestClock()
  const { socket, calls, end } = createSocket(clock)
  watch(socket, expiringIn(clock, 1000), clock)
  t.equal(clock.pending, 1)
  end()
  t.equal(clock.pending, 0)
  await clock.advance(DAY)
  t.strictSame(calls, [])
})

t.test('a socket that is closing or closed is left alone', async (t) => {
  const clock = new TestClock()
  for (const readyState of [2, 3]) {
    const { socket, calls } = createSocket(clock)
    watch({ ...socket, readyState }, expiringIn(clock, -1000), clock)
    t.strictSame([calls, clock.pending], [[], 0], String(readyState))
  }
  const { socket, calls } = createSocket(clock, { agrees: false })
  watch(socket, expiringIn(clock, 1000), clock)
  await clock.advance(1500)
  watch(socket, expiringIn(clock, DAY), clock)
  await clock.advance(DAY)
  t.equal(calls[1]?.[1], 'terminate', 'a new token comes too late')
})

t.test('a later token replaces the earlier one, however often', async (t) => {
  const clock = new TestClock()
  const { socket, calls, listeners } = createSocket(clock)
  for (let index = 0; index < 20; index += 1) {
    watch(socket, expiringIn(clock, 2000), clock)
    await clock.advance(1000)
  }
  t.strictSame([calls, clock.pending, listeners()], [[], 1, 1])
  watch(socket, expiringIn(clock, 10), clock)
  await clock.advance(500)
  t.strictSame(calls, [[20_010, ...CLOSED]], 'one that ends earlier, too')
})

t.test('without credentials nothing happens', async (t) => {
  const clock = new TestClock()
  const { socket, calls, listeners } = createSocket(clock)
  watch(socket, null, clock)
  t.strictSame([calls, clock.pending, listeners()], [[], 0, 0])
  watch(socket, expiringIn(clock, 1000), clock)
  watch(socket, null, clock)
  await clock.advance(DAY)
  t.strictSame(calls, [[1000, ...CLOSED]], 'and an earlier token still counts')
})

t.test('by the time of day: no timer keeps the process alive', async (t) => {
  const clock = new TestClock()
  const { socket, calls } = createSocket(clock)
  closeOnExpiry(socket, { payload: { exp: Date.now() / 1000 + 86_400 } })
  t.strictSame(calls, [])
  t.equal(process.getActiveResourcesInfo().includes('Timeout'), false)
  closeOnExpiry(socket, { payload: { exp: Date.now() / 1000 + 0.05 } })
  while (calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  t.match(calls, [[0, ...CLOSED]])
})

t.test('wrong arguments are a TypeError', async (t) => {
  const clock = new TestClock()
  const { socket } = createSocket(clock)
  const close = closeOnExpiry as (...values: unknown[]) => void
  const good = expiringIn(clock, 1000)
  for (const wrong of [
    undefined,
    null,
    7,
    'socket',
    {},
    { ...socket, close: 1 },
    { ...socket, readyState: 'open' },
  ]) {
    t.throws(() => close(wrong, good), { name: 'TypeError', message: /^closeOnExpiry: expected a WebSocket/ })
    t.throws(() => close(wrong, null), TypeError, 'whoever is authenticated')
  }
  const { addEventListener: _, ...deaf } = socket
  t.throws(() => close(deaf, good), { name: 'TypeError', message: /^closeOnExpiry: expected a WebSocket/ })
  for (const wrong of [undefined, 7, {}, { payload: null }, { payload: {} }, { claims: good.payload }]) {
    t.throws(() => close(socket, wrong), {
      name: 'TypeError',
      message: /^closeOnExpiry: expected request\.cognito/,
    })
  }
  for (const exp of ['1', Number.NaN, Number.POSITIVE_INFINITY, null]) {
    t.throws(() => close(socket, { payload: { exp } }), TypeError, String(exp))
  }
  t.equal(clock.pending, 0)
})
