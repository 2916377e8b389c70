/**
 * The closed table of an account route's errors: status, message and OAuth 2.0 error of each code.
 * @module
 */
import { type Answer, codesOf } from '../base/error-table.js'

/** Error codes for an OAuth 2.0 client (RFC 6749 §5.2). The last two are codes of §4.1.2.1, because §5.2 has none for them. */
export type OAuthError =
  | 'invalid_request'
  | 'invalid_grant'
  | 'unsupported_grant_type'
  | 'server_error'
  | 'temporarily_unavailable'

interface Fault extends Answer<400 | 401 | 403 | 409 | 429 | 500 | 502 | 504> {
  readonly oauth: OAuthError
  /** Seconds. Cognito names none. */
  readonly retryAfter?: number
}

const TABLE = {
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
export type UserRouteErrorCode = keyof typeof TABLE

/** The answer to each code. */
export const FAULTS: Readonly<Record<UserRouteErrorCode, Fault>> = Object.freeze(TABLE)

/** Every {@link UserRouteErrorCode}, for switches and metrics. */
export const userRouteErrorCodes: readonly UserRouteErrorCode[] = codesOf(TABLE)
