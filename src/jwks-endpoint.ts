/**
 * When one JWKS URL is asked for a key: joins, remembers what is absent, and backs off from failures.
 * @module
 */
import { setMaxListeners } from 'node:events'
import { type EndpointFailure, type FetchPolicy, fetchKey } from './jwks-fetch.js'
import { createLookupQueue, type Lookup, type LookupQueue, type QueuePolicy } from './lookup-queue.js'

/** How an endpoint may be asked. */
export type EndpointPolicy = FetchPolicy & QueuePolicy

/** How an endpoint has answered so far. Times are readings of the policy's clock. */
export interface EndpointHealth {
  readonly isFailing: boolean
  readonly lastSuccess: number | undefined
  readonly lastFailure: { readonly at: number; readonly reason: EndpointFailure } | undefined
}

const FIRST_BACK_OFF_MS = 1000
const LAST_BACK_OFF_MS = 30_000
const FIRST_ABSENCE_MS = 2000
const LAST_ABSENCE_MS = 30_000
/** Absent keys remembered; only keys really looked up enter, so a flood cannot flush them. */
const MAX_ABSENT = 256

/** A key from which no check can be made counts as not published. */
const UNUSABLE: Lookup = { outcome: 'absent' }
const STILL_FAILING: Lookup = { outcome: 'failed', retryAfterMs: FIRST_BACK_OFF_MS }

/** Doubles from `first` to `last`. */
const doubled = (first: number, last: number, times: number) => Math.min(first * 2 ** times, last)

/** One JWKS URL. It is not asked before a key is. */
export class JwksEndpoint {
  readonly #url: string
  readonly #policy: EndpointPolicy
  readonly #closing = new AbortController()
  readonly #underWay = new Map<string, Promise<Lookup>>()
  readonly #absences: ReturnType<typeof createAbsences>
  readonly #backOff: ReturnType<typeof createBackOff>
  readonly #queue: LookupQueue
  readonly #fetch: typeof fetchKey
  #announce: (kid: string, pem: string | undefined) => void = () => {}

  /**
   * @param url - `https:`, or `http:` on loopback; never taken from a token
   * @param fetch - fetches one key; its failures are answers, it never rejects
   */
  constructor(url: string, policy: EndpointPolicy, fetch = fetchKey) {
    this.#url = url
    this.#fetch = fetch
    this.#policy = policy
    this.#absences = createAbsences(policy.now)
    this.#backOff = createBackOff(policy)
    this.#queue = createLookupQueue((kid) => this.#start(kid), policy)
    setMaxListeners(0, this.#closing.signal)
  }

  /** Looks a key up, within the budget of unknown keys. Never rejects. */
  async lookUp(kid: string): Promise<Lookup> {
    if (this.#absences.has(kid)) return { outcome: 'absent' }
    return this.#join(kid, () => this.#queue.enter(kid))
  }

  /** Asks again for a key that was found here before; needs no budget. Never rejects. */
  recheck(kid: string): Promise<Lookup> {
    return this.#join(kid, () => this.#start(kid))
  }

  /** Asks in any case, by a fetch that begins now. Never rejects. */
  ask(kid: string): Promise<Lookup> {
    const pending = this.#underWay.get(kid)
    return pending === undefined ? this.#start(kid) : pending.then(() => this.#start(kid))
  }

  /**
   * Sets who is told of every answer, also of one that nobody waits for any more: the key, `undefined` where it is not
   * published. The answers about one key come in the order in which they were asked for.
   */
  onAnswer(announce: (kid: string, pem: string | undefined) => void): void {
    this.#announce = announce
  }

  health(): EndpointHealth {
    return this.#backOff.health()
  }

  /** Ends what is under way. */
  close(): void {
    this.#closing.abort()
    this.#queue.clear(STILL_FAILING)
  }

  /** While the endpoint fails, one lookup a step tells whether it is back; nobody waits for a slot then. */
  async #join(kid: string, whenHealthy: () => Promise<Lookup>): Promise<Lookup> {
    if (this.#closing.signal.aborted) return STILL_FAILING
    const pending = this.#underWay.get(kid)
    if (pending) return pending
    const retryAfterMs = this.#backOff.remainingMs()
    if (retryAfterMs > 0) return { outcome: 'failed', retryAfterMs }
    if (!this.#backOff.health().isFailing) return whenHealthy()
    return this.#underWay.size > 0 ? STILL_FAILING : this.#start(kid)
  }

  #start(kid: string): Promise<Lookup> {
    const lookup = this.#underWay.get(kid) ?? this.#ask(kid).catch(() => UNUSABLE)
    this.#underWay.set(kid, lookup)
    void lookup.then(() => this.#underWay.delete(kid))
    return lookup
  }

  async #ask(kid: string): Promise<Lookup> {
    const askedAt = this.#policy.now()
    const { pem, failure } = await this.#fetch(this.#url, kid, this.#policy, this.#closing.signal)
    // A fetch that was ended from here says nothing of the endpoint.
    if (this.#closing.signal.aborted) return STILL_FAILING
    if (failure !== undefined) {
      if (this.#backOff.hasAnsweredSince(askedAt)) return STILL_FAILING
      this.#backOff.failed(failure)
      return this.#queue.clear({ outcome: 'failed', retryAfterMs: this.#backOff.remainingMs() })
    }
    this.#backOff.succeeded()
    this.#absences.learn(kid, pem === undefined)
    this.#announce(kid, pem)
    return { outcome: pem === undefined ? 'absent' : 'found' }
  }
}

/** Keys known to be absent, each for a time that doubles with every further miss. */
function createAbsences(now: () => number) {
  const absent = new Map<string, { readonly until: number; readonly misses: number }>()
  return {
    has: (kid: string) => now() < (absent.get(kid)?.until ?? 0),
    learn(kid: string, isAbsent: boolean) {
      const misses = absent.get(kid)?.misses ?? 0
      absent.delete(kid)
      if (!isAbsent) return
      absent.set(kid, {
        until: now() + doubled(FIRST_ABSENCE_MS, LAST_ABSENCE_MS, misses),
        misses: misses + 1,
      })
      const [oldest] = absent.keys()
      if (absent.size > MAX_ABSENT && oldest !== undefined) absent.delete(oldest)
    },
  }
}

/** One schedule for all that ask: a failure delays the next lookup, doubling up to half a minute. */
function createBackOff({ now, random }: EndpointPolicy) {
  let failures = 0
  let until = 0
  let lastSuccess: number | undefined
  let lastFailure: EndpointHealth['lastFailure']
  return {
    remainingMs: () => Math.max(0, until - now()),
    /** The failure of a lookup that began before the last good answer is old news. */
    hasAnsweredSince: (askedAt: number) => lastSuccess !== undefined && askedAt < lastSuccess,
    succeeded() {
      failures = 0
      until = 0
      lastSuccess = now()
    },
    failed(reason: EndpointFailure) {
      lastFailure = { at: now(), reason }
      // Lookups that were under way together count as one failure.
      if (now() < until) return
      until = now() + doubled(FIRST_BACK_OFF_MS, LAST_BACK_OFF_MS, failures) * (0.5 + random() / 2)
      failures += 1
    },
    health: (): EndpointHealth => ({ isFailing: failures > 0, lastSuccess, lastFailure }),
  }
}
