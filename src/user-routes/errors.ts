/**
 * The error class of the account routes, and the function by which the routes make its errors.
 * @module
 */
import {
  type AnswerableError,
  type AnswerHeaders,
  markAnswerable,
  toAnswerHeaders,
} from '../base/answer-headers.js'
import { type DetailsFor, fill } from '../base/error-table.js'
import { FAULTS, type OAuthError, type UserRouteErrorCode } from './fault-codes.js'
import { type FixedUserRouteReasonCode, USER_ROUTE_REASONS, type UserRouteReasonCode } from './reasons.js'

/** The facts of a {@link UserRouteError} besides its code. */
export interface UserRouteErrorDetails {
  /** Fixed words and names from the configuration, for the operator. The text goes to the log, never to the client. */
  readonly reason: string
  /**
   * Code of the reason.
   *
   * @defaultValue `undefined`: the reason is the application's own
   */
  readonly reasonCode?: UserRouteReasonCode
  /** Name of the pool concerned. */
  readonly pool?: string
  /** Name of Cognito's exception, without the suffix `Exception`. */
  readonly exception?: string
  /**
   * Fixed text for the client in place of the code's own.
   *
   * @defaultValue the text of the code
   */
  readonly message?: string
  /** Text of Cognito or of a Lambda for the user. It is sent in place of the message, and never logged. */
  readonly shown?: string
}

/**
 * A refusal or a failure of an account route. Compare `code`: `instanceof` fails across two copies of the package.
 *
 * @example
 * app.setErrorHandler((error, request, reply) => {
 *   if (error.code === 'COGNITO_USER_ERR_NOT_CONFIRMED') return reply.code(403).send({ next: '/confirm' })
 *   return reply.send(error)
 * })
 */
export class UserRouteError extends Error implements AnswerableError {
  readonly code: UserRouteErrorCode
  /** 400, 401, 403, 409, 429, 500, 502 or 504. */
  readonly statusCode: number
  /** Error code of RFC 6749 §5.2, for the answer to a sign-in by form. */
  readonly oauth: OAuthError
  /** Fixed words and names from the configuration, for the operator. Fastify logs the text and does not send it. */
  readonly reason: string
  /** Stable code of the reason, for metrics and alerts; `undefined` where an application has made the error. */
  readonly reasonCode: UserRouteReasonCode | undefined
  /** Name of the pool concerned. */
  readonly pool: string | undefined
  /** Name of Cognito's exception, without the suffix `Exception`; `undefined` where none came. */
  readonly exception: string | undefined
  /** Whole seconds, with status 429. */
  readonly retryAfter: number | undefined
  /** Text for the client: the rules of a password, the words of a Lambda, or the message. No log has it. */
  declare readonly shown: string

  /** An application calls the constructor to test its error handler. */
  constructor(
    code: UserRouteErrorCode,
    { reason, reasonCode, pool, exception, message, shown }: UserRouteErrorDetails,
  ) {
    const fault = FAULTS[code]
    super(message ?? fault.message)
    // A logger writes enumerable members, so `shown` is none. It is not private either, because Fastify answers with an
    // object whose prototype is the error.
    Object.defineProperty(this, 'shown', { value: shown ?? this.message })
    this.code = code
    this.statusCode = fault.status
    this.oauth = fault.oauth
    this.reason = reason
    this.reasonCode = reasonCode
    this.pool = pool
    this.exception = exception
    this.retryAfter = fault.retryAfter
  }

  /** The same as `statusCode`, under the name that NestJS and others look for. */
  get status(): number {
    return this.statusCode
  }

  /** `true` where `message` is for the client, as `http-errors` has it: with every status but 500. */
  get expose(): boolean {
    return this.statusCode !== 500
  }

  /**
   * The headers of the answer, frozen, under names in lower case: `cache-control`, `retry-after` with status 429, and
   * `www-authenticate` with status 401, because such an answer needs a challenge (RFC 9110 §15.5.2).
   */
  get headers(): AnswerHeaders {
    return toAnswerHeaders(this.statusCode === 401 ? 'Bearer' : undefined, this.retryAfter)
  }
}

markAnswerable(UserRouteError.prototype)

// The name is on the prototype, where the first line of `stack` finds it.
Object.defineProperty(UserRouteError.prototype, 'name', { value: 'UserRouteError' })

/** The facts that an error adds to its reason. */
type FaultContext = Omit<UserRouteErrorDetails, 'reason' | 'reasonCode' | 'exception'>

/**
 * Makes the error of a reason: its code and its text come from the table of reasons.
 *
 * @example throw fail('ANSWER_EMPTY', { pool: 'eu' })
 */
export function fail(reasonCode: FixedUserRouteReasonCode, context?: FaultContext): UserRouteError
/**
 * Makes the error of a reason whose text has words in braces.
 *
 * @param details - one for each word in braces
 */
export function fail<R extends UserRouteReasonCode>(
  reasonCode: R,
  context: FaultContext,
  details: DetailsFor<(typeof USER_ROUTE_REASONS)[R]['text']>,
): UserRouteError
export function fail(
  reasonCode: UserRouteReasonCode,
  context: FaultContext = {},
  details: Readonly<Record<string, string>> = {},
): UserRouteError {
  const { code, parts } = USER_ROUTE_REASONS[reasonCode]
  return new UserRouteError(code, { ...context, reason: fill(parts, details), reasonCode })
}
