/**
 * With which options the server under test runs, scaled down from minutes to seconds, and what follows from them.
 * @module
 */
import type { KeysOptions } from '../src/index.js'

/** How the server keeps its keys. Seconds. */
export const KEYS = {
  refreshAfter: 2,
  staleIfError: 60,
  timeout: 0.5,
  lookupBurst: 10,
  lookupInterval: 0.5,
  prefetch: false,
} as const satisfies Required<KeysOptions>

/** A key is re-checked at this age, give or take a tenth; milliseconds. */
export const RECHECK_MS = { earliest: KEYS.refreshAfter * 900, latest: KEYS.refreshAfter * 1100 }

/**
 * A new key has to work once its endpoint has been well for this time. In the flood it may lose the first slot of the
 * budget to a key that was asked for before it; and one more to each of two removed keys, that are asked for, too.
 */
export const NEW_KEY_GRACE_MS = 4 * KEYS.lookupInterval * 1000

/** A removed key has to be refused once it was due for a re-check and its endpoint has been well for this time. */
export const REMOVED_KEY_GRACE_MS = 1000

/** From the last byte of the endpoint's first good answer until the server has read it. */
export const RECOVERY_MS = 300

/** Pairs of keys that are published in the beginning. */
export const FIRST_EDITIONS = 3

/** How fast the weather changes. Milliseconds. */
export interface Pace {
  readonly calmMs: number
  readonly faultMs: number
  /** From one fault to the next at most, with the longest back-off between them. */
  readonly cycleMs: number
}

/** In a run under two minutes the phases are shorter, so that most faults occur. */
export const paceOf = (seconds: number): Pace =>
  seconds < 120
    ? { calmMs: 2000, faultMs: 1200, cycleMs: 6000 }
    : { calmMs: 5000, faultMs: 5000, cycleMs: 22_000 }
