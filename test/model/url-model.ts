/**
 * What was seen of one URL, and what follows from it: which set is held, and when the URL may be asked.
 * @module
 */
import type { KeySetSource } from '../../src/keys/endpoint.js'
import type { FetchedSet, FetchFailure, GoodSet } from '../../src/keys/fetch.js'
import { rule } from './breach.js'
import { askFirstMs, type CoursePolicy } from './course-policy.js'
import { isUsable, type Material } from './key-material.js'

/** Keys by their ids, in PEM. */
type Keys = ReadonlyMap<string, string>

interface KnownSet {
  /** All keys of the document. */
  readonly published: Keys
  /** Those of them that can be used. */
  readonly keys: Keys
  readonly askedAt: number
  readonly refreshAt: number
  readonly source: KeySetSource
}

/** A fetch that is under way. */
interface Flight {
  readonly number: number
  readonly at: number
}

interface PastFlight {
  readonly from: number
  readonly to: number
  readonly isGood: boolean
}

const JITTER = 0.1
const FIRST_BACK_OFF_MS = 1000
const LONGEST_BACK_OFF_MS = 30_000
/** A fetch that takes no longer makes nobody wait who has patience. */
const QUICK_MS = 100
/** Fetches that are remembered. */
const MAX_PAST = 64

export class UrlModel {
  readonly href: string
  readonly #policy: CoursePolicy
  /** 0 to 1 */
  readonly #random: number
  set: KnownSet | undefined
  flight: Flight | undefined
  /** Number of the last fetch. */
  lastBegun = 0
  /** Number of the fetch that brought the last good answer. */
  lastGood = 0
  /** When the last good answer was asked for. */
  lastGoodAskedAt = Number.NEGATIVE_INFINITY
  lastSuccessAt: number | undefined
  lastFailure: { readonly at: number; readonly failure: FetchFailure } | undefined
  lastOutcomeAt = Number.NEGATIVE_INFINITY
  #failures = 0
  #quietUntil = Number.NEGATIVE_INFINITY
  /** Until when the URL was to be left alone after it last failed while the process lived; if it has not answered since. */
  #knownToFailUntil: number | undefined
  /** Whether an attempt with a gap has failed since the URL last answered. */
  isInDoubt = false
  /** When fetches began that only the budget allows. */
  readonly #budgeted: number[] = []
  #past: readonly PastFlight[] = []
  #goodSets: readonly { readonly number: number; readonly keys: Keys }[] = []

  constructor(href: string, policy: CoursePolicy, random: number) {
    this.href = href
    this.#policy = policy
    this.#random = random
  }

  get isFailing(): boolean {
    return this.#failures > 0
  }

  isQuiet(now: number): boolean {
    return now < this.#quietUntil
  }

  isDue(now: number): boolean {
    return this.set === undefined || now > this.set.refreshAt
  }

  hasFailedSince(time: number): boolean {
    return this.lastFailure !== undefined && this.lastFailure.at >= time
  }

  /** Whether a fetch that began after another one or a request brought a set without a key. */
  hasLacked(kid: string, since: number): boolean {
    return this.#goodSets.some(({ number, keys }) => number > since && !keys.has(kid))
  }

