/**
 * A token's way to being verified: the checks in their order, its key, its signature; and the short way of one that is
 * remembered.
 * @module
 */
import type { VerifiedToken } from './authentication.js'
import { checkCognitoClaims } from './cognito-token.js'
import { CognitoError } from './errors.js'
import { createTokenParser, detach, type UnverifiedToken } from './jwt.js'
import { deepFreeze, ownMember } from './members.js'
import type { ResolvedOptions } from './options.js'
import { assertPlanned, type Plan } from './plan.js'
import type { ResolvedPool } from './pool.js'
import type { PoolKeys } from './pool-keys.js'
import type { SignatureCheck } from './signature.js'
import { checkTimes, validityOf } from './times.js'
import { TokenCache } from './token-cache.js'

/** A pool at work. */
export interface PoolWithKeys {
  readonly pool: ResolvedPool
  readonly keys: PoolKeys
}

/**
 * Verifies a token; synchronously where its key is held.
 *
 * @throws {CognitoError} thrown or rejected
 */
export type VerifyToken = (text: string, plan: Plan) => VerifiedToken | Promise<VerifiedToken>

/** A verified token, and how long it is one. Times are seconds since 1970. */
interface RememberedToken extends VerifiedToken {
  readonly kid: string
  readonly keys: PoolKeys
  readonly checkSignature: SignatureCheck
  readonly validFrom: number
  readonly validUntil: number
}

/**
 * Makes the verifier of the pools with these issuers.
 *
 * @param now - milliseconds since 1970
 */
export function createTokenVerifier(
  byIssuer: ReadonlyMap<unknown, PoolWithKeys>,
  { tokenCache, clockTolerance, maxTokenLength }: ResolvedOptions,
  now: () => number,
): VerifyToken {
  const parser = createTokenParser(maxTokenLength)
  const cache = tokenCache === false ? undefined : new TokenCache<RememberedToken>(tokenCache.max)
  const ttl = tokenCache === false ? 0 : tokenCache.ttl

  function conclude(
    text: string,
    token: UnverifiedToken,
    { pool, keys }: PoolWithKeys,
    checkSignature: SignatureCheck,
  ): RememberedToken {
    checkSignature(text, token.signature)
    parser.learn(token)
    const [validFrom, expires] = validityOf(token.payload, clockTolerance)
    const validity = { validFrom, validUntil: Math.min(expires, now() / 1000 + ttl) }
    const isKept = cache?.admits(text) === true
    const own = isKept ? detach(text) : text
    const verified = remember(own, token, pool, { kid: token.kid, keys, checkSignature, ...validity })
    if (isKept) cache?.set(verified)
    return verified
  }

  /** Everything that can refuse a token without its key comes before its key. */
  function verify(text: string, { pools }: Plan): RememberedToken | Promise<RememberedToken> {
    const token = parser.parse(text)
    const issuer = ownMember(token.payload, 'iss')
    const chosen = byIssuer.get(issuer)
    if (!chosen) {
      throw new CognitoError('COGNITO_ERR_TOKEN_INVALID', { reason: 'the issuer is of no registered pool' })
    }
    const { pool, keys } = chosen
    assertPlanned(pool.name, checkCognitoClaims(token.payload, pool), pools)
    checkTimes(token.payload, now() / 1000, clockTolerance, pool.name)
    const held = keys.held(token.kid)
    if (held !== undefined) return conclude(text, token, chosen, held)
    return keys.find(token.kid, issuer as string).then((found) => conclude(text, token, chosen, found))
  }

  return (text, plan) => {
    const known = cache?.get(text)
    if (known === undefined || !isStillGood(known, now() / 1000)) return verify(text, plan)
    known.isRepeated = true
    return known
  }
}

type Memory = Omit<RememberedToken, keyof VerifiedToken>

function remember(text: string, token: UnverifiedToken, pool: ResolvedPool, memory: Memory): RememberedToken {
  const payload = deepFreeze(token.payload)
  const tokenUse = payload['token_use'] as VerifiedToken['tokenUse']
  const empty = { isRepeated: false, lastReading: undefined, revocable: undefined }
  return { text, payload, pool, tokenUse, ...empty, ...memory }
}

/** The clock goes on, and a key that is no longer held takes its tokens with it. */
function isStillGood(
  { kid, keys, checkSignature, validFrom, validUntil }: RememberedToken,
  now: number,
): boolean {
  return now >= validFrom && now < validUntil && keys.held(kid) === checkSignature
}
