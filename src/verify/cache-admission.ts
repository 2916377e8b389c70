/**
 * Which verified tokens are worth remembering: all of them, unless hardly one comes again.
 * @module
 */

/**
 * New tokens, or hits, after which it is judged again. Few: to remember tokens for nothing costs more than a wrong
 * judgement, by which a token that comes again is verified once or twice more.
 */
const JUDGED_AFTER = 1000
/** With fewer hits than this for each new token, to remember tokens costs more than it saves. */
const HITS_PER_NEW_TOKEN = 1 / 8
/** Of a small cache, too. */
const FEWEST_PLACES = 1000

/**
 * Lets tokens into a cache. Where nearly every token comes once, as those of short-lived machines do, each is let in at
 * its second use: to keep thousands that nobody asks for makes the garbage collector copy them for nothing.
 */
export class CacheAdmission {
  /**
   * Prints of tokens, each in a place that it decides, until another one takes it: as a rule of about as many tokens as
   * the cache holds, since what comes again later would have been forgotten anyway. Two tokens that share a hash let
   * each other in early; two that share a place keep each other out while it is strict.
   */
  readonly #hashes: Int32Array
  #hits = 0
  #misses = 0
  #isStrict = false

  /** @param capacity - tokens that the cache holds */
  constructor(capacity: number) {
    this.#hashes = new Int32Array(Math.max(capacity, FEWEST_PLACES))
  }

  /** A remembered token came again. */
  hit(): void {
    this.#hits += 1
  }

  /**
   * Whether to remember a token that was not remembered.
   *
   * @param hash - 32 bits that hardly two tokens share
   */
  admits(hash: number): boolean {
    const comesAgain = this.#note(hash)
    if (comesAgain) this.#hits += 1
    else this.#misses += 1
    if (this.#misses > JUDGED_AFTER || this.#hits > JUDGED_AFTER) this.#judge()
    return comesAgain || !this.#isStrict
  }

  #note(hash: number): boolean {
    const at = (hash >>> 0) % this.#hashes.length
    const isKnown = this.#hashes[at] === hash
    this.#hashes[at] = hash
    return isKnown
  }

  #judge(): void {
    this.#isStrict = this.#hits < this.#misses * HITS_PER_NEW_TOKEN
    this.#hits = 0
    this.#misses = 0
  }
}
