/**
 * What a route asks of its callers.
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

/** What a route asks, besides its pool. */
export interface Requirement<
  U extends TokenUse = TokenUse,
  C extends ClaimsOption = ClaimsOption,
  A = Authentication,
  R = unknown,
> extends TokenRequirement<U, C> {
  /**
   * Decides last, when everything else is met: `true` lets the request pass, `false` is 403. What it throws goes to
   * the application's error handler as it is.
   */
  readonly check?: (authentication: A, request: FastifyRequest) => boolean | Promise<boolean>
  /**
   * Finds the application's own user when everything else is met, once a request: `request.cognito.user`. `null`,
   * `undefined` and `false` are 403. What it throws goes to the application's error handler as it is.
   *
   * @defaultValue the plugin's
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

/** Names of all members of a {@link Requirement}, for the documentation to be held against. */
export const requirementNames: readonly string[] = Object.keys(REQUIREMENT.properties)

/**
 * Holds a guard's requirement against its schema.
 *
 * @param path - where it stands, for the message of an error
 * @throws {TypeError} when it does not fit, naming the path
 */
export function assertGuardRequirement(requirement: Requirement, path: string): void {
  assertOptions(schema, requirement, path)
  assertDefined(requirement, requirementNames, path)
}
