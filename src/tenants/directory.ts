/**
 * The tenants in force: found by issuer and app client, replaced as a whole by each list that is read.
 * @module
 */

import type { Environment } from '../base/environment.js'
import type { ListedTenant } from '../verify/tenants.js'
import { settleDisputes } from './disputes.js'
import { type CheckedRow, type FaultyRow, isNoRow, isSameRow, type RowFault, readRow } from './row.js'
import { LoadFailure, visitInSlices } from './rows.js'
import { SpreadMap } from './spread-map.js'
import { Tenant, type TenantContext } from './tenant.js'
import { issuersOf, type OpenKeysAt, TenantUserPool } from './user-pool.js'

/** A row that is left out. */
export interface SkippedRow {
  /** Number of the row in the list; the first is 1. */
  readonly row: number
  /** Code of what is wrong with it. */
  readonly fault: RowFault
}

/** The parts of the plugin that a directory needs. */
export interface DirectoryContext extends TenantContext {
  readonly env: Environment
  readonly openKeys: OpenKeysAt
  /** Tells whether a registered pool has this user pool, its issuer or its keys. */
  readonly isRegistered: (userPoolId: string) => boolean
}

/** Number of watches that are called at a stretch, because the end of a socket takes 0.1 ms. */
const WATCHES_AT_A_STRETCH = 20

/** The tenants of one list. */
interface Tenants {
  readonly byName: SpreadMap<Tenant>
  /** The tenant of each user pool id and app client. */
  readonly byPlace: SpreadMap<Tenant>
  /** The user pools, found by their ids. */
  readonly pools: SpreadMap<TenantUserPool>
}

const nobody = (): Tenants => ({
  byName: new SpreadMap(),
  byPlace: new SpreadMap(),
  pools: new SpreadMap(),
})

const toPlace = (userPoolId: string, client: string) => `${userPoolId} ${client}`

/** The tenants in force. */
export class TenantDirectory {
  readonly #context: DirectoryContext
  readonly #watchers = new Map<ListedTenant, Set<() => void>>()
  #tenants = nobody()
  #skipped: readonly SkippedRow[] = []

  constructor(context: DirectoryContext) {
    this.#context = context
  }

  /** The rows of the last list that are left out. */
  get skipped(): readonly SkippedRow[] {
    return this.#skipped
  }

  get size(): number {
    return this.#tenants.byName.size
  }

  /** Finds the tenant of an issuer and an app client. */
  find(issuer: unknown, clientId: unknown): Tenant | undefined {
    // Both are unchecked: an object of an invented token may even throw where it becomes text.
    if (typeof issuer !== 'string' || typeof clientId !== 'string') return undefined
    const pool = this.#tenants.pools.get(idIn(issuer))
    const isIssuer = pool?.hasIssuer(issuer) === true
    return isIssuer ? this.#tenants.byPlace.get(toPlace(pool.id, clientId)) : undefined
  }

  /** Finds a tenant by its name. */
  named(name: string): Tenant | undefined {
    return this.#tenants.byName.get(name)
  }

  /** Tells whether this very tenant is in force. */
  has(tenant: Tenant): boolean {
    return this.#tenants.byName.get(tenant.name) === tenant
  }

  /**
   * Replaces the tenants by those of a list. They change all at once, when the whole list is judged.
   *
   * @throws {LoadFailure} rejected, for rows of which none has a member of a tenant
   */
  async replaceBy(list: readonly unknown[]): Promise<void> {
    const rows: (CheckedRow | FaultyRow)[] = []
    await visitInSlices(list, (row) => rows.push(readRow(row)))
    if (rows.length > 0 && rows.every(isNoRow)) throw new LoadFailure('no row is that of a tenant')
    const verdicts = await settleDisputes(rows, {
      rowOf: (name) => this.named(name)?.row,
      isRegistered: this.#context.isRegistered,
      mayShare: this.#context.options.claim !== undefined,
    })
    const next = nobody()
    const skipped: SkippedRow[] = []
    await visitInSlices(verdicts.entries(), ([index, verdict]) => {
      if (typeof verdict === 'string') skipped.push(Object.freeze({ row: index + 1, fault: verdict }))
      else this.#add(next, verdict)
    })
    const former = this.#tenants
    this.#tenants = next
    this.#skipped = Object.freeze(skipped)
    await this.#leave(former)
  }

  /**
   * Calls back when a tenant is no longer in force. Many watches are called one after the other, and the event loop runs in
   * between; a watch that was ended meanwhile is not called. Returns a function that ends the watch.
   */
  watch(tenant: ListedTenant, onLeft: () => void): () => void {
    const callbacks = this.#watchers.get(tenant) ?? new Set()
    this.#watchers.set(tenant, callbacks.add(onLeft))
    return () => {
      callbacks.delete(onLeft)
      if (callbacks.size === 0 && this.#watchers.get(tenant) === callbacks) this.#watchers.delete(tenant)
    }
  }

  /** Lets the keys of all user pools go that were not used since the last call. */
  letGoUnusedKeys(): Promise<void> {
    return visitInSlices(this.#tenants.pools.values(), (pool) => pool.letGoUnused())
  }

  /** Ends the fetches of all keys. */
  close(): void {
    for (const pool of this.#tenants.pools.values()) pool.close()
  }

  #isListed({ pool }: ListedTenant): boolean {
    return this.#tenants.byName.get(String(pool.tenant))?.pool === pool
  }

  /** Adds a tenant: the same object where its row did not change, so that its tokens stay verified. */
  #add(next: Tenants, row: CheckedRow): void {
    const former = this.named(row.name)
    const pool = next.pools.get(row.userPoolId) ?? this.#openPool(next, row.userPoolId)
    const isKept = former !== undefined && isSameRow(former.row, row)
    const tenant = isKept ? former : new Tenant(row, pool, this.#context)
    next.byName.set(row.name, tenant)
    for (const client of row.appClientId) next.byPlace.set(toPlace(row.userPoolId, client), tenant)
  }

  /** Adds a user pool: the same object where another list had it, so that its keys are kept. */
  #openPool(next: Tenants, id: string): TenantUserPool {
    const { env, openKeys } = this.#context
    const pool = this.#tenants.pools.get(id) ?? new TenantUserPool(id, env, openKeys)
    next.pools.set(id, pool)
    return pool
  }

  /** Ends what belongs to tenants and pools that are gone. */
  async #leave(former: Tenants): Promise<void> {
    const left: Set<() => void>[] = []
    await visitInSlices(this.#watchers, ([tenant, callbacks]) => {
      if (!this.#isListed(tenant)) left.push(callbacks)
    })
    await visitInSlices(membersOf(left), (onLeft) => onLeft(), WATCHES_AT_A_STRETCH)
    await visitInSlices(former.pools, ([id, pool]) => {
      if (!this.#tenants.pools.has(id)) pool.close()
    })
  }
}

/** Goes through sets as they are at each step, so that a member that was deleted meanwhile does not come. */
function* membersOf<T>(sets: Iterable<ReadonlySet<T>>): Iterable<T> {
  for (const set of sets) yield* set
}

/** Tells whether a text has the form of an issuer of Cognito, so that a tenant might have it. */
export function mayBeIssuer(issuer: unknown): boolean {
  return typeof issuer === 'string' && issuersOf(idIn(issuer)).includes(issuer)
}

/** Returns the last part of an issuer, which is the user pool id. */
const idIn = (issuer: string): string => issuer.slice(issuer.lastIndexOf('/') + 1)
