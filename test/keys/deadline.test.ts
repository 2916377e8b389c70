/**
 * Deadlines in time that the process lived through, and pauses, under a clock that the test moves and freezes.
 * @module
 */
import { getEventListeners } from 'node:events'
import t from 'tap'
import type { Clock } from '../../src/base/clock.js'
import { pause, startDeadline } from '../../src/keys/deadline.js'
import { TestClock } from '../support/test-clock.js'

/** Begins a deadline; `ended` counts how often its end was told. */
function begin(ms: number, graceMs: number) {
  const clock = new TestClock()
  const seen = { ended: 0, slices: [] as number[] }
  // The reading alone moves: no timer has run yet, as when an answer is read before the timers after a freeze.
  const skew = { ms: 0 }
  const watched: Clock = {
    now: () => clock.now() + skew.ms,
    after(sliceMs, action) {
      seen.slices.push(sliceMs)
      return clock.after(sliceMs, action)
    },
  }
  const deadline = startDeadline(watched, ms, graceMs, () => {
    seen.ended += 1
  })
  return { clock, deadline, seen, skew }
}

t.test('a deadline ends when its time has been lived through, in slices of 100 ms', async (t) => {
  for (const [ms, slices] of [
    [250, [100, 100, 50]],
    [40, [40]],
    [1000, Array.from({ length: 10 }, () => 100)],
  ] as const) {
    const { clock, deadline, seen } = begin(ms, 500)
    await clock.advance(ms - 1)
    t.equal(seen.ended, 0)
    t.equal(clock.pending, 1, 'one timer at a time')
    await clock.advance(1)
    t.equal(seen.ended, 1)
    t.strictSame(seen.slices, slices)
    t.notOk(deadline.hadGap())
    t.equal(clock.pending, 0)
  }
})

t.test('a deadline that is called off never ends, and leaves no timer', async (t) => {
  for (const lived of [0, 350]) {
    const { clock, deadline, seen } = begin(1000, 500)
    await clock.advance(lived)
    deadline.callOff()
    t.equal(clock.pending, 0)
    await clock.advance(10_000)
    t.equal(seen.ended, 0)
  }
})

t.test('a slice that is half a second late is no gap, and counts in full', async (t) => {
  const { clock, deadline, seen } = begin(1000, 300)
  await clock.freeze(600)
  t.notOk(deadline.hadGap())
  await clock.advance(399)
  t.equal(seen.ended, 0)
  await clock.advance(1)
  t.equal(seen.ended, 1)
})

t.test('a slice that is later is a gap, after which the grace alone is left', async (t) => {
  for (const [livedMs, frozenMs] of [
    [0, 601],
    [0, 3_600_000],
    [900, 10_000],
  ] as const) {
    const { clock, deadline, seen } = begin(1000, 300)
    await clock.advance(livedMs)
    t.notOk(deadline.hadGap())
    await clock.freeze(frozenMs)
    t.ok(deadline.hadGap())
    await clock.advance(299)
    t.equal(seen.ended, 0, 'it has not ended by the late timer')
    await clock.advance(1)
    t.equal(seen.ended, 1)
    t.ok(deadline.hadGap())
  }
})

t.test('the grace is given once, and each late slice after that counts a second at the most', async (t) => {
  const { clock, deadline, seen } = begin(10_000, 2500)
  await clock.freeze(60_000)
  await clock.freeze(60_000)
  await clock.advance(1000)
  t.equal(seen.ended, 0, 'a second of the second gap, and one that was lived through')
  await clock.freeze(60_000)
  t.equal(seen.ended, 1, 'a process that is always late comes to an end')
  t.ok(deadline.hadGap())
})

t.test('a gap is seen by who reads an answer before the late timer has run', async (t) => {
  const { deadline, skew, seen } = begin(1000, 300)
  skew.ms = 600
  t.notOk(deadline.hadGap())
  skew.ms = 601
  t.ok(deadline.hadGap())
  t.equal(seen.ended, 0)
})

t.test('a pause ends after its time', async (t) => {
  const clock = new TestClock()
  const { signal } = new AbortController()
  let isOver = false
  const paused = pause(clock, 200, signal).then(() => {
    isOver = true
  })
  await clock.advance(199)
  t.notOk(isOver)
  await clock.advance(1)
  await paused
  t.ok(isOver)
  t.equal(getEventListeners(signal, 'abort').length, 0, 'and nothing listens on')
})

t.test('a pause ends at once when the application is closed', async (t) => {
  const clock = new TestClock()
  const closing = new AbortController()
  const paused = pause(clock, 200, closing.signal)
  closing.abort()
  await paused
  t.equal(clock.pending, 0, 'its timer is called off')
  t.equal(getEventListeners(closing.signal, 'abort').length, 0)
})