  /** A key that may be used without a question, or with one behind. */
  usable(kid: string, now: number): string | undefined {
    const { set } = this
    if (set === undefined || now <= set.refreshAt) return set?.keys.get(kid)
    const isOld = now - set.askedAt > askFirstMs(this.#policy)
    return isOld && !this.isKnownToFail(now) ? undefined : this.trusted(kid, now)
  }

  /** A key that no outage takes away. */
  trusted(kid: string, now: number): string | undefined {
    return this.isTrusted(now) ? this.set?.keys.get(kid) : undefined
  }

  isTrusted(now: number): boolean {
    return this.set !== undefined && now - this.set.askedAt <= this.#policy.staleMs
  }

  /** The failure of an attempt with a gap says nothing, and one of long ago nothing of today. */
  isKnownToFail(now: number): boolean {
    const until = this.#knownToFailUntil
    return until !== undefined && now - until <= askFirstMs(this.#policy)
  }

  /** @param isByHand - whether somebody wants it to be asked in any case, since the last fetch has begun */
  begins(number: number, now: number, known: ReadonlyMap<string, Material>, isByHand: boolean): void {
    rule(this.flight === undefined, 'one fetch of a URL at a time')
    rule(isByHand || !this.isQuiet(now), 'nobody asks during the back-off')
    if (!isByHand && !this.isDue(now) && !this.isFailing) this.#assertWithinBudget(now)
    rule(isSame(toPems(known), this.set?.published ?? new Map()), 'a fetch is told what is known')
    this.lastBegun = number
    this.flight = { number, at: now }
  }

  ends(fetched: FetchedSet, now: number): void {
    const { number, at } = this.flight ?? { number: 0, at: now }
    this.flight = undefined
    this.lastOutcomeAt = now
    const failure = fetched.failure === undefined ? this.#replaces(fetched, 'network') : fetched
    this.#past = [...this.#past.slice(1 - MAX_PAST), { from: at, to: now, isGood: failure === undefined }]
    if (failure !== undefined) {
      this.#fails(failure, now)
      return
    }
    this.lastGood = number
    this.#goodSets = [...this.#goodSets.slice(1 - MAX_PAST), { number, keys: this.set?.keys ?? new Map() }]
    this.lastGoodAskedAt = this.set?.askedAt ?? now
    this.lastSuccessAt = now
    this.#knownToFailUntil = undefined
    this.isInDoubt = false
    this.#failures = 0
    this.#quietUntil = now
  }

  restores(set: GoodSet): void {
    this.#replaces(set, 'store')
  }

  #replaces({ keys, askedAt }: GoodSet, source: KeySetSource): FetchFailure | undefined {
    const published = toPems(keys)
    const usable = new Map([...published].filter(([, pem]) => isUsable(pem)))
    if (usable.size === 0) {
      return { failure: 'not a key set', code: 'NO_USABLE_KEY', wasInterrupted: false }
    }
    const { refreshMs, staleMs } = this.#policy
    const freshMs = Math.min(staleMs, refreshMs * (1 - JITTER + 2 * JITTER * this.#random))
    this.set = { published, keys: usable, askedAt, refreshAt: askedAt + freshMs, source }
    return undefined
  }

  #fails(failure: FetchFailure, now: number): void {
    const { retryAfterMs = 0, wasInterrupted } = failure
    this.lastFailure = { at: now, failure }
    const isOutOfTurn = this.isQuiet(now)
    const stepMs = Math.min(FIRST_BACK_OFF_MS * 2 ** this.#failures, LONGEST_BACK_OFF_MS)
    const backOffMs = isOutOfTurn ? 0 : stepMs * (0.5 + this.#random / 2)
    this.#quietUntil = Math.max(this.#quietUntil, now + Math.max(backOffMs, retryAfterMs))
    if (!isOutOfTurn) this.#failures += 1
    if (wasInterrupted) this.isInDoubt = true
    else this.#knownToFailUntil = this.#quietUntil
  }

  #assertWithinBudget(now: number): void {
    const { burst, intervalMs } = this.#policy
    this.#budgeted.push(now)
    for (const [index, start] of this.#budgeted.entries()) {
      const fetches = this.#budgeted.length - index
      rule(fetches <= burst + 1 + (now - start) / intervalMs, 'unknown keys cause fetches within the budget')
    }
  }

  /** Whether the budget cannot be used up. */
  hasBudget(now: number): boolean {
    const { burst, intervalMs } = this.#policy
    const recent = this.#budgeted.filter((start) => start >= now - burst * intervalMs)
    return recent.length <= burst - 2
  }

  /** Whether all fetches that were under way since then brought a set at once. */
  isQuickSince(time: number, now: number): boolean {
    const { flight } = this
    if (flight !== undefined && now - flight.at > QUICK_MS) return false
    return this.#past.every(({ from, to, isGood }) => to < time || (isGood && to - from <= QUICK_MS))
  }
}

export const toPems = (keys: ReadonlyMap<string, Material>): Keys =>
  new Map([...keys].map(([kid, { pem }]) => [kid, pem]))

export const isSame = (one: Keys, other: Keys): boolean =>
  one.size === other.size && [...one].every(([kid, key]) => other.get(kid) === key)
