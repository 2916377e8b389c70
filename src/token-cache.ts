/**
 * Verified tokens that are remembered: found by the tail of their signature, told apart by their whole text.
 * @module
 */

/**
 * The bytes of a signature are as good as random, and a short string is hashed faster than a whole token. Nothing is
 * accepted by its tail: the whole text is compared.
 */
const TAIL = 32
/** Tokens have about 1,000 characters; those of users in many groups do not take the memory of all others. */
const AVERAGE_LENGTH = 2048

/**
 * A bounded cache. It has two generations: when the younger one is full the older one is forgotten, which costs the
 * same however many there are; what is used moves to the younger one.
 */
export class TokenCache<V extends { readonly text: string }> {
  #young = new Map<string, V>()
  #old = new Map<string, V>()
  /** Of the texts of the younger generation. */
  #length = 0
  readonly #maxSize: number
  readonly #maxLength: number

  /** @param max - values remembered at the most; 2 or more */
  constructor(max: number) {
    this.#maxSize = Math.floor(max / 2)
    this.#maxLength = this.#maxSize * AVERAGE_LENGTH
  }

  get(text: string): V | undefined {
    const tail = text.slice(-TAIL)
    const young = this.#young.get(tail)
    if (young !== undefined) return young.text === text ? young : undefined
    const old = this.#old.get(tail)
    if (old?.text !== text) return undefined
    this.set(old)
    return old
  }

  /** Remembers a value in place of another one with the same tail. */
  set(value: V): void {
    const { length } = value.text
    if (length > this.#maxLength) return
    const tail = value.text.slice(-TAIL)
    const replaced = this.#young.get(tail)
    if (replaced) this.#length -= replaced.text.length
    else if (this.#young.size >= this.#maxSize) this.#turn()
    if (this.#length + length > this.#maxLength) this.#turn()
    this.#young.set(tail, value)
    this.#length += length
  }

  #turn(): void {
    this.#old = this.#young
    this.#young = new Map()
    this.#length = 0
  }
}
