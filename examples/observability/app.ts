/**
 * Metrics of verifications, refusals and fetches of key sets, for Prometheus; and a readiness probe.
 * @module
 */
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel'
import Fastify, { type FastifyInstance } from 'fastify'
import { Counter, Histogram, Registry } from 'prom-client'
// Your application imports from 'fastify-cognito'.
import cognito, {
  type JwksFetchMessage,
  type PoolOptions,
  type VerificationMessage,
} from '../../src/index.js'

/** Measures what the plugin does in this process. The labels come from closed sets. */
function measure(registers: Registry[]): () => void {
  const verifications = new Histogram({
    name: 'cognito_verification_seconds',
    help: 'Duration of verifications',
    labelNames: ['pool', 'outcome', 'cached'],
    buckets: [0.000_01, 0.000_1, 0.001, 0.01, 0.1, 1, 3],
    registers,
  })
  const refusals = new Counter({
    name: 'cognito_refusals_total',
    help: 'Refused requests',
    labelNames: ['pool', 'code', 'reason'],
    registers,
  })
  const fetches = new Counter({
    name: 'cognito_key_fetches_total',
    help: 'Fetches of key sets',
    labelNames: ['pool', 'outcome'],
    registers,
  })

  const verified = (message: unknown) => {
    const { pool = '', outcome = '', cached, durationMs = 0 } = message as VerificationMessage
    verifications.observe({ pool, outcome, cached: String(cached ?? '') }, durationMs / 1000)
  }
  const rejected = (message: unknown) => {
    const { pool = '', code = '', reasonCode = '' } = message as VerificationMessage
    refusals.inc({ pool, code, reason: reasonCode })
  }
  const fetched = (message: unknown) => {
    const { pool, outcome = '' } = message as JwksFetchMessage
    fetches.inc({ pool, outcome })
  }
  const { asyncStart } = tracingChannel('fastify-cognito.verify')
  const { asyncEnd } = tracingChannel('fastify-cognito.jwks.fetch')
  asyncStart.subscribe(verified)
  subscribe('fastify-cognito.rejected', rejected)
  asyncEnd.subscribe(fetched)
  return () => {
    asyncStart.unsubscribe(verified)
    unsubscribe('fastify-cognito.rejected', rejected)
    asyncEnd.unsubscribe(fetched)
  }
}

/** Makes the application. */
export async function createApp(pools: Readonly<Record<string, PoolOptions>>): Promise<FastifyInstance> {
  const app = Fastify()
  const registry = new Registry()
  const stop = measure([registry])
  app.addHook('onClose', async () => stop())
  await app.register(cognito, { pools, keys: { prefetch: false } })

  app.get('/me', { onRequest: app.authRequired() }, async (request) => request.cognito.subject)
  app.get('/metrics', async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  )
  app.get('/ready', async (_request, reply) => {
    const states = Object.entries(app.cognito.status()).map(([pool, { state }]) => [pool, state] as const)
    const isReady = states.every(([, state]) => state !== 'down')
    return reply.code(isReady ? 200 : 503).send(Object.fromEntries(states))
  })
  return app
}
