/**
 * A table of marks in memory. A mark is dropped when no valid token can match it any more.
 * @module
 */
import { concerns, laterMark, type RevocableToken, type RevocationMark } from './store.js'

type Entry = Pick<RevocationMark, 'notBefore' | 'expiresAt'>

/** Length of a slot, in seconds. All marks of a slot are dropped together, at a constant cost for each mark. */
const SLOT_SECONDS = 60

/** A bounded table of marks. */
export class MarkTable {
  readonly #entries = new Map<string, Entry>()
  /** The keys of the marks that expire in a slot, by the number of the slot. */
  readonly #slots = new Map<number, string[]>()
  readonly #max: number
  #lastSweep: number | undefined

  /** @param max - greatest number of marks */
  constructor(max: number) {
    this.#max = max
  }

  /** Number of marks, with those that have expired since the last sweep. */
  get size(): number {
    return this.#entries.size
  }

  /** Returns `true` when a mark revokes the token. An expired mark may still do so, but it revokes no valid token. */
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
   * @returns `false` when the table is full: a new mark never replaces one that has not expired
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

  /** Drops expired marks, at most once a minute. There are about 1,500 slots, the minutes of the longest life of a mark. */
  #sweep(now: number): void {
    const current = Math.floor(now / SLOT_SECONDS)
    if (current === this.#lastSweep) return
    this.#lastSweep = current
    for (const [slot, keys] of this.#slots) {
      if (slot >= current) continue
      this.#slots.delete(slot)
      for (const key of keys) {
        // A later revocation may have prolonged the mark.
        const entry = this.#entries.get(key)
        if (entry && slotOf(entry) < current) this.#entries.delete(key)
      }
    }
  }
}

const slotOf = ({ expiresAt }: Entry) => Math.floor(expiresAt / SLOT_SECONDS)
