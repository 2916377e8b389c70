/**
 * The decision which verified tokens are worth caching: all of them, unless hardly one is used twice.
 * @module
 */

/**
 * Number of new tokens, or of hits, after which the cache is judged again. The number is small, because caching tokens
 * for nothing costs more than a wrong judgement, which only verifies a token once or twice more.
 */
const JUDGED_AFTER = 1000
/** Hits per new token below which caching costs more than it saves. */
const HITS_PER_NEW_TOKEN = 1 / 8
/** Fewest hashes that are kept, even for a smaller cache. */
const FEWEST_PLACES = 1000

/**
 * Admits tokens to a cache. When nearly every token is used once, as by short-lived machines, a token is admitted at its
 * second use. Caching thousands of tokens that are never used again makes the garbage collector copy them for nothing.
 */
export class CacheAdmission {
  /**
   * Hashes of recent tokens. A hash determines its index, and a later hash with the same index replaces it. The table has
   * about as many entries as the cache, because the cache would have dropped an older token anyway. Two tokens with the
   * same hash admit each other early. Two hashes with the same index keep each other out while admission is strict.
   */
  readonly #hashes: Int32Array
  #hits = 0
  #misses = 0
  #isStrict = false

  /** @param capacity - number of tokens that the cache holds */
  constructor(capacity: number) {
    this.#hashes = new Int32Array(Math.max(capacity, FEWEST_PLACES))
  }

  /** Counts a lookup that found its token. */
  hit(): void {
    this.#hits += 1
  }

  /**
   * Tells whether to cache a token that the cache does not hold.
   *
   * @param hash - 32-bit hash of the token
   */
  admits(hash: number): boolean {
    const isSeenAgain = this.#record(hash)
    if (isSeenAgain) this.#hits += 1
    else this.#misses += 1
    if (this.#misses > JUDGED_AFTER || this.#hits > JUDGED_AFTER) this.#judge()
    return isSeenAgain || !this.#isStrict
  }

  #record(hash: number): boolean {
    const index = (hash >>> 0) % this.#hashes.length
    const isKnown = this.#hashes[index] === hash
    this.#hashes[index] = hash
    return isKnown
  }

  #judge(): void {
    this.#isStrict = this.#hits < this.#misses * HITS_PER_NEW_TOKEN
    this.#hits = 0
    this.#misses = 0
  }
}
