/**
 * Server-sent events and streams that end with the token: when it expires, and when it is revoked.
 * @module
 */
import { PassThrough, Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { fastifySSE } from '@fastify/sse'
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import cognito, { type PoolOptions } from 'fastify-cognito'
import { memoryRevocation } from 'fastify-cognito/revocation'

/** Fires when the client has left. */
function leavingOf(reply: FastifyReply): AbortSignal {
  const leaving = new AbortController()
  reply.raw.once('close', () => leaving.abort())
  return leaving.signal
}

/** Counts until the signal fires. A generator has to wait with the signal, because nobody else can wake it. */
async function* count(signal: AbortSignal) {
  try {
    for (let data = 0; ; data += 1) {
      yield { data }
      await pause(100, undefined, { signal })
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** Makes the application, ready to listen. */
export async function createApp(pool: PoolOptions): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(fastifySSE)
  await app.register(cognito, { pools: { users: pool }, revocation: { store: memoryRevocation() } })
  const { expirySignal, closeOnExpiry } = app.cognito
  const onRequest = app.authRequired('users')

  // Events that come from elsewhere: the reply is closed.
  app.get('/news', { sse: 'only', onRequest }, async (request, reply) => {
    reply.sse.keepAlive()
    closeOnExpiry(reply.sse, request.cognito)
    await reply.sse.send({ data: 'hello' })
  })

  // Events of a generator: the generator ends.
  app.get('/count', { sse: 'only', onRequest }, async (request, reply) => {
    await reply.sse.send(count(expirySignal(request.cognito, { signal: leavingOf(reply) })))
  })

  // A stream of the application: it ends as if it were complete.
  app.get('/log', { onRequest }, async (request, reply) => {
    const log = new PassThrough()
    log.write('opened\n')
    closeOnExpiry(log, request.cognito)
    return reply.type('text/plain').send(log)
  })

  // A readable stream that is made of a generator.
  app.get('/lines', { onRequest }, async (request, reply) => {
    const signal = expirySignal(request.cognito, { signal: leavingOf(reply) })
    async function* lines() {
      for await (const { data } of count(signal)) yield `${data}\n`
    }
    return reply.type('text/plain').send(Readable.from(lines()))
  })

  app.post('/sign-out', { onRequest }, async (request, reply) => {
    await app.cognito.revoke({ pool: 'users', by: 'sub', value: request.cognito.subject })
    return reply.code(204).send()
  })
  return app
}
