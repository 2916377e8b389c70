/**
 * Decides when an endpoint may be asked again: by a budget while it answers, and by a back-off while it fails.
 * @module
 */
import type { EndpointFailure } from './document.js'
import type { FetchFailure } from './fetch.js'

/** Limits on how often an endpoint is asked. Times are in milliseconds. */
export interface RequestLimits {
  readonly now: () => number
  /** Returns a number from 0 to 1. */
  readonly random: () => number
  /** Number of fetches that a full budget has. */
  readonly lookupBurst: number
  /** Time after which the budget has one more fetch. */
  readonly lookupIntervalMs: number
}

/** Makes the budget for the fetches that unknown key ids cause: a token bucket, full at first. */
export function createBudget({ now, lookupBurst, lookupIntervalMs }: RequestLimits) {
  let left = lookupBurst
  let filledAt = now()
  return {
    /** Takes one fetch. Returns `false` when none is left. */
    take(): boolean {
      const earned = Math.floor((now() - filledAt) / lookupIntervalMs)
      left = Math.min(lookupBurst, left + earned)
      filledAt += earned * lookupIntervalMs
      if (left === 0) return false
      left -= 1
      return true
    },
    /** Returns the milliseconds until the budget has one more fetch. */
    growsInMs: () => Math.max(1, filledAt + lookupIntervalMs - now()),
  }
}

/** The health of an endpoint. Times are readings of the clock. */
export interface EndpointHealth {
  readonly isFailing: boolean
  readonly lastSuccess: number | undefined
  readonly lastFailure:
    | { readonly at: number; readonly reason: EndpointFailure; readonly code: string | undefined }
    | undefined
  /**
   * End of the back-off after the last failure that was not interrupted by a gap; `undefined` when the endpoint has
   * answered since.
   */
  readonly knownToFailUntil: number | undefined
}

/** First and longest back-off; milliseconds. */
const FIRST_BACK_OFF_MS = 1000
const LAST_BACK_OFF_MS = 30_000

/** Makes the back-off of an endpoint. It doubles with each failure, from one second to half a minute. */
export function createBackOff({ now, random }: RequestLimits) {
  let failures = 0
  let until = 0
  let health: Omit<EndpointHealth, 'isFailing'> = {
    lastSuccess: undefined,
    lastFailure: undefined,
    knownToFailUntil: undefined,
  }
  return {
    /** Returns the milliseconds until the endpoint may be asked again; 0 when it may be asked now. */
    remainingMs: () => Math.max(0, until - now()),
    health: (): EndpointHealth => ({ ...health, isFailing: failures > 0 }),
    succeeded() {
      failures = 0
      until = 0
      health = { ...health, lastSuccess: now(), knownToFailUntil: undefined }
    },
    failed({ failure, code, retryAfterMs = 0, wasInterrupted }: FetchFailure) {
      const at = now()
      // Only `app.cognito.refresh` fetches within the back-off.
      const isOutOfTurn = at < until
      const stepMs = Math.min(FIRST_BACK_OFF_MS * 2 ** failures, LAST_BACK_OFF_MS) * (0.5 + random() / 2)
      until = Math.max(until, at + (isOutOfTurn ? 0 : stepMs), at + retryAfterMs)
      if (!isOutOfTurn) failures += 1
      const knownToFailUntil = wasInterrupted ? health.knownToFailUntil : until
      health = { ...health, lastFailure: { at, reason: failure, code }, knownToFailUntil }
    },
  }
}
