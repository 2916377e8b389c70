/**
 * An endpoint where a pool publishes its keys: the set that is held, the next fetch, and the requests that wait for it.
 * @module
 */
import type { Clock } from '../base/clock.js'
import type { Closing } from './closing.js'
import { pause } from './deadline.js'
import type { FetchedSet, FetchFailure, FetchKeySet, GoodSet } from './fetch.js'
import { drawRefreshAt, type FreshnessPolicy, freshnessOf, isTrusted, type SetTimes } from './freshness.js'
import type { PublishedKey } from './jwk.js'
import type { PublishedKeys } from './key-set.js'
import { BackOff, Budget, type EndpointHealth, type RequestLimits } from './request-limits.js'
import type { Memory } from './store.js'

/** The policy of an endpoint. Times are in milliseconds. */
export interface EndpointPolicy extends Clock, RequestLimits, FreshnessPolicy {
  /** Longest time that a request waits for the budget to grow. */
  readonly maxWaitMs: number
}

/** The source of a key set that is held. `'store'` is the option `keys.store`, `'inline'` the option `jwks` of a pool. */
export type KeySetSource = 'network' | 'store' | 'file' | 'inline'

/** The source of the key sets of an endpoint. */
export interface KeySource {
  readonly name: KeySetSource
  readonly fetch: FetchKeySet
  /** The store that keeps sets for the next start of the process. */
  readonly memory?: Memory | undefined
}

/** The result of a lookup: the key, or why there is none. */
export type Lookup<K> =
  | { readonly outcome: 'found'; readonly key: K }
  /** The key is missing in a set that was fetched after the request arrived. */
  | { readonly outcome: 'absent' }
  /** `'failed'`: the endpoint gave no usable set. `'later'`: it may not be asked yet, or too many requests wait. */
  | { readonly outcome: 'failed' | 'later'; readonly retryAfterMs: number }

/** A key set that is held. */
interface HeldSet<K> extends SetTimes {
  readonly keys: ReadonlyMap<string, K>
  readonly published: PublishedKeys
  readonly source: KeySetSource
}

/**
 * Largest number of waiting requests while a set is held: those of two seconds at 2,500 unknown key ids a second. They
 * take 54 MB, Fastify's part included.
 */
const MAX_WAITING = 5000
/** `Retry-After` of a refusal whose reason will pass soon; milliseconds. */
export const SOON_MS = 1000

/** An endpoint. It is not asked before its first use. `K` is the usable form that each published key is built into. */
export class Endpoint<K> {
  readonly #source: KeySource
  readonly #build: (pem: string) => K
  readonly #policy: EndpointPolicy
  readonly #closing: Closing
  readonly #onOutcome: () => void
  readonly #budget: Budget
  readonly #backOff: BackOff
  #set: HeldSet<K> | undefined
  #restored: Promise<void> | undefined
  #pending: Promise<void> | undefined
  // Fetches are numbered, so that the order of a fetch and a request does not depend on a clock.
  #begun = 0
  #lastAnswered = 0
  #lastFailed = 0
  #nextSlot: Promise<void> | undefined
  #waiting = 0

  /**
   * @param build - makes the usable form of a key, once for each key; a key for which `build` throws counts as not
   *   published
   * @param closing - ends the fetch; a closed endpoint is not asked
   * @param onOutcome - called after each fetch
   */
  constructor(
    source: KeySource,
    build: (pem: string) => K,
    policy: EndpointPolicy,
    closing: Closing,
    onOutcome = () => {},
  ) {
    this.#source = source
    this.#build = build
    this.#policy = policy
    this.#closing = closing
    this.#onOutcome = onOutcome
    this.#budget = new Budget(policy)
    this.#backOff = new BackOff(policy)
  }

