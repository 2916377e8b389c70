/**
 * The cache of verified tokens: a lookup goes by a hash of the signature, and compares the whole text.
 * @module
 */
import { CacheAdmission } from './cache-admission.js'

/**
 * Number of characters that are hashed, the last ones of the signature. The bytes of a signature are as good as random,
 * so hardly two tokens share a hash. A map finds a number faster than a text. No token is accepted by its hash alone:
 * the whole text is compared.
 */
const HASHED_LENGTH = 8
/**
 * Average length up to which tokens fill the cache, in characters. Most tokens have about 1,000. The limit keeps the long
 * tokens of users in many groups from taking all memory.
 */
const AVERAGE_LENGTH = 2048

/** A value of the cache. */
export interface Rememberable {
  /** The token alone, or the value of a header that ends in the token. */
  readonly input: string
  readonly text: string
}

/**
 * A bounded cache of two generations. When the younger generation is full, the older one is dropped at once, which takes
 * the same time for any size. A hit moves its value to the younger generation.
 */
export class TokenCache<V extends Rememberable> {
  #young = new Map<number, V>()
  #old = new Map<number, V>()
  /** Length of all inputs of the younger generation, in characters. */
  #length = 0
  readonly #maxSize: number
  readonly #maxLength: number
  readonly #admission: CacheAdmission

  /** @param max - greatest number of values; 2 or more */
  constructor(max: number) {
    this.#admission = new CacheAdmission(max)
    this.#maxSize = Math.floor(max / 2)
    this.#maxLength = this.#maxSize * AVERAGE_LENGTH
  }

  /**
   * Finds a token by its input. The whole input is compared first, because V8 compares whole strings faster than parts.
   * The tokens are compared when the inputs differ.
   *
   * @param start - position in `input` at which the token begins
   */
  get(input: string, start = 0): V | undefined {
    const hash = toHash(input)
    const young = this.#young.get(hash)
    const found = young ?? this.#old.get(hash)
    if (found === undefined || !isSame(found, input, start)) return undefined
    this.#admission.hit()
    if (young === undefined) this.set(found)
    return found
  }

  /** Tells whether to cache a token that the cache does not hold. */
  admits(text: string): boolean {
    return this.#admission.admits(toHash(text))
  }

  /** Adds a value. The value replaces one with the same hash. */
  set(value: V): void {
    const { length } = value.input
    if (length > this.#maxLength) return
    const hash = toHash(value.input)
    const replaced = this.#young.get(hash)
    if (replaced) this.#length -= replaced.input.length
    else if (this.#young.size >= this.#maxSize) this.#rotate()
    if (this.#length + length > this.#maxLength) this.#rotate()
    this.#young.set(hash, value)
    this.#length += length
  }

  #rotate(): void {
    this.#old = this.#young
    this.#young = new Map()
    this.#length = 0
  }
}

function isSame(known: Rememberable, input: string, start: number): boolean {
  if (known.input === input) return known.text.length === input.length - start
  return known.text === input.slice(start)
}

/** The 32-bit FNV-1a hash of the last characters, as a signed integer. */
function toHash(text: string): number {
  let hash = 0x811c9dc5
  for (let index = text.length - HASHED_LENGTH; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash
}
