/**
 * The closed table of reasons of the account routes: those of the routes themselves, and one for each exception of Cognito.
 * @module
 */
import { codesOf, type FixedIn, type Reason, reasonsOf } from '../base/error-table.js'
import type { UserRouteErrorCode } from './fault-codes.js'

/** A {@link UserRouteErrorCode} without its prefix. */
export type ShortCode = UserRouteErrorCode extends `COGNITO_USER_ERR_${infer C}` ? C : never

type AnswerText<E extends string> = `{operation} was answered ${E}${string}`

/** The reason for an exception of Cognito. */
interface ExceptionReason<C extends ShortCode, E extends string>
  extends Reason<`COGNITO_USER_ERR_${C}`, AnswerText<E>> {
  /** Name of the exception, without the suffix `Exception`. */
  readonly exception: E
  /** The code that the exception has, unless a rule of the operation says otherwise. */
  readonly meaning: C
}

const malformed = reasonsOf('COGNITO_USER_ERR_REQUEST_INVALID')
const failed = reasonsOf('COGNITO_USER_ERR_UPSTREAM_FAILED')

/** @param remedy - the cause or the remedy, for the operator */
function answered<C extends ShortCode, E extends string>(
  meaning: C,
  exception: E,
  remedy?: string,
): ExceptionReason<C, E> {
  const text: AnswerText<E> = `{operation} was answered ${exception}${remedy === undefined ? '' : `: ${remedy}`}`
  return Object.freeze({ ...reasonsOf(`COGNITO_USER_ERR_${meaning}` as const)(text), exception, meaning })
}

/** The reasons of the routes themselves. */
export const OWN_REASONS = Object.freeze({
  BODY_NOT_JSON: malformed('the body is no JSON'),
  REQUEST_MISFIT: malformed('the {part} does not fit its schema: {place}'),
  FORM_PARAMETER_REPEATED: malformed('the form has a parameter twice'),
  GRANT_TYPE_MISSING: malformed('the form has no grant_type'),
  SIGN_OUT_WITHOUT_EFFECT: malformed(
    'nothing would be revoked: neither refresh_token nor everywhere was sent',
  ),
  ATTRIBUTE_NOT_READABLE: malformed('attributes.{name} has no text that could be read back'),
  GRANT_TYPE_NOT_PASSWORD: reasonsOf('COGNITO_USER_ERR_GRANT_TYPE_UNSUPPORTED')(
    'the form has a grant_type that is not password',
  ),
  CHALLENGE_IN_FORM: reasonsOf('COGNITO_USER_ERR_CHALLENGE_REQUIRED')(
    'the sign-in takes a further step, which a form cannot show',
  ),
  USERNAME_MISSING: reasonsOf('COGNITO_USER_ERR_USERNAME_REQUIRED')(
    'GetTokensFromRefreshToken is not offered, and REFRESH_TOKEN_AUTH takes a hash over the username',
  ),
  ANSWER_EMPTY: failed('Cognito answered neither tokens nor a challenge'),
  CALL_FAILED: failed('{operation} failed: {word}'),
  CALL_TIMED_OUT: reasonsOf('COGNITO_USER_ERR_UPSTREAM_TIMEOUT')('{operation} was not answered in time'),
})

