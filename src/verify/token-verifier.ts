/**
 * A token's way to being verified: the checks in their order, its key, its signature; and the short way of one that is
 * remembered.
 * @module
 */

import { CognitoError } from '../base/errors.js'
import { deepFreeze, ownMember } from '../base/members.js'
import type { CarriedToken } from '../jwt/carried-token.js'
import { createTokenParser, detach, type UnverifiedToken } from '../jwt/form.js'
import type { SignatureCheck } from '../jwt/signature.js'
import { checkTimes, validityOf } from '../jwt/times.js'
import { type PoolKeys, takeKey } from '../keys/pool-keys.js'
import type { ResolvedPool } from '../pool/pool.js'
import type { VerifiedToken } from './authentication.js'
import { checkCognitoClaims } from './cognito-token.js'
import { assertPlanned, type Plan } from './plan.js'
import { type Rememberable, TokenCache } from './token-cache.js'

/** A pool at work. */
export interface PoolWithKeys {
  readonly pool: ResolvedPool
  readonly keys: PoolKeys
}

/**
 * Verifies a token; synchronously where its key is held.
 *
 * @param carrier - the token, or what ends in it
 * @param start - where it begins; 0 by default
 * @throws {CognitoError} thrown or rejected
 */
export type VerifyToken = (
  carrier: string,
  plan: Plan,
  start?: number,
) => VerifiedToken | Promise<VerifiedToken>

/** A token that is not remembered, and what it came in. */
interface Sight extends CarriedToken {
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
export interface VerifierSettings {
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
export function createTokenVerifier(
  byIssuer: ReadonlyMap<unknown, PoolWithKeys>,
  { tokenCache, clockTolerance, maxTokenLength }: VerifierSettings,
  now: () => number,
): VerifyToken {
  const parser = createTokenParser(maxTokenLength)
  const cache = tokenCache === false ? undefined : new TokenCache<RememberedToken>(tokenCache.max)
  const ttl = tokenCache === false ? 0 : tokenCache.ttl

  function conclude(
    { carrier, start, text }: Sight,
    token: UnverifiedToken,
    chosen: PoolWithKeys,
    checkSignature: SignatureCheck,
  ): RememberedToken {
    checkSignature(text, token.signature)
    parser.learn(token)
    const [validFrom, expires] = validityOf(token.payload, clockTolerance)
    const isKept = cache?.admits(text) === true
    const verified = remember({ carrier: isKept ? detach(carrier) : carrier, start }, token, chosen, {
      checkSignature,
      validFrom,
      validUntil: Math.min(expires, now() / 1000 + ttl),
    })
    if (isKept) cache?.set(verified)
    return verified
  }

  /** Everything that can refuse a token without its key comes before its key. */
  function verify(sight: Sight, { pools }: Plan): RememberedToken | Promise<RememberedToken> {
    const token = parser.parse(sight.text)
    const issuer = ownMember(token.payload, 'iss')
    const chosen = byIssuer.get(issuer)
    if (!chosen) {
      throw new CognitoError('COGNITO_ERR_TOKEN_INVALID', { reason: 'the issuer is of no registered pool' })
    }
    const { pool, keys } = chosen
    assertPlanned(pool.name, checkCognitoClaims(token.payload, pool), pools)
    checkTimes(token.payload, now() / 1000, clockTolerance, pool.name)
    const goOn = (held: SignatureCheck) => conclude(sight, token, chosen, held)
    const held = keys.held(token.kid)
    return held === undefined ? findKey(chosen, token.kid, issuer as string).then(goOn) : goOn(held)
  }

  return (carrier, plan, start = 0) => {
    const known = cache?.get(carrier, start)
    if (known === undefined || !isStillGood(known, now() / 1000)) {
      return verify({ carrier, start, text: carrier.slice(start) }, plan)
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
  { carrier, start }: CarriedToken,
  { payload, kid }: UnverifiedToken,
  { pool, keys }: PoolWithKeys,
  { checkSignature, validFrom, validUntil }: Proof,
): RememberedToken {
  return {
    carrier,
    text: carrier.slice(start),
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
