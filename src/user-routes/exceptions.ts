/**
 * What an exception of Cognito means to whoever called the route, and to the operator.
 * @module
 */
import { UserRouteError, type UserRouteErrorCode } from './errors.js'

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

type Code = UserRouteErrorCode extends `COGNITO_USER_ERR_${infer C}` ? C : never

/**
 * Exception, without its suffix → code. The last four are none of Cognito's: two whose message says that they are really
 * faults of the configuration, and two by which emulators say that they do not offer an operation.
 */
export const EXCEPTIONS = {
  CodeMismatch: 'CODE_INVALID',
  // One code for both: which of them it is tells whether there is such a user.
  ExpiredCode: 'CODE_INVALID',
  EnableSoftwareTokenMFA: 'CODE_INVALID',
  InvalidPassword: 'PASSWORD_INVALID',
  PasswordHistoryPolicyViolation: 'PASSWORD_INVALID',
  InvalidParameter: 'REQUEST_INVALID',
  UnsupportedTokenType: 'REQUEST_INVALID',
  UserLambdaValidation: 'TRIGGER_REFUSED',
  MFAMethodNotFound: 'MFA_UNAVAILABLE',
  SoftwareTokenMFANotFound: 'MFA_UNAVAILABLE',
  NotAuthorized: 'CREDENTIALS_INVALID',
  UserNotFound: 'CREDENTIALS_INVALID',
  Unauthorized: 'CREDENTIALS_INVALID',
  RefreshTokenReuse: 'REFRESH_TOKEN_INVALID',
  UserNotConfirmed: 'NOT_CONFIRMED',
  PasswordResetRequired: 'PASSWORD_RESET_REQUIRED',
  Forbidden: 'FORBIDDEN',
  UsernameExists: 'USERNAME_EXISTS',
  AliasExists: 'ALIAS_EXISTS',
  ConcurrentModification: 'CONFLICT',
  TooManyRequests: 'TOO_MANY_REQUESTS',
  LimitExceeded: 'ATTEMPTS_EXCEEDED',
  TooManyFailedAttempts: 'ATTEMPTS_EXCEEDED',
  ResourceNotFound: 'CONFIGURATION',
  InvalidUserPoolConfiguration: 'CONFIGURATION',
  OperationNotEnabled: 'CONFIGURATION',
  FeatureUnavailableInTier: 'CONFIGURATION',
  UnsupportedOperation: 'CONFIGURATION',
  InvalidSmsRoleAccessPolicy: 'CONFIGURATION',
  InvalidSmsRoleTrustRelationship: 'CONFIGURATION',
  InvalidEmailRoleAccessPolicy: 'CONFIGURATION',
  CodeDeliveryFailure: 'CODE_NOT_DELIVERED',
  UnexpectedLambda: 'UPSTREAM_FAILED',
  InvalidLambdaResponse: 'UPSTREAM_FAILED',
  InternalError: 'UPSTREAM_FAILED',
  SecretMismatch: 'CONFIGURATION',
  FlowNotEnabled: 'CONFIGURATION',
  UnknownOperation: 'UPSTREAM_FAILED',
  Unsupported: 'UPSTREAM_FAILED',
} as const satisfies Record<string, Code>

type Exception = keyof typeof EXCEPTIONS

/** Where an operation means something else by an exception. */
export const RULES: Partial<Record<Operation, Partial<Record<Exception, Code>>>> = {
  SignUp: { NotAuthorized: 'SIGN_UP_NOT_PERMITTED' },
  // Whether there is such a user, and in which state, is nobody's business without the code.
  ConfirmSignUp: { NotAuthorized: 'CODE_INVALID', UserNotFound: 'CODE_INVALID' },
  ConfirmForgotPassword: {
    NotAuthorized: 'CODE_INVALID',
    UserNotFound: 'CODE_INVALID',
    UserNotConfirmed: 'CODE_INVALID',
  },
  // Not declared for it; an emulator says so of a wrong password.
  InitiateAuth: { InvalidPassword: 'CREDENTIALS_INVALID' },
  // Here the hash is over a user name that the client has sent: another one makes it wrong, too.
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
  // Of another app client, as far as AWS says. The client has sent it.
  RevokeToken: { Unauthorized: 'REQUEST_INVALID' },
}

/** Exceptions of an operation that are only raised for a user that there is, or only for one that there is not. */
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

/** Their messages are written for users: the rules of a password, and what a Lambda of the operator says. */
const SHOWN: ReadonlySet<unknown> = new Set<Exception>([
  'InvalidPassword',
  'PasswordHistoryPolicyViolation',
  'UserLambdaValidation',
])
const MAX_MESSAGE = 300

