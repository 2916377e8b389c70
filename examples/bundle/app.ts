/**
 * A server that esbuild makes one file of: as an ES module, and as CommonJS, with settings in JSON and in YAML.
 * @module
 */
import Fastify from 'fastify'
import cognito from 'fastify-cognito'
import { poolsFromFile } from 'fastify-cognito/settings'

/** Listens on a free port of this machine, and prints its address. */
async function serve(settings: string): Promise<void> {
  const app = Fastify()
  await app.register(cognito, poolsFromFile(settings))
  app.get('/me', { onRequest: app.authRequired() }, async ({ cognito: { subject } }) => ({ subject }))
  console.log(await app.listen({ host: '127.0.0.1', port: 0 }))
}

// A bundle in CommonJS has no `await` outside of functions.
serve(process.argv[2] ?? '').catch((error) => {
  console.error(error)
  process.exitCode = 1
})
