/**
 * A clock that stands still until it is moved.
 * @module
 */
import type { Clock } from '../../src/clock.js'

interface Timer {
  readonly at: number
  readonly action: () => void
}

/** Lets all that is ready to go on do so. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

export class TestClock implements Clock {
  #ms = 1_000_000
  readonly #timers = new Set<Timer>()

  readonly now = () => this.#ms

  readonly after = (ms: number, action: () => void) => {
    const timer = { at: this.#ms + ms, action }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  /** Timers that nobody has called off. */
  get pending(): number {
    return this.#timers.size
  }

  /** Moves it on, through every timer on the way. */
  async advance(ms: number): Promise<void> {
    await settle()
    const end = this.#ms + ms
    for (let timer = this.#next(end); timer; timer = this.#next(end)) {
      this.#timers.delete(timer)
      this.#ms = timer.at
      timer.action()
      await settle()
    }
    this.#ms = end
  }

  #next(end: number): Timer | undefined {
    const due = [...this.#timers].filter(({ at }) => at <= end)
    return due.sort((one, other) => one.at - other.at)[0]
  }
}
