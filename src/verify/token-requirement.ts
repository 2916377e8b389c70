/**
 * Authorization: the scopes, groups and age of the sign-in that a route requires of a verified token.
 * @module
 */

import { refuse } from '../base/errors.js'
import { type Members, ownMember } from '../base/members.js'
import type { NameList } from '../base/name-list.js'
import { assertDefined, assertOptions, closedObject, documented, integer } from '../base/option-schema.js'
import { compileSchema, Type } from '../base/schema.js'
import { type ClaimsOption, claimsOption, tokenUseOption } from '../claims/reader.js'
import type { TokenUse } from '../claims/standard-claims.js'
import { isTime, MIN_FUTURE_TOLERANCE } from '../jwt/times.js'
import {
  compileNames,
  groupsSchema,
  namesSchema,
  type RequiredGroups,
  type RequiredNames,
  readConditions,
  SCOPE,
} from './required-names.js'

/** The requirement of a route on tokens, besides the pool. */
export interface TokenRequirement<U extends TokenUse = TokenUse, C extends ClaimsOption = ClaimsOption> {
  /**
   * The kinds of token that the route takes.
   *
   * @defaultValue the option `tokenUse` of the pool
   */
  readonly tokenUse?: U | readonly U[]
  /**
   * Required scopes of an access token: all scopes of a list, or with `{ anyOf }` one of them.
   *
   * @defaultValue none
   */
  readonly scopes?: RequiredNames
  /**
   * Required and prohibited groups, `cognito:groups`, in exact case: all groups of a list, or the conditions of an object.
   *
   * @defaultValue none
   * @example { anyOf: ['staff', 'partner'], noneOf: ['suspended'] }
   */
  readonly groups?: RequiredGroups
  /**
   * Object schema of further claims (TypeBox, zod, valibot, arktype and others), or a type guard over the payload.
   *
   * @defaultValue the option `claims` of the pool
   */
  readonly claims?: C
  /**
   * Greatest age of the sign-in, `auth_time`; seconds, 0–31,536,000. A token without `auth_time` is too old (RFC 9470 §3).
   *
   * @defaultValue none
   */
  readonly maxAge?: number
}

/** The members of an authentication that authorization looks at. */
export interface Principal {
  readonly pool: string
  readonly scopes: NameList
  readonly groups: NameList
  readonly payload: Members
}

/**
 * Throws unless the principal meets the requirement. A revoked token is refused earlier, with 401, because a revoked token
 * authenticates no user.
 */
export type Authorize = (principal: Principal) => void

/** Schemas of the members of a {@link TokenRequirement}. */
export const requirementProperties = {
  tokenUse: tokenUseOption,
  scopes: namesSchema('a scope, a list of scopes or { anyOf: list }', SCOPE),
  groups: groupsSchema('a group, a list of groups, or an object of allOf, anyOf and noneOf with lists'),
  claims: claimsOption,
  maxAge: Type.Optional(integer(0, 31_536_000, 'whole seconds')),
}

/** The words that complete "expected …" for a requirement. */
export const REQUIREMENT = 'an object of requirements'

const compiled = compileSchema(
  documented<TokenRequirement>()(closedObject(requirementProperties, REQUIREMENT)),
)

/**
 * Validates a requirement.
 *
 * @param path - path of the requirement, for the message of an error
 * @throws {TypeError} with the path and what was expected
 */
export function assertRequirement(requirement: TokenRequirement, path: string): void {
  assertOptions(compiled, requirement, path)
  assertDefined(requirement, Object.keys(requirementProperties), path)
}

/**
 * Compiles a requirement that matches its schema.
 *
 * @param path - the name of the requirement in messages of errors
 * @param tolerance - leeway on `maxAge`; seconds
 * @param now - returns the time of day; milliseconds since 1970
 * @throws {TypeError} for conditions that exclude each other
 */
export function compileRequirement(
  requirement: TokenRequirement,
  path: string,
  tolerance: number,
  now: () => number,
): Authorize {
  const rules: Authorize[] = []
  const { scopes, groups, maxAge } = requirement
  if (scopes !== undefined) rules.push(requireScopes(scopes))
  if (groups !== undefined) rules.push(requireGroups(groups, path))
  if (maxAge !== undefined) rules.push(requireRecentSignIn(maxAge, tolerance, now))
  return (principal) => {
    for (const rule of rules) rule(principal)
  }
}

function requireScopes(required: RequiredNames): Authorize {
  const { names, text, isMetBy } = compileNames(required)
  const challenge = { scope: names.join(' ') }
  return ({ scopes, pool }) => {
    if (isMetBy(scopes)) return
    throw refuse('SCOPES_MISSING', { pool, challenge }, { scopes: text })
  }
}

function requireGroups(required: RequiredGroups, path: string): Authorize {
  const { allOf, anyOf, noneOf } = readConditions(required, path)
  const needed = [compileNames(allOf), ...(anyOf.length > 0 ? [compileNames({ anyOf })] : [])]
  return ({ groups, pool }) => {
    const missing = needed.find(({ isMetBy }) => !isMetBy(groups))
    if (missing) throw refuse('GROUPS_MISSING', { pool }, { groups: missing.text })
    if (!noneOf.some((name) => groups.has(name))) return
    throw refuse('GROUPS_PROHIBITED', { pool }, { groups: noneOf.join(', ') })
  }
}

function requireRecentSignIn(maxAge: number, tolerance: number, now: () => number): Authorize {
  const challenge = { max_age: String(maxAge) }
  return ({ payload, pool }) => {
    const seconds = now() / 1000
    const authTime = ownMember(payload, 'auth_time')
    if (isTime(authTime, seconds + MIN_FUTURE_TOLERANCE) && seconds - authTime <= maxAge + tolerance) return
    throw refuse('SIGN_IN_TOO_OLD', { pool, challenge })
  }
}
