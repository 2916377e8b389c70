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

/** The budget for the fetches that unknown key ids cause: a token bucket, full at first. */
export class Budget {
  readonly #limits: RequestLimits
  #left: number
  #filledAt: number

  constructor(limits: RequestLimits) {
    this.#limits = limits
    this.#left = limits.lookupBurst
    this.#filledAt = limits.now()
  }

  /** Takes one fetch. Returns `false` when none is left. */
  take(): boolean {
    const { now, lookupBurst, lookupIntervalMs } = this.#limits
    const earned = Math.floor((now() - this.#filledAt) / lookupIntervalMs)
    this.#left = Math.min(lookupBurst, this.#left + earned)
    this.#filledAt += earned * lookupIntervalMs
    if (this.#left === 0) return false
    this.#left -= 1
    return true
  }

  /** Returns the milliseconds until the budget has one more fetch. */
  growsInMs(): number {
    const { now, lookupIntervalMs } = this.#limits
    return Math.max(1, this.#filledAt + lookupIntervalMs - now())
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

/** The health of an endpoint that was never asked. */
export const UNASKED: EndpointHealth = {
  isFailing: false,
  lastSuccess: undefined,
  lastFailure: undefined,
  knownToFailUntil: undefined,
}

/** The back-off of an endpoint. It doubles with each failure, from one second to half a minute. */
export class BackOff {
  readonly #limits: RequestLimits
  #failures = 0
  #until = 0
  #health = UNASKED

  constructor(limits: RequestLimits) {
    this.#limits = limits
  }

  /** Returns the milliseconds until the endpoint may be asked again; 0 when it may be asked now. */
  remainingMs(): number {
    return Math.max(0, this.#until - this.#limits.now())
  }

  health(): EndpointHealth {
    return this.#health
  }

  succeeded(): void {
    this.#failures = 0
    this.#until = 0
    const lastSuccess = this.#limits.now()
    this.#health = { ...this.#health, isFailing: false, lastSuccess, knownToFailUntil: undefined }
  }

  failed({ failure, code, retryAfterMs = 0, wasInterrupted }: FetchFailure): void {
    const { now, random } = this.#limits
    const at = now()
    // Only `app.cognito.refresh` fetches within the back-off.
    const isOutOfTurn = at < this.#until
    const stepMs = Math.min(FIRST_BACK_OFF_MS * 2 ** this.#failures, LAST_BACK_OFF_MS) * (0.5 + random() / 2)
    this.#until = Math.max(this.#until, at + (isOutOfTurn ? 0 : stepMs), at + retryAfterMs)
    if (!isOutOfTurn) this.#failures += 1
    this.#health = {
      isFailing: true,
      lastSuccess: this.#health.lastSuccess,
      lastFailure: { at, reason: failure, code },
      knownToFailUntil: wasInterrupted ? this.#health.knownToFailUntil : this.#until,
    }
  }
}
