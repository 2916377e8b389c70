/**
 * Makes the key ring of a pool from its options, and the error for a key that is missing.
 * @module
 */
import type { Clock } from '../base/clock.js'
import { refuse } from '../base/errors.js'
import { createSignatureCheck, type SignatureCheck } from '../jwt/signature.js'
import { Closing } from './closing.js'
import { Endpoint, type EndpointPolicy, type KeySource, type Lookup } from './endpoint.js'
import { KeyRing, type KeyRingStatus, LONGEST_WAIT_MS } from './key-ring.js'
import { type EndpointMaker, type KeyPlace, LazyEndpoint } from './lazy-endpoint.js'
import type { KeyLocations } from './locations.js'
import type { ResolvedKeys } from './options.js'
import { createInlineSource, createUrlSource, foreverPolicy } from './sources.js'

/** The key ring of a pool, with its keys as signature checks. */
export type PoolKeys = KeyRing<SignatureCheck>

/** The listener for what happens to a pool's keys; it writes the log. */
export interface KeysListener {
  /** Called after each fetch, with the health of the pool's keys. */
  readonly onStatus: (status: KeyRingStatus) => void
  /** Called with one word for the cause when the store failed, or when its key set is not trusted. */
  readonly onStoreFailure: (code: string) => void
}

/** The settings that the key rings of all pools share. */
interface KeysContext {
  readonly options: ResolvedKeys
  /** Leeway for the times of a token; seconds. */
  readonly tolerance: number
  /** Ends all fetches of all rings. No endpoint is asked after its abort. */
  readonly closing: AbortSignal
  /** The clock for the age of keys and for the longest waits. */
  readonly clock: Clock
  /** Returns a number from 0 to 1, which spreads the times of fetches. */
  readonly random: () => number
}

/** Longest time of a fetch besides its attempt; milliseconds. */
const FETCH_MARGIN_MS = 1000

/**
 * Makes the key ring of a pool. It fetches nothing until a token needs a key or the application prefetches. Each endpoint is
 * made when it is first asked. `close` of the ring concerns no other ring.
 */
export function createPoolKeys(pool: KeyLocations, context: KeysContext, listener: KeysListener): PoolKeys {
  const closing = new Closing(context.closing)
  const onOutcome = (): void => listener.onStatus(ring.status())
  const maker = new PoolEndpoints(pool, context, listener, closing, onOutcome)
  const ring: PoolKeys = new KeyRing(maker.byIssuer(), context.clock, closing)
  return ring
}

/** Makes the endpoints of a pool. Ten thousand pools may be cold, so the class keeps no closures. */
class PoolEndpoints implements EndpointMaker<SignatureCheck> {
  readonly #pool: KeyLocations
  readonly #context: KeysContext
  readonly #listener: KeysListener
  readonly #closing: Closing
  readonly #onOutcome: () => void

  constructor(
    pool: KeyLocations,
    context: KeysContext,
    listener: KeysListener,
    closing: Closing,
    onOutcome: () => void,
  ) {
    this.#pool = pool
    this.#context = context
    this.#listener = listener
    this.#closing = closing
    this.#onOutcome = onOutcome
  }

  get hasStore(): boolean {
    return this.#context.options.store !== undefined
  }

  /** Returns issuer → its endpoint. Issuers whose keys are at one place have one endpoint. */
  byIssuer(): ReadonlyMap<string, LazyEndpoint<SignatureCheck>> {
    const { issuers, jwksUrls, jwks } = this.#pool
    const places: Iterable<readonly [string, KeyPlace]> =
      jwks === undefined ? jwksUrls : [...issuers].map((issuer) => [issuer, jwks])
    const byPlace = new Map<KeyPlace, LazyEndpoint<SignatureCheck>>()
    const byIssuer = new Map<string, LazyEndpoint<SignatureCheck>>()
    for (const [issuer, place] of places) {
      const endpoint = byPlace.get(place) ?? new LazyEndpoint(this, place)
      byPlace.set(place, endpoint)
      byIssuer.set(issuer, endpoint)
    }
    return byIssuer
  }

  make(place: KeyPlace): Endpoint<SignatureCheck> {
    const { tolerance } = this.#context
    const [source, policy] = this.#sourceOf(place)
    const build = (pem: string) => createSignatureCheck(pem, tolerance)
    return new Endpoint(source, build, policy, this.#closing, this.#onOutcome)
  }

  #sourceOf(place: KeyPlace): readonly [KeySource, EndpointPolicy] {
    const { options, clock } = this.#context
    const policy = toPolicy(this.#context)
    if (typeof place !== 'string') return [createInlineSource(place, clock), foreverPolicy(policy)]
    const { onStoreFailure } = this.#listener
    return [createUrlSource(place, { pool: this.#pool.name, options, policy, clock, onStoreFailure }), policy]
  }
}

function toPolicy({ options, clock, random }: KeysContext): EndpointPolicy {
  const refreshAfterMs = options.refreshAfter * 1000
  // A set must not count as old already when a slow endpoint has sent it.
  const longestFetchMs = options.timeout * 1000 + FETCH_MARGIN_MS
  return {
    ...clock,
    random,
    refreshAfterMs,
    askFirstAfterMs: Math.max(2 * refreshAfterMs, longestFetchMs),
    staleIfErrorMs: Math.max(options.staleIfError * 1000, refreshAfterMs, longestFetchMs),
    lookupBurst: options.lookupBurst,
    lookupIntervalMs: options.lookupInterval * 1000,
    maxWaitMs: LONGEST_WAIT_MS,
  }
}

const UNAVAILABLE = { failed: 'KEY_ENDPOINTS_FAILED', later: 'KEY_LOOKUP_POSTPONED' } as const

/** Longest `Retry-After` of an answer; seconds. */
const LONGEST_RETRY_AFTER = 60

/**
 * Returns the key of a lookup.
 *
 * @param pool - name of the pool
 * @throws {CognitoError} `COGNITO_ERR_TOKEN_INVALID` for a key that is not published, `COGNITO_ERR_KEYS_UNAVAILABLE` when
 *   the plugin cannot tell whether the key is published
 */
export function takeKey<K>(lookup: Lookup<K>, pool: string): K {
  if (lookup.outcome === 'found') return lookup.key
  if (lookup.outcome === 'absent') throw refuse('KEY_ABSENT', { pool })
  const retryAfter = Math.min(LONGEST_RETRY_AFTER, Math.max(1, Math.ceil(lookup.retryAfterMs / 1000)))
  throw refuse(UNAVAILABLE[lookup.outcome], { pool, retryAfter })
}
