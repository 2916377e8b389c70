/**
 * What is asked at boot: whether the keys of each pool can be had.
 * @module
 */
import type { FastifyInstance } from 'fastify'
import type { Authenticator } from './authenticator.js'
import { monotonicClock } from './clock.js'
import type { EndpointFailure } from './jwks-fetch.js'
import type { ResolvedOptions } from './options.js'
import type { ResolvedPool } from './pool.js'

interface UnreachablePool {
  readonly pool: ResolvedPool
  readonly reason: EndpointFailure
}

/** In the background nothing is asked of applications that are closed at once, as those of tests are; milliseconds. */
const DELAY_MS = 100
/** Pools that are asked for at once: a thousand of them make no thousand connections. */
const PROBES = 8

/** Asks for every pool when the application is ready, as the option `keys.prefetch` says. */
export function prefetchKeys(
  app: FastifyInstance,
  authenticator: Authenticator,
  { keys, pools }: ResolvedOptions,
): void {
  const ask = () => findUnreachable(authenticator, pools.values(), keys.prefetch === 'require')
  if (keys.prefetch === 'require') app.addHook('onReady', async () => refuse(await ask()))
  if (keys.prefetch === 'background') {
    let callOff = () => {}
    app.addHook('onReady', async () => {
      callOff = monotonicClock.after(DELAY_MS, () => void ask().then((unreachable) => warn(app, unreachable)))
    })
    app.addHook('onClose', async () => callOff())
  }
}

async function findUnreachable(
  authenticator: Authenticator,
  pools: Iterator<ResolvedPool>,
  isOneEnough: boolean,
): Promise<readonly UnreachablePool[]> {
  const unreachable: UnreachablePool[] = []
  async function work(): Promise<void> {
    for (let next = pools.next(); !next.done; next = pools.next()) {
      if (isOneEnough && unreachable.length > 0) return
      const reason = await authenticator.probe(next.value.name)
      if (reason !== undefined) unreachable.push({ pool: next.value, reason })
    }
  }
  await Promise.all(Array.from({ length: PROBES }, work))
  return unreachable
}

const jwksUrls = ({ issuers }: ResolvedPool) => [...new Set(issuers.values())]

function refuse([unreachable]: readonly UnreachablePool[]): void {
  if (!unreachable) return
  const { pool, reason } = unreachable
  throw new Error(
    `pools.${pool.name}: expected ${jwksUrls(pool).join(' or ')} to answer with keys (${reason}), because keys.prefetch is 'require'`,
  )
}

function warn(app: FastifyInstance, unreachable: readonly UnreachablePool[]): void {
  for (const { pool, reason } of unreachable) {
    app.log.warn(
      { pool: pool.name, reason, jwksUrls: jwksUrls(pool) },
      'fastify-cognito: no JWKS endpoint of this pool answers; until one does, its tokens get 503',
    )
  }
}
