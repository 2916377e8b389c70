/**
 * Refusals: the closed table of their codes, and the one error class.
 * @module
 */
import type { ChallengeParameters } from './challenge.js'

interface Refusal {
  readonly status: 400 | 401 | 403 | 500 | 503
  readonly message: string
  /** Absent: the answer carries no challenge. */
  readonly challenge?: ChallengeParameters
}

// Frozen, as the errors of a code share them.
const NOTHING = Object.freeze({})
const INVALID = Object.freeze({ error: 'invalid_token', error_description: 'The access token is invalid' })
const EXPIRED = Object.freeze({ error: 'invalid_token', error_description: 'The access token expired' })
const INVALID_REQUEST = Object.freeze({ error: 'invalid_request' })
const TOO_OLD = Object.freeze({ error: 'insufficient_user_authentication' })
const INSUFFICIENT = Object.freeze({ error: 'insufficient_scope' })

// Static text: a message never repeats a token, a claim value, a key id or a pool id.
const REFUSALS = {
  COGNITO_ERR_TOKEN_MISSING: { status: 401, message: 'Authentication is required', challenge: NOTHING },
  COGNITO_ERR_REQUEST_INVALID: {
    status: 400,
    message: 'The credentials are malformed',
    challenge: INVALID_REQUEST,
  },
  COGNITO_ERR_TOKEN_INVALID: { status: 401, message: 'The access token is invalid', challenge: INVALID },
  COGNITO_ERR_TOKEN_EXPIRED: { status: 401, message: 'The access token expired', challenge: EXPIRED },
  COGNITO_ERR_TOKEN_REVOKED: { status: 401, message: 'The access token was revoked', challenge: INVALID },
  COGNITO_ERR_AUTHENTICATION_TOO_OLD: {
    status: 401,
    message: 'A more recent sign-in is required',
    challenge: TOO_OLD,
  },
  COGNITO_ERR_SCOPE_INSUFFICIENT: {
    status: 403,
    message: 'A required scope is missing',
    challenge: INSUFFICIENT,
  },
  COGNITO_ERR_GROUP_INSUFFICIENT: {
    status: 403,
    message: 'A required group is missing',
    challenge: INSUFFICIENT,
  },
  COGNITO_ERR_CHECK_FAILED: {
    status: 403,
    message: 'The request is not permitted',
    challenge: INSUFFICIENT,
  },
  COGNITO_ERR_USER_UNKNOWN: {
    status: 403,
    message: 'The user is not known here',
    challenge: INSUFFICIENT,
  },
  COGNITO_ERR_KEYS_UNAVAILABLE: { status: 503, message: 'Signing keys are temporarily unavailable' },
  COGNITO_ERR_REVOCATION_UNAVAILABLE: {
    status: 503,
    message: 'Revocations are temporarily unavailable',
  },
  COGNITO_ERR_INTERNAL: { status: 500, message: 'Internal Server Error' },
} as const satisfies Record<`COGNITO_ERR_${string}`, Refusal>

/** Stable code of a {@link CognitoError}; `docs/errors.md` documents each one. */
export type CognitoErrorCode = keyof typeof REFUSALS

/** Every {@link CognitoErrorCode}, for switches and metrics. */
export const cognitoErrorCodes: readonly CognitoErrorCode[] = Object.freeze(
  Object.keys(REFUSALS) as CognitoErrorCode[],
)

/** What an operator may know of a refusal. It goes to the log, never to the client. */
export interface RefusalDetails {
  /** The precise reason, made of fixed words and of names from the configuration. */
  readonly reason: string
  /** Name of the pool concerned. */
  readonly pool?: string
  /** Parameters that this refusal adds to its code's challenge. */
  readonly challenge?: ChallengeParameters
  /** Whole seconds until a new attempt can succeed. */
  readonly retryAfter?: number
}

const NAME = 'CognitoError'

/**
 * A refused request. Compare `code`: `instanceof` fails across two copies of the package.
 *
 * An error by its prototype, as a `DOMException` is: V8's own constructor takes longer than finding a remembered token,
 * whether it traces the stack or not. Only a fault of the server, with status 500, has a trace.
 *
 * @example
 * app.setErrorHandler((error, request, reply) => {
 *   if (error.code === 'COGNITO_ERR_TOKEN_EXPIRED') return reply.code(401).send({ refresh: true })
 *   return reply.send(error)
 * })
 */
export class CognitoError implements Error {
  declare readonly name: typeof NAME
  /** The first line of one alone; with status 500, all of it. */
  declare stack: string
  /** Fixed text of its code, for the client. */
  readonly message: string
  readonly code: CognitoErrorCode
  /** 400, 401, 403, 500 or 503. */
  readonly statusCode: number
  /** What `WWW-Authenticate` says besides the realm; `undefined` where the answer carries no challenge. */
  readonly challenge: ChallengeParameters | undefined
  /** For the operator: fixed words and names from the configuration. Fastify logs it and does not send it. */
  readonly reason: string
  /** Name of the pool concerned, as far as it is known. */
  readonly pool: string | undefined
  /** Whole seconds, 1 to 60; with status 503 only. */
  readonly retryAfter: number | undefined

  /**
   * The plugin makes them; an application makes one to test its error handler.
   *
   * @param details - for the operator
   */
  constructor(code: CognitoErrorCode, details: RefusalDetails) {
    const refusal: Refusal = REFUSALS[code]
    this.message = refusal.message
    this.code = code
    this.statusCode = refusal.status
    this.challenge =
      details.challenge === undefined ? refusal.challenge : { ...refusal.challenge, ...details.challenge }
    this.reason = details.reason
    this.pool = details.pool
    this.retryAfter = details.retryAfter
    if (refusal.status === 500) Error.captureStackTrace(this, CognitoError)
    else this.stack = `${NAME}: ${refusal.message}`
  }

  /** The same as `statusCode`, under the name that NestJS and others look for. */
  get status(): number {
    return this.statusCode
  }

  /** Whether `message` is for the client, as `http-errors` has it: `false` with status 500 alone. */
  get expose(): boolean {
    return this.statusCode !== 500
  }
}

Object.setPrototypeOf(CognitoError.prototype, Error.prototype)
Object.defineProperty(CognitoError.prototype, 'name', { value: NAME })
