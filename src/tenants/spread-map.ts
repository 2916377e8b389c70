/**
 * A map that grows in small steps: a large `Map` moves all its entries at once, which holds the event loop.
 * @module
 */

/** Number of small maps; a power of two. */
const PARTS = 64

/** A map from texts to values, kept in many small maps. */
export class SpreadMap<V extends {}> {
  readonly #parts: readonly Map<string, V>[] = Array.from({ length: PARTS }, () => new Map())

  get size(): number {
    return this.#parts.reduce((sum, part) => sum + part.size, 0)
  }

  get(key: string): V | undefined {
    return this.#parts[partOf(key)]?.get(key)
  }

  has(key: string): boolean {
    return this.get(key) !== undefined
  }

  set(key: string, value: V): void {
    this.#parts[partOf(key)]?.set(key, value)
  }

  /** Visits the entries, in no order that the keys would tell. */
  *[Symbol.iterator](): Generator<readonly [key: string, value: V]> {
    for (const part of this.#parts) yield* part
  }

  *values(): Generator<V> {
    for (const part of this.#parts) yield* part.values()
  }
}

/** Chooses a small map by the last two characters, which differ most in names and ids. A key of fewer is in the first. */
const partOf = (key: string): number =>
  (31 * key.charCodeAt(key.length - 1) + key.charCodeAt(key.length - 2)) & (PARTS - 1)
