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
