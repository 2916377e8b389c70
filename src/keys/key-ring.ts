/**
 * The keys of one pool: those of all its endpoints together, how long a request waits for one, and how they are.
 * @module
 */
import type { Clock } from '../base/clock.js'
import { startDeadline } from './deadline.js'
import type { EndpointFailure } from './document.js'
import { type Endpoint, type KeySetSource, type Lookup, SOON_MS } from './endpoint.js'

/** Health of a pool's keys. */
export interface KeyRingStatus {
  /**
   * `cold`: nothing is held, and not every endpoint has failed; `ok`: a usable set is held; `degraded`: one is held while its endpoint
   * fails; `down`: none is held, and the endpoint fails.
   */
  readonly state: 'cold' | 'ok' | 'degraded' | 'down'
  /** Keys held, each with the seconds since the set was asked for that has it. */
  readonly keys: readonly { readonly ageSeconds: number }[]
  /** Where the newest set that is held comes from; `undefined` where none is. */
  readonly source: KeySetSource | undefined
  /** Seconds since an endpoint of the pool last answered. */
  readonly lastSuccessSeconds: number | undefined
  /** Seconds since an endpoint of the pool last failed, how, and why in one word where that is known: `'ECONNREFUSED'`. */
  readonly lastFailure:
    | { readonly seconds: number; readonly reason: EndpointFailure; readonly code: string | undefined }
    | undefined
}

/** A waiting request is released after this; milliseconds. */
export const PATIENCE_MS = 3000
/** After a gap, a waiting request has this long again; milliseconds. */
const PATIENCE_AFTER_GAP_MS = 2000

/** The keys of one pool. `K` is what a published key is built into. */
export class KeyRing<K> {
  readonly #byIssuer: ReadonlyMap<string, Endpoint<K>>
  readonly #endpoints: readonly Endpoint<K>[]
  readonly #clock: Clock

  /** @param byIssuer - where each issuer of the pool publishes its keys, in the order in which they are asked at boot */
  constructor(byIssuer: ReadonlyMap<string, Endpoint<K>>, clock: Clock) {
    this.#byIssuer = byIssuer
    this.#endpoints = [...new Set(byIssuer.values())]
    this.#clock = clock
  }

  /** A key that may be used at once, without waiting for anything. */
  held(kid: string): K | undefined {
    for (const endpoint of this.#endpoints) {
      const key = endpoint.held(kid)
      if (key !== undefined) return key
    }
    return undefined
  }

  /**
   * Looks a key up that may not be used at once: at the issuer's endpoint and, should that fail, at the pool's other one.
   *
   * @param issuer - one of the pool's
   */
  find(kid: string, issuer: string): Promise<Lookup<K>> {
    const first = this.#byIssuer.get(issuer) as Endpoint<K>
    const answer = this.#search(kid, [first, ...this.#endpoints.filter((other) => other !== first)])
    return new Promise((resolve, reject) => {
      const patience = startDeadline(this.#clock, PATIENCE_MS, PATIENCE_AFTER_GAP_MS, () => {
        const key = this.held(kid) ?? (patience.hadGap() ? undefined : this.#unanswered(kid))
        resolve(key === undefined ? { outcome: 'failed', retryAfterMs: SOON_MS } : { outcome: 'found', key })
      })
      // A request that is released goes; what it waited for goes on.
      answer.finally(patience.callOff).then(resolve, reject)
    })
  }

  /** Sees to it that a set is held, as far as possible: at the first endpoint and, should it fail, at the other one. */
  async ensure(): Promise<void> {
    for (const endpoint of this.#endpoints) {
      await endpoint.ensure()
      if (!endpoint.health().isFailing) return
    }
  }

  /** Fetches every set that is held, in any case. Resolves to whether all of their endpoints answered. */
  async refresh(): Promise<boolean> {
    return (await Promise.all(this.#endpoints.map((endpoint) => endpoint.refresh()))).every(Boolean)
  }

  status(): KeyRingStatus {
    const now = this.#clock.now()
    const health = this.#endpoints.map((endpoint) => endpoint.health())
    const failure = health.flatMap(({ lastFailure }) => lastFailure ?? []).sort((a, b) => b.at - a.at)[0]
    const successes = health.flatMap(({ lastSuccess }) => lastSuccess ?? [])
    const sets = this.#endpoints.flatMap((endpoint) => endpoint.trusted() ?? [])
    // The newest set comes last: a key of two sets is as old as it is in the newer one.
    sets.sort((a, b) => a.askedAt - b.askedAt)
    const askedAt = new Map(sets.flatMap((set) => [...set.keys.keys()].map((kid) => [kid, set.askedAt])))
    const seconds = (at: number) => Math.round((now - at) / 1000)
    return {
      state: this.#state(),
      keys: [...askedAt.values()].map((at) => ({ ageSeconds: seconds(at) })),
      source: sets.at(-1)?.source,
      lastSuccessSeconds: successes.length > 0 ? seconds(Math.max(...successes)) : undefined,
      lastFailure: failure && { seconds: seconds(failure.at), reason: failure.reason, code: failure.code },
    }
  }

  /** One answering endpoint is enough: a pool that has not switched to its UPDATED issuer answers 403 there. */
  #state(): KeyRingStatus['state'] {
    const isFailing = (endpoint: Endpoint<K>) => endpoint.health().isFailing
    const holding = this.#endpoints.filter((endpoint) => endpoint.trusted() !== undefined)
    if (holding.length > 0) return holding.every(isFailing) ? 'degraded' : 'ok'
    return this.#endpoints.every(isFailing) ? 'down' : 'cold'
  }

  /**
   * A key of a set whose endpoint is being asked, and has been silent so far. In a process that stood still, silence is no
   * reason to trust an old key.
   */
  #unanswered(kid: string): K | undefined {
    const asked = this.#endpoints.filter(({ isAsked }) => isAsked)
    return asked.map((endpoint) => endpoint.trusted()?.keys.get(kid)).find((key) => key !== undefined)
  }

  /** A definite answer of one endpoint is final, but for a key that another one has published. */
  async #search(kid: string, endpoints: readonly Endpoint<K>[]): Promise<Lookup<K>> {
    const refusals: Refusal[] = []
    const isAbsent = () => refusals.some(({ outcome }) => outcome === 'absent')
    for (const endpoint of endpoints) {
      if (isAbsent() && !endpoint.has(kid)) continue
      const lookup = await endpoint.lookUp(kid)
      if (lookup.outcome === 'found' || lookup.outcome === 'later') return lookup
      refusals.push(lookup)
    }
    const key = this.held(kid)
    if (key !== undefined) return { outcome: 'found', key }
    const isTrusted = endpoints.some((endpoint) => endpoint.trusted()?.keys.has(kid))
    return isAbsent() && !isTrusted ? { outcome: 'absent' } : soonest(refusals)
  }
}

type Refusal = Exclude<Lookup<never>, { readonly outcome: 'found' }>

const soonest = (refusals: readonly Refusal[]): Refusal => ({
  outcome: 'failed',
  retryAfterMs: Math.min(
    ...refusals.map((refusal) => ('retryAfterMs' in refusal ? refusal.retryAfterMs : SOON_MS)),
  ),
})
