/**
 * With which options the server under test runs, scaled down from minutes to seconds, and what follows from them.
 * @module
 */
import type { KeysOptions } from '../src/index.js'

/** How the server keeps its keys. Seconds. */
export const KEYS = {
  refreshAfter: 1,
  staleIfError: 60,
  timeout: 1,
  lookupBurst: 10,
  lookupInterval: 0.5,
  prefetch: false,
} as const satisfies Required<Omit<KeysOptions, 'store'>>

/** A set in use is fetched again at this age, give or take a tenth; milliseconds. */
export const REFRESH_MS = { earliest: KEYS.refreshAfter * 900, latest: KEYS.refreshAfter * 1100 }

/** A set of this age is fetched again before it is used: no freeze makes it live longer; milliseconds. */
export const ASK_FIRST_MS = 1000 * Math.max(2 * KEYS.refreshAfter, KEYS.timeout + 1)

/** What a busy machine may take on top; milliseconds. */
const BUSY_MS = 500

/**
 * A new key has to work once a token of it was sent and its endpoint has been well for this time: the next fetch brings it,
 * whatever key that fetch is made for. The flood delays a fetch by one interval at most, and an endpoint that is well
 * answers within the timeout.
 */
export const NEW_KEY_GRACE_MS = 1000 * (KEYS.lookupInterval + KEYS.timeout) + BUSY_MS

/** A removed key has to be refused once its set was due and the endpoint has been well for this time; milliseconds. */
export const REMOVED_KEY_GRACE_MS = 1000

/** From the last byte of the endpoint's first good answer until the server has read it; milliseconds. */
export const RECOVERY_MS = 300

/** Pairs of keys that are published in the beginning. */
export const FIRST_EDITIONS = 3

/** How fast the weather changes. Milliseconds. */
export interface Pace {
  readonly calmMs: number
  readonly faultMs: number
  /** Time that the server lives through from one fault to the next, at most: with the longest back-off between them. */
  readonly cycleMs: number
}

/** In a run under two minutes the phases are shorter, so that most faults occur. */
export const paceOf = (seconds: number): Pace =>
  seconds < 120
    ? { calmMs: 2000, faultMs: 1200, cycleMs: 8000 }
    : { calmMs: 5000, faultMs: 5000, cycleMs: 24_000 }
