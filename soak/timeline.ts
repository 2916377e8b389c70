/**
 * What the load knows of the keys of pool eu and of the troubles of their endpoint.
 * @module
 */
import type { Edition, News } from './messages.js'
import { RECOVERY_MS } from './setting.js'

/** A key, as far as the answers depend on it. Moments are readings of `Date.now()`. */
export interface KeyRecord {
  readonly kid: string
  readonly publishedAt: number
  /** When a token of it was first answered with 200. */
  acceptedAt: number
  lastAcceptedAt: number
  removedAt: number
}

export interface EuKey extends KeyRecord {
  readonly edition: Edition
}

interface Trouble {
  readonly from: number
  until: number
}

/** Removed keys that are still asked for. */
const REMOVED = 2

export const createKey = (kid: string, publishedAt: number): KeyRecord => ({
  kid,
  publishedAt,
  acceptedAt: Number.POSITIVE_INFINITY,
  lastAcceptedAt: Number.NEGATIVE_INFINITY,
  removedAt: Number.POSITIVE_INFINITY,
})

/** Grows with the news of the issuer. */
export class Timeline {
  /** Published and accepted before. */
  known: readonly EuKey[] = []
  /** Published and not accepted yet. */
  fresh: readonly EuKey[] = []
  removed: readonly EuKey[] = []
  readonly troubles: Trouble[] = []
  /** All that were ever published. */
  readonly keys: EuKey[] = []

  learn(news: News): void {
    if (news.what === 'published') {
      const { edition, at } = news
      this.keys.push({ ...createKey(edition.kid, at), edition })
    } else if (news.what === 'removed') {
      const key = this.keys.find(({ kid }) => kid === news.kid)
      if (key) key.removedAt = news.at
    } else if (news.what === 'trouble') {
      this.troubles.push({ from: news.at, until: Number.POSITIVE_INFINITY })
    } else {
      const trouble = this.troubles.at(-1)
      if (trouble) trouble.until = news.at + RECOVERY_MS
    }
    this.#sort()
  }

  accept(key: KeyRecord, at: number): void {
    key.lastAcceptedAt = at
    if (key.acceptedAt <= at) return
    key.acceptedAt = at
    this.#sort()
  }

  /** Tells whether the endpoint was in trouble at any moment of a time. */
  isTroubled(from: number, to: number): boolean {
    return this.troubles.some((trouble) => trouble.from <= to && from <= trouble.until)
  }

  /** Tells whether the endpoint was well for so long without a break, within a time. */
  wasWell(from: number, to: number, ms: number): boolean {
    let since = from
    for (const trouble of this.troubles) {
      if (trouble.until < from) continue
      if (Math.min(trouble.from, to) - since >= ms) return true
      since = Math.max(since, trouble.until)
    }
    return to - since >= ms
  }

  /** For how long of a time the endpoint had been well at its end; milliseconds. */
  wellFor(from: number, to: number): number {
    const until = this.troubles.filter((trouble) => trouble.from <= to).map((trouble) => trouble.until)
    return Math.max(0, to - Math.max(from, ...until))
  }

  /** The longest trouble until a moment; milliseconds. */
  longestTrouble(now: number): number {
    return Math.max(0, ...this.troubles.map(({ from, until }) => Math.min(until, now) - from))
  }

  #sort(): void {
    const isRemoved = ({ removedAt }: KeyRecord) => removedAt !== Number.POSITIVE_INFINITY
    const isKnown = ({ acceptedAt }: KeyRecord) => acceptedAt !== Number.POSITIVE_INFINITY
    const published = this.keys.filter((key) => !isRemoved(key))
    this.known = published.filter(isKnown)
    this.fresh = published.filter((key) => !isKnown(key))
    this.removed = this.keys.filter(isRemoved).slice(-REMOVED)
  }
}
