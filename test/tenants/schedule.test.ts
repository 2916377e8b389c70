/**
 * The schedule of the list: when it is read, and how long it is trusted.
 * @module
 */
import t from 'tap'
import { ListSchedule } from '../../src/tenants/schedule.js'
import { settle, TestClock } from '../support/test-clock.js'

const SECOND = 1000
const POLICY = {
  refreshAfterMs: 30 * SECOND,
  unknownIntervalMs: 2 * SECOND,
  readFirstAfterMs: 60 * SECOND,
  staleIfErrorMs: 3600 * SECOND,
}

/** A schedule whose readings are answered by the test. */
function setUp(policy = {}) {
  const clock = new TestClock()
  const outcomes: (string | undefined)[] = []
  const state = { isHeld: false, failure: undefined as string | undefined, readings: 0 }
  const waiting: (() => void)[] = []
  const read = async () => {
    state.readings += 1
    if (state.isHeld) await new Promise<void>((resolve) => waiting.push(resolve))
    return state.failure
  }
  const schedule = new ListSchedule(
    read,
    { ...POLICY, ...policy },
    clock,
    (failure) => void outcomes.push(failure),
  )
  /** Answers the reading under way, and those after it. */
  const release = async () => {
    state.isHeld = false
    for (const resolve of waiting.splice(0)) resolve()
    await settle()
  }
  return { clock, schedule, state, outcomes, release }
}

t.test('before the first list nothing is trusted, and nothing is read', async (t) => {
  const { clock, schedule, state } = setUp()
  await clock.advance(3600 * SECOND)
  t.equal(state.readings, 0)
  t.equal(schedule.isTrusted(), false)
  t.equal(schedule.ageSeconds, undefined)
  t.equal(await schedule.start(), true)
  t.equal(schedule.isTrusted(), true)
  t.equal(schedule.ageSeconds, 0)
})

t.test('a first reading that fails is not repeated, unless somebody asks', async (t) => {
  const { clock, schedule, state, outcomes } = setUp()
  state.failure = 'ECONNREFUSED'
  t.equal(await schedule.start(), false)
  t.equal(schedule.failure, 'ECONNREFUSED')
  t.strictSame(outcomes, ['ECONNREFUSED'])
  t.equal(clock.pending, 0)
  t.equal(schedule.isTrusted(), false)
  state.failure = undefined
  t.equal(await schedule.start(), true)
  t.equal(schedule.isTrusted(), true)
  t.equal(clock.pending, 1)
})

t.test('the list is read again every refreshAfter, from the beginning of a reading', async (t) => {
  const { clock, schedule, state, release } = setUp()
  await schedule.start()
  await clock.advance(29_999)
  t.equal(state.readings, 1)
  state.isHeld = true
  await clock.advance(1)
  t.equal(state.readings, 2)
  await clock.advance(10 * SECOND)
  t.equal(schedule.ageSeconds, 40, 'the age of the list before')
  await release()
  t.equal(schedule.ageSeconds, 10, 'since it was asked for')
  await clock.advance(19_999)
  t.equal(state.readings, 2)
  await clock.advance(1)
  t.equal(state.readings, 3)
  t.equal(clock.pending, 1)
})

t.test('a reading longer than refreshAfter is followed by the next at once', async (t) => {
  const { clock, schedule, state, release } = setUp()
  state.isHeld = true
  const first = schedule.start()
  await clock.advance(31 * SECOND)
  await release()
  await first
  await clock.advance(0)
  t.equal(state.readings, 2)
})

t.test('unknown tokens cause a reading at most every unknownInterval', async (t) => {
  const { clock, schedule, state } = setUp()
  await schedule.start()
  t.equal(await schedule.renew(), 'too soon')
  await clock.advance(1999)
  t.equal(await schedule.renew(), 'too soon')
  t.equal(state.readings, 1)
  await clock.advance(1)
  t.strictSame(await Promise.all([schedule.renew(), schedule.renew()]), ['read', 'read'], 'they share one')
  t.equal(state.readings, 2)
  t.equal(await schedule.renew(), 'too soon')
  await clock.advance(29_999)
  t.equal(state.readings, 2, 'the usual reading counts from the last one')
  await clock.advance(1)
  t.equal(state.readings, 3)
})

t.test('an unknown token joins a reading under way, however young', async (t) => {
  const { clock, schedule, state, release } = setUp()
  await schedule.start()
  await clock.advance(2 * SECOND)
  state.isHeld = true
  const reload = schedule.reload()
  const renewal = schedule.renew()
  await settle()
  t.equal(state.readings, 2)
  await release()
  t.strictSame(await Promise.all([reload, renewal]), [true, 'read'])
  t.equal(state.readings, 2)
})

t.test('a thousand requests wait for a reading, and no more', async (t) => {
  const { clock, schedule, state, release } = setUp()
  await schedule.start()
  await clock.advance(2 * SECOND)
  state.isHeld = true
  const waiting = Array.from({ length: 1000 }, () => schedule.renew())
  t.equal(await schedule.renew(), 'crowded')
  t.equal(await schedule.renew(), 'crowded')
  await release()
  t.strictSame(new Set(await Promise.all(waiting)), new Set(['read']))
  await clock.advance(2 * SECOND)
  t.equal(await schedule.renew(), 'read', 'there is room again')
})

t.test('a reload begins after the call, and reloads at the same time share a reading', async (t) => {
  const { schedule, state, release } = setUp()
  await schedule.start()
  state.isHeld = true
  const first = schedule.reload()
  await settle()
  t.equal(state.readings, 2)
  const others = [schedule.reload(), schedule.reload()]
  await settle()
  t.equal(state.readings, 2, 'it waits for the reading under way')
  await release()
  t.strictSame(await Promise.all([first, ...others]), [true, true, true])
  t.equal(state.readings, 3)
  state.failure = 'ETIMEDOUT'
  t.equal(await schedule.reload(), false)
})

