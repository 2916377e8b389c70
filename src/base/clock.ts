/**
 * The clocks of the plugin. This file alone sets timers, because the tests of an application may replace them.
 *
 * A test runner fakes time by replacing `Date` and the global timers. The plugin's own deadlines have to go on then, so they
 * use timers that were taken when this file was imported. Everything that the claims of a token decide has to follow the
 * test, so it reads `Date` and the global timers at each call.
 * @module
 */
import { performance } from 'node:perf_hooks'
import timers from 'node:timers'

/** A source of time and of timers. It is passed as an argument, so that a test can move the time. */
export interface Clock {
  /** Milliseconds since a moment that does not change. */
  readonly now: () => number
  /** Runs `action` in `ms` milliseconds without keeping the process alive. Returns a function that cancels the timer. */
  readonly after: (ms: number, action: () => void) => () => void
}

const {
  setTimeout: setTakenTimeout,
  clearTimeout: clearTakenTimeout,
  setImmediate: setTakenImmediate,
} = timers
const readPerformance = performance.now.bind(performance)

/** Reads the time of day at each call; milliseconds since 1970. */
export const timeOfDay = (): number => Date.now()

/** The monotonic clock of the process: neither a change of the system time nor fake time of a test moves it. */
export const monotonicClock: Clock = {
  now: readPerformance,
  after(ms, action) {
    const timer = setTakenTimeout(action, ms).unref()
    return () => clearTakenTimeout(timer)
  },
}

/** The clock of the times in a token: milliseconds since 1970. Fake time of a test moves its readings and its timers. */
export const wallClock: Clock = {
  now: timeOfDay,
  after(ms, action) {
    const timer = setTimeout(action, ms)
    // A timer of a simulated browser is a number.
    Object(timer).unref?.()
    return () => clearTimeout(timer)
  },
}

/** Runs `action` when everything that arrived meanwhile has been read, whatever a test replaces. */
export function afterReading(action: () => void): void {
  setTakenImmediate(action)
}

/**
 * Makes a clock that includes the time during which the process was suspended, because keys and marks age meanwhile. The
 * clock catches up with the time of day when the process resumes. Its readings are milliseconds since 1970 and never go
 * back.
 *
 * @param steady - a clock that may stop while the process is suspended
 * @param readTime - milliseconds since 1970
 */
export function createWakingClock(steady = monotonicClock, readTime = timeOfDay): Clock {
  let ahead = Number.NEGATIVE_INFINITY
  return {
    now() {
      const now = steady.now()
      ahead = Math.max(ahead, readTime() - now)
      return now + ahead
    },
    after: steady.after,
  }
}
