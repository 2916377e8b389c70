/**
 * What a URL publishes, and since when or until when: the truth that requests are held against.
 * @module
 */
import { isUsable, type Material } from './key-material.js'

interface Entry {
  readonly key: Material
  readonly since: number
}

export class PublishedDocument {
  readonly #keys = new Map<string, Entry>()
  /** Until when a key was published under an id that has another one now, or none. */
  readonly #goneAt = new Map<string, number>()
  readonly #former = new Map<string, Material>()

  /** Publishes a key under an id, in the place of the key that it had. */
  publish(kid: string, key: Material, now: number): void {
    const before = this.#keys.get(kid)
    if (before?.key === key) return
    this.remove(kid, now)
    const isRenewed = before !== undefined && isUsable(before.key.pem) && isUsable(key.pem)
    this.#keys.set(kid, { key, since: isRenewed ? before.since : now })
  }

  remove(kid: string, now: number): void {
    const entry = this.#keys.get(kid)
    if (entry === undefined) return
    this.#keys.delete(kid)
    this.#former.set(kid, entry.key)
    this.#goneAt.set(nameOf(kid, entry.key.pem), now)
  }

  /** The key that an id had before. */
  formerKeyOf(kid: string): Material | undefined {
    return this.#former.get(kid)
  }

  /** A store says that a key was published then. */
  claim(kid: string, pem: string, at: number): void {
    const name = nameOf(kid, pem)
    this.#goneAt.set(name, Math.max(at, this.#goneAt.get(name) ?? at))
  }

  /** The set that is published now. */
  read(): ReadonlyMap<string, Material> {
    return new Map([...this.#keys].map(([kid, { key }]) => [kid, key]))
  }

  get size(): number {
    return this.#keys.size
  }

  keyOf(kid: string): Material | undefined {
    return this.#keys.get(kid)?.key
  }

  /** Whether a usable key has been published under an id ever since. */
  hasHad(kid: string, since: number): boolean {
    const entry = this.#keys.get(kid)
    return entry !== undefined && isUsable(entry.key.pem) && entry.since <= since
  }

  /** When a key was last published under an id; `undefined` for never. */
  lastPublished(kid: string, pem: string, now: number): number | undefined {
    return this.keyOf(kid)?.pem === pem ? now : this.#goneAt.get(nameOf(kid, pem))
  }
}

const nameOf = (kid: string, pem: string): string => `${kid} ${pem}`
