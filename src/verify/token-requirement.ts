/**
 * Authorization: the scopes, the groups and the sign-in that a route requires of a verified token.
 * @module
 */

import { refuse } from '../base/errors.js'
import type { NameList } from '../base/name-list.js'
import { assertDefined, assertOptions, closedObject, documented, integer } from '../base/option-schema.js'
import { compileSchema, Type } from '../base/schema.js'
import { type ClaimsOption, claimsOption, tokenUseOption } from '../claims/reader.js'
import type { TokenUse } from '../claims/standard-claims.js'
import {
  compileNames,
  groupsSchema,
  NAME,
  namesSchema,
  type RequiredGroups,
  type RequiredNames,
  readConditions,
  SCOPE,
} from './required-names.js'
import {
  acrSchema,
  type PoolLevels,
  type RequiredAcr,
  requireSignIn,
  type SignedIn,
  type SignInClock,
} from './sign-in.js'

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
   * @example { anyOf: ['staff', 'partner'] }
   */
  readonly groups?: RequiredGroups
  /**
   * Object schema of further claims (TypeBox, zod, valibot, arktype and others), or a type guard over the payload.
   *
   * @defaultValue the option `claims` of the pool
   */
  readonly claims?: C
  /**
   * Accepted levels of the sign-in, the claim `acr`: a name of a level of the pool, a list of names of which one is enough,
   * or a level and all above it. A token without `acr` is too weak (RFC 9470 §3). No passkey reaches level 4.
   *
   * @defaultValue none
   * @example { atLeast: 3 }
   */
  readonly acr?: RequiredAcr
  /**
   * Required methods of the sign-in, the claim `amr`: all methods of a list, or with `{ anyOf }` one of them. Cognito has `pwd`,
   * `otp`, `sms`, `email_otp`, `swk`, `hwk`, `mfa` and `fed`.
   *
   * @defaultValue none
   * @example { anyOf: ['hwk', 'swk', 'mfa'] }
   */
  readonly amr?: RequiredNames
  /**
   * Greatest age of the sign-in, `auth_time`; seconds, 0–31,536,000. A token without `auth_time` is too old (RFC 9470 §3).
   *
   * @defaultValue none
   */
  readonly maxAge?: number
}

/** The members of an authentication that authorization looks at. */
export interface Principal extends SignedIn {
  readonly scopes: NameList
  readonly groups: NameList
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
  acr: acrSchema,
  amr: namesSchema('a method of sign-in, a list of methods or { anyOf: list }', NAME),
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
 * Compiles a requirement that matches its schema. Scopes and groups come before the sign-in, because a new sign-in does not
 * help a user who lacks them.
 *
 * @param path - the name of the requirement in messages of errors
 * @param pools - the levels of the pools that the route accepts
 * @throws {TypeError} for conditions that exclude each other
 */
export function compileRequirement(
  requirement: TokenRequirement,
  path: string,
  pools: ReadonlyMap<string, PoolLevels>,
  clock: SignInClock,
): Authorize {
  const { scopes, groups } = requirement
  const rules = [
    scopes === undefined ? undefined : requireScopes(scopes),
    groups === undefined ? undefined : requireGroups(groups, path),
    requireSignIn(requirement, pools, clock),
  ].filter((rule) => rule !== undefined)
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
