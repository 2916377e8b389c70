/**
 * The clocks: which of them goes on while a test holds the time of the process, and which of them follows the test.
 * @module
 */
import t from 'tap'
import {
  afterReading,
  createWakingClock,
  monotonicClock,
  timeOfDay,
  wallClock,
} from '../../src/base/clock.js'

/** Replaces global members until it is disposed of. */
function replace(members: Readonly<Record<string, unknown>>): Disposable {
  const before = Object.fromEntries(Object.keys(members).map((name) => [name, Reflect.get(globalThis, name)]))
  Object.assign(globalThis, members)
  return { [Symbol.dispose]: () => void Object.assign(globalThis, before) }
}

/** Timers of a test runner, which wait until they are called. */
function fakeTimers() {
  const timers: { action: () => void; ms: number }[] = []
  const cleared: unknown[] = []
  const fakes = {
    setTimeout: (action: () => void, ms: number) => timers.push({ action, ms }),
    clearTimeout: (timer: unknown) => void cleared.push(timer),
    setImmediate: () => {
      throw new Error('setImmediate is held')
    },
  }
  return { timers, cleared, fakes }
}

t.test('the time of day is read at each call', async (t) => {
  const before = Date.now
  t.teardown(() => {
    Date.now = before
  })
  Date.now = () => 7
  t.strictSame([timeOfDay(), wallClock.now()], [7, 7])
  class FakeDate extends Date {
    static override now = () => 8
  }
  using _ = replace({ Date: FakeDate })
  t.strictSame([timeOfDay(), wallClock.now()], [8, 8], 'of a Date that is replaced, too')
  t.equal(createWakingClock({ now: () => 1, after: monotonicClock.after }).now(), 8)
})

t.test('deadlines go on while a test holds the timers', async (t) => {
  const { timers, cleared, fakes } = fakeTimers()
  using _ = replace({ ...fakes, performance: { now: () => 0 } })
  const start = monotonicClock.now()
  // The timers do not keep the process alive, so the test does.
  const keeper = setInterval(() => {}, 1000)
  await new Promise<void>((resolve) => {
    monotonicClock.after(60_000, () => {})()
    monotonicClock.after(20, resolve)
  })
  clearInterval(keeper)
  t.ok(monotonicClock.now() - start >= 15)
  await new Promise<void>((resolve) => afterReading(resolve))
  t.strictSame([timers, cleared], [[], []])
})

t.test('what the claims of a token decide follows the timers of a test', async (t) => {
  const { timers, cleared, fakes } = fakeTimers()
  using _ = replace(fakes)
  let count = 0
  const cancel = wallClock.after(3_600_000, () => {
    count += 1
  })
  t.match(timers, [{ ms: 3_600_000 }])
  timers[0]?.action()
  t.equal(count, 1)
  cancel()
  t.strictSame(cleared, [1], 'a timer that is a number, as in a simulated browser')
})

t.test('no timer keeps the process alive', async (t) => {
  const cancel = [monotonicClock, wallClock].map(({ after }) => after(60_000, () => {}))
  t.equal(process.getActiveResourcesInfo().includes('Timeout'), false)
  for (const end of cancel) end()
})
