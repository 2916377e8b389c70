/**
 * A clock that stands still until it is moved.
 * @module
 */
import type { Clock } from '../../src/base/clock.js'

interface Timer {
  readonly at: number
  readonly action: () => void
}

/** Lets all that is ready to go on do so. */
export const settle = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve))

export class TestClock implements Clock {
  #ms = 1_000_000
  #jumpedMs = 0
  /** By the time at which they are due; in the order in which they were set. */
  readonly #timers = new Map<number, Set<Timer>>()
  readonly #settle: () => Promise<unknown>

  /** @param settled - resolves when nothing goes on any more before the clock is moved */
  constructor(settled = settle) {
    this.#settle = settled
  }

  readonly now = () => this.#ms

  readonly after = (ms: number, action: () => void) => {
    const timer = { at: this.#ms + ms, action }
    const others = this.#timers.get(timer.at)
    if (others === undefined) this.#timers.set(timer.at, new Set([timer]))
    else others.add(timer)
    return () => void this.#take(timer)
  }

  /** Timers that nobody has called off. */
  get pending(): number {
    let count = 0
    for (const timers of this.#timers.values()) count += timers.size
    return count
  }

  /** Moves it on, through every timer on the way. A jump on the way comes on top of that. */
  async advance(ms: number): Promise<void> {
    await this.#settle()
    const begun = this.#ms - this.#jumpedMs
    const end = () => begun + ms + this.#jumpedMs
    for (let at = this.#next(end()); at !== undefined; at = this.#next(end())) {
      this.#ms = Math.max(this.#ms, at)
      await this.#run(at)
    }
    this.#ms = end()
  }

  /** Jumps, and leaves the timers that are due to whoever moves the clock next. */
  jump(ms: number): void {
    this.#ms += ms
    this.#jumpedMs += ms
  }

  /**
   * Jumps, as for a process that stood still: the timers that are due meanwhile all run late, at the new time.
   *
   * @param onThaw - runs at the new time before the timers, as what is read from a socket may
   */
  async freeze(ms: number, onThaw = () => {}): Promise<void> {
    await this.#settle()
    this.jump(ms)
    onThaw()
    await this.#settle()
    for (let at = this.#next(this.#ms); at !== undefined; at = this.#next(this.#ms)) await this.#run(at)
  }

  /** Runs what is due at one time: each timer when what the one before it caused has been done, as Node does. */
  async #run(at: number): Promise<void> {
    for (const timer of [...(this.#timers.get(at) ?? [])]) {
      setImmediate(() => {
        if (this.#take(timer)) timer.action()
      })
    }
    await this.#settle()
  }

  #take(timer: Timer): boolean {
    const timers = this.#timers.get(timer.at)
    const isTaken = timers?.delete(timer) === true
    if (timers?.size === 0) this.#timers.delete(timer.at)
    return isTaken
  }

  #next(end: number): number | undefined {
    let next: number | undefined
    for (const at of this.#timers.keys()) if (at <= end && (next === undefined || at < next)) next = at
    return next
  }
}
