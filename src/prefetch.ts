/**
 * What is fetched at boot: the keys of each pool.
 * @module
 */
import type { FastifyInstance } from 'fastify'
import { monotonicClock } from './base/clock.js'
import type { KeyRingStatus } from './keys/key-ring.js'
import { jwksUrlsOf } from './keys/locations.js'
import type { ResolvedOptions } from './options.js'
import type { ResolvedPool } from './pool/pool.js'
import type { Verifier } from './verify/verifier.js'

/** In the background nothing is asked of applications that are closed at once, as those of tests are; milliseconds. */
const DELAY_MS = 100
/** Pools that are asked for at once: a thousand of them make no thousand connections. */
const PROBES = 8

interface PoolWithoutKeys {
  readonly pool: ResolvedPool
  readonly status: KeyRingStatus
}

/**
 * Fetches the keys of every pool when the application is ready, as the option `keys.prefetch` says. In the background a
 * pool without keys is a line in the log, as in every outage.
 */
export function prefetchKeys(
  app: FastifyInstance,
  verifier: Verifier,
  { keys, pools }: ResolvedOptions,
): void {
  const prefetch = () => fetchAll(verifier, pools.values(), keys.prefetch === 'require')
  if (keys.prefetch === 'require') app.addHook('onReady', async () => refuse(await prefetch()))
  if (keys.prefetch === 'background') {
    let callOff: (() => void) | undefined
    app.addHook('onReady', async () => {
      callOff = monotonicClock.after(DELAY_MS, () => void prefetch())
    })
    app.addHook('onClose', async () => callOff?.())
  }
}

/** Resolves to the first pool that has no keys. */
async function fetchAll(
  verifier: Verifier,
  pools: Iterator<ResolvedPool>,
  isOneEnough: boolean,
): Promise<PoolWithoutKeys | undefined> {
  let first: PoolWithoutKeys | undefined
  async function work(): Promise<void> {
    for (let next = pools.next(); !next.done; next = pools.next()) {
      if (isOneEnough && first !== undefined) return
      const status = await verifier.prefetch(next.value.name)
      if (status.state === 'down') first ??= { pool: next.value, status }
    }
  }
  await Promise.all(Array.from({ length: PROBES }, work))
  return first
}

function refuse(without: PoolWithoutKeys | undefined): void {
  if (!without) return
  const { pool, status } = without
  const urls = jwksUrlsOf(pool).join(' or ')
  const why = [status.lastFailure?.reason, status.lastFailure?.code].filter(Boolean).join(', ')
  throw new Error(
    `pools.${pool.name}: expected ${urls} to answer with keys (${why}), because keys.prefetch is 'require'`,
  )
}
