/**
 * The process of the server under test: the plugin with two pools, and three routes that name who is asking.
 * @module
 */
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import cognito from '../src/index.js'
import { toParent } from './child.js'
import type { FromServer, ToServer } from './messages.js'
import { watchStalls, watchVitals } from './vitals.js'
import { believe, type Change, WEAKNESSES } from './weaknesses.js'

type Start = Extract<ToServer, { readonly what: 'start' }>

const SAMPLE_MS = 1000
/**
 * Once in so many samples the garbage is collected: so that the memory is what the server holds on to, and not what the
 * collector has not come round to, which varies by a fifth.
 */
const COLLECT_EVERY = 5
/** A connection that the server closes while the load is about to use it would look like a fault. */
const KEEP_ALIVE_MS = 24 * 60 * 60 * 1000

function addRoutes(app: FastifyInstance, { isUnguarded = false }: Change): void {
  if (isUnguarded) {
    for (const path of ['/eu', '/us', '/optional']) app.get(path, async (request) => believe(request))
    return
  }
  app.get('/eu', { onRequest: app.authRequired('eu') }, async ({ cognito }) => cognito.subject)
  app.get('/us', { onRequest: app.authRequired('us') }, async ({ cognito }) => cognito.subject)
  app.get(
    '/optional',
    { onRequest: app.authOptional('eu') },
    async ({ cognito }) => cognito?.subject ?? 'nobody',
  )
}

async function listen({ pools, keys, weakness }: Start): Promise<number> {
  const change: Change = weakness === undefined ? {} : WEAKNESSES[weakness]
  const app = Fastify({ keepAliveTimeout: KEEP_ALIVE_MS })
  await app.register(cognito, { pools, keys: { ...keys, ...change.keys } })
  change.prepare?.(app)
  addRoutes(app, change)
  await app.listen({ host: '127.0.0.1', port: 0 })
  return (app.server.address() as AddressInfo).port
}

const sample = watchVitals()
const tell = toParent<ToServer, FromServer>(async (message) => {
  if (message.what === 'rest') {
    globalThis.gc?.()
    tell({ what: 'rest', vitals: sample() })
    return
  }
  tell({ what: 'listening', port: await listen(message) })
  watchStalls((from, until) => tell({ what: 'stall', from, until }))
  let samples = 0
  setInterval(() => {
    if (++samples % COLLECT_EVERY === 0) globalThis.gc?.()
    tell({ what: 'vitals', vitals: sample() })
  }, SAMPLE_MS)
})