  /** Returns a key that may be used at once, without a fetch; `undefined` when there is none. */
  held(kid: string): K | undefined {
    const set = this.#set
    const key = set?.keys.get(kid)
    if (set === undefined || key === undefined) return undefined
    const time = this.#policy.now()
    const freshness = freshnessOf(set, time, this.#policy)
    if (freshness === 'fresh') return key
    if (freshness === 'untrusted') return undefined
    if (freshness === 'old' && !this.#isKnownToFail(time)) return undefined
    if (this.#mayAsk()) void this.#begin()
    return key
  }

  /** Looks up a key that {@link held} does not return. Never rejects. */
  async lookUp(kid: string): Promise<Lookup<K>> {
    const since = this.#begun
    await this.#restore()
    for (;;) {
      const answer = this.#answer(kid, since)
      if (answer !== undefined) return answer
      const refusal = await this.#nextFetch()
      if (refusal !== undefined) return refusal
    }
  }

  /** Fetches the set unless a fresh one is held. Never rejects. */
  async ensure(): Promise<void> {
    await this.#restore()
    if (!this.#isDue()) return
    if (this.#mayAsk()) void this.#begin()
    await this.#pending
  }

  /**
   * Fetches the set again, even a fresh one; does nothing when no set is held and no fetch is pending. Resolves to `true`
   * unless the fetch failed. Never rejects.
   */
  async refresh(): Promise<boolean> {
    const since = this.#begun
    if (this.#source.memory !== undefined) await this.#restore()
    if (this.#set === undefined && this.#pending === undefined) return true
    while (this.#lastAnswered <= since && this.#lastFailed <= since && !this.#closing.isClosed) {
      await (this.#pending ?? this.#begin())
    }
    return this.#lastAnswered > since
  }

  /** `true` while a fetch is pending. */
  get isAsked(): boolean {
    return this.#pending !== undefined
  }

  /** Tells whether the held set has the key, whatever the age of the set. */
  has(kid: string): boolean {
    return this.#set?.keys.has(kid) === true
  }

  /** Returns the held set unless it is too old to be trusted while the endpoint fails. */
  trusted(): HeldSet<K> | undefined {
    const set = this.#set
    return set !== undefined && isTrusted(set.askedAt, this.#policy.now(), this.#policy) ? set : undefined
  }

  health(): EndpointHealth {
    return this.#backOff.health()
  }

  #isDue(): boolean {
    return this.#set === undefined || this.#policy.now() > this.#set.refreshAt
  }

  #mayAsk(): boolean {
    return this.#pending === undefined && this.#backOff.remainingMs() === 0 && !this.#closing.isClosed
  }

  /** Tells whether the endpoint failed recently. A failure with a gap does not count. */
  #isKnownToFail(time: number): boolean {
    const { knownToFailUntil } = this.health()
    return knownToFailUntil !== undefined && time - knownToFailUntil <= this.#policy.askFirstAfterMs
  }

  /**
   * Answers a lookup from what is known.
   *
   * @param since - number of fetches that had begun when the request arrived
   * @returns `undefined` when only a later fetch can tell
   */
  #answer(kid: string, since: number): Lookup<K> | undefined {
    const key = this.held(kid)
    if (key !== undefined) return { outcome: 'found', key }
    if (this.#lastFailed > since || this.#closing.isClosed) return this.#failed()
    return this.#lastAnswered > since && !this.has(kid) ? { outcome: 'absent' } : undefined
  }

  #failed(): Lookup<K> {
    return { outcome: 'failed', retryAfterMs: this.#backOff.remainingMs() || SOON_MS }
  }

  /**
   * Waits for the end of a fetch, or for the budget to grow. A fetch takes from the budget only while a fresh set is held
   * and the endpoint answers. In all other states the time of a fetch, or the back-off, limits the fetches.
   *
   * @returns a refusal when the request must not wait
   */
  async #nextFetch(): Promise<Lookup<K> | undefined> {
    if (this.#pending === undefined && this.#backOff.remainingMs() > 0) return this.#failed()
    const mayBegin = () => this.#isDue() || this.health().isFailing || this.#budget.take()
    if (this.#pending === undefined && !mayBegin()) return this.#waitForBudget()
    if (this.#pending !== undefined && !this.#isDue()) return this.#waitFor(this.#pending, SOON_MS)
    await (this.#pending ?? this.#begin())
    return undefined
  }

  /** Waits for the budget to grow. All requests wait for the same moment, whatever their key id. */
  async #waitForBudget(): Promise<Lookup<K> | undefined> {
    const ms = this.#budget.growsInMs()
    if (ms > this.#policy.maxWaitMs) return { outcome: 'later', retryAfterMs: ms }
    const grown = () => this.#closing.during((signal) => pause(this.#policy, ms, signal))
    this.#nextSlot ??= grown().then(() => {
      this.#nextSlot = undefined
    })
    return this.#waitFor(this.#nextSlot, ms)
  }

  /** Waits for `end`, unless {@link MAX_WAITING} requests wait already. This limit does not apply to a cold start. */
  async #waitFor(end: Promise<void>, retryAfterMs: number): Promise<Lookup<K> | undefined> {
    if (this.#waiting >= MAX_WAITING) return { outcome: 'later', retryAfterMs }
    this.#waiting += 1
    await end
    this.#waiting -= 1
    return undefined
  }

  #begin(): Promise<void> {
    this.#begun += 1
    const number = this.#begun
    const known = this.#set?.published ?? new Map()
    const fetching = this.#closing.during((signal) => this.#source.fetch(known, signal))
    this.#pending = fetching.then((fetched) => {
      this.#pending = undefined
      // A fetch that `closing` ended says nothing about the endpoint.
      if (!this.#closing.isClosed) this.#record(number, fetched)
    })
    return this.#pending
  }

  #record(number: number, fetched: FetchedSet): void {
    const failure = fetched.failure === undefined ? this.#replace(fetched, this.#source.name) : fetched
    if (failure === undefined) {
      this.#lastAnswered = number
      this.#backOff.succeeded()
    } else {
      this.#lastFailed = number
      this.#backOff.failed(failure)
    }
    this.#onOutcome()
  }

  /** Replaces the held set, and so removes the keys that the new set lacks. A set without a usable key is a failure. */
  #replace(set: GoodSet, source: KeySetSource): FetchFailure | undefined {
    const { keys: published, askedAt } = set
    const built = [...published].map(([kid, one]) => [kid, this.#keyOf(kid, one)] as const)
    const keys = new Map(built.filter((entry): entry is readonly [string, K] => entry[1] !== undefined))
    if (keys.size === 0) return { failure: 'not a key set', code: 'NO_USABLE_KEY', wasInterrupted: false }
    this.#set = { keys, published, source, askedAt, refreshAt: drawRefreshAt(askedAt, this.#policy) }
    if (source !== 'store') this.#source.memory?.keep(set)
    return undefined
  }

  #keyOf(kid: string, { pem }: PublishedKey): K | undefined {
    if (this.#set?.published.get(kid)?.pem === pem) return this.#set.keys.get(kid)
    try {
      return this.#build(pem)
    } catch {
      return undefined
    }
  }

  async #restore(): Promise<void> {
    const { memory } = this.#source
    if (memory === undefined || this.#closing.isClosed) return
    this.#restored ??= memory.restore().then((set) => {
      if (set !== undefined) this.#replace(set, 'store')
    })
    await this.#restored
  }
}
