/**
 * What a route asks of its callers.
 * @module
 */
import type { FastifyRequest } from 'fastify'
import type { Authentication } from './authentication.js'
import { requirementObject, requirementProperties, type TokenRequirement } from './authorization.js'
import type { ClaimsOption } from './claims.js'
import { assertDefined, assertOptions, compileSchema, type IsDocumented, Type } from './schema.js'
import type { TokenUse } from './standard-claims.js'

/** What a route asks, besides its pool. */
export interface Requirement<
  U extends TokenUse = TokenUse,
  C extends ClaimsOption = ClaimsOption,
  A = Authentication,
> extends TokenRequirement<U, C> {
  /**
   * Decides last, when everything else is met: `true` lets the request pass, `false` is 403. What it throws goes to
   * the application's error handler as it is.
   */
  readonly check?: (authentication: A, request: FastifyRequest) => boolean | Promise<boolean>
}

const REQUIREMENT = Type.Object(
  {
    ...requirementProperties,
    check: Type.Optional(
      Type.Unsafe<NonNullable<Requirement['check']>>(
        Type.Function([], Type.Any(), { expected: 'a function' }),
      ),
    ),
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
