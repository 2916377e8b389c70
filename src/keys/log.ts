/**
 * Logs when the endpoints of a pool fail, when they answer again, and when the key store is not trusted.
 * @module
 */
import { type Clock, monotonicClock } from '../base/clock.js'
import type { KeyRingStatus } from './key-ring.js'
import { jwksUrlsOf, type KeyLocations } from './locations.js'
import type { KeysListener } from './pool-keys.js'

/** The methods of the application's logger that are used. */
interface KeysLogger {
  readonly warn: (details: object, message: string) => void
  readonly info: (details: object, message: string) => void
}

/** Shortest time between two warnings about one pool; milliseconds. */
const PAUSE_MS = 60_000

/** Makes the listener that writes the log of one pool. */
export function createKeysLog(
  pool: KeyLocations,
  logger: KeysLogger,
  { now }: Clock = monotonicClock,
): KeysListener {
  let logged: 'degraded' | 'down' | undefined
  let mayWarnAt = Number.NEGATIVE_INFINITY
  let storeFailures: Set<string> | undefined
  return {
    onStatus({ state, lastFailure }) {
      if (state !== 'degraded' && state !== 'down') {
        if (logged !== undefined) logger.info(describe(pool), MESSAGES.ok)
        logged = undefined
      } else if (logged !== state && logged !== 'down' && now() >= mayWarnAt) {
        logged = state
        mayWarnAt = now() + PAUSE_MS
        logger.warn({ ...describe(pool), ...toCause(lastFailure) }, MESSAGES[state])
      }
    },
    onStoreFailure(code) {
      storeFailures ??= new Set()
      if (storeFailures.has(code)) return
      storeFailures.add(code)
      logger.warn({ pool: pool.name, code }, MESSAGES.store)
    },
  }
}

const MESSAGES = {
  degraded:
    'fastify-cognito: no JWKS endpoint of this pool answers; the held keys are used for up to keys.staleIfError seconds',
  down: 'fastify-cognito: no JWKS endpoint of this pool answers; requests with its tokens get 503 until an endpoint answers',
  ok: 'fastify-cognito: a JWKS endpoint of this pool answers again',
  store:
    'fastify-cognito: keys.store failed, or its key set for this pool cannot be trusted; the endpoint is asked instead',
} as const

const describe = ({ name, jwksUrls }: KeyLocations) => ({
  pool: name,
  jwksUrls: jwksUrlsOf({ jwksUrls }),
})

const toCause = (failure: KeyRingStatus['lastFailure']) =>
  failure && { reason: failure.reason, ...(failure.code !== undefined && { code: failure.code }) }
