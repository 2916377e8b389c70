/**
 * Verified tokens that are remembered: found by a hash of their signature, told apart by their whole text.
 * @module
 */
import { CacheAdmission } from './cache-admission.js'

/**
 * The bytes of a signature are as good as random: a few of its characters are a number that hardly two tokens share, and
 * a number is found faster than a text. Nothing is accepted by its hash: the whole text is compared.
 */
const HASHED_LENGTH = 8
/** Tokens have about 1,000 characters; those of users in many groups do not take the memory of all others. */
const AVERAGE_LENGTH = 2048

/** What can be remembered. */
export interface Rememberable {
  /** What its token came in: the token alone, or a header's value that ends in it. */
  readonly input: string
  readonly text: string
}

/**
 * A bounded cache. It has two generations: when the younger one is full the older one is forgotten, which costs the
 * same however many there are; what is used moves to the younger one.
 */
export class TokenCache<V extends Rememberable> {
  #young = new Map<number, V>()
  #old = new Map<number, V>()
  /** Of the carriers of the younger generation. */
  #length = 0
  readonly #maxSize: number
  readonly #maxLength: number
  readonly #admission: CacheAdmission

  /** @param max - values remembered at the most; 2 or more */
  constructor(max: number) {
    this.#admission = new CacheAdmission(max)
    this.#maxSize = Math.floor(max / 2)
    this.#maxLength = this.#maxSize * AVERAGE_LENGTH
  }

  /**
   * Finds a token in what it came in. That is compared first, because V8 compares two whole strings faster than parts of
   * them; where it differs, the tokens are.
   *
   * @param start - where the token begins
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

  /** Whether a text that is not remembered is worth it. */
  admits(text: string): boolean {
    return this.#admission.admits(toHash(text))
  }

  /** Remembers a value in place of another one with the same hash. */
  set(value: V): void {
    const { length } = value.input
    if (length > this.#maxLength) return
    const hash = toHash(value.input)
    const replaced = this.#young.get(hash)
    if (replaced) this.#length -= replaced.input.length
    else if (this.#young.size >= this.#maxSize) this.#turn()
    if (this.#length + length > this.#maxLength) this.#turn()
    this.#young.set(hash, value)
    this.#length += length
  }

  #turn(): void {
    this.#old = this.#young
    this.#young = new Map()
    this.#length = 0
  }
}

function isSame(known: Rememberable, input: string, start: number): boolean {
  if (known.input === input) return known.text.length === input.length - start
  return known.text === input.slice(start)
}

/** FNV-1a of the last characters, 32 bits with a sign. */
function toHash(text: string): number {
  let hash = 0x811c9dc5
  for (let index = text.length - HASHED_LENGTH; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash
}
