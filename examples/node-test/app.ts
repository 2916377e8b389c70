/**
 * An API whose tests run in the test runner of Node, with its time.
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