t.test('after failures the next reading comes later and later, up to refreshAfter', async (t) => {
  const { clock, schedule, state } = setUp()
  await schedule.start()
  state.failure = 'ECONNREFUSED'
  const begun: number[] = []
  const start = clock.now()
  for (let known = state.readings; begun.length < 8; ) {
    await clock.advance(SECOND)
    if (state.readings > known) begun.push((clock.now() - start) / SECOND)
    known = state.readings
  }
  t.strictSame(begun, [30, 32, 36, 44, 60, 90, 120, 150])
  state.failure = undefined
  await schedule.reload()
  const { readings } = state
  await clock.advance(29_999)
  t.equal(state.readings, readings)
  state.failure = 'ECONNREFUSED'
  await clock.advance(1 + 2 * SECOND)
  t.equal(state.readings, readings + 2, 'it begins anew')
})

t.test('a list that cannot be read again is trusted up to staleIfError', async (t) => {
  const { clock, schedule, state } = setUp()
  await schedule.start()
  const asked = clock.now()
  state.failure = 'ECONNREFUSED'
  await clock.advance(3600 * SECOND)
  t.equal(clock.now() - asked, POLICY.staleIfErrorMs)
  t.equal(schedule.isTrusted(), true)
  await clock.advance(1)
  t.equal(schedule.isTrusted(), false)
  state.failure = undefined
  await clock.advance(30 * SECOND)
  t.equal(schedule.isTrusted(), true)
})

t.test('after a pause of the process the list is read before it is trusted', async (t) => {
  const { clock, schedule, state, release } = setUp()
  await schedule.start()
  clock.jump(60 * SECOND)
  t.equal(schedule.isTrusted(), true, 'up to twice refreshAfter')
  clock.jump(1)
  t.equal(schedule.isTrusted(), false)
  state.isHeld = true
  const renewal = schedule.renew()
  t.equal(schedule.isTrusted(), false)
  await release()
  t.equal(await renewal, 'read')
  t.equal(schedule.isTrusted(), true)
})

t.test(
  'after a pause in which the database went away the list is trusted once the reading has failed',
  async (t) => {
    const { clock, schedule, state } = setUp()
    await schedule.start()
    clock.jump(600 * SECOND)
    t.equal(schedule.isTrusted(), false)
    state.failure = 'ECONNREFUSED'
    t.equal(await schedule.renew(), 'read')
    t.equal(schedule.isTrusted(), true)
    clock.jump(60 * SECOND + 1)
    t.equal(schedule.isTrusted(), false, 'a failure before another pause says nothing')
    await schedule.renew()
    t.equal(schedule.isTrusted(), true)
    clock.jump(3600 * SECOND)
    await schedule.renew()
    t.equal(schedule.isTrusted(), false)
  },
)

t.test('Retry-After is the time until the next reading may begin', async (t) => {
  const { clock, schedule } = setUp({ unknownIntervalMs: 10 * SECOND })
  t.equal(schedule.retryAfterSeconds, 1)
  await schedule.start()
  t.equal(schedule.retryAfterSeconds, 10)
  await clock.advance(4500)
  t.equal(schedule.retryAfterSeconds, 6)
  await clock.advance(20 * SECOND)
  t.equal(schedule.retryAfterSeconds, 1)
  const slow = setUp({ unknownIntervalMs: 3600 * SECOND, refreshAfterMs: 3600 * SECOND })
  await slow.schedule.start()
  t.equal(slow.schedule.retryAfterSeconds, 60)
})

t.test('a closed schedule reads no more, and keeps no timer', async (t) => {
  const { clock, schedule, state, release } = setUp()
  await schedule.start()
  schedule.close()
  t.equal(clock.pending, 0)
  await clock.advance(60 * SECOND)
  t.equal(await schedule.reload(), false)
  t.equal(await schedule.renew(), 'too soon')
  t.equal(state.readings, 1)
  const closedWhileReading = setUp()
  closedWhileReading.state.isHeld = true
  const reading = closedWhileReading.schedule.start()
  const reload = closedWhileReading.schedule.reload()
  closedWhileReading.schedule.close()
  await closedWhileReading.release()
  await release()
  t.equal(await reading, true)
  t.equal(await reload, false)
  t.equal(closedWhileReading.clock.pending, 0)
})

t.test('a reading that throws, and a listener that throws, stop no further reading', async (t) => {
  const clock = new TestClock()
  let readings = 0
  const read = async (): Promise<undefined> => {
    readings += 1
    if (readings > 1) throw new Error('a secret')
  }
  const schedule = new ListSchedule(read, POLICY, clock, () => {
    throw new Error('a logger')
  })
  t.equal(await schedule.start(), true)
  t.equal(await schedule.reload(), false)
  t.equal(schedule.failure, 'it threw')
  await clock.advance(10 * SECOND)
  t.ok(readings > 2)
})

t.test('a request of a known tenant waits, however many strangers wait', async (t) => {
  const { clock, schedule, state, release } = setUp()
  await schedule.start()
  await clock.advance(10 * SECOND)
  state.isHeld = true
  const strangers = Array.from({ length: 1000 }, () => schedule.renew())
  t.equal(await schedule.renew(), 'crowded')
  const known = schedule.renew(true)
  await release()
  t.equal(await known, 'read')
  t.strictSame(new Set(await Promise.all(strangers)), new Set(['read']))
})
