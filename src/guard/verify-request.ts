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
import { type ParseCookies, toRequest } from './node-request.js'
import type { GuardedRequest } from './once-a-request.js'
import type { AuthOf, PoolSelector, ProofOf } from './register.js'
import {
  type Authenticate,
  compileAuthentication,
  type Given,
  type RequestContext,
} from './request-authentication.js'
import type { Requirement } from './requirement.js'

/** A request to authenticate: of Fastify, or of `node:http`, such as that of a WebSocket's upgrade. */
export type VerifiableRequest = Pick<FastifyRequest, 'headers' | 'raw'> | IncomingMessage

/**
 * Authenticates a request for the pools `P`. `Anonymous` is the result without credentials: `null` for
 * `verifyRequest.optional`, `never` for `verifyRequest`.
 */
export type RequestVerification<P, Anonymous> = <
  N extends keyof P & string = keyof P & string,
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
  const required = createVerification(context, parseCookies, 'verifyRequest', false)
  const optional = createVerification(context, parseCookies, 'verifyRequest.optional', true)
  return Object.freeze(Object.assign(required, { optional }))
}

function createVerification(
  context: RequestContext,
  parseCookies: ParseCookies,
  name: string,
  isOptional: boolean,
) {
  const { defaultPool, memo, realm } = context
  const compile = compileOnce((pool: PoolSelector<string>, requirement: Requirement) =>
    compileAuthentication(context, { name, isOptional }, [pool, requirement]),
  )

  return async (given: VerifiableRequest, ...rest: Given): Promise<Authentication | null> => {
    assertGiven(rest, name)
    const [pool = defaultPool, requirement = NOTHING] = rest
    const { authenticate } = compile(pool, requirement)
    const request = toRequest(given, parseCookies, name)
    const run = async () => {
      const authentication = await conclude(authenticate, request)
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

async function conclude(authenticate: Authenticate, request: GuardedRequest): Promise<Authentication | null> {
  const outcome = await authenticate(request)
  if (outcome instanceof CognitoError) throw outcome
  return outcome
}

/**
 * Attaches the authentication as a guard does, unless a guard has attached one: the handler relies on what the guard of its
 * route proved.
 */
function attach(request: GuardedRequest, authentication: Authentication | null): void {
  const isFree = request.cognito === null && authentication !== null
  if (isFree) request.setDecorator('cognito', authentication)
}
