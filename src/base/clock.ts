/**
 * Clocks that never go back.
 * @module
 */

/** A source of time and of timers. It is passed as an argument, so that a test can move the time. */
export interface Clock {
  /** Milliseconds since a moment that does not change. */
  readonly now: () => number
  /** Runs `action` in `ms` milliseconds without keeping the process alive. Returns a function that cancels the timer. */
  readonly after: (ms: number, action: () => void) => () => void
}

/** The monotonic clock of the process: a change of the system time does not move it. */
export const monotonicClock: Clock = {
  now: () => performance.now(),
  after(ms, action) {
    const timer = setTimeout(action, ms).unref()
    return () => clearTimeout(timer)
  },
}

/**
 * Makes a clock that includes the time during which the process was suspended, because keys and marks age meanwhile. The
 * clock catches up with the time of day when the process resumes. Its readings are milliseconds since 1970 and never go
 * back.
 *
 * @param steady - a clock that may stop while the process is suspended
 * @param timeOfDay - milliseconds since 1970
 */
export function createWakingClock(steady = monotonicClock, timeOfDay = Date.now): Clock {
  let ahead = Number.NEGATIVE_INFINITY
  return {
    now() {
      const now = steady.now()
      ahead = Math.max(ahead, timeOfDay() - now)
      return now + ahead
    },
    after: steady.after,
  }
}
