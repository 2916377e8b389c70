/**
 * What the log says of a pool's keys: when they begin to fail, when they work again, and when their store is not believed.
 * @module
 */
import { type Clock, monotonicClock } from '../base/clock.js'
import type { KeyRingStatus } from './key-ring.js'
import { jwksUrlsOf, type KeyLocations } from './locations.js'
import type { KeysListener } from './pool-keys.js'

/** The logger of an application, as far as it is used. */
export interface KeysLogger {
  readonly warn: (details: object, message: string) => void
  readonly info: (details: object, message: string) => void
}

/** At most one warning, and one line that it is over, in this time; milliseconds. */
const PAUSE_MS = 60_000

/** Makes the listener that writes the log of one pool. */
export function createKeysLog(
  pool: KeyLocations,
  logger: KeysLogger,
  { now }: Clock = monotonicClock,
): KeysListener {
  let said: 'degraded' | 'down' | undefined
  let mayWarnAt = Number.NEGATIVE_INFINITY
  const storeFailures = new Set<string>()
  return {
    onStatus({ state, lastFailure }) {
      if (state !== 'degraded' && state !== 'down') {
        if (said !== undefined) logger.info(describe(pool), MESSAGES.ok)
        said = undefined
      } else if (said !== state && said !== 'down' && now() >= mayWarnAt) {
        said = state
        mayWarnAt = now() + PAUSE_MS
        logger.warn({ ...describe(pool), ...toCause(lastFailure) }, MESSAGES[state])
      }
    },
    onStoreFailure(code) {
      if (storeFailures.has(code)) return
      storeFailures.add(code)
      logger.warn({ pool: pool.name, code }, MESSAGES.store)
    },
  }
}

const MESSAGES = {
  degraded:
    'fastify-cognito: no JWKS endpoint of this pool answers; the keys that are held serve on, for keys.staleIfError seconds',
  down: 'fastify-cognito: no JWKS endpoint of this pool answers; until one does, its tokens get 503',
  ok: 'fastify-cognito: a JWKS endpoint of this pool answers again',
  store:
    'fastify-cognito: keys.store failed, or what it had for this pool is not believed; the endpoint is asked instead',
} as const

const describe = ({ name, jwksUrls }: KeyLocations) => ({
  pool: name,
  jwksUrls: jwksUrlsOf({ jwksUrls }),
})

const toCause = (failure: KeyRingStatus['lastFailure']) =>
  failure && { reason: failure.reason, ...(failure.code !== undefined && { code: failure.code }) }
