/**
 * Routes that import neither the pools nor the plugin: one declaration in the program types them all the same.
 */
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { expectType } from './expect.js'

export const routes: FastifyPluginAsync = async (app) => {
  app.get('/tenant', { onRequest: app.authRequired('us') }, async (request) => {
    expectType<'us'>()(request.cognito.pool)
    return request.cognito.claims.tenantId
  })
  // @ts-expect-error an unknown pool
  app.authRequired('asia')
}

export function moreRoutes(app: FastifyInstance) {
  app.get('/trial', { onRequest: app.authOptional('trials') }, async (request) => {
    expectType<Date | undefined>()(request.cognito?.claims.endsAt)
  })
}
