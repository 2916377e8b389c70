/**
 * How often the key endpoints may be asked at most, computed from the options of the server.
 * @module
 */
import type { PoolName } from './messages.js'
import { KEYS, RECOVERY_MS, REFRESH_MS } from './setting.js'

/** What a run was like. */
export interface Conditions {
  readonly seconds: number
  readonly troubles: number
  /** Seconds. */
  readonly longestTrouble: number
  readonly freezes: number
}

/** Attempts of one fetch, where the first one fails for a reason that may pass. */
const ATTEMPTS = 2
/** Between two attempts; milliseconds. */
const MAX_PAUSE_MS = 300

/**
 * Requests for a key set at most. Each fetch brings the whole set, and one is under way at a time:
 *
 * - for unknown keys, whichever and however many: the burst, and one more in each interval;
 * - for sets that are due: the first one, and one each time that the earliest age for it has passed;
 * - in each trouble: two attempts of the fetch that meets it, and of each one that asks whether it is over. The delay
 *   before each of these doubles, from at least half a second;
 * - for each freeze: one attempt, because one that a freeze interrupted is repeated at once.
 */
export function fetchBounds(conditions: Conditions): Readonly<Record<PoolName, number>> {
  const { seconds, troubles, longestTrouble, freezes } = conditions
  const due = 1 + seconds / (REFRESH_MS.earliest / 1000)
  const unknown = KEYS.lookupBurst + seconds / KEYS.lookupInterval
  const inEachTrouble = ATTEMPTS * (1 + Math.ceil(Math.log2(2 * longestTrouble + 1)))
  return { eu: unknown + due + troubles * inEachTrouble + freezes, us: due + freezes }
}

/** What a busy machine may take on top; milliseconds. */
export const SLACK_MS = 1500

/**
 * How long a trouble may last in time that the server lives through, from the first bad answer to the first good one. Each
 * failure delays the next fetch by half to all of a second, and then by twice as much each time: so one that comes within
 * a fault of `t` seconds delays it by at most the greatest power of two that is not above `2t + 1`. A fetch that has begun
 * by the end may still fail, and a freeze may add an attempt to it.
 */
export function troubleBoundMs(faultMs: number): number {
  const backOffMs = 1000 * 2 ** Math.floor(Math.log2((2 * faultMs) / 1000 + 1))
  const fetchMs = (ATTEMPTS + 1) * KEYS.timeout * 1000 + MAX_PAUSE_MS
  return faultMs + fetchMs + backOffMs + RECOVERY_MS + SLACK_MS
}
