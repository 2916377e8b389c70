/**
 * The claims that make a JSON Web Token a Cognito token of one pool: its use, its app client and its user.
 * @module
 */

import { CognitoError } from '../base/errors.js'
import { toFrozenSet } from '../base/frozen-set.js'
import { ownMember } from '../base/members.js'
import type { Payload, TokenUse } from '../claims/standard-claims.js'
import type { ResolvedPool } from '../pool/pool.js'
import type { Authentication } from './authentication.js'

type PoolIdentity = Pick<ResolvedPool, 'name' | 'clientIds' | 'audiences'>

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

/**
 * Checks the claims that Cognito puts into every token, and returns the claim `token_use`. No route changes these checks.
 *
 * @throws {CognitoError} `COGNITO_ERR_TOKEN_INVALID`
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
 */
export function checkCognitoClaims(payload: Payload, pool: PoolIdentity): TokenUse {
  const tokenUse = ownMember(payload, 'token_use')
  if (tokenUse !== 'access' && tokenUse !== 'id') throw invalid('token_use is neither access nor id', pool)
  const fault = findFault(payload, tokenUse, pool)
  if (fault !== undefined) throw invalid(fault, pool)
  return tokenUse
}

const invalid = (reason: string, pool: PoolIdentity) =>
  new CognitoError('COGNITO_ERR_TOKEN_INVALID', { reason, pool: pool.name })

function findFault(payload: Payload, tokenUse: TokenUse, pool: PoolIdentity): string | undefined {
  if (!isText(ownMember(payload, 'sub'))) return 'sub is missing or no text'
  if (tokenUse === 'access' && !isScope(ownMember(payload, 'scope'))) return 'scope is not a string'
  if (!isGroups(ownMember(payload, 'cognito:groups'))) return 'cognito:groups is not a list of strings'
  // RFC 9449 §7.2, RFC 8705 §3: a sender-constrained token is not a bearer token.
  if (Object.hasOwn(payload, 'cnf'))
    return 'the token is bound to a key of its sender, which is not supported'
  return tokenUse === 'access' ? findAccessFault(payload, pool) : findIdFault(payload, pool)
}

// A claim with the value `null` is present, and so it is wrong (RFC 8725 §3.10).
const isScope = (value: unknown) => value === undefined || typeof value === 'string'
const isGroups = (value: unknown) =>
  value === undefined || (Array.isArray(value) && value.every((group) => typeof group === 'string'))

function findAccessFault(payload: Payload, { clientIds, audiences }: PoolIdentity): string | undefined {
  const clientId = ownMember(payload, 'client_id')
  if (!isText(clientId)) return 'client_id is missing or no text'
  if (clientIds !== null && !clientIds.has(clientId)) return 'client_id is none of appClientId'
  return audiences === null || isOneOf(ownMember(payload, 'aud'), audiences)
    ? undefined
    : 'aud is none of audience'
}

const isOneOf = (aud: unknown, audiences: ReadonlySet<unknown>) =>
  [aud].flat().some((one) => audiences.has(one))

function findIdFault(payload: Payload, { clientIds }: PoolIdentity): string | undefined {
  const audience = ownMember(payload, 'aud')
  if (!isText(audience)) return 'aud is not one client id'
  return clientIds !== null && !clientIds.has(audience) ? 'aud is none of appClientId' : undefined
}

/** The members of an authentication that come from claims of every Cognito token. */
export type TokenIdentity = Pick<
  Authentication,
  'principal' | 'subject' | 'username' | 'clientId' | 'scopes' | 'groups'
>

/**
 * Reads to whom a token was issued, from claims that {@link checkCognitoClaims} accepted. A client-credentials token has
 * its client as the subject, and no username.
 */
export function readIdentity(payload: Payload): TokenIdentity {
  const isAccess = payload['token_use'] === 'access'
  const subject = String(payload['sub'])
  const clientId = String(payload[isAccess ? 'client_id' : 'aud'])
  const username = ownMember(payload, isAccess ? 'username' : 'cognito:username')
  // Only access tokens have scopes. In an ID token, `scope` is an attribute of the user.
  const scope = isAccess ? String(ownMember(payload, 'scope') ?? '') : ''
  const groups = ownMember(payload, 'cognito:groups')
  return {
    principal: isAccess && subject === clientId && username === undefined ? 'machine' : 'user',
    subject,
    username: isText(username) ? username : undefined,
    clientId,
    scopes: readScopes(scope),
    groups: toFrozenSet(Array.isArray(groups) ? groups : []),
  }
}

/** Scopes by the text of their claim. The tokens of a client have the same scopes, so they share one set. */
const knownScopes = new Map<string, ReadonlySet<string>>()
/** Number of texts that are kept. */
const MAX_KNOWN_SCOPES = 100
/** Length of the longest text that is kept, in characters. */
const MAX_SCOPE_LENGTH = 512

/** Splits scopes at spaces alone: a tab or a comma is part of a name (RFC 6749 §3.3). */
function readScopes(scope: string): ReadonlySet<string> {
  const known = knownScopes.get(scope)
  if (known !== undefined) return known
  const scopes = toFrozenSet(scope.split(' ').filter(Boolean))
  if (scope.length > MAX_SCOPE_LENGTH) return scopes
  if (knownScopes.size >= MAX_KNOWN_SCOPES) knownScopes.clear()
  knownScopes.set(scope, scopes)
  return scopes
}
