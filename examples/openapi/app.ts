/**
 * A shop with an OpenAPI document that has the requirements of each route, and with Swagger UI to try the routes.
 * @module
 */
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import Fastify, { type FastifyInstance } from 'fastify'
// Your application imports from 'fastify-cognito'.
import cognito, { type PoolSet } from '../../src/index.js'

/**
 * Makes the application, ready to listen.
 *
 * @param pools - `customers`, with access tokens, and `staff`
 */
export async function createApp(pools: PoolSet): Promise<FastifyInstance> {
  const app = Fastify()
  // The plugin comes before any route, so that the audit sees all routes. A route without a guard stops the boot.
  await app.register(cognito, { pools, routes: 'error' })
  await app.register(swagger, (parent) =>
    parent.cognito.openapi({ openapi: { info: { title: 'Shop', version: '1.0.0' } } }),
  )
  app.register(addDocumentation)
  app.register(addShopRoutes)
  app.register(addStaffRoutes, { prefix: '/staff' })
  return app
}

/** The pages of Swagger UI are open, and their `config` exempts them from the audit. */
async function addDocumentation(scope: FastifyInstance): Promise<void> {
  scope.addHook('onRoute', (route) => {
    route.config = { ...route.config, cognito: false }
  })
  await scope.register(swaggerUi, {
    routePrefix: '/documentation',
    uiConfig: { persistAuthorization: true },
    // This is for pools with a `domain`. A client id here would be for every pool, so users type it in the dialog.
    initOAuth: { usePkceWithAuthorizationCodeGrant: true },
  })
}

const NEW_ORDER = {
  type: 'object',
  required: ['article'],
  properties: { article: { type: 'string' } },
} as const

async function addShopRoutes(shop: FastifyInstance): Promise<void> {
  shop.get('/health', { config: { cognito: false } }, async () => ({ ok: true }))

  // This route is open too, but it knows the user if the request has a token.
  shop.get('/articles', { onRequest: shop.authOptional('customers') }, async (request) => ({
    articles: ['tea'],
    for: request.cognito?.subject ?? 'everybody',
  }))

  const readers = shop.authRequired('customers', { scopes: 'orders/read' })
  const schema = { summary: 'Your orders', description: 'The latest comes first.' }
  shop.get('/orders', { onRequest: readers, schema }, async (request) => ({ of: request.cognito.subject }))

  const writers = shop.authRequired('customers', { scopes: ['orders/read', 'orders/write'] })
  shop.post('/orders', { onRequest: writers, schema: { body: NEW_ORDER } }, async (request, reply) =>
    reply.code(201).send({ by: request.cognito.subject }),
  )
}

/** One guard protects a whole scope. The document shows the routes of the scope, and the audit accepts them. */
async function addStaffRoutes(scope: FastifyInstance): Promise<void> {
  const staff = scope.cognito.protect(
    scope,
    scope.authRequired('staff', { groups: { anyOf: ['admin', 'ops'] } }),
  )
  staff.get('/me', async (request) => ({ subject: request.cognito.subject }))
}
