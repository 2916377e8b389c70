// A fresh process, as Lambda starts one: prints the milliseconds of each step as JSON.
import { performance } from 'node:perf_hooks'

const { pool, token } = JSON.parse(process.argv[2])
const event = {
  version: '2.0',
  rawPath: '/me',
  headers: { authorization: `Bearer ${token}` },
  requestContext: { http: { method: 'GET', path: '/me', sourceIp: '192.0.2.1' } },
  isBase64Encoded: false,
}

const steps = {}
async function time(step, action) {
  const start = performance.now()
  const result = await action()
  steps[step] = performance.now() - start
  return result
}

const { default: Fastify } = await time('import of fastify', () => import('fastify'))
const { default: adapt } = await time('of the adapter', () => import('@fastify/aws-lambda'))
const { default: cognito } = await time('of fastify-cognito', () => import('fastify-cognito'))
const app = Fastify()
const handler = await time('boot', async () => {
  await app.register(cognito, { pools: { users: pool }, keys: { prefetch: false } })
  app.get('/me', { onRequest: app.authRequired('users') }, async (request) => request.cognito.subject)
  const adapted = adapt(app)
  await app.ready()
  return adapted
})
const ask = async () => {
  const { statusCode, body } = await handler(event, {})
  if (statusCode !== 200) throw new Error(body)
}
await time('first request, with its fetch of keys', ask)
await time('second request', ask)
process.stdout.write(JSON.stringify(steps), () => process.exit(0))
