/**
 * An API whose tests run in Jest, as ES modules and as CommonJS, with the time of Jest.
 * @module
 */
import Fastify, { type FastifyInstance } from 'fastify'
import cognito, { type PoolOptions } from 'fastify-cognito'

/** Makes the application. */
export async function createApp(pool: PoolOptions): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(cognito, { pools: { users: pool }, keys: { prefetch: false } })
  app.get('/me', { onRequest: app.authRequired('users') }, async (request) => request.cognito.subject)
  return app
}
