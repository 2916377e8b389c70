/**
 * The signing keys of one pool: which are held, for how long they are trusted, and when their endpoint is asked again.
 * @module
 */
import type { Clock } from './clock.js'
import type { JwksEndpoint } from './jwks-endpoint.js'
import type { EndpointFailure } from './jwks-fetch.js'

/** How long keys are trusted. Times in milliseconds. */
export interface KeyRingPolicy extends Clock {
  /** A key confirmed longer ago is re-checked in the background when it is used. */
  readonly refreshAfterMs: number
  /** A key confirmed longer ago is not trusted, even while its endpoint fails; at least `refreshAfterMs`. */
  readonly staleIfErrorMs: number
  /** 0 to 1 */
  readonly random: () => number
  /** A waiting request is released after this; the lookup goes on. */
  readonly maxWaitMs: number
}

/** The key that was asked for, or why there is none. */
export type KeyResult<K> =
  | { readonly outcome: 'found'; readonly key: K }
  | { readonly outcome: 'absent' | 'over budget' }
  | { readonly outcome: 'unavailable'; readonly retryAfterMs: number }

/** Health of a pool's keys. */
export interface KeyRingStatus {
  /** `cold`: nobody has asked yet; `degraded`: held keys serve while the endpoint fails; `down`: it fails and none is held. */
  readonly state: 'cold' | 'ok' | 'degraded' | 'down'
  /** Keys held, each with the seconds since its endpoint last confirmed it. */
  readonly keys: readonly { readonly ageSeconds: number }[]
  /** Seconds since an endpoint of the pool last answered. */
  readonly lastSuccessSeconds: number | undefined
  /** Seconds since an endpoint of the pool last failed, and how. */
  readonly lastFailure: { readonly seconds: number; readonly reason: EndpointFailure } | undefined
}

interface HeldKey<K> {
  readonly pem: string
  readonly key: K
  readonly endpoint: JwksEndpoint
  readonly confirmedAt: number
  /** Keys that were confirmed together are not all re-checked together. */
  readonly refreshAt: number
}

/** Share by which the time of a re-check varies. */
const JITTER = 0.1
/** A set is only ever asked for one key. "No such key" is an answer too. */
const PROBE_KID = 'fastify-cognito'

/** The keys of one pool. `K` is what a published key is built into. */
export class KeyRing<K> {
  readonly #keys = new Map<string, HeldKey<K>>()
  readonly #endpoints: readonly JwksEndpoint[]
  readonly #build: (pem: string) => K
  readonly #policy: KeyRingPolicy

