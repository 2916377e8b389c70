/**
 * How often the key endpoints may be asked at most, computed from the options of the server.
 * @module
 */
import type { Account, PoolName } from './messages.js'
import { KEYS, RECHECK_MS, RECOVERY_MS } from './setting.js'

/** What a run was like. */
export interface Conditions {
  readonly account: Account
  readonly seconds: number
  readonly troubles: number
  /** Seconds. */
  readonly longestTrouble: number
}

/** Of a lookup, where the first fails for a reason that may pass. */
const ATTEMPTS = 2
/** Between them; milliseconds. */
const MAX_PAUSE_MS = 300
/** Lookups of unknown keys. */
const IN_FLIGHT = 4

/**
 * Fetches at most:
 *
 * - of unknown keys: the burst, and one more in each interval;
 * - of known keys: one re-check each time that the earliest age for it has passed. Held in pool eu are at most the
 *   published ones and one removed one that was not re-checked yet;
 * - in each trouble: two attempts of everything that was in flight when it began, and of the lookups that ask whether
 *   it is over. The delay before each of these doubles, from at least half a second.
 */
export function fetchBounds(conditions: Conditions): Readonly<Record<PoolName, number>> {
  const { account, seconds, troubles, longestTrouble } = conditions
  const rechecks = seconds / (RECHECK_MS.earliest / 1000) + 1
  const unknown = KEYS.lookupBurst + seconds / KEYS.lookupInterval
  const held = account.mostPublished + 1
  const probes = Math.ceil(Math.log2(2 * longestTrouble + 1)) + 1
  return {
    eu: unknown + held * rechecks + troubles * ATTEMPTS * (IN_FLIGHT + held + probes),
    us: 1 + rechecks,
  }
}

/** What a busy machine may take on top; milliseconds. */
const SLACK_MS = 1500

/**
 * How long a trouble may last, from the first bad answer to the first good one. Each failure delays the next lookup by
 * half to all of a second, and then by twice as much each time: so one that comes within a fault of `t` seconds delays
 * it by at most the greatest power of two that is not above `2t + 1`. A lookup that has begun by the end may still fail.
 */
export function troubleBoundMs(faultMs: number): number {
  const backOffMs = 1000 * 2 ** Math.floor(Math.log2((2 * faultMs) / 1000 + 1))
  const lookupMs = ATTEMPTS * KEYS.timeout * 1000 + MAX_PAUSE_MS
  return faultMs + lookupMs + backOffMs + RECOVERY_MS + SLACK_MS
}
