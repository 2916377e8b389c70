/**
 * The keys of user pools that are open: real key rings, which nothing has asked for a key.
 * @module
 */
import type { Clock } from '../../src/base/clock.js'
import { resolveKeys } from '../../src/keys/options.js'
import { createPoolKeys, type PoolKeys } from '../../src/keys/pool-keys.js'
import type { OpenKeysAt } from '../../src/tenants/user-pool.js'

const ignore = () => {}

/** Opens keys, and tells whose keys are open. Closed keys say that they are down. */
export function watchOpenKeys(clock: Clock) {
  const names = new Map<PoolKeys, string>()
  const options = resolveKeys({})
  const context = { options, tolerance: 5, closing: new AbortController().signal, clock, random: () => 0.5 }
  const openKeys: OpenKeysAt = (locations) => {
    const keys = createPoolKeys(locations, context, { onStatus: ignore, onStoreFailure: ignore })
    names.set(keys, locations.name)
    return keys
  }
  const openPools = () =>
    [...names]
      .filter(([keys]) => keys.status().state !== 'down')
      .map(([, name]) => name)
      .sort()
  return { openKeys, openPools }
}
