/**
 * An application that does not start while one of its routes has no guard.
 * @module
 */
import Fastify, { type FastifyInstance } from 'fastify'
// Your application imports from 'fastify-cognito'.
import cognito, { type PoolOptions } from '../../src/index.js'

/** Makes the application. `addMore` adds routes that may lack a guard. */
export async function createApp(
  pool: PoolOptions,
  addMore: (app: FastifyInstance) => void = () => {},
): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(cognito, { pools: { eu: pool }, routes: 'error' })

  app.get('/health', { config: { cognito: false } }, async () => 'ok')
  app.get('/me', { onRequest: app.authRequired('eu') }, async (request) => request.cognito.subject)
  app.register(
    async (scope) => {
      const staff = app.cognito.protect(scope, app.authRequired('eu', { groups: 'staff' }))
      staff.get('/orders', async () => [])
    },
    { prefix: '/staff' },
  )
  addMore(app)
  return app
}
