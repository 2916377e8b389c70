/**
 * A key store that fails, is slow, or has what it should not have.
 * @module
 */
import type { StoredKeySet } from '../../src/keys/store.js'
import type { TestClock } from '../support/test-clock.js'
import { type Material, pemOf } from './key-material.js'

/** How far the time of day is ahead of the clock. */
const EPOCH_MS = 1_700_000_000_000

/** What a store can do wrong. */
export const STORE_FAULTS = ['none', 'slow', 'too slow', 'does not load', 'does not save'] as const
export type StoreFault = (typeof STORE_FAULTS)[number]

const LOADING_MS: Partial<Record<StoreFault, number>> = { slow: 300, 'too slow': 1500 }

/** What was loaded for a URL, and when. Times are readings of the clock. */
export interface Loaded {
  readonly stored: StoredKeySet | undefined
  readonly at: number
}

/** Keeps sets with readings of the clock; the plugin is told the time of day. */
export class StoredSets {
  fault: StoreFault = 'none'
  readonly #clock: TestClock
  readonly #sets = new Map<string, StoredKeySet>()

  constructor(clock: TestClock) {
    this.#clock = clock
  }

  readonly timeOfDay = (): number => EPOCH_MS + this.#clock.now()

  async load(url: string): Promise<Loaded> {
    const ms = LOADING_MS[this.fault]
    if (ms !== undefined) await new Promise<void>((resolve) => this.#clock.after(ms, resolve))
    if (this.fault === 'does not load') throw new Error('this store does not load')
    return { stored: this.#sets.get(url), at: this.#clock.now() }
  }

  async save(set: StoredKeySet): Promise<void> {
    if (this.fault === 'does not save') throw new Error('this store does not save')
    this.put(toReading(set))
  }

  /** @param url - for which the set is loaded; it may say another one */
  put(set: StoredKeySet, url = set.url): void {
    this.#sets.set(url, set)
  }
}

/** A set of the plugin's, with a reading of the clock. */
export const toReading = (set: StoredKeySet): StoredKeySet => ({ ...set, askedAt: set.askedAt - EPOCH_MS })

/** A set for the plugin, with a time of day. */
export const toTime = (set: StoredKeySet): StoredKeySet => ({ ...set, askedAt: set.askedAt + EPOCH_MS })

/** Writes keys as a JWKS document. */
export const toDocument = (keys: Iterable<readonly [string, Material]>): string =>
  JSON.stringify({ keys: [...keys].map(([kid, { n, e }]) => ({ kty: 'RSA', use: 'sig', kid, n, e })) })

/**
 * Reads what {@link toDocument} or the plugin wrote: keys by their ids, in PEM. A key id that stands for two keys stands for
 * none. Anything else has no keys.
 */
export function readDocument(document: string): ReadonlyMap<string, string> {
  try {
    const { keys } = JSON.parse(document) as { readonly keys: readonly Entry[] }
    const isAmbiguous = (one: Entry) => keys.some((other) => other.kid === one.kid && other.n !== one.n)
    const clear = keys.filter((entry) => !isAmbiguous(entry))
    return new Map(clear.map(({ kid, n }) => [kid, pemOf(n) ?? 'a key of somebody else']))
  } catch {
    return new Map()
  }
}

interface Entry {
  readonly kid: string
  readonly n: string
}
