/**
 * Pools from the environment or from a file, one that was written for fastapi-cognito included.
 * @module
 */
import Fastify, { type FastifyInstance } from 'fastify'
// In an application of your own: from 'fastify-cognito' and 'fastify-cognito/settings'.
import cognito from '../../src/index.js'
import { poolsFromEnv, poolsFromFile } from '../../src/settings/index.js'

/**
 * Makes the application.
 *
 * @param env - `COGNITO_FILE` names a file; without it the pools are in the environment themselves
 */
export async function createApp(env: Readonly<Record<string, string | undefined>>): Promise<FastifyInstance> {
  const { COGNITO_FILE: file, ...variables } = env
  const app = Fastify()
  await app.register(cognito, file === undefined ? poolsFromEnv(variables) : poolsFromFile(file))
  app.get('/me', { onRequest: app.authRequired() }, async (request) => request.cognito.pool)
  return app
}
