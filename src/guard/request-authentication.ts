/**
 * The authentication of a request: finds the token, verifies it once a request, and checks the requirement of the route.
 * @module
 */
import type { FastifyRequest } from 'fastify'
import type { Realm } from '../base/challenge.js'
import { type CognitoError, refuse } from '../base/errors.js'
import { assertGiven } from '../base/option-schema.js'
import { chain } from '../base/promises.js'
import type { LocatedToken } from '../jwt/located-token.js'
import type { Authentication, VerifiedToken } from '../verify/authentication.js'
import { readAuthentication } from '../verify/authentication-reader.js'
import type { TokenPolicy } from '../verify/token-policy.js'
import type { AddUser } from './load-user.js'
import { type GuardedRequest, type OnceContext, passOnce, verifyOnce } from './once-a-request.js'
import { compileSelection, type Selectable } from './pool-selection.js'
import type { LoadUser, PoolSelector } from './register.js'
import { assertGuardRequirement, type Requirement } from './requirement.js'
import { assertNoSelector } from './tenant-selector.js'
import type { TokenFinder } from './token-sources.js'

/** The parts of the plugin that authenticate a request. */
export interface RequestContext extends OnceContext {
  readonly findToken: TokenFinder
  /** Makes the refusal of a request that has credentials and no token. */
  readonly explainAbsence: (request: FastifyRequest) => CognitoError
  /** The pool of a guard that names none; `undefined` where the option `tenants` is set. */
  readonly defaultPool: string | undefined
  /** The option `loadUser` of the plugin. The `loadUser` of a requirement replaces the option. */
  readonly loadUser: LoadUser | undefined
  readonly addUser: AddUser
  /** The realm of the refusals. */
  readonly realm: Realm
}

/** The pool and the requirement, as far as a caller passes them. */
export type Given = [pool?: PoolSelector<Selectable>, requirement?: Requirement]

/** The kind of an authentication. */
export interface Terms {
  /** The name of the function in messages of errors. */
  readonly name: string
  /** Lets a request without credentials pass, as `null`. */
  readonly isOptional: boolean
}

/**
 * The result: `null` without credentials. The commonest refusal is returned, because throwing is slower. Any other refusal is
 * thrown or rejected.
 */
export type Outcome = Authentication | null | CognitoError | Promise<Authentication | null>

/** Authenticates a request. */
export type Authenticate = (request: GuardedRequest) => Outcome

/** A compiled pool and requirement. */
export interface RequestAuthentication {
  readonly authenticate: Authenticate
  /** The policy with all pools that are accepted. */
  readonly policy: TokenPolicy
  readonly requirement: Requirement
}

/**
 * Compiles the authentication of requests by a pool and a requirement.
 *
 * @throws {TypeError} for an unknown pool or a wrong requirement
 */
export function compileAuthentication(
  context: RequestContext,
  { name, isOptional }: Terms,
  given: Given,
): RequestAuthentication {
  assertGiven(given, name)
  const [selector, requirement = {}] = given
  assertNoSelector(requirement, name)
  assertGuardRequirement(requirement, name)
  // The value null is no pool, and does not stand for the default one.
  const pools = selector === undefined ? assertDefaultPool(context.defaultPool, name) : selector
  const selection = compileSelection(context.verifier, pools, requirement, name)
  const conclude = createConclusion(context, requirement)

  function authenticate(request: GuardedRequest): Outcome {
    const token = context.findToken(request)
    if (token === undefined && isOptional) return null
    if (!token) return refuseAbsence(context, request, token)
    const policy = selection.choose(request)
    return policy instanceof Promise
      ? policy.then((chosen) => prove(request, token, chosen))
      : prove(request, token, policy)
  }

  function prove(request: GuardedRequest, token: LocatedToken, policy: TokenPolicy): Proved {
    const verified = verifyOnce(context, request, token, policy)
    return verified instanceof Promise
      ? verified.then((later) => conclude(request, later, policy))
      : conclude(request, verified, policy)
  }

  return { authenticate, policy: selection.policy, requirement }
}

type Proved = Authentication | Promise<Authentication>

function refuseAbsence(
  { explainAbsence }: RequestContext,
  request: FastifyRequest,
  found: null | undefined,
): CognitoError {
  return found === null ? explainAbsence(request) : refuse('BEARER_TOKEN_MISSING')
}

/** Makes the last step: the requirement of the route, then the functions `check` and `loadUser`. */
function createConclusion(context: RequestContext, requirement: Requirement) {
  // The members are read, and not spread, because a requirement may inherit them. Later changes have no effect.
  const { check, loadUser = context.loadUser } = requirement

  function finish(request: GuardedRequest, authentication: Authentication): Proved {
    return loadUser === undefined ? authentication : context.addUser(loadUser, authentication, request)
  }

  function decide(request: GuardedRequest, authentication: Authentication, policy: TokenPolicy): Proved {
    policy.authorize(authentication)
    if (check === undefined) return finish(request, authentication)
    return chain(check(authentication, request), (isPermitted) => {
      if (isPermitted === true) return finish(request, authentication)
      throw refuse('CHECK_NOT_TRUE', { pool: authentication.pool })
    })
  }

  return (request: GuardedRequest, verified: VerifiedToken, policy: TokenPolicy): Proved => {
    const authentication = readAuthentication(verified, policy, request.cognito)
    const passing = passOnce(context, request, verified)
    return passing === undefined
      ? decide(request, authentication, policy)
      : passing.then(() => decide(request, authentication, policy))
  }
}

/**
 * Returns the pool of a guard that names none.
 *
 * @throws {TypeError} where the option `tenants` is set, because such a guard would be of pools or of tenants by chance
 */
export function assertDefaultPool(pool: string | undefined, name: string): string {
  if (pool !== undefined) return pool
  throw new TypeError(
    `${name}: expected the name of a pool, tenant(…) or anyTenant, because the option tenants is set`,
  )
}

/** Returns a thrown value as an error, because Fastify would let the request pass for a falsy value. */
export function toError(error: unknown): Error {
  if (typeof error === 'object' && error !== null) return error as Error
  return refuse('NO_ERROR_THROWN')
}
