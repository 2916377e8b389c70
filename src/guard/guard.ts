/**
 * `authRequired` and `authOptional`: read the token, verify it once a request, hold it against the route, attach it.
 * @module
 */
import type { FastifyRequest } from 'fastify'
import { CognitoError } from '../base/errors.js'
import { assertGiven } from '../base/option-schema.js'
import { chain } from '../base/promises.js'
import type { TokenUse } from '../claims/standard-claims.js'
import { type LocatedToken, tokenTextOf } from '../jwt/located-token.js'
import type { RevocationGate } from '../revocation/gate.js'
import type { Authentication, VerifiedToken } from '../verify/authentication.js'
import { readAuthentication } from '../verify/authentication-reader.js'
import { isObserved, observeGuard } from '../verify/diagnostics.js'
import type { TokenPolicy } from '../verify/token-policy.js'
import type { Verifier } from '../verify/verifier.js'
import { annotateFactory, annotateGuard, listAlternatives } from './annotations.js'
import type { AddUser } from './load-user.js'
import { compileSelection } from './pool-selection.js'
import type { LoadUser, PoolSelector } from './register.js'
import { assertGuardRequirement, type Requirement } from './requirement.js'
import type { Guard } from './route-types.js'
import type { TokenFinder } from './token-source.js'

type GuardedRequest = FastifyRequest & { [memo: symbol]: VerifiedToken | undefined }

/** What guards need of the plugin. */
export interface GuardContext {
  readonly verifier: Verifier
  readonly findToken: TokenFinder
  /** Why a request has credentials and no token, for the operator. */
  readonly explainAbsence: (request: FastifyRequest) => string
  readonly defaultPool: string
  /** The plugin's own; a requirement's takes its place. */
  readonly loadUser: LoadUser | undefined
  readonly addUser: AddUser
  readonly revocation: RevocationGate | undefined
  /** All pools by their names, each with the kinds of token that its routes take. */
  readonly tokenUses: ReadonlyMap<string, readonly TokenUse[]>
  /**
   * Where a request keeps its verified token, so that a further guard does not verify it again. Of one plugin instance:
   * another one may have other pools under the same names.
   */
  readonly memo: symbol
  /** Where it keeps the token that was found not to be revoked. */
  readonly unrevoked: symbol
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
  const choosePolicy = compileSelection(context.verifier, pools, requirement, name)
  const conclude = createConclusion(context, requirement)

  function authenticate(request: GuardedRequest): Outcome {
    const token = context.findToken(request)
    if (token === undefined && isOptional) return set(request, null)
    if (!token) return refuseAbsence(context, request, token)
    const policy = choosePolicy(request)
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

  const alternatives = describe(context, pools, requirement, isOptional)
  return annotateGuard(toHook(name, authenticate, context.memo), alternatives)
}

function refuseAbsence(
  { explainAbsence }: GuardContext,
  request: FastifyRequest,
  found: null | undefined,
): CognitoError {
  const reason = found === null ? explainAbsence(request) : 'the request carries no bearer token'
  return new CognitoError('COGNITO_ERR_TOKEN_MISSING', { reason })
}

/** What the guard says of itself. */
function describe(
  { tokenUses, loadUser: ownLoader }: GuardContext,
  pools: PoolSelector<string>,
  { tokenUse, scopes, groups, check, loadUser = ownLoader }: Requirement,
  isOptional: boolean,
) {
  const names = typeof pools === 'function' ? [...tokenUses.keys()] : [pools].flat()
  const usesOf = (name: string) => [tokenUse ?? (tokenUses.get(name) as readonly TokenUse[])].flat()
  return listAlternatives({
    pools: new Map(names.map((name) => [name, usesOf(name)])),
    isOptional,
    scopes,
    groups,
    hasCheck: check !== undefined || loadUser !== undefined,
  })
}

/** What a verified token is held against: what the route asks, then the application's own functions. */
function createConclusion(context: GuardContext, requirement: Requirement) {
  // Read, not spread: a requirement may inherit its members. And once: it is what it was at boot.
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
      const { pool } = authentication
      throw new CognitoError('COGNITO_ERR_CHECK_FAILED', { reason: 'check did not answer true', pool })
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

/** The store of revocations is asked about each request, also with a remembered token; about further guards of it, not. */
function passOnce(
  { revocation, unrevoked }: GuardContext,
  request: GuardedRequest,
  verified: VerifiedToken,
): void | Promise<void> {
  if (revocation === undefined || request[unrevoked] === verified) return
  const passed = () => {
    request[unrevoked] = verified
  }
  return chain(revocation.pass(verified), passed)
}

/** Nothing where the request may go on. The commonest refusal is returned: to throw it would take as long again. */
type Outcome = CognitoError | void | Promise<void>

/** A hook that goes on at once where it can: a promise would cost as much as to find a remembered token. */
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
  else done(outcome as CognitoError | undefined)
}

/** Fastify takes a falsy error for success: whatever an application's function throws has to count. */
function toError(error: unknown): Error {
  if (typeof error === 'object' && error !== null) return error as Error
  return new CognitoError('COGNITO_ERR_INTERNAL', {
    reason: 'a function of the application threw something that is no error',
  })
}

function verifyOnce(
  { verifier, memo }: GuardContext,
  request: GuardedRequest,
  token: LocatedToken,
  policy: TokenPolicy,
): VerifiedToken | Promise<VerifiedToken> {
  const seen = request[memo]
  if (seen && seen.text === tokenTextOf(token)) return seen
  const verified = verifier.verify(token.input, policy, token.start)
  return verified instanceof Promise
    ? verified.then((later) => remember(request, memo, later))
    : remember(request, memo, verified)
}

function remember(request: GuardedRequest, memo: symbol, verified: VerifiedToken): VerifiedToken {
  request[memo] = verified
  return verified
}

/** Where the plugin is not registered there is no such decorator, and nobody gets in. */
function set(request: FastifyRequest, authentication: Authentication | null): void {
  request.setDecorator('cognito', authentication)
}
