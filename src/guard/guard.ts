/**
 * `authRequired` and `authOptional`: the hooks that authenticate a request and attach the authentication.
 * @module
 */
import type { FastifyRequest } from 'fastify'
import { CognitoError, stampRealm } from '../base/errors.js'
import type { Authentication } from '../verify/authentication.js'
import { isObserved, observeGuard } from '../verify/diagnostics.js'
import { termsOf } from '../verify/token-policy.js'
import { annotateFactory, annotateGuard, listAlternatives } from './annotations.js'
import type { GuardedRequest } from './once-a-request.js'
import {
  compileAuthentication,
  type Given,
  type Outcome,
  type RequestAuthentication,
  type RequestContext,
  type Terms,
  toError,
} from './request-authentication.js'
import type { Guard } from './route-types.js'

/**
 * Makes `authRequired` and `authOptional`.
 *
 * @returns functions that throw a `TypeError` at boot for an unknown pool or a wrong requirement
 */
export function createGuardFactories(context: RequestContext) {
  const toFactory = (name: string, isOptional: boolean) =>
    annotateFactory((...given: Given) => createGuard(context, { name, isOptional }, given), name)
  return {
    authRequired: toFactory('authRequired', false),
    authOptional: toFactory('authOptional', true),
  }
}

function createGuard(context: RequestContext, terms: Terms, given: Given): Guard<Authentication | null> {
  const compiled = compileAuthentication(context, terms, given)
  return annotateGuard(toHook(context, terms.name, compiled), describe(context, compiled, terms.isOptional))
}

/** Lists the alternatives of a guard. */
function describe(
  { loadUser: ownLoader }: RequestContext,
  { policy, requirement }: RequestAuthentication,
  isOptional: boolean,
) {
  const { scopes, groups, amr, check, loadUser = ownLoader } = requirement
  return listAlternatives({
    pools: termsOf(policy),
    isOptional,
    scopes,
    groups,
    amr,
    hasCheck: check !== undefined || loadUser !== undefined,
  })
}

/** Makes the hook. The hook avoids promises, because a promise costs as much as a lookup in the token cache. */
function toHook(
  { memo, realm }: RequestContext,
  name: string,
  { authenticate }: RequestAuthentication,
): Guard<Authentication | null> {
  const run = (request: GuardedRequest, done: Done) => {
    const refuseWith = (error: unknown) => done(stampRealm(toError(error), realm))
    let outcome: Outcome
    try {
      outcome = authenticate(request)
    } catch (error) {
      refuseWith(error)
      return
    }
    if (outcome instanceof Promise) outcome.then((later) => pass(request, later, done), refuseWith)
    else if (outcome instanceof CognitoError) refuseWith(outcome)
    else pass(request, outcome, done)
  }
  return (request: unknown, _reply: object, done: Done) => {
    if (typeof done !== 'function')
      throw new TypeError(`${name}: expected the guard under onRequest, preValidation or preHandler`)
    const guarded = request as GuardedRequest
    if (!isObserved()) run(guarded, done)
    else
      observeGuard(
        (callback) => run(guarded, callback),
        () => guarded[memo]?.verified,
        done,
      )
  }
}

type Done = (error?: Error) => void

/** Attaches the authentication. `setDecorator` throws where the plugin is not registered, so that no request passes. */
function pass(request: FastifyRequest, authentication: Authentication | null, done: Done): void {
  try {
    request.setDecorator('cognito', authentication)
  } catch (error) {
    done(toError(error))
    return
  }
  done()
}
