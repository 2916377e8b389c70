/**
 * The types of an authentication, which guards attach to a request, and of the verified token behind it.
 * @module
 */

import type { NameList } from '../base/name-list.js'
import type { CommonClaims, Payload, TokenUse } from '../claims/standard-claims.js'
import type { ResolvedPool } from '../pool/pool.js'
import type { Membership } from './tenants.js'

/** The name of the tenant of a pool with the name `N`: only names of tenants have a colon. */
type TenantOf<N extends string> = N extends `tenant:${string}`
  ? string
  : string extends N
    ? string | undefined
    : undefined

/** The sender of a request, as the token proves it. */
export interface Authentication<
  N extends string = string,
  U extends TokenUse = TokenUse,
  C = CommonClaims,
  T extends string | undefined = TenantOf<N>,
> {
  /** Name of the pool that issued the token; `tenant:` and the name for a tenant. */
  readonly pool: N
  /** Name of the tenant; `undefined` for a registered pool. */
  readonly tenant: T
  /** The claim `token_use`. */
  readonly tokenUse: U
  /** `'machine'` for a token of the client-credentials grant, which has no user. */
  readonly principal: 'user' | 'machine'
  /** The claim `sub`. An identity is the pool and the subject together. */
  readonly subject: string
  /** The claim `username` or `cognito:username`. `undefined` for a machine, and for a token that names no user. */
  readonly username: string | undefined
  /** The app client that the token was issued to. */
  readonly clientId: string
  /** The names in the claim `scope` of an access token, a frozen list with `has`; empty for an ID token. */
  readonly scopes: NameList
  /** The claim `cognito:groups`, a frozen list with `has`. Groups belong to the pool that names them. */
  readonly groups: NameList
  /** The standard claims and the declared ones, validated, under the names of their schema. */
  readonly claims: C
  /** The decoded payload of the token, frozen. */
  readonly payload: Payload
  /** The token in compact form. The member is not enumerable, so that no log line or response repeats the token. */
  readonly token: string
}

/** The user that `loadUser` found. */
export interface WithUser<T> {
  /** The application's own user. */
  readonly user: T
}

/** A token that has passed all checks that no route can change. */
export interface VerifiedToken {
  readonly text: string
  readonly payload: Payload
  readonly pool: ResolvedPool
  readonly tokenUse: TokenUse
  /** The place of its tenant in the list; `undefined` for a token of a registered pool. */
  readonly membership: Membership | undefined
  /** Time until which the token is accepted without being verified again; seconds since 1970. */
  readonly validUntil: number
  /** `true` when the last request with the token found it in the cache. */
  isRepeated: boolean
  /** The last authentication from a repeatable claims reader, with this reader and the last policy that accepted it. */
  lastReading:
    | { policy: object; readonly reader: object; readonly authentication: Authentication }
    | undefined
  /** The description of the token for the store of revocations. The first lookup in the store makes it. */
  revocable: object | undefined
}
