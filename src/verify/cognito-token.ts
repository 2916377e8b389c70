/**
 * What makes a JSON Web Token a Cognito token for one pool: the claims that tie it to a use, a client and a person.
 * @module
 */

import { refuse } from '../base/errors.js'
import { toFrozenSet } from '../base/frozen-set.js'
import { ownMember } from '../base/members.js'
import type { FixedReasonCode } from '../base/reasons.js'
import type { Payload, TokenUse } from '../claims/standard-claims.js'
import type { ResolvedPool } from '../pool/pool.js'
import type { Authentication } from './authentication.js'

type PoolIdentity = Pick<ResolvedPool, 'name' | 'clientIds' | 'audiences'>

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

/**
 * Checks the claims that Cognito puts into every token, whatever the route asks for, and tells the kind of token.
 *
 * @throws {CognitoError} `COGNITO_ERR_TOKEN_INVALID`
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
 */
export function checkCognitoClaims(payload: Payload, pool: PoolIdentity): TokenUse {
  const fault = findFault(payload, pool)
  if (fault !== undefined) throw refuse(fault, { pool: pool.name })
  return payload['token_use'] as TokenUse
}

function findFault(payload: Payload, pool: PoolIdentity): FixedReasonCode | undefined {
  const tokenUse = ownMember(payload, 'token_use')
  if (tokenUse !== 'access' && tokenUse !== 'id') return 'TOKEN_USE_UNKNOWN'
  if (!isText(ownMember(payload, 'sub'))) return 'SUB_MISSING'
  if (tokenUse === 'access' && !isScope(ownMember(payload, 'scope'))) return 'SCOPE_NOT_TEXT'
  if (!isGroups(ownMember(payload, 'cognito:groups'))) return 'GROUPS_NOT_A_LIST'
  // RFC 9449 §7.2, RFC 8705 §3: a sender-constrained token is not a bearer token.
  if (Object.hasOwn(payload, 'cnf')) return 'TOKEN_SENDER_CONSTRAINED'
  return tokenUse === 'access' ? findAccessFault(payload, pool) : findIdFault(payload, pool)
}

// Present with a null is not absent (RFC 8725 §3.10: never guess).
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

/** The members of an authentication that the claims of every Cognito token tell. */
export type TokenIdentity = Pick<
  Authentication,
  'principal' | 'subject' | 'username' | 'clientId' | 'scopes' | 'groups'
>

/**
 * Reads who a token was issued to, from claims that {@link checkCognitoClaims} accepted. A client-credentials token names
 * its client as the subject, and no user.
 */
export function readIdentity(payload: Payload): TokenIdentity {
  const isAccess = payload['token_use'] === 'access'
  const subject = payload['sub'] as string
  const clientId = payload[isAccess ? 'client_id' : 'aud'] as string
  const username = ownMember(payload, isAccess ? 'username' : 'cognito:username')
  // Scopes are granted to access tokens only; in an ID token the name is an attribute like any other.
  const scope = isAccess ? ((ownMember(payload, 'scope') ?? '') as string) : ''
  return {
    principal: isAccess && subject === clientId && username === undefined ? 'machine' : 'user',
    subject,
    username: isText(username) ? username : undefined,
    clientId,
    scopes: readScopes(scope),
    groups: toFrozenSet((ownMember(payload, 'cognito:groups') ?? []) as string[]),
  }
}

/** By their text: the tokens of a client have the same scopes, and share the set of them, in the whole process. */
const knownScopes = new Map<string, ReadonlySet<string>>()
const MAX_KNOWN_SCOPES = 100
const MAX_SCOPE_LENGTH = 512

/** RFC 6749 §3.3: one space separates; a tab or a comma belongs to the name. */
function readScopes(scope: string): ReadonlySet<string> {
  const known = knownScopes.get(scope)
  if (known !== undefined) return known
  const scopes = toFrozenSet(scope.split(' ').filter(Boolean))
  if (scope.length > MAX_SCOPE_LENGTH) return scopes
  if (knownScopes.size >= MAX_KNOWN_SCOPES) knownScopes.clear()
  knownScopes.set(scope, scopes)
  return scopes
}