/** The reasons for the exceptions of Cognito. The code of a reason is the name of its exception, in capitals. */
export const EXCEPTION_REASONS = Object.freeze({
  CODE_MISMATCH: answered('CODE_INVALID', 'CodeMismatch'),
  // A wrong and an expired code have one error code, because the difference tells whether there is such a user.
  EXPIRED_CODE: answered('CODE_INVALID', 'ExpiredCode'),
  ENABLE_SOFTWARE_TOKEN_MFA: answered('CODE_INVALID', 'EnableSoftwareTokenMFA'),
  INVALID_PASSWORD: answered('PASSWORD_INVALID', 'InvalidPassword'),
  PASSWORD_HISTORY_POLICY_VIOLATION: answered('PASSWORD_INVALID', 'PasswordHistoryPolicyViolation'),
  INVALID_PARAMETER: answered('REQUEST_INVALID', 'InvalidParameter'),
  UNSUPPORTED_TOKEN_TYPE: answered('REQUEST_INVALID', 'UnsupportedTokenType'),
  USER_LAMBDA_VALIDATION: answered('TRIGGER_REFUSED', 'UserLambdaValidation'),
  MFA_METHOD_NOT_FOUND: answered('MFA_UNAVAILABLE', 'MFAMethodNotFound'),
  SOFTWARE_TOKEN_MFA_NOT_FOUND: answered('MFA_UNAVAILABLE', 'SoftwareTokenMFANotFound'),
  NOT_AUTHORIZED: answered('CREDENTIALS_INVALID', 'NotAuthorized'),
  USER_NOT_FOUND: answered('CREDENTIALS_INVALID', 'UserNotFound'),
  UNAUTHORIZED: answered(
    'CREDENTIALS_INVALID',
    'Unauthorized',
    'the refresh token is of another app client, or clientId and clientSecret are wrong',
  ),
  REFRESH_TOKEN_REUSE: answered('REFRESH_TOKEN_INVALID', 'RefreshTokenReuse'),
  USER_NOT_CONFIRMED: answered('NOT_CONFIRMED', 'UserNotConfirmed'),
  PASSWORD_RESET_REQUIRED: answered('PASSWORD_RESET_REQUIRED', 'PasswordResetRequired'),
  FORBIDDEN: answered('FORBIDDEN', 'Forbidden'),
  USERNAME_EXISTS: answered('USERNAME_EXISTS', 'UsernameExists'),
  ALIAS_EXISTS: answered('ALIAS_EXISTS', 'AliasExists'),
  CONCURRENT_MODIFICATION: answered('CONFLICT', 'ConcurrentModification'),
  TOO_MANY_REQUESTS: answered('TOO_MANY_REQUESTS', 'TooManyRequests'),
  LIMIT_EXCEEDED: answered('ATTEMPTS_EXCEEDED', 'LimitExceeded'),
  TOO_MANY_FAILED_ATTEMPTS: answered('ATTEMPTS_EXCEEDED', 'TooManyFailedAttempts'),
  RESOURCE_NOT_FOUND: answered(
    'CONFIGURATION',
    'ResourceNotFound',
    'there is no such app client in this region; check clientId and the region of the pool',
  ),
  INVALID_USER_POOL_CONFIGURATION: answered(
    'CONFIGURATION',
    'InvalidUserPoolConfiguration',
    'the user pool is not set up for what was asked',
  ),
  OPERATION_NOT_ENABLED: answered(
    'CONFIGURATION',
    'OperationNotEnabled',
    'the user pool does not allow this operation',
  ),
  FEATURE_UNAVAILABLE_IN_TIER: answered(
    'CONFIGURATION',
    'FeatureUnavailableInTier',
    'the feature plan of the user pool does not include this operation',
  ),
  UNSUPPORTED_OPERATION: answered(
    'CONFIGURATION',
    'UnsupportedOperation',
    'the app client does not support this operation; for RevokeToken enable token revocation',
  ),
  INVALID_SMS_ROLE_ACCESS_POLICY: answered(
    'CONFIGURATION',
    'InvalidSmsRoleAccessPolicy',
    'the SMS role of the user pool may not publish to SNS',
  ),
  INVALID_SMS_ROLE_TRUST_RELATIONSHIP: answered(
    'CONFIGURATION',
    'InvalidSmsRoleTrustRelationship',
    'the SMS role of the user pool does not trust Cognito, or has another external id',
  ),
  INVALID_EMAIL_ROLE_ACCESS_POLICY: answered(
    'CONFIGURATION',
    'InvalidEmailRoleAccessPolicy',
    'the user pool may not send from its e-mail identity',
  ),
  CODE_DELIVERY_FAILURE: answered(
    'CODE_NOT_DELIVERED',
    'CodeDeliveryFailure',
    'Cognito could not deliver a code; check the e-mail and SMS settings of the user pool',
  ),
  UNEXPECTED_LAMBDA: answered(
    'UPSTREAM_FAILED',
    'UnexpectedLambda',
    'a Lambda trigger of the user pool failed',
  ),
  INVALID_LAMBDA_RESPONSE: answered(
    'UPSTREAM_FAILED',
    'InvalidLambdaResponse',
    'a Lambda trigger of the user pool answered something that Cognito does not understand',
  ),
  INTERNAL_ERROR: answered('UPSTREAM_FAILED', 'InternalError'),
  // Two exceptions whose message says that the configuration is wrong. Cognito has no exception of these names.
  SECRET_MISMATCH: answered(
    'CONFIGURATION',
    'SecretMismatch',
    'the app client has another secret than clientSecret, or none, or one while clientSecret is left out; or, with a challenge or a refresh token, the user name that was sent is not the real one',
  ),
  FLOW_NOT_ENABLED: answered(
    'CONFIGURATION',
    'FlowNotEnabled',
    'the app client has to allow ALLOW_USER_PASSWORD_AUTH and ALLOW_REFRESH_TOKEN_AUTH',
  ),
  // Two exceptions by which emulators say that they do not offer an operation.
  UNKNOWN_OPERATION: answered('UPSTREAM_FAILED', 'UnknownOperation'),
  UNSUPPORTED: answered('UPSTREAM_FAILED', 'Unsupported'),
})

/** Stable code of the reason for an error; `docs/user-routes.md` documents each one. */
export type UserRouteReasonCode = keyof typeof OWN_REASONS | keyof typeof EXCEPTION_REASONS

/** The reasons by their codes. */
export const USER_ROUTE_REASONS = Object.freeze({ ...OWN_REASONS, ...EXCEPTION_REASONS })

/** Codes of the reasons whose text has no word in braces. */
export type FixedUserRouteReasonCode = FixedIn<typeof USER_ROUTE_REASONS>

/** Every {@link UserRouteReasonCode}, for metrics and alerts. */
export const userRouteReasonCodes: readonly UserRouteReasonCode[] = codesOf(USER_ROUTE_REASONS)
