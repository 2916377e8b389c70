/**
 * The requirement of a route: token use, scopes, groups, claims, and the age of the sign-in.
 * @module
 */

import { refuse } from '../base/errors.js'
import { type Members, ownMember } from '../base/members.js'
import { assertDefined, assertOptions, compileSchema, type IsDocumented, Type } from '../base/schema.js'
import { type ClaimsOption, claimsOption, tokenUseOption } from '../claims/reader.js'
import type { TokenUse } from '../claims/standard-claims.js'
import { isTime, MIN_FUTURE_TOLERANCE } from '../jwt/times.js'

/** Required names: one name, all names of a list, or with `anyOf` one name of a list. */
export type RequiredNames = string | readonly string[] | { readonly anyOf: readonly string[] }

/** The requirement of a route for a token, besides its pool. */
export interface TokenRequirement<U extends TokenUse = TokenUse, C extends ClaimsOption = ClaimsOption> {
  /**
   * The kinds of token that the route accepts.
   *
   * @defaultValue the option `tokenUse` of the pool
   */
  readonly tokenUse?: U | readonly U[]
  /** Required scopes of an access token: all of them, or with `{ anyOf }` at least one. */
  readonly scopes?: RequiredNames
  /** Required groups, `cognito:groups`, in exact case: all of them, or with `{ anyOf }` at least one. */
  readonly groups?: RequiredNames
  /**
   * TypeBox object schema of further claims, or a type guard over the payload.
   *
   * @defaultValue the option `claims` of the pool
   */
  readonly claims?: C
  /** Greatest age of the sign-in, `auth_time`, in seconds. A token without `auth_time` is too old (RFC 9470 §3). */
  readonly maxAge?: number
}

/** The members of an authentication that authorization reads. */
export interface Principal {
  readonly pool: string
  readonly scopes: ReadonlySet<string>
  readonly groups: ReadonlySet<string>
  readonly payload: Members
}

/**
 * Throws unless the principal meets the requirement. A revoked token is refused earlier, because it proves nothing: its
 * answer is 401 on every route.
 */
export type Authorize = (principal: Principal) => void

const names = (expected: string, pattern: string) => {
  const list = Type.Array(Type.String({ pattern, expected }), { minItems: 1, uniqueItems: true, expected })
  return Type.Optional(
    Type.Union(
      [Type.String({ pattern }), list, Type.Object({ anyOf: list }, { additionalProperties: false })],
      {
        expected,
      },
    ),
  )
}

/** Pattern of a scope (RFC 6749 §3.3). */
export const SCOPE = '^[\\x21\\x23-\\x5B\\x5D-\\x7E]+$'

/** Schemas of the members of a {@link TokenRequirement}. */
export const requirementProperties = {
  tokenUse: tokenUseOption,
  scopes: names('a scope, a list of scopes or { anyOf: list }', SCOPE),
  groups: names('a group, a list of groups or { anyOf: list }', '^\\S{1,128}$'),
  claims: claimsOption,
  maxAge: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 31_536_000, expected: 'whole seconds from 0 to 31,536,000' }),
  ),
}

/** Schema options of an object with these members, or more. */
export const requirementObject = {
  additionalProperties: false,
  expected: 'an object of requirements',
} as const

const REQUIREMENT = Type.Object(requirementProperties, requirementObject)

/** Does not compile when the interface and the schema drift apart. */
const isDocumented: IsDocumented<TokenRequirement, typeof REQUIREMENT> = true
void isDocumented

const schema = compileSchema(REQUIREMENT)

/**
 * Validates a requirement.
 *
 * @param path - the name of the requirement in messages of errors
 * @throws {TypeError} for a wrong requirement; the message has the path and the expected value
 */
export function assertRequirement(requirement: TokenRequirement, path: string): void {
  assertOptions(schema, requirement, path)
  assertDefined(requirement, Object.keys(requirementProperties), path)
}

/**
 * Compiles a valid requirement.
 *
 * @param tolerance - tolerance on `maxAge`, in seconds
 * @param now - returns milliseconds since 1970
 */
export function compileRequirement(
  requirement: TokenRequirement,
  tolerance: number,
  now: () => number,
): Authorize {
  const rules: Authorize[] = []
  const { scopes, groups, maxAge } = requirement
  if (scopes !== undefined) rules.push(requireScopes(scopes))
  if (groups !== undefined) rules.push(requireGroups(groups))
  if (maxAge !== undefined) rules.push(requireRecentSignIn(maxAge, tolerance, now))
  return (principal) => {
    for (const rule of rules) rule(principal)
  }
}

/** Returns `true` for `{ anyOf }`, and `false` for a name and for a list of names. */
export function isAnyOf(required: RequiredNames): required is { readonly anyOf: readonly string[] } {
  return typeof required === 'object' && 'anyOf' in required
}

interface CompiledNames {
  readonly list: readonly string[]
  readonly text: string
  readonly isMetBy: (held: ReadonlySet<string>) => boolean
}

function compileNames(required: RequiredNames): CompiledNames {
  if (isAnyOf(required)) {
    const list = [...required.anyOf]
    return { list, text: `any of ${list.join(', ')}`, isMetBy: (held) => list.some((name) => held.has(name)) }
  }
  const list = [required].flat()
  return { list, text: `all of ${list.join(', ')}`, isMetBy: (held) => list.every((name) => held.has(name)) }
}

function requireScopes(required: RequiredNames): Authorize {
  const { list, text, isMetBy } = compileNames(required)
  const challenge = { scope: list.join(' ') }
  return ({ scopes, pool }) => {
    if (isMetBy(scopes)) return
    throw refuse('SCOPES_MISSING', { pool, challenge }, { scopes: text })
  }
}

function requireGroups(required: RequiredNames): Authorize {
  const { text, isMetBy } = compileNames(required)
  return ({ groups, pool }) => {
    if (isMetBy(groups)) return
    throw refuse('GROUPS_MISSING', { pool }, { groups: text })
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
