/**
 * The claims that Cognito writes into its tokens: their types and their schemas.
 * @module
 */
import type { Members } from '../base/members.js'
import { documented } from '../base/option-schema.js'
import { Type } from '../base/schema.js'

/** The kind of a Cognito token: the value of its claim `token_use`. */
export type TokenUse = 'access' | 'id'

/** The payload of a token, unchanged: its members have the names that Cognito gave them (RFC 7519 §4). */
export type Payload = Members

const COMMON = {
  sub: Type.String(),
  iss: Type.String(),
  exp: Type.Number(),
  iat: Type.Number(),
  auth_time: Type.Optional(Type.Number()),
  acr: Type.Optional(Type.String()),
  amr: Type.Optional(Type.Array(Type.String())),
  jti: Type.Optional(Type.String()),
  origin_jti: Type.Optional(Type.String()),
  'cognito:groups': Type.Optional(Type.Array(Type.String())),
}

/** The claims that both kinds of token have. Times are seconds since 1970 (RFC 7519 §2). */
export interface CommonClaims {
  readonly sub: string
  readonly iss: string
  readonly exp: number
  readonly iat: number
  readonly token_use: TokenUse
  readonly auth_time?: number
  /** Level of the sign-in: a name of the option `acr` of the pool. */
  readonly acr?: string
  /** Methods of the sign-in, such as `pwd` and `mfa`. */
  readonly amr?: readonly string[]
  readonly jti?: string
  readonly origin_jti?: string
  readonly 'cognito:groups'?: readonly string[]
}

/** Schema of {@link AccessClaims}. */
export const ACCESS_CLAIMS = documented<AccessClaims>()(
  Type.Object({
    ...COMMON,
    token_use: Type.Literal('access'),
    client_id: Type.String(),
    username: Type.Optional(Type.String()),
    scope: Type.Optional(Type.String()),
    version: Type.Optional(Type.Number()),
    device_key: Type.Optional(Type.String()),
    event_id: Type.Optional(Type.String()),
  }),
)

/**
 * The claims of an access token. The token of a machine (client-credentials grant) has no `username`.
 *
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
 */
export interface AccessClaims extends CommonClaims {
  readonly token_use: 'access'
  readonly client_id: string
  readonly username?: string
  /** Scope names, separated by one space (RFC 6749 §3.3). */
  readonly scope?: string
  readonly version?: number
  readonly device_key?: string
  readonly event_id?: string
}

/** Schema of {@link IdClaims}. */
export const ID_CLAIMS = documented<IdClaims>()(
  Type.Object({
    ...COMMON,
    token_use: Type.Literal('id'),
    aud: Type.String(),
    nonce: Type.Optional(Type.String()),
    at_hash: Type.Optional(Type.String()),
    'cognito:username': Type.Optional(Type.String()),
    'cognito:roles': Type.Optional(Type.Array(Type.String())),
    'cognito:preferred_role': Type.Optional(Type.String()),
    identities: Type.Optional(Type.Array(Type.Unknown())),
    email: Type.Optional(Type.String()),
    email_verified: Type.Optional(Type.Boolean()),
    phone_number: Type.Optional(Type.String()),
    phone_number_verified: Type.Optional(Type.Boolean()),
    name: Type.Optional(Type.String()),
    given_name: Type.Optional(Type.String()),
    family_name: Type.Optional(Type.String()),
    preferred_username: Type.Optional(Type.String()),
    event_id: Type.Optional(Type.String()),
  }),
)

/**
 * The claims of an ID token. Standard attributes that are not named here stay in the payload.
 *
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html
 */
export interface IdClaims extends CommonClaims {
  readonly token_use: 'id'
  readonly aud: string
  readonly nonce?: string
  readonly at_hash?: string
  readonly 'cognito:username'?: string
  readonly 'cognito:roles'?: readonly string[]
  readonly 'cognito:preferred_role'?: string
  readonly identities?: readonly unknown[]
  readonly email?: string
  readonly email_verified?: boolean
  readonly phone_number?: string
  readonly phone_number_verified?: boolean
  readonly name?: string
  readonly given_name?: string
  readonly family_name?: string
  readonly preferred_username?: string
  readonly event_id?: string
}

/**
 * The profile claims: claims of an ID token that decide nothing in this plugin. A pre token generation Lambda may write
 * them as values of any type. A profile claim that is no text stays in the payload, unless the application declares the
 * claim.
 *
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
 */
export const PROFILE_CLAIMS = [
  'email',
  'phone_number',
  'name',
  'given_name',
  'family_name',
  'preferred_username',
  'event_id',
] as const satisfies readonly (keyof IdClaims)[]

/** The name of a profile claim, see {@link PROFILE_CLAIMS}. */
export type ProfileClaim = (typeof PROFILE_CLAIMS)[number]

/**
 * The standard claims that no schema of an application may change: all but the profile claims. Applications decide by them
 * who a user is and what the user may do.
 */
export const FIXED_CLAIMS: readonly string[] = Object.keys({
  ...ACCESS_CLAIMS.properties,
  ...ID_CLAIMS.properties,
}).filter((name) => !PROFILE_CLAIMS.some((claim) => claim === name))

/** Flags: claims of an ID token that Cognito writes as text in some flows, and as `true` or `false` in others. */
export const FLAGS: readonly string[] = ['email_verified', 'phone_number_verified']

/**
 * The standard attributes that users write themselves. `sub` and the verified flags are left out.
 *
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
 */
export const WRITABLE: readonly string[] = [
  'address',
  'birthdate',
  'email',
  'family_name',
  'gender',
  'given_name',
  'locale',
  'middle_name',
  'name',
  'nickname',
  'phone_number',
  'picture',
  'preferred_username',
  'profile',
  'website',
  'zoneinfo',
]

const ATTRIBUTES: ReadonlySet<string> = new Set([...WRITABLE, 'updated_at'])

/** Tells whether a claim is an attribute of the user. Cognito stores attributes as text. */
export function isAttribute(wire: string): boolean {
  return ATTRIBUTES.has(wire) || /^(?:dev:)?custom:/.test(wire)
}
