/**
 * What the load knows of the keys of pool eu and of the troubles of their endpoint.
 * @module
 */
import { Freezes } from './freezes.js'
import type { Edition, News } from './messages.js'
import { RECOVERY_MS } from './setting.js'

/** A key, as far as the answers depend on it. Moments are readings of `Date.now()`. */
export interface KeyRecord {
  readonly kid: string
  readonly publishedAt: number
  /** When a token of it was first sent. */
  firstSentAt: number
  /** When a token of it was first answered with 200. */
  acceptedAt: number
  lastAcceptedAt: number
  removedAt: number
  /** Whether a token of it was refused after its removal. */
  isRefused: boolean
}

export interface EuKey extends KeyRecord {
  readonly edition: Edition
}

interface Trouble {
  readonly from: number
  /** When the endpoint gave a good answer again. */
  recoveredAt: number
}

/** Removed keys that are still asked for. */
const REMOVED = 2

export const createKey = (kid: string, publishedAt: number): KeyRecord => ({
  kid,
  publishedAt,
  firstSentAt: Number.POSITIVE_INFINITY,
  acceptedAt: Number.POSITIVE_INFINITY,
  lastAcceptedAt: Number.NEGATIVE_INFINITY,
  removedAt: Number.POSITIVE_INFINITY,
  isRefused: false,
})

/** Grows with the news of the issuer, and with the freezes of the server. */
export class Timeline {
  /** Published and accepted before. */
  known: readonly EuKey[] = []
  /** Published and not accepted yet. */
  fresh: readonly EuKey[] = []
  removed: readonly EuKey[] = []
  readonly troubles: Trouble[] = []
  readonly freezes = new Freezes()
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
      this.troubles.push({ from: news.at, recoveredAt: Number.POSITIVE_INFINITY })
    } else {
      const trouble = this.troubles.at(-1)
      if (trouble) trouble.recoveredAt = news.at
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
    return this.troubles.some((trouble) => trouble.from <= to && from <= this.endOf(trouble))
  }

  /** Tells whether the endpoint was well for so long without a break, within a time that the server lived through. */
  wasWell(from: number, to: number, ms: number): boolean {
    let since = from
    for (const trouble of this.troubles) {
      if (this.endOf(trouble) < from) continue
      if (this.freezes.lived(since, Math.min(trouble.from, to)) >= ms) return true
      since = Math.max(since, this.endOf(trouble))
    }
    return this.freezes.lived(since, to) >= ms
  }

  /** For how long the endpoint had been well at the end of a time, as far as the server lived through it; milliseconds. */
  wellFor(from: number, to: number): number {
    const ends = this.troubles.filter((trouble) => trouble.from <= to).map((trouble) => this.endOf(trouble))
    return this.freezes.lived(Math.max(from, ...ends), to)
  }

  /** The longest trouble until a moment, as far as the server lived through it; milliseconds. */
  longestTrouble(now: number): number {
    const times = this.troubles.map((trouble) =>
      this.freezes.lived(trouble.from, Math.min(this.endOf(trouble), now)),
    )
    return Math.max(0, ...times)
  }

  /** When the server has read the first good answer: a frozen one reads it later. */
  endOf({ recoveredAt }: Trouble): number {
    return this.freezes.afterLiving(recoveredAt, RECOVERY_MS)
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
