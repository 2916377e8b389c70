/**
 * An application in AWS Lambda, behind API Gateway, an ALB or a function URL, with whole answers and with streams.
 * @module
 */
import { Readable } from 'node:stream'
import Fastify, { type FastifyInstance } from 'fastify'
import cognito, { type PoolOptions } from 'fastify-cognito'

/** Makes the application. It does not listen, and does not know which AWS service calls it. */
export async function createApp(pool: PoolOptions): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(cognito, {
    pools: { users: pool },
    // A fetch in the background would be frozen with the function, because Lambda freezes it after the answer.
    keys: { prefetch: false },
  })
  const guard = app.authRequired('users')

  app.get('/me', { onRequest: guard }, async ({ cognito: { subject } }) => ({ subject }))
  app.post('/orders', { onRequest: guard }, async ({ cognito: { subject }, body }) => ({ subject, body }))
  app.get('/report', { onRequest: guard }, async ({ cognito: { subject } }, reply) =>
    reply.type('text/csv').send(Readable.from(['subject\n', `${subject}\n`])),
  )

  return app
}
