/**
 * The tenants of one plugin instance: the list, the tenants in force, and what the other wings ask them for.
 * @module
 */

import { type Clock, createWakingClock } from '../base/clock.js'
import type { Environment } from '../base/environment.js'
import { wordOf } from '../base/error-word.js'
import { type CognitoError, refuse } from '../base/errors.js'
import type { KeyLocations } from '../keys/locations.js'
import type { ResolvedPool } from '../pool/pool.js'
import { ANY_TENANT } from '../pool/tenant-name.js'
import type { TenantList } from '../verify/tenants.js'
import { mayBeIssuer, TenantDirectory } from './directory.js'
import { createTenantsLog, type TenantsLogger } from './log.js'
import type { ResolvedTenants } from './options.js'
import { LoadFailure, readRows } from './rows.js'
import { ListSchedule, type ReadList } from './schedule.js'
import { issuersOf, locateKeys, type OpenKeysAt } from './user-pool.js'

/** The tenants of one plugin instance. */
export interface Tenants extends TenantList {
  readonly directory: TenantDirectory
  readonly schedule: ListSchedule
  /**
   * Reads the list for the first time.
   *
   * @throws {Error} rejected, when it cannot be read
   */
  readonly start: () => Promise<void>
  /** Reads no more, and ends the fetches of keys. */
  readonly close: () => void
}

/** The parts of the plugin that tenants need. */
export interface TenantsSurroundings {
  readonly pools: Iterable<ResolvedPool>
  readonly env: Environment
  readonly openKeys: OpenKeysAt
  readonly log: TenantsLogger
}

/** Keys that no token has needed for so long are let go; milliseconds. */
const UNUSED_MS = 3_600_000

/**
 * Makes the tenants. Nothing is read before `start`.
 *
 * @param clock - the clock for the age of the list; it includes the time of a suspended process
 */
export function createTenants(
  options: ResolvedTenants,
  { pools, env, openKeys, log: logger }: TenantsSurroundings,
  clock: Clock = createWakingClock(),
): Tenants {
  const directory: TenantDirectory = new TenantDirectory({
    options,
    env,
    openKeys,
    isRegistered: createReservation([...pools], env),
    isCurrent: (tenant) => schedule.isTrusted() && directory.has(tenant),
  })
  const log = createTenantsLog(logger)
  const closing = new AbortController()
  const schedule = new ListSchedule(
    createReading(options, directory, { clock, closing: closing.signal }),
    toPolicy(options),
    clock,
    (cause) => {
      if (cause === undefined) log.onList(directory.skipped, directory.size)
      else log.onFailure(cause, schedule.ageSeconds)
    },
  )
  return {
    directory,
    schedule,
    anyTenant: { name: ANY_TENANT, clientIds: null, audiences: options.audiences },
    lookUp: (issuer, clientId) => directory.find(issuer, clientId),
    watch: (tenant, onLeft) => directory.watch(tenant, onLeft),
    find: (issuer, clientId) => (schedule.isTrusted() ? directory.find(issuer, clientId) : undefined),
    async search(issuer, clientId) {
      if (!mayBeIssuer(issuer)) throw refuse('ISSUER_UNKNOWN')
      const renewal = await schedule.renew(directory.find(issuer, clientId) !== undefined)
      const tenant = schedule.isTrusted() ? directory.find(issuer, clientId) : undefined
      if (tenant !== undefined) return tenant
      throw explainAbsence(schedule, renewal === 'crowded')
    },
    async start() {
      if (await schedule.start()) return
      throw new Error(
        `tenants.load: expected the list of tenants when the application starts; ${schedule.failure}`,
      )
    },
    close() {
      schedule.close()
      closing.abort()
      directory.close()
    },
  }
}

/**
 * Makes the reading of the list: it returns one word for the cause when it fails. Now and then it lets keys go that nobody
 * uses.
 */
function createReading(
  { load, timeout }: ResolvedTenants,
  directory: TenantDirectory,
  { clock, closing }: { readonly clock: Clock; readonly closing: AbortSignal },
): ReadList {
  let letGoAt = clock.now() + UNUSED_MS
  return async () => {
    try {
      await directory.replaceBy(await readRows(load, timeout * 1000, clock, closing))
    } catch (error) {
      return error instanceof LoadFailure ? error.message : wordOf(error)
    }
    if (clock.now() < letGoAt) return undefined
    letGoAt = clock.now() + UNUSED_MS
    await directory.letGoUnusedKeys()
    return undefined
  }
}

function explainAbsence(schedule: ListSchedule, isCrowded: boolean): CognitoError {
  const context = { pool: ANY_TENANT, retryAfter: schedule.retryAfterSeconds }
  if (isCrowded) return refuse('TENANT_LOOKUP_POSTPONED', context)
  return schedule.failure !== undefined || !schedule.isTrusted()
    ? refuse('TENANT_LIST_FAILED', context)
    : refuse('TENANT_UNKNOWN', { pool: ANY_TENANT })
}

/** Time that judging a long list takes besides its reading; seconds. */
const READING_MARGIN = 2

function toPolicy({ refreshAfter, unknownInterval, staleIfError, timeout }: ResolvedTenants) {
  // A list is in force until the end of the next reading, which may begin when a slow one ends.
  const readFirstAfter = 2 * Math.max(refreshAfter, timeout + READING_MARGIN)
  return {
    refreshAfterMs: refreshAfter * 1000,
    unknownIntervalMs: unknownInterval * 1000,
    readFirstAfterMs: readFirstAfter * 1000,
    staleIfErrorMs: Math.max(staleIfError, readFirstAfter) * 1000,
  }
}

/** Keeps the ids, the issuers and the keys of registered pools from tenants. */
function createReservation(
  pools: readonly ResolvedPool[],
  env: TenantsSurroundings['env'],
): (userPoolId: string) => boolean {
  const ids = new Set(pools.map(({ userPoolId }) => userPoolId))
  const issuers = new Set(pools.flatMap((pool) => [...pool.issuers]))
  const urls = new Set(pools.flatMap(({ jwksUrls }: KeyLocations) => [...jwksUrls.values()]))
  return (userPoolId) => {
    const own = issuersOf(userPoolId)
    const hasIssuer = own.some((issuer) => issuers.has(issuer))
    const hasKeys = () => [...locateKeys(userPoolId, own, env).values()].some((url) => urls.has(url))
    return ids.has(userPoolId) || hasIssuer || (urls.size > 0 && hasKeys())
  }
}
