/**
 * Verified tokens that are remembered: found by a print of their signature, told apart by their whole text.
 * @module
 */
import { Doorkeeper } from './cache-admission.js'

/**
 * The bytes of a signature are as good as random: a few of its characters are a number that hardly two tokens share, and
 * a number is found faster than a text. Nothing is accepted by its print: the whole text is compared.
 */
const PRINT_LENGTH = 8
/** Tokens have about 1,000 characters; those of users in many groups do not take the memory of all others. */
const AVERAGE_LENGTH = 2048

/** What can be remembered. */
export interface Rememberable {
  /** What its token came in: the token alone, or a header's value that ends in it. */
  readonly carrier: string
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
  readonly #doorkeeper: Doorkeeper

  /** @param max - values remembered at the most; 2 or more */
  constructor(max: number) {
    this.#doorkeeper = new Doorkeeper(max)
    this.#maxSize = Math.floor(max / 2)
    this.#maxLength = this.#maxSize * AVERAGE_LENGTH
  }

  /**
   * Finds a token in what it came in. That is compared first, because V8 compares two whole strings faster than parts of
   * them; where it differs, the tokens are.
   *
   * @param start - where the token begins
   */
  get(carrier: string, start = 0): V | undefined {
    const print = toPrint(carrier)
    const young = this.#young.get(print)
    const found = young ?? this.#old.get(print)
    if (found === undefined || !isSame(found, carrier, start)) return undefined
    this.#doorkeeper.hit()
    if (young === undefined) this.set(found)
    return found
  }

  /** Whether a text that is not remembered is worth it. */
  admits(text: string): boolean {
    return this.#doorkeeper.admits(toPrint(text))
  }

  /** Remembers a value in place of another one with the same print. */
  set(value: V): void {
    const { length } = value.carrier
    if (length > this.#maxLength) return
    const print = toPrint(value.carrier)
    const replaced = this.#young.get(print)
    if (replaced) this.#length -= replaced.carrier.length
    else if (this.#young.size >= this.#maxSize) this.#turn()
    if (this.#length + length > this.#maxLength) this.#turn()
    this.#young.set(print, value)
    this.#length += length
  }

  #turn(): void {
    this.#old = this.#young
    this.#young = new Map()
    this.#length = 0
  }
}

function isSame(known: Rememberable, carrier: string, start: number): boolean {
  if (known.carrier === carrier) return known.text.length === carrier.length - start
  return known.text === carrier.slice(start)
}

/** FNV-1a of the last characters, 32 bits with a sign. */
function toPrint(text: string): number {
  let print = 0x811c9dc5
  for (let index = text.length - PRINT_LENGTH; index < text.length; index += 1) {
    print = Math.imul(print ^ text.charCodeAt(index), 0x01000193)
  }
  return print
}
