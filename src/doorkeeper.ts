/**
 * Which verified tokens are worth remembering: all of them, unless hardly one comes again.
 * @module
 */

/**
 * Sights after which it is judged again whether tokens come again. Few: a token that is remembered for nothing costs
 * more than the wrong judgement of a moment, which is one verification more for each token that comes again.
 */
const JUDGED_SIGHTS = 1000
/** With fewer hits for a token that is new, to remember it costs more than it saves. */
const WORTHWHILE_SHARE = 1 / 8

/**
 * Lets tokens into a cache. Where nearly every token comes once, as those of short-lived machines do, each is let in at
 * its second sight: to keep thousands that nobody asks for makes the garbage collector copy them for nothing.
 */
export class Doorkeeper {
  /**
   * Prints of the tokens seen last, each in a place that it decides. What comes again later than the cache holds tokens
   * would have been forgotten by the cache anyway. Two tokens that share a print let each other in early; two that share
   * a place keep each other out while it is strict.
   */
  readonly #prints: Int32Array
  #hits = 0
  #misses = 0
  #isStrict = false

  /** @param capacity - tokens that the cache holds */
  constructor(capacity: number) {
    this.#prints = new Int32Array(Math.max(capacity, JUDGED_SIGHTS))
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
    if (this.#misses > JUDGED_SIGHTS || this.#hits > JUDGED_SIGHTS) this.#judge()
    return comesAgain || !this.#isStrict
  }

  #note(print: number): boolean {
    const at = (print >>> 0) % this.#prints.length
    const isKnown = this.#prints[at] === print
    this.#prints[at] = print
    return isKnown
  }

  #judge(): void {
    this.#isStrict = this.#hits < this.#misses * WORTHWHILE_SHARE
    this.#hits = 0
    this.#misses = 0
  }
}
