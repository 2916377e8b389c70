/**
 * The keys of a pool as its options describe them: where they come from, and what a request is told when one is missing.
 * @module
 */
import type { Clock } from '../base/clock.js'
import { CognitoError } from '../base/errors.js'
import { createSignatureCheck, type SignatureCheck } from '../jwt/signature.js'
import { Endpoint, type EndpointPolicy, type KeySource, type Lookup } from './endpoint.js'
import { KeyRing, type KeyRingStatus, PATIENCE_MS } from './key-ring.js'
import { jwksUrlsOf, type KeyLocations } from './locations.js'
import type { ResolvedKeys } from './options.js'
import { createInlineSource, createUrlSource, foreverPolicy } from './sources.js'

/** The keys that a pool's tokens are signed with. */
export type PoolKeys = KeyRing<SignatureCheck>

/** What happens to a pool's keys, for the log. */
export interface KeysListener {
  /** A fetch has ended: how the pool is now. */
  readonly onStatus: (status: KeyRingStatus) => void
  /** The store failed, or what it had is not believed: a word that says why. */
  readonly onStoreFailure: (code: string) => void
}

/** How the keys of all pools are kept. */
export interface KeysContext {
  readonly options: ResolvedKeys
  /** Leeway on the times of a token; seconds. */
  readonly tolerance: number
  /** Ends what is under way; nobody is asked after that. */
  readonly closing: AbortSignal
  /** Measures the age of keys, and how long something is waited for. */
  readonly clock: Clock
  /** Spreads the times of fetches: 0 to 1. */
  readonly random: () => number
}

/** What a fetch takes besides its attempt, at the most; milliseconds. */
const FETCH_MARGIN_MS = 1000

/** Makes the keys of a pool. Nobody is asked for them before a token needs one. */
export function createPoolKeys(pool: KeyLocations, context: KeysContext, listener: KeysListener): PoolKeys {
  const { options, tolerance, closing, clock } = context
  const policy = toPolicy(context)
  const build = (pem: string) => createSignatureCheck(pem, tolerance)
  const onOutcome = (): void => listener.onStatus(ring.status())
  const open = (source: KeySource, policy: EndpointPolicy): Endpoint<SignatureCheck> =>
    new Endpoint(source, build, policy, closing, onOutcome)
  const inline = pool.jwks && open(createInlineSource(pool.jwks, clock), foreverPolicy(policy))
  const byUrl = new Map<string, Endpoint<SignatureCheck>>()
  for (const url of jwksUrlsOf(pool)) {
    const surroundings = { pool: pool.name, options, policy, clock, onStoreFailure: listener.onStoreFailure }
    byUrl.set(url, open(createUrlSource(url, surroundings), policy))
  }
  const byIssuer = [...pool.issuers].map((issuer): [string, Endpoint<SignatureCheck>] => [
    issuer,
    inline ?? (byUrl.get(pool.jwksUrls.get(issuer) as string) as Endpoint<SignatureCheck>),
  ])
  const ring: PoolKeys = new KeyRing(new Map(byIssuer), clock)
  return ring
}

function toPolicy({ options, clock, random }: KeysContext): EndpointPolicy {
  const refreshAfterMs = options.refreshAfter * 1000
  // A set must not be old as soon as a slow endpoint has sent it.
  const longestFetchMs = options.timeout * 1000 + FETCH_MARGIN_MS
  return {
    ...clock,
    random,
    refreshAfterMs,
    askFirstAfterMs: Math.max(2 * refreshAfterMs, longestFetchMs),
    staleIfErrorMs: Math.max(options.staleIfError * 1000, refreshAfterMs, longestFetchMs),
    lookupBurst: options.lookupBurst,
    lookupIntervalMs: options.lookupInterval * 1000,
    maxWaitMs: PATIENCE_MS,
  }
}

const REASONS = {
  absent: 'the key that the token names is not among the published ones',
  failed: 'no JWKS endpoint of the pool answers',
  later: 'the key that the token names is unknown, and the published ones cannot be asked for again yet',
} as const

/** The endpoint may have asked for a minute of peace; seconds. */
const LONGEST_RETRY_AFTER = 60

/**
 * What a request is told that has waited for a key.
 *
 * @param pool - its name
 * @throws {CognitoError} `COGNITO_ERR_TOKEN_INVALID` for a key that is not published, `COGNITO_ERR_KEYS_UNAVAILABLE` where
 *   that is not known
 */
export function takeKey<K>(lookup: Lookup<K>, pool: string): K {
  if (lookup.outcome === 'found') return lookup.key
  const reason = REASONS[lookup.outcome]
  if (lookup.outcome === 'absent') throw new CognitoError('COGNITO_ERR_TOKEN_INVALID', { reason, pool })
  const retryAfter = Math.min(LONGEST_RETRY_AFTER, Math.max(1, Math.ceil(lookup.retryAfterMs / 1000)))
  throw new CognitoError('COGNITO_ERR_KEYS_UNAVAILABLE', { reason, pool, retryAfter })
}
