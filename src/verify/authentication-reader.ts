/**
 * How a verified token becomes the authentication of a request: by a guard's policy and the claims that it declares.
 * @module
 */
import { refuse } from '../base/errors.js'
import { deepFreeze } from '../base/members.js'
import type { ClaimsReader } from '../claims/reader.js'
import type { CommonClaims } from '../claims/standard-claims.js'
import type { Authentication, VerifiedToken, WithUser } from './authentication.js'
import { readIdentity } from './cognito-token.js'
import { assertAccepted, type TokenPolicy } from './token-policy.js'

/**
 * Reads a verified token by a guard's policy.
 *
 * @param earlier - what an earlier guard of the request attached; its claims are kept where it read the same token
 * @throws {CognitoError} `COGNITO_ERR_TOKEN_INVALID` when the policy does not accept the token, or the claims do not fit
 */
export function readAuthentication(
  token: VerifiedToken,
  policy: TokenPolicy,
  earlier: Authentication | null = null,
): Authentication {
  // A policy never changes, so a token that it accepted once is accepted again.
  if (earlier === null && token.lastReading?.policy === policy) return token.lastReading.authentication
  const { claimsReader } = assertAccepted(token.pool.name, token.tokenUse, policy.pools)
  return read(token, policy, claimsReader, earlier?.token === token.text ? earlier : null)
}

/** One reading serves all requests with a token, unless its claims reader is not repeatable. */
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
  const { claims, misfits } = reader.read(token.payload, token.tokenUse)
  if (misfits) {
    throw refuse('CLAIMS_MISFIT', { pool: token.pool.name }, { misfits: misfits.join(', ') })
  }
  if (earlier !== null) {
    const { claims: known, user }: Authentication & Partial<WithUser<unknown>> = earlier
    return toAuthentication(token, { ...omit(known, reader.names[token.tokenUse]), ...claims }, user)
  }
  if (!reader.isRepeatable) return toAuthentication(token, claims)
  const authentication = toAuthentication(token, deepFreeze(claims))
  token.lastReading = { policy, reader, authentication }
  return authentication
}

/** What a schema declares is as that schema found it, even if it found nothing. */
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
    tokenUse,
    ...readIdentity(payload),
    claims: Object.freeze(claims),
    payload,
  }
  return seal(user === undefined ? identity : { ...identity, user }, text)
}

/** Copies an authentication with a user. Requests share what their token proves; a user belongs to one request. */
export function withUser(authentication: Authentication, user: unknown): Authentication & WithUser<unknown> {
  return seal({ ...authentication, user }, authentication.token)
}

/** Keeps the token out of logs and responses: it is no enumerable member. */
class TokenHolder {
  readonly #token: string

  constructor(members: object, token: string) {
    this.#token = token
    Object.assign(this, members)
    Object.freeze(this)
  }

  get token(): string {
    return this.#token
  }
}

const seal = <M extends object>(members: M, token: string): M & TokenHolder =>
  new TokenHolder(members, token) as M & TokenHolder
