/**
 * Who sent a request, as guards attach it, and the verified token that says so: types only.
 * @module
 */

import type { CommonClaims, Payload, TokenUse } from '../claims/standard-claims.js'
import type { ResolvedPool } from '../pool/pool.js'

/** Who sent a request. */
export interface Authentication<N extends string = string, U extends TokenUse = TokenUse, C = CommonClaims> {
  /** Name of the pool that issued the token. */
  readonly pool: N
  /** The claim `token_use`. */
  readonly tokenUse: U
  /** `'machine'` for a token of the client-credentials grant, which has no user. */
  readonly principal: 'user' | 'machine'
  /** The claim `sub`. An identity is the pool and the subject together. */
  readonly subject: string
  /** `undefined` for a machine, and for a token that names no user. */
  readonly username: string | undefined
  /** The app client that the token was issued to. */
  readonly clientId: string
  /** The names in the claim `scope` of an access token; empty for an ID token. */
  readonly scopes: ReadonlySet<string>
  /** The claim `cognito:groups`. Groups belong to the pool that names them. */
  readonly groups: ReadonlySet<string>
  /** The standard claims and the declared ones, validated, under the names of their schema. */
  readonly claims: C
  /** The payload as it came, read-only. */
  readonly payload: Payload
  /** The token itself; not enumerable, so that no log line or response carries it by accident. */
  readonly token: string
}

/** What `loadUser` found, beside what the token proves. */
export interface WithUser<T> {
  /** The application's own user. */
  readonly user: T
}

/** A token whose signature and claims are those of its pool, whatever a route asks for. */
export interface VerifiedToken {
  readonly text: string
  readonly payload: Payload
  readonly pool: ResolvedPool
  readonly tokenUse: TokenUse
  /** Whether it was remembered when it was seen last. */
  isRepeated: boolean
  /** The last result of a repeatable claims reader, and the last policy that accepted the token. */
  lastReading:
    | { policy: object; readonly reader: object; readonly authentication: Authentication }
    | undefined
  /** The description that a store of revocations is asked about; revocation makes it when the store is first asked. */
  revocable: object | undefined
}
