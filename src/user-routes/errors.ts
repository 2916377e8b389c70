/**
 * What can go wrong with an account: the closed table of codes, and the error class of the account routes.
 * @module
 */

/** What an OAuth 2.0 client is told (RFC 6749 §5.2; the last two are those of §4.1.2.1, for want of others). */
export type OAuthError =
  | 'invalid_request'
  | 'invalid_grant'
  | 'unsupported_grant_type'
  | 'server_error'
  | 'temporarily_unavailable'

interface Fault {
  readonly status: 400 | 401 | 403 | 409 | 429 | 500 | 502 | 504
  readonly message: string
  readonly oauth: OAuthError
  /** Seconds. Cognito names none. */
  readonly retryAfter?: number
}

// Static text, but for messages of Cognito that are meant for its users: see `messageOf` in exceptions.
const FAULTS = {
  COGNITO_USER_ERR_REQUEST_INVALID: {
    status: 400,
    message: 'The request is malformed',
    oauth: 'invalid_request',
  },
  COGNITO_USER_ERR_GRANT_TYPE_UNSUPPORTED: {
    status: 400,
    message: 'The only grant type is password',
    oauth: 'unsupported_grant_type',
  },
  COGNITO_USER_ERR_CHALLENGE_REQUIRED: {
    status: 400,
    message: 'The sign-in takes a further step, which a form cannot show; sign in with JSON',
    oauth: 'invalid_grant',
  },
  COGNITO_USER_ERR_USERNAME_REQUIRED: {
    status: 400,
    message: 'The username has to be sent with the refresh token',
    oauth: 'invalid_request',
  },
  COGNITO_USER_ERR_CODE_INVALID: {
    status: 400,
    message: 'The code is wrong or no longer valid',
    oauth: 'invalid_grant',
  },
  COGNITO_USER_ERR_PASSWORD_INVALID: {
    status: 400,
    message: 'The password does not meet the rules of the user pool',
    oauth: 'invalid_request',
  },
  COGNITO_USER_ERR_TRIGGER_REFUSED: {
    status: 400,
    message: 'The request was refused',
    oauth: 'invalid_grant',
  },
  COGNITO_USER_ERR_MFA_UNAVAILABLE: {
    status: 400,
    message: 'This second factor is not set up',
    oauth: 'invalid_grant',
  },
  COGNITO_USER_ERR_CREDENTIALS_INVALID: {
    status: 401,
    message: 'Incorrect username or password, or a session that is no longer valid',
    oauth: 'invalid_grant',
  },
  COGNITO_USER_ERR_REFRESH_TOKEN_INVALID: {
    status: 401,
    message: 'The refresh token is not valid, or no longer',
    oauth: 'invalid_grant',
  },
  COGNITO_USER_ERR_NOT_CONFIRMED: {
    status: 403,
    message: 'The account is not confirmed yet',
    oauth: 'invalid_grant',
  },
  COGNITO_USER_ERR_PASSWORD_RESET_REQUIRED: {
    status: 403,
    message: 'The password has to be reset',
    oauth: 'invalid_grant',
  },
  COGNITO_USER_ERR_SIGN_UP_NOT_PERMITTED: {
    status: 403,
    message: 'Sign-up is not permitted',
    oauth: 'invalid_grant',
  },
  COGNITO_USER_ERR_FORBIDDEN: {
    status: 403,
    message: 'The request is not permitted',
    oauth: 'invalid_grant',
  },
  COGNITO_USER_ERR_USERNAME_EXISTS: {
    status: 409,
    message: 'There is an account with this username',
    oauth: 'invalid_grant',
  },
  COGNITO_USER_ERR_ALIAS_EXISTS: {
    status: 409,
    message: 'The e-mail address or phone number belongs to another account',
    oauth: 'invalid_grant',
  },
  COGNITO_USER_ERR_CONFLICT: {
    status: 409,
    message: 'The account was changed at the same time; try again',
    oauth: 'temporarily_unavailable',
  },
  COGNITO_USER_ERR_TOO_MANY_REQUESTS: {
    status: 429,
    message: 'Too many requests; try again soon',
    oauth: 'temporarily_unavailable',
    retryAfter: 2,
  },
  COGNITO_USER_ERR_ATTEMPTS_EXCEEDED: {
    status: 429,
    message: 'Too many attempts; try again later',
    oauth: 'temporarily_unavailable',
    retryAfter: 300,
  },
  COGNITO_USER_ERR_CONFIGURATION: {
    status: 500,
    message: 'Internal Server Error',
    oauth: 'server_error',
  },
  COGNITO_USER_ERR_CODE_NOT_DELIVERED: {
    status: 502,
    message: 'The code could not be delivered; ask for another one',
    oauth: 'server_error',
  },
  COGNITO_USER_ERR_UPSTREAM_FAILED: {
    status: 502,
    message: 'The user pool cannot be reached at the moment',
    oauth: 'server_error',
  },
  COGNITO_USER_ERR_UPSTREAM_TIMEOUT: {
    status: 504,
    message: 'The user pool did not answer in time',
    oauth: 'server_error',
  },
} as const satisfies Record<`COGNITO_USER_ERR_${string}`, Fault>

