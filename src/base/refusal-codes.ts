/**
 * The closed table of refusals: the status, the message and the challenge of each error code.
 * @module
 */
import type { ChallengeParameters } from './challenge.js'
import { type Answer, codesOf } from './error-table.js'

interface Refusal extends Answer<400 | 401 | 403 | 500 | 503> {
  /** Absent: the answer carries no challenge. */
  readonly challenge?: ChallengeParameters
}

// All errors of a code share these objects, so nobody may change them.
const NOTHING = Object.freeze({})
const INVALID = Object.freeze({ error: 'invalid_token', error_description: 'The access token is invalid' })
const EXPIRED = Object.freeze({ error: 'invalid_token', error_description: 'The access token expired' })
const INVALID_REQUEST = Object.freeze({ error: 'invalid_request' })
const NO_SUFFICIENT_SIGN_IN = Object.freeze({ error: 'insufficient_user_authentication' })
const INSUFFICIENT = Object.freeze({ error: 'insufficient_scope' })

const TABLE = {
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
    challenge: NO_SUFFICIENT_SIGN_IN,
  },
  COGNITO_ERR_AUTHENTICATION_TOO_WEAK: {
    status: 401,
    message: 'A stronger sign-in is required',
    challenge: NO_SUFFICIENT_SIGN_IN,
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
  COGNITO_ERR_GROUP_PROHIBITED: {
    status: 403,
    message: 'A group of the user is not permitted',
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
  COGNITO_ERR_TENANTS_UNAVAILABLE: { status: 503, message: 'Tenants are temporarily unavailable' },
  COGNITO_ERR_REVOCATION_UNAVAILABLE: {
    status: 503,
    message: 'Revocations are temporarily unavailable',
  },
  COGNITO_ERR_INTERNAL: { status: 500, message: 'Internal Server Error' },
} as const satisfies Record<`COGNITO_ERR_${string}`, Refusal>

/** Stable code of a {@link CognitoError}; `docs/errors.md` documents each one. */
export type CognitoErrorCode = keyof typeof TABLE

/** The answer to each code. */
export const REFUSALS: Readonly<Record<CognitoErrorCode, Refusal>> = Object.freeze(TABLE)

/** Every {@link CognitoErrorCode}, for switches and metrics. */
export const cognitoErrorCodes: readonly CognitoErrorCode[] = codesOf(TABLE)
