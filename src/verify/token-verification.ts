/**
 * The verification of a token: all checks in their order, the signing key, the signature, and the cache of verified
 * tokens.
 * @module
 */

import { refuse } from '../base/errors.js'
import { deepFreeze, ownMember } from '../base/members.js'
import { createTokenParser, detach, type UnverifiedToken } from '../jwt/form.js'
import type { LocatedToken } from '../jwt/located-token.js'
import type { SignatureCheck } from '../jwt/signature.js'
import { checkTimes, validityOf } from '../jwt/times.js'
import { type PoolKeys, takeKey } from '../keys/pool-keys.js'
import type { ResolvedPool } from '../pool/pool.js'
import type { VerifiedToken } from './authentication.js'
import { checkCognitoClaims } from './cognito-claims.js'
import { type Rememberable, TokenCache } from './token-cache.js'
import { assertAccepted, type TokenPolicy } from './token-policy.js'

/** A pool and its keys. */
export interface PoolWithKeys {
  readonly pool: ResolvedPool
  readonly keys: PoolKeys
}

/** A pool at one of its issuers. */
export interface IssuingPool extends PoolWithKeys {
  readonly issuer: string
}

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
 * Makes the verification for the pools with these issuers.
 *
 * @param now - returns milliseconds since 1970
 */
export function createTokenVerification(
  byIssuer: ReadonlyMap<unknown, IssuingPool>,
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

  /** Runs every check that needs no key before the key is looked up. */
  function verify(found: NewToken, { pools }: TokenPolicy): RememberedToken | Promise<RememberedToken> {
    const token = parser.parse(found.text)
    const issuer = ownMember(token.payload, 'iss')
    const chosen = byIssuer.get(issuer)
    if (!chosen) throw refuse('ISSUER_UNKNOWN')
    const { pool, keys } = chosen
    assertAccepted(pool.name, checkCognitoClaims(token.payload, pool), pools)
    checkTimes(token.payload, now() / 1000, clockTolerance, pool.name)
    const goOn = (held: SignatureCheck) => conclude(found, token, chosen, held)
    const held = keys.held(token.kid)
    return held === undefined ? findKey(chosen, token.kid).then(goOn) : goOn(held)
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

async function findKey({ pool, keys, issuer }: IssuingPool, kid: string): Promise<SignatureCheck> {
  return takeKey(await keys.find(kid, issuer), pool.name)
}

type Proof = Pick<RememberedToken, 'checkSignature' | 'validFrom' | 'validUntil'>

function remember(
  { input, start }: LocatedToken,
  { payload, kid }: UnverifiedToken,
  { pool, keys }: PoolWithKeys,
  { checkSignature, validFrom, validUntil }: Proof,
): RememberedToken {
  return {
    input,
    text: input.slice(start),
    payload: deepFreeze(payload),
    pool,
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

/** Returns `true` while the time of the token runs and the key of its signature is held. */
function isStillValid(
  { kid, keys, checkSignature, validFrom, validUntil }: RememberedToken,
  now: number,
): boolean {
  return now >= validFrom && now < validUntil && keys.held(kid) === checkSignature
}
