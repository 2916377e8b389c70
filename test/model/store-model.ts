/**
 * What was seen of the store of one URL: which sets the plugin may believe, and which it has to keep.
 * @module
 */
import type { GoodSet } from '../../src/keys/fetch.js'
import type { StoredKeySet } from '../../src/keys/store.js'
import { rule } from './breach.js'
import type { CoursePolicy } from './course-policy.js'
import type { LivedTime } from './lived-time.js'
import type { PublishedDocument } from './published-document.js'
import { type Loaded, readDocument } from './stored-sets.js'
import { isSame, toPems, type UrlModel } from './url-model.js'

interface Saved {
  /** `undefined` where somebody else may have written the set. */
  readonly document: string | undefined
  readonly keys: ReadonlyMap<string, string>
  readonly askedAt: number
}

/** What the model of a store is told at the start. */
export interface StoreSurroundings {
  readonly policy: CoursePolicy
  readonly now: () => number
  readonly time: LivedTime
}

/** The clocks of two machines differ by this at the most. */
const MAX_AHEAD_MS = 60_000
/** A store has to load within this. */
const PATIENCE_MS = 1000
/** After a gap, what was loaded has this time to be read. */
const GRACE_MS = PATIENCE_MS / 4

export class StoreModel {
  readonly #url: UrlModel
  readonly #document: PublishedDocument
  readonly #surroundings: StoreSurroundings
  #loadingSince: number | undefined
  /** The content of the store, as far as the plugin knows. */
  #saved: Saved | undefined
  /** Whether the store did not take the last set: then the next one is written in any case. */
  #hasRefused = false

  constructor(url: UrlModel, document: PublishedDocument, surroundings: StoreSurroundings) {
    this.#url = url
    this.#document = document
    this.#surroundings = surroundings
  }

  get isLoading(): boolean {
    return this.#loadingSince !== undefined
  }

  loadBegins(): void {
    this.#loadingSince = this.#surroundings.now()
  }

  /**
   * @param loaded - `undefined` where the store has given nothing so far
   * @param set - what the plugin believes
   */
  loadEnds(loaded: Loaded | undefined, set: GoodSet | undefined): void {
    const begunAt = this.#loadingSince ?? Number.NaN
    this.#loadingSince = undefined
    this.#assertPatient(begunAt)
    const stored = loaded && this.#believable(loaded)
    if (set === undefined) this.#assertExcused(begunAt, stored && loaded)
    else if (stored === undefined) rule(false, 'a stored set that cannot be believed is not used')
    else this.#restores(set, stored)
  }

  /** @param set - with a reading of the clock for its time */
  saves({ url, document, askedAt }: StoredKeySet): void {
    const keys = readDocument(document)
    const isSpared = document === this.#saved?.document && this.#isSaved(keys, askedAt)
    rule(!isSpared, 'a store is written to where that is worth it')
    rule(url === this.#url.href, 'a set is stored with its URL')
    rule(isSame(keys, this.#url.set?.published ?? new Map()), 'the set that was learnt is stored')
    rule(askedAt === this.#url.set?.askedAt, 'a set is stored with its own time')
    this.#saved = { document, keys, askedAt }
    this.#hasRefused = false
  }

  refuses(): void {
    this.#hasRefused = true
  }

  assertSaved(): void {
    const { set } = this.#url
    if (set === undefined || set.source === 'store') return
    rule(this.#isSaved(set.published, set.askedAt), 'what was learnt is stored')
  }

  #assertPatient(begunAt: number): void {
    const { now, time } = this.#surroundings
    const graceMs = time.hadGap(begunAt) ? GRACE_MS : 0
    rule(time.since(begunAt, now()) <= PATIENCE_MS + graceMs, 'a store is waited for one second')
  }

  /** @param loaded - a set that can be believed */
  #assertExcused(begunAt: number, loaded: Loaded | undefined): void {
    const isLate = loaded === undefined || loaded.at - begunAt >= PATIENCE_MS
    const hadGap = this.#surroundings.time.hadGap(begunAt)
    rule(isLate || hadGap, 'a stored set that can be believed is used')
  }

  #restores(set: GoodSet, { keys, askedAt, savedAt }: Believable): void {
    rule(isSame(toPems(set.keys), keys), 'the set that was stored is restored')
    rule(set.askedAt === askedAt, 'a stored set is as old as it says')
    this.#saved = { document: undefined, keys, askedAt: savedAt }
    for (const [kid, pem] of keys) this.#document.claim(kid, pem, askedAt)
    this.#url.restores(set)
  }

  #believable({ stored, at }: Loaded): Believable | undefined {
    if (stored === undefined) return undefined
    const keys = readDocument(stored.document)
    const ageMs = at - stored.askedAt
    const isInTime = ageMs <= this.#surroundings.policy.staleMs && ageMs >= -MAX_AHEAD_MS
    if (stored.url !== this.#url.href || keys.size === 0 || !isInTime) return undefined
    return { keys, askedAt: Math.min(at, stored.askedAt), savedAt: stored.askedAt }
  }

  /** Whether the plugin has written a set, and not too long ago. */
  #isSaved(keys: ReadonlyMap<string, string>, askedAt: number): boolean {
    if (this.#saved === undefined || !isSame(this.#saved.keys, keys)) return false
    const ageMs = askedAt - this.#saved.askedAt
    return this.#hasRefused ? ageMs === 0 : ageMs <= this.#surroundings.policy.refreshMs
  }
}

interface Believable {
  readonly keys: ReadonlyMap<string, string>
  /** A set from the future is one of now. */
  readonly askedAt: number
  readonly savedAt: number
}
