/**
 * The verification of one token: all checks in their order, the signing key, the signature; and the cache of verified
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
import { checkCognitoClaims } from './cognito-token.js'
import { type Rememberable, TokenCache } from './token-cache.js'
import { assertAccepted, type TokenPolicy } from './token-policy.js'

/** A pool at work. */
export interface PoolWithKeys {
  readonly pool: ResolvedPool
  readonly keys: PoolKeys
}

/**
 * Verifies a token; synchronously where its key is held.
 *
 * @param input - the token, or what ends in it
 * @param start - where it begins; 0 by default
 * @throws {CognitoError} thrown or rejected
 */
export type VerifyToken = (
  input: string,
  policy: TokenPolicy,
  start?: number,
) => VerifiedToken | Promise<VerifiedToken>

/** A token that is not remembered, and what it came in. */
interface NewToken extends LocatedToken {
  readonly text: string
}

/** A verified token, and how long it is one. Times are seconds since 1970. */
interface RememberedToken extends VerifiedToken, Rememberable {
  readonly kid: string
  readonly keys: PoolKeys
  readonly checkSignature: SignatureCheck
  readonly validFrom: number
  readonly validUntil: number
}

/** How tokens are verified and remembered. */
export interface VerificationSettings {
  /** Verified tokens that are remembered at the most, and for how long; seconds. */
  readonly tokenCache: { readonly max: number; readonly ttl: number } | false
  /** Leeway on the times of a token; seconds. */
  readonly clockTolerance: number
  /** Characters. */
  readonly maxTokenLength: number
}

/**
 * Makes the verifier of the pools with these issuers.
 *
 * @param now - milliseconds since 1970
 */
export function createTokenVerification(
  byIssuer: ReadonlyMap<unknown, PoolWithKeys>,
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

  /** Everything that can refuse a token without its key comes before its key. */
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
    return held === undefined ? findKey(chosen, token.kid, issuer as string).then(goOn) : goOn(held)
  }

  return (input, policy, start = 0) => {
    const known = cache?.get(input, start)
    if (known === undefined || !isStillGood(known, now() / 1000)) {
      return verify({ input, start, text: input.slice(start) }, policy)
    }
    if (!known.isRepeated) known.isRepeated = true
    return known
  }
}

async function findKey({ pool, keys }: PoolWithKeys, kid: string, issuer: string): Promise<SignatureCheck> {
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
    tokenUse: payload['token_use'] as VerifiedToken['tokenUse'],
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

/** The clock goes on, and a key that is no longer held takes its tokens with it. */
function isStillGood(
  { kid, keys, checkSignature, validFrom, validUntil }: RememberedToken,
  now: number,
): boolean {
  return now >= validFrom && now < validUntil && keys.held(kid) === checkSignature
}
