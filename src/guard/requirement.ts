/**
 * The requirement of a guard, and its check at boot.
 * @module
 */
import type { FastifyRequest } from 'fastify'
import {
  assertDefined,
  assertOptions,
  compileSchema,
  functionOption,
  type IsDocumented,
  Type,
} from '../base/schema.js'
import type { ClaimsOption } from '../claims/reader.js'
import type { TokenUse } from '../claims/standard-claims.js'
import type { Authentication } from '../verify/authentication.js'
import {
  requirementObject,
  requirementProperties,
  type TokenRequirement,
} from '../verify/token-requirement.js'
import type { LoadUser } from './register.js'

/** The requirement of a route besides its pool. */
export interface Requirement<
  U extends TokenUse = TokenUse,
  C extends ClaimsOption = ClaimsOption,
  A = Authentication,
  R = unknown,
> extends TokenRequirement<U, C> {
  /**
   * Decides last, after all other checks: `true` lets the request pass, `false` gives 403. An error goes unchanged to the
   * error handler of the application.
   */
  readonly check?: (authentication: A, request: FastifyRequest) => boolean | Promise<boolean>
  /**
   * Finds the application's own user, `request.cognito.user`, once a request and after all other checks. The results
   * `null`, `undefined` and `false` give 403. An error goes unchanged to the error handler of the application.
   *
   * @defaultValue the option `loadUser` of the plugin
   */
  readonly loadUser?: LoadUser<A, R>
}

const REQUIREMENT = Type.Object(
  {
    ...requirementProperties,
    check: functionOption<NonNullable<Requirement['check']>>(),
    loadUser: functionOption<LoadUser>(),
  },
  requirementObject,
)

/** Does not compile when the interface and the schema drift apart. */
const isDocumented: IsDocumented<Requirement, typeof REQUIREMENT> = true
void isDocumented

const schema = compileSchema(REQUIREMENT)

/** Names of all members of a {@link Requirement}. A test compares the documentation with these names. */
export const requirementNames: readonly string[] = Object.keys(REQUIREMENT.properties)

/**
 * Checks the requirement of a guard.
 *
 * @param path - the name of the requirement in messages of errors
 * @throws {TypeError} when the requirement does not match its schema; the message names the path
 */
export function assertGuardRequirement(requirement: Requirement, path: string): void {
  assertOptions(schema, requirement, path)
  assertDefined(requirement, requirementNames, path)
}
