/**
 * One place where a pool publishes its keys: the set that is held, when the place is asked again, and who waits for that.
 * @module
 */
import type { Clock } from '../base/clock.js'
import { pause } from './deadline.js'
import type { FetchedSet, FetchFailure, FetchKeySet, GoodSet } from './fetch.js'
import type { PublishedKey } from './jwk.js'
import type { PublishedKeys } from './key-set.js'
import { createBackOff, createBudget, type EndpointHealth, type SchedulePolicy } from './schedule.js'
import type { Memory } from './store.js'

/** How long a set is trusted. Times in milliseconds. */
export interface EndpointPolicy extends Clock, SchedulePolicy {
  /** A set that was asked for longer ago is fetched again in the background when it is used. */
  readonly refreshAfterMs: number
  /** A set that was asked for longer ago is fetched again before it is used, unless the place is known to fail. */
  readonly askFirstAfterMs: number
  /** A set that was asked for longer ago is not trusted, even while the place fails; at least `refreshAfterMs`. */
  readonly staleIfErrorMs: number
  /** A request waits for the budget to grow no longer than this. */
  readonly maxWaitMs: number
}

/** Where the keys that are held come from: `'store'` is the option `keys.store`, `'inline'` a pool's option `jwks`. */
export type KeySetSource = 'network' | 'store' | 'file' | 'inline'

/** Where the sets of a place come from. */
export interface KeySource {
  readonly name: KeySetSource
  readonly fetch: FetchKeySet
  /** Where sets are kept for the next start of the process. */
  readonly memory?: Memory | undefined
}

/** The key that was asked for, or why there is none. */
export type Lookup<K> =
  | { readonly outcome: 'found'; readonly key: K }
  /** A set that was asked for after the request came lacks the key. */
  | { readonly outcome: 'absent' }
  /** `'failed'`: the place gave no usable set. `'later'`: it may not be asked yet, or too many requests wait for that. */
  | { readonly outcome: 'failed' | 'later'; readonly retryAfterMs: number }

/** A set that is held. Times are readings of the clock. */
interface HeldSet<K> {
  readonly keys: ReadonlyMap<string, K>
  readonly published: PublishedKeys
  readonly source: KeySetSource
  readonly askedAt: number
  /** Sets that were asked for together are not all fetched again together. */
  readonly refreshAt: number
}

/** Share by which the time of the next fetch varies. */
const JITTER = 0.1
/** Requests that wait for the budget to grow: two seconds of 2,500 unknown key ids each. They hold 54 MB with Fastify's part. */
const MAX_WAITING = 5000
/** When a request may come again that was turned away for no reason that lasts; milliseconds. */
export const SOON_MS = 1000

/** One place. It is not asked before somebody asks for a key. `K` is what a published key is built into. */
export class Endpoint<K> {
  readonly #source: KeySource
  readonly #build: (pem: string) => K
  readonly #policy: EndpointPolicy
  readonly #closing: AbortSignal
  readonly #onOutcome: () => void
  readonly #budget: ReturnType<typeof createBudget>
  readonly #backOff: ReturnType<typeof createBackOff>
  #set: HeldSet<K> | undefined
  #restored: Promise<void> | undefined
  #underWay: Promise<void> | undefined
  // Fetches are numbered, so that no clock has to tell whether one was begun after a request came.
  #begun = 0
  #lastAnswered = 0
  #lastFailed = 0
  #nextSlot: Promise<void> | undefined
  #waiting = 0

  /**
   * @param build - makes the usable form of a key, once per key; a key for which it throws counts as not published
   * @param closing - ends what is under way; nobody is asked after that
   * @param onOutcome - told when a fetch has ended
   */
  constructor(
    source: KeySource,
    build: (pem: string) => K,
    policy: EndpointPolicy,
    closing: AbortSignal,
    onOutcome = () => {},
  ) {
    this.#source = source
    this.#build = build
    this.#policy = policy
    this.#closing = closing
    this.#onOutcome = onOutcome
    this.#budget = createBudget(policy)
    this.#backOff = createBackOff(policy)
  }

