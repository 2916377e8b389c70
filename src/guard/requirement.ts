/**
 * The requirement of a route: its options and their schema.
 * @module
 */
import type { FastifyRequest } from 'fastify'
import {
  assertDefined,
  assertOptions,
  closedObject,
  documented,
  functionOption,
} from '../base/option-schema.js'
import { compileSchema } from '../base/schema.js'
import type { ClaimsOption } from '../claims/reader.js'
import type { TokenUse } from '../claims/standard-claims.js'
import type { Authentication } from '../verify/authentication.js'
import { REQUIREMENT, requirementProperties, type TokenRequirement } from '../verify/token-requirement.js'
import type { LoadUser } from './register.js'

/** The requirement of a route, besides its pool. */
export interface Requirement<
  U extends TokenUse = TokenUse,
  C extends ClaimsOption = ClaimsOption,
  A = Authentication,
  R = unknown,
> extends TokenRequirement<U, C> {
  /**
   * Decides last, when the rest of the requirement is met: `true` lets the request pass, `false` is 403. An error of this
   * function goes to the application's error handler unchanged.
   *
   * @defaultValue none
   */
  readonly check?: (authentication: A, request: FastifyRequest) => boolean | Promise<boolean>
  /**
   * Finds the application's own user, once a request, when the rest of the requirement is met: `request.cognito.user`. The
   * plugin answers `null`, `undefined` and `false` with 403. An error of this function goes to the application's error
   * handler unchanged.
   *
   * @defaultValue the option `loadUser` of the plugin
   */
  readonly loadUser?: LoadUser<A, R>
}

/** Schema of {@link Requirement}. */
export const requirementSchema = documented<Requirement>()(
  closedObject(
    {
      ...requirementProperties,
      check: functionOption<NonNullable<Requirement['check']>>(),
      loadUser: functionOption<LoadUser>(),
    },
    REQUIREMENT,
  ),
)

const compiled = compileSchema(requirementSchema)

/**
 * Validates the requirement of a guard.
 *
 * @param path - path of the requirement, for the message of an error
 * @throws {TypeError} with the path and what was expected
 */
export function assertGuardRequirement(requirement: Requirement, path: string): void {
  assertOptions(compiled, requirement, path)
  assertDefined(requirement, Object.keys(requirementSchema.properties), path)
}
