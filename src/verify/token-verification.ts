/**
 * The verification of a token: all checks in their order, the signing key, the signature, and the cache of verified
 * tokens.
 * @module
 */

import { refuse } from '../base/errors.js'
import { deepFreeze } from '../base/members.js'
import type { Payload } from '../claims/standard-claims.js'
import { createTokenParser, detach, type UnverifiedToken } from '../jwt/form.js'
import type { LocatedToken } from '../jwt/located-token.js'
import type { SignatureCheck } from '../jwt/signature.js'
import { checkTimes, validityOf } from '../jwt/times.js'
import { type PoolKeys, takeKey } from '../keys/pool-keys.js'
import type { VerifiedToken } from './authentication.js'
import { checkCognitoClaims } from './cognito-claims.js'
import type { FindIssuingPool } from './issuing-pool.js'
import type { PoolWithKeys } from './tenants.js'
import { type Rememberable, TokenCache } from './token-cache.js'
import { assertAccepted, type TokenPolicy } from './token-policy.js'

/**
 * Verifies a token: synchronously where its key is held.
 *
 * @param input - the token, or the value of a header that ends in the token
 * @param start - position in `input` at which the token begins; 0 by default
 * @throws {CognitoError} thrown or rejected, when the token is refused
 */
export type VerifyToken = (
  input: string,
  policy: TokenPolicy,
  start?: number,
) => VerifiedToken | Promise<VerifiedToken>

/** A token that the cache does not hold, with its input. */
interface NewToken extends LocatedToken {
  readonly text: string
}

/** A verified token of the cache. */
interface RememberedToken extends VerifiedToken, Rememberable {
  readonly kid: string
  readonly keys: PoolKeys
  readonly checkSignature: SignatureCheck
  /** Seconds since 1970. */
  readonly validFrom: number
}

/** The settings of the verification. */
export interface VerificationSettings {
  /** Greatest number of cached tokens, and the seconds for which a token is cached; `false` for no cache. */
  readonly tokenCache: { readonly max: number; readonly ttl: number } | false
  /** Tolerance on the times of a token, in seconds. */
  readonly clockTolerance: number
  /** Greatest length of a token, in characters. */
  readonly maxTokenLength: number
}

/**
 * Makes the verification.
 *
 * @param now - returns milliseconds since 1970
 */
export function createTokenVerification(
  findPool: FindIssuingPool,
  { tokenCache, clockTolerance, maxTokenLength }: VerificationSettings,
  now: () => number,
): VerifyToken {
  const parser = createTokenParser(maxTokenLength)
  const cache = tokenCache === false ? undefined : new TokenCache<RememberedToken>(tokenCache.max)
  const ttl = tokenCache === false ? 0 : tokenCache.ttl

  function conclude(
    { input, start, text }: NewToken,
    token: UnverifiedToken,
    chosen: PoolWithKeys,
    checkSignature: SignatureCheck,
  ): RememberedToken {
    checkSignature(text, token.signature)
    parser.learn(token)
    const [validFrom, expires] = validityOf(token.payload, clockTolerance)
    const isKept = cache?.admits(text) === true
    const verified = remember({ input: isKept ? detach(input) : input, start }, token, chosen, {
      checkSignature,
      validFrom,
      validUntil: Math.min(expires, now() / 1000 + ttl),
    })
    if (isKept) cache?.set(verified)
    return verified
  }

  /** Goes on with a promise only where a list or a key has to be fetched. */
  function verify(found: NewToken, policy: TokenPolicy): RememberedToken | Promise<RememberedToken> {
    const token = parser.parse(found.text)
    const goOn = (chosen: PoolWithKeys) => {
      runChecks(token.payload, chosen, policy, { now: now() / 1000, tolerance: clockTolerance })
      const key = chosen.keys.held(token.kid) ?? findKey(chosen, token)
      return key instanceof Promise
        ? key.then((later) => conclude(found, token, assertCurrent(chosen), later))
        : conclude(found, token, chosen, key)
    }
    const chosen = findPool(token.payload, policy)
    return chosen instanceof Promise ? chosen.then(goOn) : goOn(chosen)
  }

  return (input, policy, start = 0) => {
    const known = cache?.get(input, start)
    if (known === undefined || !isStillValid(known, now() / 1000)) {
      return verify({ input, start, text: input.slice(start) }, policy)
    }
    if (!known.isRepeated) known.isRepeated = true
    return known
  }
}

/** Runs every check that needs no key before the key is looked up. Times are in seconds. */
function runChecks(
  payload: Payload,
  { pool, membership }: PoolWithKeys,
  policy: TokenPolicy,
  { now, tolerance }: { readonly now: number; readonly tolerance: number },
): void {
  assertAccepted(pool, checkCognitoClaims(payload, pool), policy)
  membership?.assertClaim(payload)
  checkTimes(payload, now, tolerance, pool.name)
}

/** Returns the pool, unless its tenant was removed while the key was fetched. */
function assertCurrent(chosen: PoolWithKeys): PoolWithKeys {
  if (chosen.membership?.isCurrent() !== false) return chosen
  throw refuse('TENANT_REMOVED', { pool: chosen.pool.name })
}

async function findKey(
  { pool, keys }: PoolWithKeys,
  { payload, kid }: UnverifiedToken,
): Promise<SignatureCheck> {
  return takeKey(await keys.find(kid, String(payload['iss'])), pool.name)
}

type Proof = Pick<RememberedToken, 'checkSignature' | 'validFrom' | 'validUntil'>

function remember(
  { input, start }: LocatedToken,
  { payload, kid }: UnverifiedToken,
  { pool, keys, membership }: PoolWithKeys,
  { checkSignature, validFrom, validUntil }: Proof,
): RememberedToken {
  return {
    input,
    text: input.slice(start),
    payload: deepFreeze(payload),
    pool,
    membership,
    tokenUse: payload['token_use'] === 'access' ? 'access' : 'id',
    isRepeated: false,
    lastReading: undefined,
    revocable: undefined,
    kid,
    keys,
    checkSignature,
    validFrom,
    validUntil,
  }
}

/** Returns `true` while the time of the token runs, the key of its signature is held, and its tenant is in the list. */
function isStillValid(
  { kid, keys, membership, checkSignature, validFrom, validUntil }: RememberedToken,
  now: number,
): boolean {
  const isInTime = now >= validFrom && now < validUntil
  return isInTime && membership?.isCurrent() !== false && keys.held(kid) === checkSignature
}