  /**
   * @param endpoints - where the pool publishes its keys, one or two
   * @param build - makes the usable form of a key, once per key
   */
  constructor(endpoints: readonly JwksEndpoint[], build: (pem: string) => K, policy: KeyRingPolicy) {
    this.#endpoints = endpoints
    this.#build = build
    this.#policy = policy
    for (const endpoint of endpoints) endpoint.onAnswer((kid, pem) => this.#learn(kid, pem, endpoint))
  }

  /** A key that may be used at once, without waiting for anything. */
  held(kid: string): K | undefined {
    const entry = this.#keys.get(kid)
    if (entry === undefined) return undefined
    const { now, refreshAfterMs, staleIfErrorMs } = this.#policy
    const time = now()
    if (time <= entry.refreshAt) return entry.key
    if (time - entry.confirmedAt > staleIfErrorMs) return undefined
    // A process that idled asks before it trusts an old key again, unless it knows that nobody would answer.
    const hasIdled = time - entry.confirmedAt > 2 * refreshAfterMs
    if (hasIdled && !this.#isKnownToFail(entry.endpoint)) return undefined
    void entry.endpoint.recheck(kid)
    return entry.key
  }

  /**
   * Looks a key up that may not be used at once: one that is held but old, where it was found before; any other at the
   * endpoint `first` and, should that fail, at the pool's other one.
   */
  find(kid: string, first: JwksEndpoint): Promise<KeyResult<K>> {
    return within(this.#policy, this.#search(kid, first), () => this.#trusted(kid)?.key)
  }

  /** Asks whether an endpoint answers, one after the other: how the last one failed, `undefined` where one answers. */
  async probe(): Promise<EndpointFailure | undefined> {
    for (const endpoint of this.#endpoints) {
      const { outcome } = await endpoint.recheck(PROBE_KID)
      if (outcome !== 'failed') return undefined
    }
    return this.status().lastFailure?.reason
  }

  /** Asks for every key that is held, in any case. Resolves to whether all of them were answered. */
  async refresh(): Promise<boolean> {
    const lookups = [...this.#keys].map(([kid, { endpoint }]) => endpoint.ask(kid))
    return (await Promise.all(lookups)).every(({ outcome }) => outcome !== 'failed')
  }

  status(): KeyRingStatus {
    const { now, staleIfErrorMs } = this.#policy
    const trusted = [...this.#keys.values()].filter(
      ({ confirmedAt }) => now() - confirmedAt <= staleIfErrorMs,
    )
    return toStatus(this.#endpoints, trusted, now())
  }

  #trusted(kid: string): HeldKey<K> | undefined {
    const entry = this.#keys.get(kid)
    const { now, staleIfErrorMs } = this.#policy
    return entry !== undefined && now() - entry.confirmedAt <= staleIfErrorMs ? entry : undefined
  }

  /** A failure of long ago says nothing of today. */
  #isKnownToFail(endpoint: JwksEndpoint): boolean {
    const { isFailing, lastFailure } = endpoint.health()
    const { now, refreshAfterMs } = this.#policy
    return isFailing && lastFailure !== undefined && now() - lastFailure.at <= 2 * refreshAfterMs
  }

  async #search(kid: string, first: JwksEndpoint): Promise<KeyResult<K>> {
    const entry = this.#keys.get(kid)
    if (entry === undefined) return this.#lookUp(kid, first)
    await entry.endpoint.recheck(kid)
    const key = this.#trusted(kid)?.key
    if (key !== undefined) return { outcome: 'found', key }
    return this.#keys.has(kid) ? this.#lookUp(kid, first) : { outcome: 'absent' }
  }

  async #lookUp(kid: string, first: JwksEndpoint): Promise<KeyResult<K>> {
    let retryAfterMs = Number.POSITIVE_INFINITY
    for (const endpoint of [first, ...this.#endpoints.filter((other) => other !== first)]) {
      const lookup = await endpoint.lookUp(kid)
      // Whatever the endpoint finds has been announced, and is held.
      const key = this.#trusted(kid)?.key
      if (key !== undefined) return { outcome: 'found', key }
      if (lookup.outcome !== 'failed')
        return { outcome: lookup.outcome === 'over budget' ? 'over budget' : 'absent' }
      retryAfterMs = Math.min(retryAfterMs, lookup.retryAfterMs)
    }
    return { outcome: 'unavailable', retryAfterMs }
  }

  /** A key is taken away by the endpoint that last confirmed it alone, and by no failure. */
  #learn(kid: string, pem: string | undefined, endpoint: JwksEndpoint): void {
    const before = this.#keys.get(kid)
    // Before the new key is built: where that is unusable, the old one is gone too.
    if (before?.endpoint === endpoint) this.#keys.delete(kid)
    if (pem === undefined) return
    const key = before?.pem === pem ? before.key : this.#build(pem)
    const { now, random, refreshAfterMs, staleIfErrorMs } = this.#policy
    const confirmedAt = now()
    const refreshInMs = refreshAfterMs * (1 - JITTER + 2 * JITTER * random())
    const refreshAt = confirmedAt + Math.min(refreshInMs, staleIfErrorMs)
    this.#keys.set(kid, { pem, key, endpoint, confirmedAt, refreshAt })
  }
}

/** Releases a waiting request with the key that is held by then, or none; what it waited for goes on. */
function within<K>(
  { maxWaitMs, after }: KeyRingPolicy,
  result: Promise<KeyResult<K>>,
  heldNow: () => K | undefined,
): Promise<KeyResult<K>> {
  return new Promise((resolve, reject) => {
    const callOff = after(maxWaitMs, () => {
      const key = heldNow()
      resolve(key === undefined ? { outcome: 'unavailable', retryAfterMs: 1000 } : { outcome: 'found', key })
    })
    result.finally(callOff).then(resolve, reject)
  })
}

function toStatus(
  endpoints: readonly JwksEndpoint[],
  keys: readonly HeldKey<unknown>[],
  now: number,
): KeyRingStatus {
  const health = endpoints.map((endpoint) => endpoint.health())
  const successes = health.map(({ lastSuccess }) => lastSuccess).filter((at) => at !== undefined)
  const failures = health.map(({ lastFailure }) => lastFailure).filter((failure) => failure !== undefined)
  const lastFailure = failures.sort((a, b) => b.at - a.at)[0]
  // One answering endpoint is enough: a pool that has not switched to its UPDATED issuer answers 403 there.
  const answers = health.some(({ isFailing, lastSuccess }) => !isFailing && lastSuccess !== undefined)
  const isFailing = !answers && failures.length > 0
  const state = isFailing ? (keys.length > 0 ? 'degraded' : 'down') : answers ? 'ok' : 'cold'
  const seconds = (at: number) => Math.round((now - at) / 1000)
  return {
    state,
    keys: keys.map(({ confirmedAt }) => ({ ageSeconds: seconds(confirmedAt) })),
    lastSuccessSeconds: successes.length > 0 ? seconds(Math.max(...successes)) : undefined,
    lastFailure: lastFailure && { seconds: seconds(lastFailure.at), reason: lastFailure.reason },
  }
}
