/**
 * The claims that make a JSON Web Token a Cognito token of one pool: its use, its app client and its user.
 * @module
 */

import { refuse } from '../base/errors.js'
import { ownMember } from '../base/members.js'
import { type NameList, toNameList } from '../base/name-list.js'
import type { FixedReasonCode } from '../base/reasons.js'
import type { Payload, TokenUse } from '../claims/standard-claims.js'
import type { PoolIdentity } from '../pool/pool.js'
import type { Authentication } from './authentication.js'

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

/**
 * Checks the claims that Cognito puts into every token, and returns the claim `token_use`. No route changes these checks.
 *
 * @throws {CognitoError} `COGNITO_ERR_TOKEN_INVALID`
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
 */
export function checkCognitoClaims(payload: Payload, pool: PoolIdentity): TokenUse {
  const tokenUse = ownMember(payload, 'token_use')
  if (tokenUse !== 'access' && tokenUse !== 'id') throw refuse('TOKEN_USE_UNKNOWN', { pool: pool.name })
  const fault = findFault(payload, tokenUse, pool)
  if (fault !== undefined) throw refuse(fault, { pool: pool.name })
  return tokenUse
}

function findFault(payload: Payload, tokenUse: TokenUse, pool: PoolIdentity): FixedReasonCode | undefined {
  if (!isText(ownMember(payload, 'sub'))) return 'SUB_MISSING'
  if (tokenUse === 'access' && !isScope(ownMember(payload, 'scope'))) return 'SCOPE_NOT_TEXT'
  if (!isGroups(ownMember(payload, 'cognito:groups'))) return 'GROUPS_NOT_A_LIST'
  // RFC 9449 §7.2, RFC 8705 §3: a sender-constrained token is not a bearer token.
  if (Object.hasOwn(payload, 'cnf')) return 'TOKEN_SENDER_CONSTRAINED'
  return tokenUse === 'access' ? findAccessFault(payload, pool) : findIdFault(payload, pool)
}

// A claim with the value `null` is present, and so it is wrong (RFC 8725 §3.10).
const isScope = (value: unknown) => value === undefined || typeof value === 'string'
const isGroups = (value: unknown) =>
  value === undefined || (Array.isArray(value) && value.every((group) => typeof group === 'string'))

function findAccessFault(
  payload: Payload,
  { clientIds, audiences }: PoolIdentity,
): FixedReasonCode | undefined {
  const clientId = ownMember(payload, 'client_id')
  if (!isText(clientId)) return 'CLIENT_ID_MISSING'
  if (clientIds !== null && !clientIds.has(clientId)) return 'CLIENT_ID_NOT_ACCEPTED'
  return audiences === null || isOneOf(ownMember(payload, 'aud'), audiences)
    ? undefined
    : 'AUDIENCE_NOT_ACCEPTED'
}

const isOneOf = (aud: unknown, audiences: ReadonlySet<unknown>) =>
  [aud].flat().some((one) => audiences.has(one))

function findIdFault(payload: Payload, { clientIds }: PoolIdentity): FixedReasonCode | undefined {
  const audience = ownMember(payload, 'aud')
  if (!isText(audience)) return 'AUD_NOT_A_CLIENT_ID'
  return clientIds !== null && !clientIds.has(audience) ? 'AUD_NOT_ACCEPTED' : undefined
}

/** Returns the app client that a token names, unchecked: `client_id` of an access token, `aud` of an ID token. */
export const clientOf = (payload: Payload): unknown =>
  ownMember(payload, ownMember(payload, 'token_use') === 'access' ? 'client_id' : 'aud')

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
    groups: toNameList(Array.isArray(groups) ? groups : []),
  }
}

/** Scopes by the text of their claim. The tokens of a client have the same scopes, so they share one list. */
const knownScopes = new Map<string, NameList>()
/** Number of texts that are kept. */
const MAX_KNOWN_SCOPES = 100
/** Length of the longest text that is kept, in characters. */
const MAX_SCOPE_LENGTH = 512

/** Splits scopes at spaces alone: a tab or a comma is part of a name (RFC 6749 §3.3). */
function readScopes(scope: string): NameList {
  const known = knownScopes.get(scope)
  if (known !== undefined) return known
  const scopes = toNameList(scope.split(' ').filter(Boolean))
  if (scope.length > MAX_SCOPE_LENGTH) return scopes
  if (knownScopes.size >= MAX_KNOWN_SCOPES) knownScopes.clear()
  knownScopes.set(scope, scopes)
  return scopes
}
