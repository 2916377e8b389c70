/**
 * The connection of the tenants to an application: the list is read when it is ready, and no more when it is closed.
 * @module
 */
import { setMaxListeners } from 'node:events'
import type { FastifyInstance } from 'fastify'
import { createWakingClock } from '../base/clock.js'
import { createKeysLog } from '../keys/log.js'
import type { ResolvedKeys } from '../keys/options.js'
import { createPoolKeys } from '../keys/pool-keys.js'
import type { ResolvedPool } from '../pool/pool.js'
import type { ResolvedTenants } from './options.js'
import { createTenants, type Tenants } from './tenants.js'
import type { OpenKeysAt } from './user-pool.js'

/** The options of the plugin that tenants need. */
export interface ConnectionOptions {
  readonly pools: ReadonlyMap<string, ResolvedPool>
  readonly tenants: ResolvedTenants
  readonly keys: ResolvedKeys
  /** Seconds. */
  readonly clockTolerance: number
}

/** Makes the tenants of an application. Without a list, the application does not start. */
export function connectTenants(
  app: FastifyInstance,
  options: ConnectionOptions,
  env: Readonly<Record<string, string | undefined>>,
): Tenants {
  const tenants = createTenants(options.tenants, {
    pools: options.pools.values(),
    env,
    openKeys: createOpenKeys(app, options),
    log: app.log,
  })
  app.addHook('onReady', tenants.start)
  app.addHook('onClose', async () => tenants.close())
  return tenants
}

/** Makes the function that opens the keys of a user pool. They are checked less often than those of registered pools. */
function createOpenKeys(
  { log }: Pick<FastifyInstance, 'log'>,
  { keys, tenants, clockTolerance }: ConnectionOptions,
): OpenKeysAt {
  const options = { ...keys, refreshAfter: tenants.keysRefreshAfter }
  const common = { options, tolerance: clockTolerance, clock: createWakingClock(), random: Math.random }
  return (locations) => {
    const closing = new AbortController()
    setMaxListeners(0, closing.signal)
    const context = { ...common, closing: closing.signal }
    return {
      keys: createPoolKeys(locations, context, createKeysLog(locations, log)),
      close: () => closing.abort(),
    }
  }
}