const REMEDIES: Partial<Record<Exception, string>> = {
  SecretMismatch:
    'the app client has another secret than clientSecret, or none, or one while clientSecret is left out; or, with a challenge or a refresh token, the user name that was sent is not the real one',
  FlowNotEnabled: 'the app client has to allow ALLOW_USER_PASSWORD_AUTH and ALLOW_REFRESH_TOKEN_AUTH',
  ResourceNotFound: 'there is no such app client in this region; check clientId and the region of the pool',
  InvalidUserPoolConfiguration: 'the user pool is not set up for what was asked',
  OperationNotEnabled: 'the user pool does not allow this operation',
  FeatureUnavailableInTier: 'the feature plan of the user pool does not include this operation',
  UnsupportedOperation:
    'the app client does not support this operation; for RevokeToken enable token revocation',
  Unauthorized: 'the refresh token is of another app client, or clientId and clientSecret are wrong',
  InvalidSmsRoleAccessPolicy: 'the SMS role of the user pool may not publish to SNS',
  InvalidSmsRoleTrustRelationship:
    'the SMS role of the user pool does not trust Cognito, or has another external id',
  InvalidEmailRoleAccessPolicy: 'the user pool may not send from its e-mail identity',
  UnexpectedLambda: 'a Lambda trigger of the user pool failed',
  InvalidLambdaResponse:
    'a Lambda trigger of the user pool answered something that Cognito does not understand',
  CodeDeliveryFailure: 'Cognito could not deliver a code; check the e-mail and SMS settings of the user pool',
}

/** As the SDK throws it. */
interface Thrown {
  readonly name?: unknown
  readonly message?: unknown
  readonly code?: unknown
}

/**
 * Makes the error of a route out of what a call threw. Nothing of it goes on but the name of a known exception, a
 * network error's code, and those messages that are written for users.
 */
export function toUserRouteError(operation: Operation, thrown: unknown, pool: string): UserRouteError {
  const { name, message, code } = (thrown ?? {}) as Thrown
  const exception = readException(String(name), String(message))
  if (exception === undefined) return toFailure(operation, String(name), String(code), pool)
  const meaning: Code = RULES[operation]?.[exception] ?? EXCEPTIONS[exception]
  return new UserRouteError(`COGNITO_USER_ERR_${meaning}`, {
    reason: [`${operation} was answered ${exception}`, REMEDIES[exception]].filter(Boolean).join(': '),
    pool,
    exception,
    // Only where it means what it says: else it would tell what the code keeps to itself.
    ...(SHOWN.has(exception) && meaning === EXCEPTIONS[exception] && { shown: toPlainText(String(message)) }),
  })
}

function readException(name: string, message: string): Exception | undefined {
  const exception = name.replace(/Exception$/, '')
  if (!Object.hasOwn(EXCEPTIONS, exception)) return undefined
  if (exception === 'NotAuthorized' && /secret/i.test(message)) return 'SecretMismatch'
  if (exception === 'InvalidParameter' && /flow not enabled/i.test(message)) return 'FlowNotEnabled'
  return exception as Exception
}

/** No exception that Cognito declares: no answer, or one of somebody else. */
function toFailure(operation: Operation, name: string, code: string, pool: string): UserRouteError {
  // The SDK calls it a timeout, too, when a connection is reset.
  if (/^(?:Timeout|Abort)Error$/.test(name) && !/^(?:ECONNRESET|EPIPE)$/.test(code)) {
    const reason = `${operation} was not answered in time`
    return new UserRouteError('COGNITO_USER_ERR_UPSTREAM_TIMEOUT', { reason, pool })
  }
  const what = [code, name].find(
    (text) => /^E[A-Z]{3,20}$|^[A-Za-z]{1,60}$/.test(text) && text !== 'undefined',
  )
  const reason = `${operation} failed: ${what ?? 'no known error'}`
  return new UserRouteError('COGNITO_USER_ERR_UPSTREAM_FAILED', { reason, pool })
}

/** One line of a sane length. */
function toPlainText(message: string): string {
  return message.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').slice(0, MAX_MESSAGE)
}

/** Whether an error would tell whether there is a user of this name. */
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

/** Whether the operation is not offered: by the user pool as it is set up, or by an emulator. */
export function isNotOffered(error: unknown): boolean {
  return error instanceof UserRouteError && NOT_OFFERED.has(error.exception)
}
