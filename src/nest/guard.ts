/**
 * The guard of NestJS behind every mark. It protects resolvers, gateways and message handlers, and it lets the requests of
 * routes pass that the hook of the route has let pass.
 * @module
 */

import type { Cognito } from '../cognito.js'
import type { Pools } from '../guard/register.js'
import type { VerifiableRequest } from '../guard/verify-request.js'
import type { Authentication } from '../verify/authentication.js'
import { describeHandler, findRequest, keepIdentity, markOf, subjectOf } from './context.js'
import { toException } from './exception.js'
import { type ExecutionContext, Inject, Injectable } from './framework.js'
import { CognitoHost } from './host.js'
import type { Mark } from './marks.js'

/**
 * Authenticates the request behind a context as the mark of the handler says. The decorators {@link Cognito} and
 * {@link CognitoOptional} add the guard themselves. Tests without tokens replace it with `overrideGuard(CognitoGuard)`, and
 * leave out `CognitoModule`.
 */
export class CognitoGuard {
  readonly #host: CognitoHost

  /** @internal */
  constructor(host: CognitoHost) {
    this.#host = host
  }

  /**
   * @throws {CognitoException} rejected with: the refusal of the request
   * @throws {TypeError} rejected with: for a handler without a mark, and for a context without a request
   */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const mark = markOf(context)
    if (mark === undefined)
      throw new TypeError(
        `${describeHandler(context)}: CognitoGuard expected @Cognito on the method or its class`,
      )
    if (mark.name === 'Public' || this.#host.passed.get(subjectOf(context)) === mark) return true
    keepIdentity(context, await this.#authenticate(context, mark))
    return true
  }

  async #authenticate(context: ExecutionContext, mark: Mark): Promise<Authentication | null> {
    const request = this.#host.extras.requestOf?.(context) ?? findRequest(context)
    if (request === undefined) throw new TypeError(`${describeHandler(context)}: ${NO_REQUEST}`)
    const { cognito } = this.#host
    try {
      return await verify(cognito, mark, request)
    } catch (error) {
      throw toException(error)
    }
  }
}

const NO_REQUEST =
  '@Cognito found no HTTP request in this context; give CognitoModule the function requestOf, which returns it'

function verify({ verifyRequest }: Cognito<Pools>, { name, given }: Mark, request: VerifiableRequest) {
  return name === 'Cognito' ? verifyRequest(request, ...given) : verifyRequest.optional(request, ...given)
}

Injectable()(CognitoGuard)
Inject(CognitoHost)(CognitoGuard, undefined, 0)
