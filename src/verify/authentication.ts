/**
 * Who sent a request: what a verified token says, held against its pool.
 * @module
 */

import type { CommonClaims, Payload, TokenUse } from '../claims/standard-claims.js'
import type { ResolvedPool } from '../pool/pool.js'
import { type Bearer, readBearer } from './cognito-token.js'

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
  /** What a repeatable reader of claims made of it last, and the last plan that took it. */
  lastReading: { plan: object; readonly reader: object; readonly authentication: Authentication } | undefined
  /** What a store of revocations is asked about, as revocation made it when the store was first asked. */
  revocable: object | undefined
}

/**
 * Reads an {@link Authentication} out of a verified token and its validated claims.
 *
 * @param user - what `loadUser` found, if it was asked
 */
export function toAuthentication(
  { text, payload, pool, tokenUse }: VerifiedToken,
  claims: CommonClaims,
  user?: unknown,
): Authentication {
  const proved = { pool: pool.name, tokenUse, claims: Object.freeze(claims), payload }
  return new VerifiedAuthentication(readBearer(payload), proved, text, user)
}

/** The same with a user. What the token proves is shared by requests; its user is of one request. */
export function withUser(authentication: Authentication, user: unknown): Authentication & WithUser<unknown> {
  const loaded = new VerifiedAuthentication(authentication, authentication, authentication.token, user)
  return loaded as Authentication & WithUser<unknown>
}

class VerifiedAuthentication implements Authentication, Partial<WithUser<unknown>> {
  readonly pool: string
  readonly tokenUse: TokenUse
  readonly principal: 'user' | 'machine'
  readonly subject: string
  readonly username: string | undefined
  readonly clientId: string
  readonly scopes: ReadonlySet<string>
  readonly groups: ReadonlySet<string>
  readonly claims: CommonClaims
  readonly payload: Payload
  /** Only there when it was loaded. */
  declare readonly user?: unknown
  readonly #token: string

  constructor(
    bearer: Bearer,
    proved: Pick<Authentication, 'pool' | 'tokenUse' | 'claims' | 'payload'>,
    token: string,
    user: unknown,
  ) {
    this.pool = proved.pool
    this.tokenUse = proved.tokenUse
    this.principal = bearer.principal
    this.subject = bearer.subject
    this.username = bearer.username
    this.clientId = bearer.clientId
    this.scopes = bearer.scopes
    this.groups = bearer.groups
    this.claims = proved.claims
    this.payload = proved.payload
    if (user !== undefined) this.user = user
    this.#token = token
    Object.freeze(this)
  }

  get token(): string {
    return this.#token
  }
}
