/**
 * `app.cognito.tenants`: the tenants as an application sees them.
 * @module
 */
import type { KeyRingStatus } from '../keys/key-ring.js'
import type { SkippedRow } from './directory.js'
import type { Tenants } from './tenants.js'

/**
 * The tenants in force. Without the option `tenants` there are none, and the functions that act throw.
 *
 * @example app.get('/ready', async () => ({ tenants: app.cognito.tenants.size, age: app.cognito.tenants.ageSeconds }))
 */
export interface TenantsInForce {
  /**
   * Reads the list at once, by a reading that begins after the call. Calls at the same time share a reading.
   *
   * @returns `true` when the list was read; `false` when the reading failed, and the known tenants go on
   * @throws {TypeError} rejected with: without the option `tenants`
   * @example await client.query('listen tenants'); client.on('notification', () => void app.cognito.tenants.reload())
   */
  readonly reload: () => Promise<boolean>
  /**
   * Fetches the held key sets of a tenant again: for a key that has to be refused at once. A failed fetch removes no key.
   *
   * @param name - the name of the tenant
   * @returns `true` when all endpoints answered, and for a tenant without held keys; `false` when one failed
   * @throws {TypeError} rejected with: for an unknown tenant
   * @example await app.cognito.tenants.refresh('acme')
   */
  readonly refresh: (name: string) => Promise<boolean>
  /** Tells whether a tenant of this name is in force. */
  readonly has: (name: string) => boolean
  /**
   * Returns the health of a tenant's signing keys; `undefined` for an unknown tenant, and where no token has needed its keys.
   * The call makes no request.
   */
  readonly status: (name: string) => KeyRingStatus | undefined
  /** Number of tenants in force. */
  readonly size: number
  /** Seconds since the list in force was asked for; `undefined` before the first list. */
  readonly ageSeconds: number | undefined
  /** The rows of the last list that are left out, each with its number and a code: an operator's page may show them. */
  readonly skipped: readonly SkippedRow[]
}

/** Makes `app.cognito.tenants`. */
export function describeTenants(tenants: Tenants | undefined): TenantsInForce {
  const find = (name: string) => tenants?.directory.named(name)
  return Object.freeze({
    async reload() {
      if (tenants === undefined) throw new TypeError('tenants.reload: expected the option tenants to be set')
      return tenants.schedule.reload()
    },
    async refresh(name: string) {
      const tenant = find(name)
      if (tenant === undefined) throw new TypeError('tenants.refresh: expected the name of a tenant in force')
      return (await tenant.userPool.openKeys?.refresh()) ?? true
    },
    has: (name: string) => find(name) !== undefined,
    status: (name: string) => find(name)?.userPool.openKeys?.status(),
    get size() {
      return tenants?.directory.size ?? 0
    },
    get ageSeconds() {
      return tenants?.schedule.ageSeconds
    },
    get skipped() {
      return tenants?.directory.skipped ?? []
    },
  })
}