  /** A key that may be used at once, without waiting for anything. */
  held(kid: string): K | undefined {
    const set = this.#set
    const key = set?.keys.get(kid)
    if (set === undefined || key === undefined) return undefined
    const { now, staleIfErrorMs, askFirstAfterMs } = this.#policy
    const time = now()
    if (time <= set.refreshAt) return key
    if (time - set.askedAt > staleIfErrorMs) return undefined
    // A process that idled or stood still asks before it trusts an old set, unless it knows that nobody would answer.
    if (time - set.askedAt > askFirstAfterMs && !this.#isKnownToFail(time)) return undefined
    if (this.#mayAsk()) void this.#begin()
    return key
  }

  /** Looks a key up that may not be used at once. Never rejects. */
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

  /** Sees to it that a set is held that is not due. Never rejects. */
  async ensure(): Promise<void> {
    await this.#restore()
    if (!this.#isDue()) return
    if (this.#mayAsk()) void this.#begin()
    await this.#underWay
  }

  /** Fetches the set in any case, where one is held or on its way. Resolves to whether that succeeded. Never rejects. */
  async refresh(): Promise<boolean> {
    const since = this.#begun
    if (this.#source.memory !== undefined) await this.#restore()
    if (this.#set === undefined && this.#underWay === undefined) return true
    while (this.#lastAnswered <= since && this.#lastFailed <= since && !this.#closing.aborted) {
      await (this.#underWay ?? this.#begin())
    }
    return this.#lastAnswered > since
  }

  /** Whether the place is being asked. */
  get isAsked(): boolean {
    return this.#underWay !== undefined
  }

  /** Whether the set that is held has the key, however old it is. */
  has(kid: string): boolean {
    return this.#set?.keys.has(kid) === true
  }

  /** The set that is held, while it may be used where the place does not answer. */
  trusted(): HeldSet<K> | undefined {
    const set = this.#set
    const { now, staleIfErrorMs } = this.#policy
    return set !== undefined && now() - set.askedAt <= staleIfErrorMs ? set : undefined
  }

  health(): EndpointHealth {
    return this.#backOff.health()
  }

  #isDue(): boolean {
    return this.#set === undefined || this.#policy.now() > this.#set.refreshAt
  }

  #mayAsk(): boolean {
    return this.#underWay === undefined && this.#backOff.remainingMs() === 0 && !this.#closing.aborted
  }

  /** A failure of long ago says nothing of today, and one in which the process stood still says nothing at all. */
  #isKnownToFail(time: number): boolean {
    const { knownToFailUntil } = this.health()
    return knownToFailUntil !== undefined && time - knownToFailUntil <= this.#policy.askFirstAfterMs
  }

  /**
   * @param since - how many fetches had begun when the request came
   * @returns `undefined` where only a later fetch can tell
   */
  #answer(kid: string, since: number): Lookup<K> | undefined {
    const key = this.held(kid)
    if (key !== undefined) return { outcome: 'found', key }
    if (this.#lastFailed > since || this.#closing.aborted) return this.#failed()
    return this.#lastAnswered > since && !this.has(kid) ? { outcome: 'absent' } : undefined
  }

  #failed(): Lookup<K> {
    return { outcome: 'failed', retryAfterMs: this.#backOff.remainingMs() || SOON_MS }
  }

  /**
   * Waits for the end of a fetch, or for the budget to grow. While nothing is held, or what is held is due, or the place
   * fails, a fetch needs no budget: its time or the back-off bounds it.
   *
   * @returns an answer where there is nothing to wait for
   */
  async #nextFetch(): Promise<Lookup<K> | undefined> {
    if (this.#underWay === undefined && this.#backOff.remainingMs() > 0) return this.#failed()
    const mayBegin = () => this.#isDue() || this.health().isFailing || this.#budget.take()
    if (this.#underWay === undefined && !mayBegin()) return this.#waitForBudget()
    if (this.#underWay !== undefined && !this.#isDue()) return this.#waitFor(this.#underWay, SOON_MS)
    await (this.#underWay ?? this.#begin())
    return undefined
  }

  /** All wait for the same moment, whatever key they ask for. */
  async #waitForBudget(): Promise<Lookup<K> | undefined> {
    const ms = this.#budget.growsInMs()
    if (ms > this.#policy.maxWaitMs) return { outcome: 'later', retryAfterMs: ms }
    this.#nextSlot ??= pause(this.#policy, ms, this.#closing).then(() => {
      this.#nextSlot = undefined
    })
    return this.#waitFor(this.#nextSlot, ms)
  }

  /** The room is limited while a set is held: at a cold start everybody waits for the one fetch that serves all. */
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
    const fetching = this.#source.fetch(this.#set?.published ?? new Map(), this.#closing)
    this.#underWay = fetching.then((fetched) => {
      this.#underWay = undefined
      // A fetch that was ended from here says nothing of the place.
      if (!this.#closing.aborted) this.#learn(number, fetched)
    })
    return this.#underWay
  }

  #learn(number: number, fetched: FetchedSet): void {
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

  /** A key that the new set lacks is gone at once. A set from which no key can be built is none. */
  #replace(set: GoodSet, source: KeySetSource): FetchFailure | undefined {
    const { keys: published, askedAt } = set
    const built = [...published].map(([kid, one]) => [kid, this.#keyOf(kid, one)] as const)
    const keys = new Map(built.filter((entry): entry is readonly [string, K] => entry[1] !== undefined))
    if (keys.size === 0) return { failure: 'not a key set', code: 'NO_USABLE_KEY', wasInterrupted: false }
    const { random, refreshAfterMs, staleIfErrorMs } = this.#policy
    const refreshInMs = refreshAfterMs * (1 - JITTER + 2 * JITTER * random())
    const refreshAt = askedAt + Math.min(refreshInMs, staleIfErrorMs)
    this.#set = { keys, published, source, askedAt, refreshAt }
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
    if (memory === undefined || this.#closing.aborted) return
    this.#restored ??= memory.restore().then((set) => {
      if (set !== undefined) this.#replace(set, 'store')
    })
    await this.#restored
  }
}