/** Stable code of a {@link UserRouteError}; `docs/user-routes.md` documents each one. */
export type UserRouteErrorCode = keyof typeof FAULTS

/** Every {@link UserRouteErrorCode}, for switches and metrics. */
export const userRouteErrorCodes: readonly UserRouteErrorCode[] = Object.freeze(
  Object.keys(FAULTS) as UserRouteErrorCode[],
)

/** What a {@link UserRouteError} is made with besides its code. */
export interface UserRouteErrorDetails {
  /** For the operator: fixed words and names from the configuration. It goes to the log, never to the client. */
  readonly reason: string
  /** Name of the pool concerned. */
  readonly pool?: string
  /** The exception of Cognito that it stands for, without the suffix `Exception`. */
  readonly exception?: string
  /**
   * Fixed text for the client in place of the code's own.
   *
   * @defaultValue the text of the code
   */
  readonly message?: string
  /** What Cognito or a Lambda of the operator says to the user. It is sent in place of the message, and never logged. */
  readonly shown?: string
}

/**
 * An account route's refusal or failure. Compare `code`: `instanceof` fails across two copies of the package.
 *
 * @example
 * app.setErrorHandler((error, request, reply) => {
 *   if (error.code === 'COGNITO_USER_ERR_NOT_CONFIRMED') return reply.code(403).send({ next: '/confirm' })
 *   return reply.send(error)
 * })
 */
export class UserRouteError extends Error {
  readonly code: UserRouteErrorCode
  /** 400, 401, 403, 409, 429, 500, 502 or 504. */
  readonly statusCode: number
  /** The code of RFC 6749 §5.2 that a sign-in by form is answered with. */
  readonly oauth: OAuthError
  /** For the operator: fixed words and names from the configuration. Fastify logs it and does not send it. */
  readonly reason: string
  /** Name of the pool concerned. */
  readonly pool: string | undefined
  /** The exception of Cognito that it stands for, without the suffix `Exception`; `undefined` where none came. */
  readonly exception: string | undefined
  /** Whole seconds, with status 429. */
  readonly retryAfter: number | undefined
  /** What the client is told: the rules of a password, what a Lambda of the operator says, or the message. No log has it. */
  declare readonly shown: string

  /** The routes make them; an application makes one to test its error handler. */
  constructor(code: UserRouteErrorCode, { reason, pool, exception, message, shown }: UserRouteErrorDetails) {
    const fault: Fault = FAULTS[code]
    super(message ?? fault.message)
    // Not enumerable: a logger writes what is. Fastify answers an object whose prototype is the error, so not private.
    Object.defineProperty(this, 'shown', { value: shown ?? this.message })
    this.code = code
    this.statusCode = fault.status
    this.oauth = fault.oauth
    this.reason = reason
    this.pool = pool
    this.exception = exception
    this.retryAfter = fault.retryAfter
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

// On the prototype, where the first line of `stack` finds it.
Object.defineProperty(UserRouteError.prototype, 'name', { value: 'UserRouteError' })
