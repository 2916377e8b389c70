/**
 * The one error class of refusals, and the function by which the plugin makes its errors.
 * @module
 */
import {
  type AnswerableError,
  type AnswerHeaders,
  markAnswerable,
  toAnswerHeaders,
} from './answer-headers.js'
import { type ChallengeParameters, DEFAULT_REALM, type Realm, toChallenge } from './challenge.js'
import { type DetailsFor, fill } from './error-table.js'
import { type FixedReasonCode, REASONS, type ReasonCode } from './reasons.js'
import { type CognitoErrorCode, REFUSALS } from './refusal-codes.js'

/** The facts about a refusal that go to the log, and never to the client. */
export interface RefusalDetails {
  /** The precise reason, made of fixed words and of names from the configuration. */
  readonly reason: string
  /**
   * Code of the reason.
   *
   * @defaultValue `undefined`: the reason is the application's own
   */
  readonly reasonCode?: ReasonCode | undefined
  /** Name of the pool concerned. */
  readonly pool?: string | undefined
  /** Parameters that this refusal adds to its code's challenge. */
  readonly challenge?: ChallengeParameters | undefined
  /** Whole seconds until a new attempt can succeed. */
  readonly retryAfter?: number | undefined
}

const NAME = 'CognitoError'

/**
 * Gives a refusal the realm of a plugin instance, which its challenge then has. The first instance counts, because a
 * refusal may pass through the scopes of others. Any other value is returned as it is.
 */
export let stampRealm: <E>(error: E, realm: Realm) => E

/**
 * A refused request. Compare `code`: `instanceof` fails across two copies of the package.
 *
 * The class is an error by its prototype, as `DOMException` is, because V8's own constructor takes longer than finding a
 * remembered token. Only an error with status 500 has a stack trace.
 *
 * @example
 * app.setErrorHandler((error, request, reply) => {
 *   if (error.code === 'COGNITO_ERR_TOKEN_EXPIRED') return reply.code(401).send({ refresh: true })
 *   return reply.send(error)
 * })
 */
export class CognitoError implements AnswerableError {
  declare readonly name: typeof NAME
  /** Name and message alone; with status 500, a whole stack trace. */
  declare stack: string
  /** The realm of the plugin instance that made the error. The member is private, so that no log line has it. */
  #realm: Realm | undefined
  /** Fixed text of the code, for the client. */
  readonly message: string
  readonly code: CognitoErrorCode
  /** 400, 401, 403, 500 or 503. */
  readonly statusCode: number
  /** The parameters of `WWW-Authenticate` besides the realm; `undefined` where the answer carries no challenge. */
  readonly challenge: ChallengeParameters | undefined
  /** Fixed words and names from the configuration, for the operator. Fastify logs the text and does not send it. */
  readonly reason: string
  /** Stable code of the reason, for metrics and alerts; `undefined` where an application has made the error. */
  readonly reasonCode: ReasonCode | undefined
  /** Name of the pool concerned, as far as it is known. */
  readonly pool: string | undefined
  /** Whole seconds, 1 to 60; with status 503 only. */
  readonly retryAfter: number | undefined

  /**
   * An application calls the constructor to test its error handler, or to refuse a request in the plugin's name.
   *
   * @param details - facts for the operator
   */
  constructor(code: CognitoErrorCode, details: RefusalDetails) {
    const refusal = REFUSALS[code]
    this.message = refusal.message
    this.code = code
    this.statusCode = refusal.status
    this.challenge =
      details.challenge === undefined ? refusal.challenge : { ...refusal.challenge, ...details.challenge }
    this.reason = details.reason
    this.reasonCode = details.reasonCode
    this.pool = details.pool
    this.retryAfter = details.retryAfter
    if (refusal.status === 500) Error.captureStackTrace(this, CognitoError)
    else this.stack = `${NAME}: ${refusal.message}`
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
   * The headers of the answer, frozen, under names in lower case: `cache-control`, and as far as the code has them
   * `www-authenticate` and `retry-after`. The challenge has the realm of the plugin instance that refused the request, and
   * the realm `api` where an application has made the error.
   *
   * @example throw new TRPCError({ code: 'UNAUTHORIZED', cause: error }) // and: responseMeta → error.cause.headers
   */
  get headers(): AnswerHeaders {
    const { challenge, retryAfter } = this
    // Fastify also reads an object whose prototype is the error.
    const realm = (#realm in this && this.#realm) || DEFAULT_REALM
    return toAnswerHeaders(challenge && toChallenge(realm, challenge), retryAfter)
  }

  static {
    stampRealm = (error, realm) => {
      if (error instanceof CognitoError && #realm in error) error.#realm ??= realm
      return error
    }
  }
}

Object.setPrototypeOf(CognitoError.prototype, Error.prototype)
markAnswerable(CognitoError.prototype)
Object.defineProperty(CognitoError.prototype, 'name', { value: NAME })

/** The facts that a refusal adds to its reason. */
export type RefusalContext = Omit<RefusalDetails, 'reason' | 'reasonCode'>

const NO_CONTEXT: RefusalContext = Object.freeze({})

/**
 * Makes the error of a reason: its code and its text come from the table of reasons.
 *
 * @example throw refuse('IAT_MISSING', { pool: 'eu' })
 */
export function refuse(reasonCode: FixedReasonCode, context?: RefusalContext): CognitoError
/**
 * Makes the error of a reason whose text has words in braces.
 *
 * @param details - one for each word in braces
 * @example throw refuse('HEADER_EMPTY', {}, { header: 'authorization' })
 */
export function refuse<R extends ReasonCode>(
  reasonCode: R,
  context: RefusalContext,
  details: DetailsFor<(typeof REASONS)[R]['text']>,
): CognitoError
export function refuse(
  reasonCode: ReasonCode,
  { pool, challenge, retryAfter } = NO_CONTEXT,
  details?: Readonly<Record<string, string>>,
): CognitoError {
  const { code, text, parts } = REASONS[reasonCode]
  const reason = details === undefined ? text : fill(parts, details)
  return new CognitoError(code, { reason, reasonCode, pool, challenge, retryAfter })
}
