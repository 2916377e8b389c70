/**
 * The closed table of reasons: every reason for which the plugin refuses a request, under the error code it belongs to.
 * @module
 */
import { codesOf, type FixedIn, reasonsOf } from './error-table.js'
import type { CognitoErrorCode } from './refusal-codes.js'

const of = <C extends CognitoErrorCode>(code: C) => reasonsOf(code)

const missing = of('COGNITO_ERR_TOKEN_MISSING')
const malformed = of('COGNITO_ERR_REQUEST_INVALID')
const invalid = of('COGNITO_ERR_TOKEN_INVALID')
const keysUnavailable = of('COGNITO_ERR_KEYS_UNAVAILABLE')
const tenantsUnavailable = of('COGNITO_ERR_TENANTS_UNAVAILABLE')
const storeUnavailable = of('COGNITO_ERR_REVOCATION_UNAVAILABLE')
const tooWeak = of('COGNITO_ERR_AUTHENTICATION_TOO_WEAK')
const scopeInsufficient = of('COGNITO_ERR_SCOPE_INSUFFICIENT')
const internal = of('COGNITO_ERR_INTERNAL')

// Programs without a token send these words. Only one of them is no b64token, so its error code differs.
const NO_TOKEN = 'a word such as undefined or null stands in place of the token: the client has none'

