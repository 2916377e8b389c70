/**
 * `authRequired` and `authOptional`: find the token, verify it once a request, check the requirement of the route, and
 * attach the authentication.
 * @module
 */
import type { FastifyRequest } from 'fastify'
import { type CognitoError, refuse } from '../base/errors.js'
import { assertGiven } from '../base/option-schema.js'
import { chain } from '../base/promises.js'
import type { LocatedToken } from '../jwt/located-token.js'
import type { Authentication, VerifiedToken } from '../verify/authentication.js'
import { readAuthentication } from '../verify/authentication-reader.js'
import { isObserved, observeGuard } from '../verify/diagnostics.js'
import type { TokenPolicy } from '../verify/token-policy.js'
import { annotateFactory, annotateGuard, listAlternatives } from './annotations.js'
import type { AddUser } from './load-user.js'
import { type GuardedRequest, type OnceContext, passOnce, verifyOnce } from './once-a-request.js'
import { compileSelection } from './pool-selection.js'
import type { LoadUser, PoolSelector } from './register.js'
import { assertGuardRequirement, type Requirement } from './requirement.js'
import type { Guard } from './route-types.js'
import type { TokenFinder } from './token-sources.js'

/** The parts of the plugin that guards use. */
export interface GuardContext extends OnceContext {
  readonly findToken: TokenFinder
  /** Makes the refusal of a request that has credentials and no token. */
  readonly explainAbsence: (request: FastifyRequest) => CognitoError
  readonly defaultPool: string
  /** The option `loadUser` of the plugin. The `loadUser` of a requirement replaces the option. */
  readonly loadUser: LoadUser | undefined
  readonly addUser: AddUser
}

type Given = [pool?: PoolSelector<string>, requirement?: Requirement]

/**
 * Makes `authRequired` and `authOptional`.
 *
 * @returns functions that throw a `TypeError` at boot for an unknown pool or a wrong requirement
 */
export function createGuardFactories(context: GuardContext) {
  const toFactory = (name: string, isOptional: boolean) =>
    annotateFactory((...given: Given) => createGuard(context, { name, isOptional }, given), name)
  return {
    authRequired: toFactory('authRequired', false),
    authOptional: toFactory('authOptional', true),
  }
}

function createGuard(
  context: GuardContext,
  { name, isOptional }: { readonly name: string; readonly isOptional: boolean },
  given: Given,
): Guard<Authentication | null> {
  assertGiven(given, name)
  const [selector, requirement = {}] = given
  assertGuardRequirement(requirement, name)
  const pools = selector === undefined ? context.defaultPool : selector
  const selection = compileSelection(context.verifier, pools, requirement, name)
  const conclude = createConclusion(context, requirement)

  function authenticate(request: GuardedRequest): Outcome {
    const token = context.findToken(request)
    if (token === undefined && isOptional) return set(request, null)
    if (!token) return refuseAbsence(context, request, token)
    const policy = selection.choose(request)
    return policy instanceof Promise
      ? policy.then((chosen) => prove(request, token, chosen))
      : prove(request, token, policy)
  }

  function prove(request: GuardedRequest, token: LocatedToken, policy: TokenPolicy): void | Promise<void> {
    const verified = verifyOnce(context, request, token, policy)
    return verified instanceof Promise
      ? verified.then((later) => conclude(request, later, policy))
      : conclude(request, verified, policy)
  }

  const alternatives = describe(context, selection.policy, requirement, isOptional)
  return annotateGuard(toHook(name, authenticate, context.memo), alternatives)
}

function refuseAbsence(
  { explainAbsence }: GuardContext,
  request: FastifyRequest,
  found: null | undefined,
): CognitoError {
  return found === null ? explainAbsence(request) : refuse('BEARER_TOKEN_MISSING')
}

/** Lists the alternatives of a guard. */
function describe(
  { loadUser: ownLoader }: GuardContext,
  { pools }: TokenPolicy,
  { scopes, groups, check, loadUser = ownLoader }: Requirement,
  isOptional: boolean,
) {
  return listAlternatives({
    pools: new Map([...pools].map(([name, { tokenUses }]) => [name, [...tokenUses]])),
    isOptional,
    scopes,
    groups,
    hasCheck: check !== undefined || loadUser !== undefined,
  })
}

/** Makes the last step of a guard: the requirement of the route, then the functions `check` and `loadUser`. */
function createConclusion(context: GuardContext, requirement: Requirement) {
  // The members are read, and not spread, because a requirement may inherit them. Later changes have no effect.
  const { check, loadUser = context.loadUser } = requirement

  function finish(request: GuardedRequest, authentication: Authentication): void | Promise<void> {
    if (loadUser === undefined) return set(request, authentication)
    return chain(context.addUser(loadUser, authentication, request), (known) => set(request, known))
  }

  function decide(
    request: GuardedRequest,
    authentication: Authentication,
    policy: TokenPolicy,
  ): void | Promise<void> {
    policy.authorize(authentication)
    if (check === undefined) return finish(request, authentication)
    return chain(check(authentication, request), (isPermitted) => {
      if (isPermitted === true) return finish(request, authentication)
      throw refuse('CHECK_NOT_TRUE', { pool: authentication.pool })
    })
  }

  return (request: GuardedRequest, verified: VerifiedToken, policy: TokenPolicy): void | Promise<void> => {
    const authentication = readAuthentication(verified, policy, request.cognito)
    const passing = passOnce(context, request, verified)
    return passing === undefined
      ? decide(request, authentication, policy)
      : passing.then(() => decide(request, authentication, policy))
  }
}

/** The result of a guard: nothing lets the request pass. The commonest refusal is returned, because throwing is slower. */
type Outcome = CognitoError | void | Promise<void>

/** Makes the hook. The hook avoids promises, because a promise costs as much as a lookup in the token cache. */
function toHook(
  name: string,
  authenticate: (request: GuardedRequest) => Outcome,
  memo: symbol,
): Guard<Authentication | null> {
  return (request: unknown, _reply: object, done: Done) => {
    if (typeof done !== 'function')
      throw new TypeError(`${name}: expected the guard under onRequest, preValidation or preHandler`)
    const guarded = request as GuardedRequest
    if (!isObserved()) run(guarded, authenticate, done)
    else
      observeGuard(
        (callback) => run(guarded, authenticate, callback),
        () => guarded[memo],
        done,
      )
  }
}

type Done = (error?: Error) => void

function run(request: GuardedRequest, authenticate: (request: GuardedRequest) => Outcome, done: Done): void {
  let outcome: Outcome
  try {
    outcome = authenticate(request)
  } catch (error) {
    done(toError(error))
    return
  }
  if (outcome instanceof Promise)
    outcome.then(
      () => done(),
      (error) => done(toError(error)),
    )
  else if (outcome) done(outcome)
  else done()
}

/** Returns a thrown value as an error, because Fastify would let the request pass for a falsy value. */
function toError(error: unknown): Error {
  if (typeof error === 'object' && error !== null) return error as Error
  return refuse('NO_ERROR_THROWN')
}

/** Attaches the authentication. `setDecorator` throws where the plugin is not registered, so that no request passes. */
function set(request: FastifyRequest, authentication: Authentication | null): void {
  request.setDecorator('cognito', authentication)
}
