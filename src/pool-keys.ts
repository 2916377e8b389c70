/**
 * The keys of one pool at work: its endpoints, its ring, and what a request hears when a key is missing.
 * @module
 */
import { monotonicClock } from './clock.js'
import { CognitoError } from './errors.js'
import { JwksEndpoint } from './jwks-endpoint.js'
import type { EndpointFailure } from './jwks-fetch.js'
import { createSignatureCheck, type SignatureCheck } from './jwt.js'
import { type KeyResult, KeyRing, type KeyRingStatus } from './key-ring.js'
import type { KeysOptions } from './options.js'
import type { ResolvedPool } from './pool.js'

/** The keys that a pool's tokens are signed with. */
export interface PoolKeys {
  /** The check of a key that may be used at once. */
  readonly held: (kid: string) => SignatureCheck | undefined
  /**
   * Looks a key up that is not held.
   *
   * @param issuer - one of the pool's
   * @throws {CognitoError} rejected: `COGNITO_ERR_TOKEN_INVALID` or `COGNITO_ERR_KEYS_UNAVAILABLE`
   */
  readonly find: (kid: string, issuer: string) => Promise<SignatureCheck>
  /** How the pool's endpoint failed just now; `undefined` where one answers. */
  readonly probe: () => Promise<EndpointFailure | undefined>
  /** Re-checks every key that is held. */
  readonly refresh: () => Promise<void>
  readonly status: () => KeyRingStatus
  /** Ends the lookups that are under way. */
  readonly close: () => void
}

/** A request waits for a slot of the budget no longer than this, or than one lookup takes. */
const MAX_CONTEST_MS = 2000
/** A waiting request is released after this. */
const MAX_WAIT_MS = 3000

/**
 * Makes the keys of a pool without asking for any.
 *
 * @param tolerance - seconds
 */
export function createPoolKeys(pool: ResolvedPool, keys: Required<KeysOptions>, tolerance: number): PoolKeys {
  const policy = {
    ...monotonicClock,
    pool: pool.name,
    timeoutMs: keys.timeout * 1000,
    lookupBurst: keys.lookupBurst,
    lookupIntervalMs: keys.lookupInterval * 1000,
    // Not shorter than a lookup: what waits behind one that hangs hears of its failure.
    maxWaitMs: Math.max(MAX_CONTEST_MS, keys.timeout * 1000),
    random: Math.random,
  }
  const urls = new Set(pool.issuers.values())
  const endpoints = new Map([...urls].map((url) => [url, new JwksEndpoint(url, policy)]))
  const ring = new KeyRing([...endpoints.values()], (pem) => createSignatureCheck(pem, tolerance), {
    ...monotonicClock,
    refreshAfterMs: keys.refreshAfter * 1000,
    staleIfErrorMs: Math.max(keys.staleIfError, keys.refreshAfter) * 1000,
    maxWaitMs: MAX_WAIT_MS,
    random: Math.random,
  })
  return {
    held: (kid) => ring.held(kid),
    async find(kid, issuer) {
      const first = endpoints.get(pool.issuers.get(issuer) as string) as JwksEndpoint
      return takeKey(await ring.find(kid, first), pool.name)
    },
    probe: () => ring.probe(),
    refresh: () => ring.refresh(),
    status: () => ring.status(),
    close() {
      for (const endpoint of endpoints.values()) endpoint.close()
    },
  }
}

const REASONS = {
  absent: 'the key that the token names is not among the published ones',
  'over budget': 'the key that the token names is unknown, and too many unknown ones were asked for',
  unavailable: 'no JWKS endpoint of the pool answers',
} as const

function takeKey(result: KeyResult<SignatureCheck>, pool: string): SignatureCheck {
  if (result.outcome === 'found') return result.key
  const reason = REASONS[result.outcome]
  if (result.outcome !== 'unavailable') throw new CognitoError('COGNITO_ERR_TOKEN_INVALID', { reason, pool })
  const retryAfter = Math.min(30, Math.max(1, Math.ceil(result.retryAfterMs / 1000)))
  throw new CognitoError('COGNITO_ERR_KEYS_UNAVAILABLE', { reason, pool, retryAfter })
}
