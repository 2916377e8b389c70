/**
 * Marks in memory: found by their keys, and forgotten when no token can be concerned any more.
 * @module
 */
import { concerns, laterMark, type RevocableToken, type RevocationMark } from './store.js'

type Entry = Pick<RevocationMark, 'notBefore' | 'expiresAt'>

/** Marks expire by the minute: a minute's are dropped together, which costs the same for each of them. */
const SLOT_SECONDS = 60

/** A bounded table of marks. */
export class MarkTable {
  readonly #entries = new Map<string, Entry>()
  /** The keys whose marks expire in a minute, by that minute. */
  readonly #slots = new Map<number, string[]>()
  readonly #max: number
  #sweptIn: number | undefined

  /** @param max - marks held at the most */
  constructor(max: number) {
    this.#max = max
  }

  /** Marks held, those that have just expired included. */
  get size(): number {
    return this.#entries.size
  }

  /** Whether a mark concerns the token. Expired ones may still do: they concern no token that is valid. */
  concerns({ keys, issuedAt }: RevocableToken): boolean {
    for (const key of keys) {
      if (concerns(this.#entries.get(key), issuedAt)) return true
    }
    return false
  }

  /**
   * Adds a mark.
   *
   * @param now - seconds since 1970
   * @returns whether there was room for it: no mark gives way to another one before it expires
   */
  add(mark: Entry & Pick<RevocationMark, 'key'>, now: number): boolean {
    this.#sweep(now)
    const { key } = mark
    const known = this.#entries.get(key)
    if (known === undefined && this.#entries.size >= this.#max) return false
    const entry = laterMark(known, mark)
    this.#entries.set(key, entry)
    if (known === undefined || slotOf(known) !== slotOf(entry)) this.#schedule(key, slotOf(entry))
    return true
  }

  #schedule(key: string, slot: number): void {
    const keys = this.#slots.get(slot)
    if (keys) keys.push(key)
    else this.#slots.set(slot, [key])
  }

  /** Once a minute. There are some 1,500 slots: the minutes of the day that the longest-lived mark has left. */
  #sweep(now: number): void {
    const current = Math.floor(now / SLOT_SECONDS)
    if (current === this.#sweptIn) return
    this.#sweptIn = current
    for (const [slot, keys] of this.#slots) {
      if (slot >= current) continue
      this.#slots.delete(slot)
      for (const key of keys) {
        // Its life may have become longer since.
        const entry = this.#entries.get(key)
        if (entry && slotOf(entry) < current) this.#entries.delete(key)
      }
    }
  }
}

const slotOf = ({ expiresAt }: Entry) => Math.floor(expiresAt / SLOT_SECONDS)
