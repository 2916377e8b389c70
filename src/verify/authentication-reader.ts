/**
 * The authentication of a request, read from a verified token by the policy of a guard.
 * @module
 */
import { refuse } from '../base/errors.js'
import { deepFreeze } from '../base/members.js'
import type { ClaimsReader } from '../claims/reader.js'
import type { CommonClaims } from '../claims/standard-claims.js'
import type { Authentication, VerifiedToken, WithUser } from './authentication.js'
import { readIdentity } from './cognito-claims.js'
import { assertAccepted, type TokenPolicy } from './token-policy.js'

/**
 * Reads a verified token by the policy of a guard.
 *
 * @param earlier - the authentication that an earlier guard of the request attached. Its claims stay when the earlier
 *   authentication is of the same token.
 * @throws {CognitoError} `COGNITO_ERR_TOKEN_INVALID` when the policy does not accept the token, or the claims do not
 *   match their schema
 */
export function readAuthentication(
  token: VerifiedToken,
  policy: TokenPolicy,
  earlier: Authentication | null = null,
): Authentication {
  // A policy never changes, so it accepts a token again that it accepted once.
  if (earlier === null && token.lastReading?.policy === policy) return token.lastReading.authentication
  const { claimsReader } = assertAccepted(token.pool, token.tokenUse, policy)
  return read(token, policy, claimsReader, earlier?.token === token.text ? earlier : null)
}

/** Reads a token once for all its requests. A claims reader that is not repeatable reads the token for each request. */
function read(
  token: VerifiedToken,
  policy: TokenPolicy,
  reader: ClaimsReader,
  earlier: Authentication | null,
): Authentication {
  const { lastReading } = token
  if (earlier === null && lastReading?.reader === reader) {
    lastReading.policy = policy
    return lastReading.authentication
  }
  const claims = readClaims(token, reader)
  if (earlier !== null) {
    const { claims: known, user }: Authentication & Partial<WithUser<unknown>> = earlier
    return toAuthentication(token, { ...omit(known, reader.names[token.tokenUse]), ...claims }, user)
  }
  if (!reader.isRepeatable) return toAuthentication(token, claims)
  const authentication = toAuthentication(token, deepFreeze(claims))
  token.lastReading = { policy, reader, authentication }
  return authentication
}

function readClaims({ payload, tokenUse, pool }: VerifiedToken, reader: ClaimsReader): CommonClaims {
  const { claims, misfits, fault } = reader.read(payload, tokenUse)
  if (fault) throw fault(pool.name)
  if (misfits) throw refuse('CLAIMS_MISFIT', { pool: pool.name }, { misfits: misfits.join(', ') })
  return claims
}

/** Drops the claims that a schema declares, because only the values that this schema finds count. */
function omit(claims: object, names: ReadonlySet<string>): object {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !names.has(name)))
}

function toAuthentication(
  { text, payload, pool, tokenUse }: VerifiedToken,
  claims: CommonClaims,
  user?: unknown,
): Authentication {
  const identity = {
    pool: pool.name,
    tenant: pool.tenant,
    tokenUse,
    ...readIdentity(payload),
    claims: Object.freeze(claims),
    payload,
  }
  return seal(user === undefined ? identity : { ...identity, user }, text)
}

/** Copies an authentication and adds a user. Requests share an authentication, but a user belongs to one request. */
export function withUser(authentication: Authentication, user: unknown): Authentication & WithUser<unknown> {
  return seal({ ...authentication, user }, authentication.token)
}

/** Keeps the token out of logs and responses, because `token` is not an enumerable member. */
class TokenHolder {
  readonly #token: string

  constructor(token: string) {
    this.#token = token
  }

  get token(): string {
    return this.#token
  }
}

function seal<M extends object>(members: M, token: string): M & TokenHolder {
  const sealed = Object.assign(new TokenHolder(token), members)
  Object.freeze(sealed)
  return sealed
}
