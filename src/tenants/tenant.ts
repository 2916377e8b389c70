/**
 * One tenant: its pool for the verification, made of its row and of the options of all tenants.
 * @module
 */
import { refuse } from '../base/errors.js'
import { ownMember } from '../base/members.js'
import { parseUserPoolId } from '../base/user-pool-id.js'
import type { Payload } from '../claims/standard-claims.js'
import type { PoolKeys } from '../keys/pool-keys.js'
import type { ResolvedPool } from '../pool/pool.js'
import { toPoolName } from '../pool/tenant-name.js'
import type { ListedTenant, Membership } from '../verify/tenants.js'
import type { ResolvedTenants } from './options.js'
import type { CheckedRow } from './row.js'
import type { TenantUserPool } from './user-pool.js'

/** The options of all tenants, and the list that they are in. */
export interface TenantContext {
  readonly options: ResolvedTenants
  /** Tells whether the list is trusted and has this very tenant. */
  readonly isCurrent: (tenant: Tenant) => boolean
}

/** A tenant of the list. A tenant whose row changes is replaced by another object. */
export class Tenant implements ListedTenant, Membership {
  readonly row: CheckedRow
  readonly userPool: TenantUserPool
  readonly #context: TenantContext
  #pool: ResolvedPool | undefined

  constructor(row: CheckedRow, userPool: TenantUserPool, context: TenantContext) {
    this.row = row
    this.userPool = userPool
    this.#context = context
  }

  get name(): string {
    return this.row.name
  }

  get keys(): PoolKeys {
    return this.userPool.keys
  }

  get membership(): Membership {
    return this
  }

  /** The pool; made at its first use, because most tenants of a long list are not in use. */
  get pool(): ResolvedPool {
    this.#pool ??= this.#makePool()
    return this.#pool
  }

  /** Counts as a use of the keys, because each use of a remembered token asks this, and no more. */
  isCurrent(): boolean {
    this.userPool.markUsed()
    return this.#context.isCurrent(this)
  }

  assertClaim(payload: Payload): void {
    const { claim } = this.#context.options
    if (claim === undefined || claim === false || ownMember(payload, claim) === this.name) return
    throw refuse('TENANT_CLAIM_MISMATCH', { pool: toPoolName(this.name) })
  }

  #makePool(): ResolvedPool {
    const { tokenUses, audiences, acr, claims } = this.#context.options
    const { userPoolId, appClientId } = this.row
    return Object.freeze({
      ...this.userPool.locations,
      name: toPoolName(this.name),
      tenant: this.name,
      userPoolId,
      region: parseUserPoolId(userPoolId)?.region,
      clientIds: new Set(appClientId),
      tokenUses,
      audiences,
      acr,
      claims,
      loginOrigin: undefined,
    })
  }
}
