/**
 * The key policies that the courses of events run under: the default one, and some at the ends of what the options allow.
 * @module
 */

/** What the options `keys` would say. Times in milliseconds. */
export interface CoursePolicy {
  readonly refreshMs: number
  readonly staleMs: number
  readonly timeoutMs: number
  readonly burst: number
  readonly intervalMs: number
}

const SECOND = 1000
const HOUR = 3600 * SECOND

export const POLICIES: readonly CoursePolicy[] = [
  { refreshMs: 300 * SECOND, staleMs: 24 * HOUR, timeoutMs: 2 * SECOND, burst: 10, intervalMs: 2 * SECOND },
  // A slow endpoint takes longer than a set is fresh.
  { refreshMs: 2 * SECOND, staleMs: 120 * SECOND, timeoutMs: 10 * SECOND, burst: 2, intervalMs: 500 },
  // No set is trusted that is due.
  { refreshMs: 60 * SECOND, staleMs: 60 * SECOND, timeoutMs: 2 * SECOND, burst: 3, intervalMs: 2.5 * SECOND },
  // A set is due before the budget has grown.
  { refreshMs: SECOND, staleMs: 30 * SECOND, timeoutMs: SECOND, burst: 2, intervalMs: 2.5 * SECOND },
]

/** A request is released after this. */
export const PATIENCE_MS = 3 * SECOND
/** A request has this long again once the process has stood still. */
export const PATIENCE_AFTER_GAP_MS = 2 * SECOND
/** Requests that may wait for one URL's budget. */
export const ROOM = 5000

/** A set that is older is asked for before it is used, unless its URL is known to fail. */
export const askFirstMs = ({ refreshMs, timeoutMs }: CoursePolicy): number =>
  Math.max(2 * refreshMs, timeoutMs + SECOND)
