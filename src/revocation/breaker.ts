/**
 * When a store that keeps failing is left alone, and asked again.
 * @module
 */
import type { Clock } from '../base/clock.js'

/** Failures in a row after which it is left alone. */
const FAILURES = 5
/** For this long. */
const OPEN_MS = 5000

/** A circuit breaker. */
export class Breaker {
  #failures = 0
  #failedAt = Number.NEGATIVE_INFINITY
  #closedFrom = 0
  readonly #patience: number
  readonly #clock: Clock

  /** @param patience - milliseconds that an answer can take */
  constructor(patience: number, clock: Clock) {
    this.#patience = patience
    this.#clock = clock
  }

  /** Whether the store may be asked. After the break one caller may, and the others only after its answer. */
  admits(): boolean {
    if (this.#failures < FAILURES) return true
    const now = this.#clock.now()
    if (now < this.#closedFrom) return false
    this.#closedFrom = now + this.#patience
    return true
  }

  /** Milliseconds until the store is asked again; 0 where it may be asked. */
  remaining(): number {
    return this.#failures < FAILURES ? 0 : Math.max(0, this.#closedFrom - this.#clock.now())
  }

  succeeded(): void {
    this.#failures = 0
  }

  /** What was asked at the same time fails for one reason, and counts once. */
  failed(): void {
    const now = this.#clock.now()
    if (now - this.#failedAt < this.#patience) return
    this.#failedAt = now
    this.#failures += 1
    this.#closedFrom = now + OPEN_MS
  }
}
