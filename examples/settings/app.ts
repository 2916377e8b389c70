/**
 * Pools from the environment or from a file. The file may be one of fastapi-cognito.
 * @module
 */
import Fastify, { type FastifyInstance } from 'fastify'
// Your application imports from 'fastify-cognito' and 'fastify-cognito/settings'.
import cognito from '../../src/index.js'
import { poolsFromEnv, poolsFromFile } from '../../src/settings/index.js'

/**
 * Makes the application.
 *
 * @param env - `COGNITO_FILE` names a file; without it the environment itself has the pools
 */
export async function createApp(env: Readonly<Record<string, string | undefined>>): Promise<FastifyInstance> {
  const { COGNITO_FILE: file, ...variables } = env
  const app = Fastify()
  await app.register(cognito, file === undefined ? poolsFromEnv(variables) : poolsFromFile(file))
  app.get('/me', { onRequest: app.authRequired() }, async (request) => request.cognito.pool)
  return app
}
