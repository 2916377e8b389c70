/**
 * Time that only goes forward, as the key policy sees it.
 * @module
 */

/** A clock is an argument, so that a test can move it. */
export interface Clock {
  /** Milliseconds since some moment. */
  readonly now: () => number
  /** Runs `action` after `ms` milliseconds, without keeping the process alive. Returns what calls it off. */
  readonly after: (ms: number, action: () => void) => () => void
}

/** The clock of the process: setting the time of day does not move it. */
export const monotonicClock: Clock = {
  now: () => performance.now(),
  after(ms, action) {
    const timer = setTimeout(action, ms).unref()
    return () => clearTimeout(timer)
  },
}

/**
 * A steady clock that has gone on while the process was suspended, as far as the time of day tells: nothing must look new
 * because the process stood still. Its readings are milliseconds since 1970, and never go back.
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
