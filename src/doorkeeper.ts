/**
 * Which verified tokens are worth remembering: all of them, unless hardly one comes again.
 * @module
 */

/** Tokens after which it is judged again whether they come again; of a small cache, too. */
const SMALLEST_WINDOW = 1000
/** With fewer hits among the tokens of a window, to remember one costs more than it saves. */
const WORTHWHILE_SHARE = 1 / 8

/**
 * Lets tokens into a cache. Where nearly every token comes once, as those of short-lived machines do, each is let in at
 * its second sight: to keep thousands that nobody asks for makes the garbage collector copy them for nothing.
 */
export class Doorkeeper {
  readonly #window: number
  /**
   * Prints of the tokens seen since the last judgement, and of those seen in the window before it. What comes again later
   * would have been forgotten by the cache anyway. Two tokens that share a print let each other in early; two that share a
   * place keep each other out until it is judged.
   */
  #young: Int32Array | undefined
  #old: Int32Array | undefined
  #hits = 0
  #misses = 0
  #isStrict = false

  /** @param capacity - tokens that the cache holds */
  constructor(capacity: number) {
    this.#window = Math.max(capacity, SMALLEST_WINDOW)
  }

  /** A remembered token came again. */
  hit(): void {
    this.#hits += 1
  }

  /**
   * Whether to remember a token that was not remembered.
   *
   * @param print - 32 bits that hardly two tokens share
   */
  admits(print: number): boolean {
    const comesAgain = this.#note(print)
    if (comesAgain) this.#hits += 1
    else this.#misses += 1
    if (this.#misses > this.#window || this.#hits > this.#window) this.#judge()
    return comesAgain || !this.#isStrict
  }

  #note(print: number): boolean {
    this.#young ??= new Int32Array(this.#window)
    const at = (print >>> 0) % this.#window
    const isKnown = this.#young[at] === print || this.#old?.[at] === print
    this.#young[at] = print
    return isKnown
  }

  #judge(): void {
    this.#isStrict = this.#hits < this.#misses * WORTHWHILE_SHARE
    this.#hits = 0
    this.#misses = 0
    const emptied = this.#old?.fill(0)
    this.#old = this.#young
    this.#young = emptied
  }
}
