/**
 * The key ring of one pool: the keys of all its endpoints, the longest wait for a key, and the health of the keys.
 * @module
 */
import type { Clock } from '../base/clock.js'
import type { Closing } from './closing.js'
import { startDeadline } from './deadline.js'
import type { EndpointFailure } from './document.js'
import { type KeySetSource, type Lookup, SOON_MS } from './endpoint.js'
import type { RingEndpoint } from './lazy-endpoint.js'

/**
 * The health of a pool's signing keys.
 *
 * @example app.cognito.status().eu.state // 'ok'
 */
export interface KeyRingStatus {
  /**
   * - `cold`: no usable key set is held, and not every endpoint fails
   * - `ok`: a usable key set is held
   * - `degraded`: a usable key set is held, but the endpoint of every held set fails
   * - `down`: no usable key set is held, and every endpoint fails
   */
  readonly state: 'cold' | 'ok' | 'degraded' | 'down'
  /** The keys that are held, each with the seconds since the request for its key set. */
  readonly keys: readonly { readonly ageSeconds: number }[]
  /** Source of the newest key set that is held; `undefined` when no set is held. */
  readonly source: KeySetSource | undefined
  /** Seconds since an endpoint of the pool last answered; `undefined` before the first answer. */
  readonly lastSuccessSeconds: number | undefined
  /**
   * The last failure of an endpoint: seconds since then, kind of failure, and cause in one word, such as
   * `'ECONNREFUSED'`.
   */
  readonly lastFailure:
    | { readonly seconds: number; readonly reason: EndpointFailure; readonly code: string | undefined }
    | undefined
}

/** Longest time that a request waits for a key; milliseconds. */
export const LONGEST_WAIT_MS = 3000
/** Time that a waiting request has left after a gap, see `deadline.ts`; milliseconds. */
const WAIT_AFTER_GAP_MS = 2000

/** The keys of one pool. `K` is the usable form that each published key is built into. */
export class KeyRing<K> {
  readonly #clock: Clock
  readonly #closing: Pick<Closing, 'close'>
  #isClosed = false
  #byIssuer: ReadonlyMap<string, RingEndpoint<K>>
  #endpoints: readonly RingEndpoint<K>[]

  /**
   * @param byIssuer - issuer → its endpoint, in the order in which the endpoints are used at boot
   * @param closing - ends the fetches of the endpoints
   */
  constructor(byIssuer: ReadonlyMap<string, RingEndpoint<K>>, clock: Clock, closing: Pick<Closing, 'close'>) {
    this.#clock = clock
    this.#closing = closing
    this.#byIssuer = byIssuer
    this.#endpoints = [...new Set(byIssuer.values())]
  }

  /** Returns a key that may be used at once, without a fetch; `undefined` when there is none. */
  held(kid: string): K | undefined {
    for (const endpoint of this.#endpoints) {
      const key = endpoint.held(kid)
      if (key !== undefined) return key
    }
    return undefined
  }

  /**
   * Looks up a key that {@link held} does not return: at the issuer's endpoint first, then at the pool's other endpoint
   * if the first one fails.
   *
   * @param issuer - an issuer of the pool
   */
  find(kid: string, issuer: string): Promise<Lookup<K>> {
    const first = this.#byIssuer.get(issuer)
    const endpoints = this.#endpoints.toSorted((a, b) => Number(b === first) - Number(a === first))
    const answer = this.#search(kid, endpoints).then((lookup) => (this.#isClosed ? CLOSED : lookup))
    return new Promise((resolve, reject) => {
      const deadline = startDeadline(this.#clock, LONGEST_WAIT_MS, WAIT_AFTER_GAP_MS, () => {
        const key = this.held(kid) ?? (deadline.hadGap() ? undefined : this.#unanswered(kid))
        resolve(key === undefined ? { outcome: 'failed', retryAfterMs: SOON_MS } : { outcome: 'found', key })
      })
      // The search goes on after the deadline, for other requests.
      answer.finally(deadline.callOff).then(resolve, reject)
    })
  }

  /** Fetches a key set unless a fresh one is held: from the first endpoint, and if that fails from the other one. */
  async ensure(): Promise<void> {
    for (const endpoint of this.#endpoints) {
      await endpoint.ensure()
      if (!endpoint.health().isFailing) return
    }
  }

  /** Fetches every set that is held, even a fresh one. Resolves to `true` when all their endpoints answered. */
  async refresh(): Promise<boolean> {
    return (await Promise.all(this.#endpoints.map((endpoint) => endpoint.refresh()))).every(Boolean)
  }

  /**
   * Closes the ring, when its pool is removed while the application goes on: ends its fetches, refuses the requests that wait
   * for them as `failed`, and lets its keys go. A closed ring holds no key and asks no endpoint. Its status is `down`.
   */
  close(): void {
    this.#isClosed = true
    this.#closing.close()
    this.#byIssuer = new Map()
    this.#endpoints = []
  }

  status(): KeyRingStatus {
    const now = this.#clock.now()
    const health = this.#endpoints.map((endpoint) => endpoint.health())
    const failure = health.flatMap(({ lastFailure }) => lastFailure ?? []).sort((a, b) => b.at - a.at)[0]
    const successes = health.flatMap(({ lastSuccess }) => lastSuccess ?? [])
    const sets = this.#endpoints.flatMap((endpoint) => endpoint.trusted() ?? [])
    // The newest set comes last, so that a key of two sets has the age of the newer set.
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

  /** One endpoint that answers is enough: Cognito answers 403 for the UPDATED issuer of a pool that does not use it. */
  #state(): KeyRingStatus['state'] {
    const isFailing = (endpoint: RingEndpoint<K>) => endpoint.health().isFailing
    const holding = this.#endpoints.filter((endpoint) => endpoint.trusted() !== undefined)
    if (holding.length > 0) return holding.every(isFailing) ? 'degraded' : 'ok'
    return this.#endpoints.every(isFailing) ? 'down' : 'cold'
  }

  /**
   * Returns an old key whose endpoint was asked and has not answered yet. After a gap the caller does not use it, because
   * the endpoint may have answered meanwhile.
   */
  #unanswered(kid: string): K | undefined {
    const asked = this.#endpoints.filter(({ isAsked }) => isAsked)
    return asked.map((endpoint) => endpoint.trusted()?.keys.get(kid)).find((key) => key !== undefined)
  }

  /** Asks the endpoints in turn. The answer of one endpoint is final, unless another endpoint has published the key. */
  async #search(kid: string, endpoints: readonly RingEndpoint<K>[]): Promise<Lookup<K>> {
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

/** The answer of a ring that is closed. */
const CLOSED: Lookup<never> = { outcome: 'failed', retryAfterMs: SOON_MS }

type Refusal = Exclude<Lookup<never>, { readonly outcome: 'found' }>

const soonest = (refusals: readonly Refusal[]): Refusal => ({
  outcome: 'failed',
  retryAfterMs: Math.min(
    ...refusals.map((refusal) => ('retryAfterMs' in refusal ? refusal.retryAfterMs : SOON_MS)),
  ),
})