const TABLE = {
  BEARER_TOKEN_MISSING: missing('the request carries no bearer token'),
  SCHEME_MISSING: missing(
    'the header {header} has the token without its scheme: expected "{scheme}" and a space before the token',
  ),
  SCHEME_NOT_ACCEPTED: missing(
    'the header {header} has another scheme: expected "{scheme}" and a space before the token',
  ),
  HEADER_EMPTY: missing('the header {header} is empty'),
  CREDENTIALS_OF_ANOTHER_KIND: missing(
    'the request carries credentials of another kind, and no bearer token',
  ),

  CREDENTIALS_EMPTY: malformed('the credentials are empty'),
  SCHEME_IN_TOKEN: malformed('the scheme Bearer stands before the token: expected the token alone'),
  TOKEN_IN_QUOTES: malformed('the token is in quotes: expected the token alone'),
  SPACE_IN_CREDENTIALS: malformed(
    'there is a space or a line break in the credentials: expected one token alone',
  ),
  OBJECT_INSTEAD_OF_TOKEN: malformed(NO_TOKEN),
  CREDENTIALS_MALFORMED: malformed('the credentials are not one bearer token'),
  HEADER_REPEATED: malformed('there are several {header} headers'),
  TOKEN_IN_HEADER_AND_QUERY: malformed('the header and the query string both carry a token'),
  QUERY_PARAMETER_REPEATED: malformed('there are several query parameters {parameter}'),
  TOKEN_IN_SEVERAL_SUBPROTOCOLS: malformed('several subprotocols carry a token'),

  TOKEN_TOO_LONG: invalid(
    'the token is longer than maxTokenLength: raise that option, or put fewer groups and claims into the token',
  ),
  WORD_INSTEAD_OF_TOKEN: invalid(NO_TOKEN),
  PART_COUNT_INVALID: invalid('the token does not have 3 parts: was it cut off?'),
  TOKEN_ENCRYPTED: invalid('the token has 5 parts: this is an encrypted token, such as a refresh token'),
  PART_MALFORMED: invalid('a part of the token is empty or not canonical base64url'),
  SIGNATURE_LENGTH_INVALID: invalid('the signature is not 256 to 1,024 bytes long: was the token cut off?'),
  HEADER_TOO_LONG: invalid('the header is longer than 1,024 bytes'),
  HEADER_NOT_AN_OBJECT: invalid('the header is not a JSON object in UTF-8'),
  PAYLOAD_NOT_AN_OBJECT: invalid('the payload is not a JSON object in UTF-8'),
  HEADER_HAS_PROTO: invalid('the header has a member named __proto__'),
  PAYLOAD_HAS_PROTO: invalid('the payload has a member named __proto__'),
  HEADER_MEMBER_REPEATED: invalid('the header repeats a member'),
  ALG_NOT_RS256: invalid('the algorithm is not RS256'),
  HEADER_MEMBER_FORBIDDEN: invalid('the header has the member {member}'),
  TYP_NOT_JWT: invalid('the type of the token is not JWT'),
  KID_MALFORMED: invalid('the key id is missing or malformed'),
  ISSUER_UNKNOWN: invalid('the issuer is of no registered pool'),
  TOKEN_USE_UNKNOWN: invalid('token_use is neither access nor id'),
  SUB_MISSING: invalid('sub is missing or no text'),
  SCOPE_NOT_TEXT: invalid('scope is not a string'),
  GROUPS_NOT_A_LIST: invalid('cognito:groups is not a list of strings'),
  TOKEN_SENDER_CONSTRAINED: invalid('the token is bound to a key of its sender, which is not supported'),
  CLIENT_ID_MISSING: invalid('client_id is missing or no text'),
  CLIENT_ID_NOT_ACCEPTED: invalid('client_id is none of appClientId'),
  AUDIENCE_NOT_ACCEPTED: invalid('aud is none of audience'),
  AUD_NOT_A_CLIENT_ID: invalid('aud is not one client id'),
  AUD_NOT_ACCEPTED: invalid('aud is none of appClientId'),
  ID_TOKEN_NOT_ACCEPTED: invalid('an ID token of pool {pool}; this route takes {accepted}'),
  ACCESS_TOKEN_NOT_ACCEPTED: invalid('an access token of pool {pool}; this route takes {accepted}'),
  POOL_NOT_ACCEPTED: invalid('an {kind} token of pool {pool}; this route takes {accepted}'),
  TENANT_UNKNOWN: invalid('no tenant of the list has the issuer and the app client of the token'),
  TENANT_NOT_NAMED: invalid('a token of a tenant; the request names no tenant'),
  TENANT_NOT_ACCEPTED: invalid('a token of another tenant than the one that the request names'),
  TENANT_CLAIM_MISMATCH: invalid('the claim of the option tenants.claim is not the name of the tenant'),
  TENANT_REMOVED: invalid('the tenant of the token was removed from the list of tenants, or was changed'),
  EXP_MISSING: invalid('exp is missing'),
  EXP_NOT_SECONDS: invalid('exp is not a time in seconds'),
  EXP_IN_MILLISECONDS: invalid('exp is not a time in seconds: is it in milliseconds?'),
  IAT_MISSING: invalid('iat is missing'),
  IAT_NOT_SECONDS: invalid('iat is not a time in seconds'),
  IAT_IN_MILLISECONDS: invalid('iat is not a time in seconds: is it in milliseconds?'),
  IAT_IN_FUTURE: invalid('iat lies in the future: compare the clocks'),
  NBF_NOT_SECONDS: invalid('nbf is not a time in seconds'),
  NBF_IN_MILLISECONDS: invalid('nbf is not a time in seconds: is it in milliseconds?'),
  NBF_IN_FUTURE: invalid('nbf lies in the future: compare the clocks'),
  LIFETIME_INVALID: invalid('the lifetime is not between 0 and 24 hours'),
  KEY_ABSENT: invalid('the key that the token names is not among the published ones'),
  SIGNATURE_MISMATCH: invalid('the signature is not of the key that the token names'),
  CLAIMS_MISFIT: invalid('the claims do not fit their schema: {misfits}'),

  TOKEN_EXPIRED: of('COGNITO_ERR_TOKEN_EXPIRED')('the token expired'),
  TOKEN_REVOKED: of('COGNITO_ERR_TOKEN_REVOKED')('the token was revoked'),
  SIGN_IN_TOO_OLD: of('COGNITO_ERR_AUTHENTICATION_TOO_OLD')(
    'the sign-in is older than maxAge, or the token does not tell its time',
  ),
  ACR_MISSING: tooWeak(
    'the token has no acr: look at the plan of the pool, and whether AWS has rolled out this claim',
  ),
  ACR_UNKNOWN: tooWeak('acr is no level of the pool: compare the option acr of the pool'),
  ACR_NOT_ACCEPTED: tooWeak('the sign-in has another level; the route requires {acr}'),
  AMR_MISSING: tooWeak(
    'the token has no amr: look at the plan of the pool, and whether AWS has rolled out this claim',
  ),
  AMR_NOT_ACCEPTED: tooWeak('the sign-in lacks methods; the route requires {amr}'),
  MACHINE_WITHOUT_SIGN_IN: tooWeak(
    'the token is of a machine, which does not sign in; the route requires a level or a method',
  ),
  SCOPES_MISSING: scopeInsufficient('the token lacks scopes; the route requires {scopes}'),
  SIGN_OUT_SCOPE_MISSING: scopeInsufficient(
    'the token lacks the scope {scope}, by which Cognito lets its bearer sign out everywhere',
  ),
  GROUPS_MISSING: of('COGNITO_ERR_GROUP_INSUFFICIENT')('the user lacks groups; the route requires {groups}'),
  GROUPS_PROHIBITED: of('COGNITO_ERR_GROUP_PROHIBITED')(
    'the user is in a prohibited group; the route prohibits {groups}',
  ),
  CHECK_NOT_TRUE: of('COGNITO_ERR_CHECK_FAILED')('check did not answer true'),
  USER_NOT_FOUND: of('COGNITO_ERR_USER_UNKNOWN')('loadUser found no user'),

  KEY_ENDPOINTS_FAILED: keysUnavailable('no JWKS endpoint of the pool answers'),
  KEY_LOOKUP_POSTPONED: keysUnavailable(
    'the key that the token names is unknown, and the published ones cannot be asked for again yet',
  ),
  REVOCATION_STORE_FAILED: storeUnavailable('the store of revocations failed: {word}'),
  REVOCATION_NOT_STORED: storeUnavailable('the store of revocations did not take a mark: {word}'),

  TENANT_LIST_FAILED: tenantsUnavailable(
    'the list of tenants could not be read, and none is held that could be trusted or has the tenant',
  ),
  TENANT_LOOKUP_POSTPONED: tenantsUnavailable('too many requests wait for the list of tenants'),

  POOL_CHOICE_INVALID: internal(
    "the guard's function chose no pool or an unknown one; registered are {pools}",
  ),
  NO_ERROR_THROWN: internal('a function of the application threw something that is no error'),
  TOKEN_SOURCE_INVALID: internal(
    'a source of tokenFrom returned neither text nor undefined; it cannot be asynchronous',
  ),
  CLAIMS_SCHEMA_ASYNCHRONOUS: internal(
    'the schema of the claims answered with a promise: it is asynchronous, or a function in it threw',
  ),
  CLAIMS_OUTPUT_NOT_PLAIN: internal('the output of the schema of the claims is no plain object'),
  STANDARD_CLAIM_CHANGED: internal(
    'the schema of the claims changed the standard claim {claim}; another name can hold the changed value',
  ),
  COOKIES_NOT_PARSED: internal(
    'the cookies are not parsed yet; @fastify/cookie has to parse them in onRequest',
  ),
} as const

/** Stable code of the reason for a refusal; `docs/errors.md` documents each one with its cause and its remedy. */
export type ReasonCode = keyof typeof TABLE

/** Codes of the reasons whose text has no word in braces. */
export type FixedReasonCode = FixedIn<typeof TABLE>

/** Codes of the reasons of some error codes. */
export type ReasonCodeOf<C extends CognitoErrorCode> = {
  [R in ReasonCode]: (typeof TABLE)[R]['code'] extends C ? R : never
}[ReasonCode]

/** The reasons by their codes. */
export const REASONS = Object.freeze(TABLE)

/** Every {@link ReasonCode}, for metrics and alerts. */
export const reasonCodes: readonly ReasonCode[] = codesOf(TABLE)
