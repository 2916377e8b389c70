/**
 * Fetches the keys of each pool at boot.
 * @module
 */
import type { FastifyInstance } from 'fastify'
import { monotonicClock } from './base/clock.js'
import type { KeyRingStatus } from './keys/key-ring.js'
import { jwksUrlsOf } from './keys/locations.js'
import type { ResolvedOptions } from './options.js'
import type { ResolvedPool } from './pool/pool.js'
import type { Verifier } from './verify/verifier.js'

/**
 * Delay of a fetch in the background, so that applications that close at once, as in tests, fetch nothing; milliseconds.
 */
const DELAY_MS = 100
/** Number of pools whose keys are fetched at the same time, so that many pools do not open as many connections. */
const PARALLEL_POOLS = 8

interface PoolWithoutKeys {
  readonly pool: ResolvedPool
  readonly status: KeyRingStatus
}

/**
 * Fetches the keys of every pool when the application is ready, as the option `keys.prefetch` says. With `'require'` a
 * pool without keys stops the boot. With `'background'` the log has a warning, as in every outage.
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

/** Fetches the keys of all pools. Resolves to the first pool without keys; `undefined` when all pools have keys. */
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
  await Promise.all(Array.from({ length: PARALLEL_POOLS }, work))
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
