/**
 * `app.cognito.verifyRequest`: authenticates a request as a guard does, outside of a route's hooks.
 * @module
 */
import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { CognitoError, stampRealm } from '../base/errors.js'
import { assertGiven } from '../base/option-schema.js'
import type { ClaimsOption } from '../claims/reader.js'
import type { TokenUse } from '../claims/standard-claims.js'
import type { Authentication } from '../verify/authentication.js'
import { isObserved, observePromise } from '../verify/diagnostics.js'
import { compileOnce } from './compiled-once.js'
import { createToRequest, type ParseCookies, type ToRequest } from './node-request.js'
import type { GuardedRequest } from './once-a-request.js'
import type { Selectable } from './pool-selection.js'
import type { AuthOf, Named, PoolSelector, ProofOf } from './register.js'
import {
  type Authenticate,
  assertDefaultPool,
  compileAuthentication,
  type Given,
  type RequestContext,
  type Terms,
  toError,
} from './request-authentication.js'
import type { Requirement } from './requirement.js'

/** A request to authenticate: of Fastify, or of `node:http`, such as that of a WebSocket's upgrade. */
export type VerifiableRequest = Pick<FastifyRequest, 'headers' | 'raw'> | IncomingMessage

/**
 * Authenticates a request for the pools `P`. `Anonymous` is the result without credentials: `null` for
 * `verifyRequest.optional`, `never` for `verifyRequest`.
 */
export type RequestVerification<P, Anonymous> = <
  N extends Named<P> = keyof P & string,
  U extends TokenUse = never,
  C extends ClaimsOption = never,
  R = never,
>(
  request: VerifiableRequest,
  pool?: PoolSelector<N>,
  requirement?: Requirement<U, C, ProofOf<P, N, U, C>, R>,
) => Promise<AuthOf<P, N, U, C, R> | Anonymous>

/** `app.cognito.verifyRequest`, with its optional form. */
export interface VerifyRequest<P> extends RequestVerification<P, never> {
  /**
   * Resolves to `null` for a request without credentials, as `authOptional` does. An invalid token is refused.
   *
   * @example const caller = await app.cognito.verifyRequest.optional(request, 'eu')
   */
  readonly optional: RequestVerification<P, null>
}

const NOTHING: Requirement = Object.freeze({})

/**
 * Makes `verifyRequest`.
 *
 * @param parseCookies - parses the header `cookie` of a request of `node:http`
 */
export function createVerifyRequest(context: RequestContext, parseCookies: ParseCookies) {
  const toRequest = createToRequest(parseCookies)
  const required = createVerification(context, toRequest, { name: 'verifyRequest', isOptional: false })
  const optional = createVerification(context, toRequest, {
    name: 'verifyRequest.optional',
    isOptional: true,
  })
  return Object.freeze(Object.assign(required, { optional }))
}

function createVerification(context: RequestContext, toRequest: ToRequest, terms: Terms) {
  const { defaultPool, memo, realm } = context
  const { name } = terms
  const compile = compileOnce((pool: PoolSelector<Selectable>, requirement: Requirement) =>
    compileAuthentication(context, terms, [pool, requirement]),
  )

  return async (given: VerifiableRequest, ...rest: Given): Promise<Authentication | null> => {
    assertGiven(rest, name)
    const [pool = assertDefaultPool(defaultPool, name), requirement = NOTHING] = rest
    const { authenticate } = compile(pool, requirement)
    const request = toRequest(given, name)
    const run = async () => {
      const authentication = await settle(authenticate, request)
      attach(request, authentication)
      return authentication
    }
    try {
      return await (isObserved() ? observePromise(run, () => request[memo]?.verified) : run())
    } catch (error) {
      throw stampRealm(error, realm)
    }
  }
}

/** Rejects with an error in any case, because a hook of the application lets a request pass for a falsy value. */
async function settle(authenticate: Authenticate, request: GuardedRequest): Promise<Authentication | null> {
  try {
    const outcome = await authenticate(request)
    if (outcome instanceof CognitoError) throw outcome
    return outcome
  } catch (error) {
    throw toError(error)
  }
}

/**
 * Attaches the authentication as a guard does, unless a guard has attached one: the handler relies on what the guard of its
 * route proved.
 */
function attach(request: GuardedRequest, authentication: Authentication | null): void {
  const isFree = request.cognito === null && authentication !== null
  if (isFree) request.setDecorator('cognito', authentication)
}
