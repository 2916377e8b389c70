/**
 * When one place may be asked again: a budget while it answers, and a back-off while it fails.
 * @module
 */
import type { EndpointFailure } from './document.js'
import type { FetchFailure } from './fetch.js'

/** How often a place may be asked. Times in milliseconds. */
export interface SchedulePolicy {
  readonly now: () => number
  /** 0 to 1 */
  readonly random: () => number
  /** Fetches at once. */
  readonly lookupBurst: number
  /** One more fetch each time this has passed. */
  readonly lookupIntervalMs: number
}

/** Makes the budget of the fetches that unknown key ids may cause: a token bucket, which is full. */
export function createBudget({ now, lookupBurst, lookupIntervalMs }: SchedulePolicy) {
  let left = lookupBurst
  let filledAt = now()
  return {
    /** Takes one fetch; `false` where none is left. */
    take(): boolean {
      const earned = Math.floor((now() - filledAt) / lookupIntervalMs)
      left = Math.min(lookupBurst, left + earned)
      filledAt += earned * lookupIntervalMs
      if (left === 0) return false
      left -= 1
      return true
    },
    /** Milliseconds until there is one more. */
    growsInMs: () => Math.max(1, filledAt + lookupIntervalMs - now()),
  }
}

/** How a place has answered so far. Times are readings of the clock. */
export interface EndpointHealth {
  readonly isFailing: boolean
  readonly lastSuccess: number | undefined
  readonly lastFailure:
    | { readonly at: number; readonly reason: EndpointFailure; readonly code: string | undefined }
    | undefined
  /**
   * Until when the place is left alone after it failed in time that the process lived through; `undefined` where it has
   * answered since.
   */
  readonly knownToFailUntil: number | undefined
}

const FIRST_BACK_OFF_MS = 1000
const LAST_BACK_OFF_MS = 30_000

/** Makes the back-off of a place: it doubles with each failure, from a second up to half a minute. */
export function createBackOff({ now, random }: SchedulePolicy) {
  let failures = 0
  let until = 0
  let health: Omit<EndpointHealth, 'isFailing'> = {
    lastSuccess: undefined,
    lastFailure: undefined,
    knownToFailUntil: undefined,
  }
  return {
    /** Milliseconds until the place may be asked again; 0 where it may be asked now. */
    remainingMs: () => Math.max(0, until - now()),
    health: (): EndpointHealth => ({ ...health, isFailing: failures > 0 }),
    succeeded() {
      failures = 0
      until = 0
      health = { ...health, lastSuccess: now(), knownToFailUntil: undefined }
    },
    failed({ failure, code, retryAfterMs = 0, wasInterrupted }: FetchFailure) {
      const at = now()
      // A fetch within the back-off was asked for by hand.
      const isOutOfTurn = at < until
      const stepMs = Math.min(FIRST_BACK_OFF_MS * 2 ** failures, LAST_BACK_OFF_MS) * (0.5 + random() / 2)
      until = Math.max(until, at + (isOutOfTurn ? 0 : stepMs), at + retryAfterMs)
      if (!isOutOfTurn) failures += 1
      const knownToFailUntil = wasInterrupted ? health.knownToFailUntil : until
      health = { ...health, lastFailure: { at, reason: failure, code }, knownToFailUntil }
    },
  }
}
