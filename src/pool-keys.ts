/**
 * The keys of one pool at work: its endpoints, its ring, and what a request hears when a key is missing.
 * @module
 */
import { monotonicClock } from './clock.js'
import { CognitoError } from './errors.js'
import { JwksEndpoint } from './jwks-endpoint.js'
import type { EndpointFailure } from './jwks-fetch.js'
import { type KeyResult, KeyRing, type KeyRingStatus } from './key-ring.js'
import type { KeysOptions } from './keys-options.js'
import type { ResolvedPool } from './pool.js'
import { createSignatureCheck, type SignatureCheck } from './signature.js'

/** A request waits for a slot of the budget no longer than this, or than one lookup takes. */
const MAX_CONTEST_MS = 2000
/** A waiting request is released after this. */
const MAX_WAIT_MS = 3000

/** What no token has asked for yet. */
const COLD: KeyRingStatus = Object.freeze({
  state: 'cold',
  keys: [],
  lastSuccessSeconds: undefined,
  lastFailure: undefined,
})

/** The keys that a pool's tokens are signed with. Nothing is made of them before somebody asks. */
export class PoolKeys {
  readonly #pool: ResolvedPool
  readonly #options: Required<KeysOptions>
  readonly #tolerance: number
  #opened: OpenKeys | undefined
  #isClosed = false

  /** @param tolerance - seconds */
  constructor(pool: ResolvedPool, options: Required<KeysOptions>, tolerance: number) {
    this.#pool = pool
    this.#options = options
    this.#tolerance = tolerance
  }

  /** The check of a key that may be used at once. */
  held(kid: string): SignatureCheck | undefined {
    return this.#opened?.ring.held(kid)
  }

  /**
   * Looks a key up that is not held.
   *
   * @param issuer - one of the pool's
   * @throws {CognitoError} rejected: `COGNITO_ERR_TOKEN_INVALID` or `COGNITO_ERR_KEYS_UNAVAILABLE`
   */
  async find(kid: string, issuer: string): Promise<SignatureCheck> {
    const { ring, endpoints } = this.#open()
    const first = endpoints.get(this.#pool.issuers.get(issuer) as string) as JwksEndpoint
    return takeKey(await ring.find(kid, first), this.#pool.name)
  }

  /** How the pool's endpoint failed just now; `undefined` where one answers. */
  probe(): Promise<EndpointFailure | undefined> {
    return this.#open().ring.probe()
  }

  /** Asks for every key that is held. Resolves to whether all of them were answered. */
  async refresh(): Promise<boolean> {
    return this.#opened === undefined || this.#opened.ring.refresh()
  }

  status(): KeyRingStatus {
    return this.#opened === undefined ? COLD : this.#opened.ring.status()
  }

  /** Ends the lookups that are under way. */
  close(): void {
    this.#isClosed = true
    for (const endpoint of this.#opened?.endpoints.values() ?? []) endpoint.close()
  }

  #open(): OpenKeys {
    if (this.#opened === undefined) {
      this.#opened = openKeys(this.#pool, this.#options, this.#tolerance)
      // Whoever asks too late hears of a failure, and nobody is asked.
      if (this.#isClosed) this.close()
    }
    return this.#opened
  }
}

interface OpenKeys {
  readonly ring: KeyRing<SignatureCheck>
  /** By their URLs. */
  readonly endpoints: ReadonlyMap<string, JwksEndpoint>
}

function openKeys(pool: ResolvedPool, keys: Required<KeysOptions>, tolerance: number): OpenKeys {
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
  return { ring, endpoints }
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
