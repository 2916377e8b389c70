/**
 * The connection of the tenants to an application: the list is read when it is ready, and no more when it is closed.
 * @module
 */

import type { FastifyInstance } from 'fastify'
import { createWakingClock } from '../base/clock.js'
import type { Environment } from '../base/environment.js'
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
export function connectTenants(app: FastifyInstance, options: ConnectionOptions, env: Environment): Tenants {
  const closing = new AbortController()
  const tenants = createTenants(options.tenants, {
    pools: options.pools.values(),
    env,
    openKeys: createOpenKeys(app, options, closing.signal),
    log: app.log,
  })
  app.addHook('onReady', tenants.start)
  app.addHook('onClose', async () => {
    closing.abort()
    tenants.close()
  })
  return tenants
}

/**
 * Makes the function that opens the keys of a user pool. They are checked less often than those of registered pools.
 *
 * @param closing - the signal of the application; keys that are opened after its abort fetch nothing
 */
function createOpenKeys(
  { log }: Pick<FastifyInstance, 'log'>,
  { keys, tenants, clockTolerance }: ConnectionOptions,
  closing: AbortSignal,
): OpenKeysAt {
  const options = { ...keys, refreshAfter: tenants.keysRefreshAfter }
  const context = {
    options,
    tolerance: clockTolerance,
    closing,
    clock: createWakingClock(),
    random: Math.random,
  }
  return (locations) => createPoolKeys(locations, context, createKeysLog(locations, log))
}
