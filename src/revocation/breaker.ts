/**
 * The circuit breaker of a store of revocations: when a failing store is no longer asked, and when it is asked again.
 * @module
 */
import type { Clock } from '../base/clock.js'

/** Number of failures in a row that open the breaker. */
const MAX_FAILURES = 5
/** Time for which the breaker stays open, in milliseconds. */
const OPEN_MS = 5000

/** The breaker of one store. */
export class Breaker {
  #failures = 0
  #failedAt = Number.NEGATIVE_INFINITY
  #retryAt = 0
  readonly #timeout: number
  readonly #clock: Clock

  /** @param timeout - deadline of an answer, in milliseconds */
  constructor(timeout: number, clock: Clock) {
    this.#timeout = timeout
    this.#clock = clock
  }

  /**
   * Returns `true` when the caller may ask the store. When the pause is over, one caller may ask. The next caller may ask
   * after the answer, or after another timeout.
   */
  admits(): boolean {
    if (this.#failures < MAX_FAILURES) return true
    const now = this.#clock.now()
    if (now < this.#retryAt) return false
    this.#retryAt = now + this.#timeout
    return true
  }

  /** Returns the milliseconds until the store is asked again; 0 where it may be asked now. */
  remaining(): number {
    return this.#failures < MAX_FAILURES ? 0 : Math.max(0, this.#retryAt - this.#clock.now())
  }

  /** Closes the breaker. */
  succeeded(): void {
    this.#failures = 0
  }

  /** Counts a failure. Failures within one timeout count once, because lookups at the same time fail for one reason. */
  failed(): void {
    const now = this.#clock.now()
    if (now - this.#failedAt < this.#timeout) return
    this.#failedAt = now
    this.#failures += 1
    this.#retryAt = now + OPEN_MS
  }
}
