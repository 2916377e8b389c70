/**
 * The meaning of Cognito's exceptions: the error that a route answers, for the client and for the operator.
 * @module
 */
import { fill } from '../base/error-table.js'
import { fail, UserRouteError } from './errors.js'
import { EXCEPTION_REASONS, type ShortCode } from './reasons.js'

/** The operations of Cognito that the account routes call. */
export type Operation =
  | 'SignUp'
  | 'ConfirmSignUp'
  | 'ResendConfirmationCode'
  | 'InitiateAuth'
  /** `InitiateAuth` with a refresh token in place of a password. */
  | 'RefreshTokenAuth'
  | 'RespondToAuthChallenge'
  | 'GetTokensFromRefreshToken'
  | 'RevokeToken'
  | 'GlobalSignOut'
  | 'ForgotPassword'
  | 'ConfirmForgotPassword'
  | 'ChangePassword'
  | 'GetUser'

type ExceptionReasonCode = keyof typeof EXCEPTION_REASONS

/** Name of an exception, without the suffix `Exception`. */
type Exception = (typeof EXCEPTION_REASONS)[ExceptionReasonCode]['exception']

const REASON_CODES: ReadonlyMap<string, ExceptionReasonCode> = new Map(
  (Object.keys(EXCEPTION_REASONS) as ExceptionReasonCode[]).map((reasonCode) => [
    EXCEPTION_REASONS[reasonCode].exception,
    reasonCode,
  ]),
)

/** Error codes that replace the usual one of an exception, for some operations. */
export const RULES: Partial<Record<Operation, Partial<Record<Exception, ShortCode>>>> = {
  SignUp: { NotAuthorized: 'SIGN_UP_NOT_PERMITTED' },
  // Without the code, a client must not learn whether there is such a user, or in which state.
  ConfirmSignUp: { NotAuthorized: 'CODE_INVALID', UserNotFound: 'CODE_INVALID' },
  ConfirmForgotPassword: {
    NotAuthorized: 'CODE_INVALID',
    UserNotFound: 'CODE_INVALID',
    UserNotConfirmed: 'CODE_INVALID',
  },
  // Cognito does not declare the exception for this operation. An emulator raises it for a wrong password.
  InitiateAuth: { InvalidPassword: 'CREDENTIALS_INVALID' },
  // The hash is over a user name that the client has sent, so another name makes the hash wrong, too.
  RespondToAuthChallenge: { SecretMismatch: 'CREDENTIALS_INVALID' },
  RefreshTokenAuth: {
    NotAuthorized: 'REFRESH_TOKEN_INVALID',
    UserNotFound: 'REFRESH_TOKEN_INVALID',
    SecretMismatch: 'REFRESH_TOKEN_INVALID',
  },
  GetTokensFromRefreshToken: {
    NotAuthorized: 'REFRESH_TOKEN_INVALID',
    UserNotFound: 'REFRESH_TOKEN_INVALID',
  },
  // The refresh token is of another app client, as AWS documents the exception. The client has sent the token.
  RevokeToken: { Unauthorized: 'REQUEST_INVALID' },
}

/** Exceptions that Cognito raises only for an existing user, or only for an unknown one. */
const OF_A_USER: ReadonlySet<unknown> = new Set<Exception>([
  'UserNotFound',
  'NotAuthorized',
  'InvalidParameter',
  'UserNotConfirmed',
  'PasswordResetRequired',
  'LimitExceeded',
  'CodeDeliveryFailure',
  'InvalidSmsRoleAccessPolicy',
  'InvalidSmsRoleTrustRelationship',
  'InvalidEmailRoleAccessPolicy',
  'UserLambdaValidation',
  'UnexpectedLambda',
  'InvalidLambdaResponse',
])

/** Exceptions whose messages are for users: the rules of a password, and the words of a Lambda. */
const SHOWN: ReadonlySet<unknown> = new Set<Exception>([
  'InvalidPassword',
  'PasswordHistoryPolicyViolation',
  'UserLambdaValidation',
])
const MAX_MESSAGE = 300

/** The members that the SDK's errors have, as far as they are read. */
interface Thrown {
  readonly name?: unknown
  readonly message?: unknown
  readonly code?: unknown
}

/**
 * Makes the error of a route from the error of a call. Only three facts of the call's error are kept: the name of a known
 * exception, the code of a network error, and a message that is for users.
 */
export function toUserRouteError(operation: Operation, thrown: unknown, pool: string): UserRouteError {
  const { name, message, code } = (thrown ?? {}) as Thrown
  const reasonCode = readReason(String(name), String(message))
  if (reasonCode === undefined) return toFailure(operation, String(name), String(code), pool)
  const { parts, exception, meaning: usual } = EXCEPTION_REASONS[reasonCode]
  const meaning: ShortCode = RULES[operation]?.[exception] ?? usual
  return new UserRouteError(`COGNITO_USER_ERR_${meaning}`, {
    reason: fill(parts, { operation }),
    reasonCode,
    pool,
    exception,
    // The message of an exception with another meaning would tell what the error code hides.
    ...(SHOWN.has(exception) && meaning === usual && { shown: toPlainText(String(message)) }),
  })
}

function readReason(name: string, message: string): ExceptionReasonCode | undefined {
  const reasonCode = REASON_CODES.get(name.replace(/Exception$/, ''))
  if (reasonCode === 'NOT_AUTHORIZED' && /secret/i.test(message)) return 'SECRET_MISMATCH'
  if (reasonCode === 'INVALID_PARAMETER' && /flow not enabled/i.test(message)) return 'FLOW_NOT_ENABLED'
  return reasonCode
}

/** Makes the error for a call without an exception that Cognito declares: a timeout, or a failure. */
function toFailure(operation: Operation, name: string, code: string, pool: string): UserRouteError {
  // The SDK's error for a reset connection is a timeout, too.
  if (/^(?:Timeout|Abort)Error$/.test(name) && !/^(?:ECONNRESET|EPIPE)$/.test(code)) {
    return fail('CALL_TIMED_OUT', { pool }, { operation })
  }
  const word = [code, name].find(
    (text) => /^E[A-Z]{3,20}$|^[A-Za-z]{1,60}$/.test(text) && text !== 'undefined',
  )
  return fail('CALL_FAILED', { pool }, { operation, word: word ?? 'no known error' })
}

/** Makes one line of at most 300 characters. */
function toPlainText(message: string): string {
  return message.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').slice(0, MAX_MESSAGE)
}

/** Tells an error that would reveal whether there is a user of this name. */
export function tellsOfUser(error: unknown): error is UserRouteError {
  return error instanceof UserRouteError && OF_A_USER.has(error.exception)
}

const NOT_OFFERED: ReadonlySet<unknown> = new Set<Exception>([
  'UnsupportedOperation',
  'OperationNotEnabled',
  'FeatureUnavailableInTier',
  'UnknownOperation',
  'Unsupported',
])

/** Tells an error that means: the user pool, as it is set up, or the emulator does not offer the operation. */
export function isNotOffered(error: unknown): boolean {
  return error instanceof UserRouteError && NOT_OFFERED.has(error.exception)
}
