/**
 * The tenants of the plugin as the verification sees them: pools that are found at run time, by issuer and app client.
 * @module
 */
import type { Payload } from '../claims/standard-claims.js'
import type { PoolKeys } from '../keys/pool-keys.js'
import type { PoolIdentity, ResolvedPool } from '../pool/pool.js'

/** A pool and its keys. */
export interface PoolWithKeys {
  readonly pool: ResolvedPool
  readonly keys: PoolKeys
  /** The place of a tenant in the list; absent for a registered pool, which cannot be removed. */
  readonly membership?: Membership
}

/** The place of a tenant in the list of tenants. */
export interface Membership {
  /** Tells whether the list is trusted and still has the tenant, unchanged. */
  readonly isCurrent: () => boolean
  /**
   * Checks the claim that names the tenant, where the option `tenants.claim` has one.
   *
   * @throws {CognitoError} `COGNITO_ERR_TOKEN_INVALID`
   */
  readonly assertClaim: (payload: Payload) => void
}

/** A tenant of the list. */
export interface ListedTenant extends PoolWithKeys {
  readonly membership: Membership
}

/** The list of tenants. */
export interface TenantList {
  /** The claims that tokens of all tenants have in common. It accepts every client. */
  readonly anyTenant: PoolIdentity
  /**
   * Finds the tenant whose tokens have this issuer and client; `undefined` when the list has none, or cannot be trusted now.
   */
  readonly find: (issuer: unknown, clientId: unknown) => ListedTenant | undefined
  /** Finds a tenant as {@link find} does, also in a list that cannot be trusted now. */
  readonly lookUp: (issuer: unknown, clientId: unknown) => ListedTenant | undefined
  /** Calls back when a tenant is no longer in the list. Returns a function that ends the watch. */
  readonly watch: (tenant: ListedTenant, onLeft: () => void) => () => void
  /**
   * Finds a tenant that {@link find} does not find, in a list that is read now, as far as it may be read again.
   *
   * @throws {CognitoError} rejected, when there is no such tenant, and when the list cannot be read
   */
  readonly search: (issuer: unknown, clientId: unknown) => Promise<ListedTenant>
}
