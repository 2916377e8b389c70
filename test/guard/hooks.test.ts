/**
 * Where a guard runs: in each hook, for a whole scope, inside @fastify/auth, and where the plugin is not registered.
 * @module
 */
import fastifyAuth from '@fastify/auth'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import t from 'tap'
import { bearer, createApp, startIssuer } from '../support/app.js'

const { eu, us } = await startIssuer(t)
const pools = () => ({ eu: eu.options(), us: us.options() })
const pool = async (request: FastifyRequest) => ({ pool: request.cognito?.pool ?? null })

async function status(app: FastifyInstance, url: string, token?: string): Promise<number> {
  return (await app.inject({ url, headers: token === undefined ? {} : bearer(token) })).statusCode
}

t.test('in every hook, for a whole scope, and inside @fastify/auth', async (t) => {
  const app = await createApp(t, pools())
  await app.register(fastifyAuth)
  const guard = app.authRequired('eu')
  app.get('/onRequest', { onRequest: guard }, pool)
  app.get('/preValidation', { preValidation: [guard] }, pool)
  app.get('/preHandler', { preHandler: guard }, pool)
  app.get(
    '/or',
    { onRequest: app.auth([app.authRequired('us', { scopes: 'a' }), app.authRequired('eu')]) },
    pool,
  )
  app.get(
    '/and',
    {
      onRequest: app.auth([app.authRequired(['eu', 'us']), app.authRequired('eu', { scopes: 'a' })], {
        relation: 'and',
      }),
    },
    pool,
  )
  app.register(
    async (scope) => {
      scope.addHook('onRequest', scope.authRequired('eu'))
      scope.get('/a', pool)
      scope.register(async (child) => child.get('/b', pool))
      scope.setNotFoundHandler(async () => 'nothing')
    },
    { prefix: '/scope' },
  )
  for (const url of ['/onRequest', '/preValidation', '/preHandler', '/or', '/scope/a', '/scope/b']) {
    t.equal(await status(app, url), 401, url)
    t.equal(await status(app, url, us.accessToken()), 401, url)
    t.equal(await status(app, url, eu.accessToken()), 200, url)
  }
  t.equal(await status(app, '/or', us.accessToken({ scope: 'a' })), 200)
  t.equal(await status(app, '/and', eu.accessToken({ scope: 'a' })), 200)
  t.equal(await status(app, '/and', eu.accessToken({ scope: 'b' })), 403)
  t.equal(await status(app, '/and', us.accessToken({ scope: 'a' })), 401)
  t.equal(await status(app, '/scope/nowhere'), 401, 'unknown URLs of a scope with a handler of its own')
  t.notOk((await app.inject({ url: '/or', headers: bearer(eu.accessToken()) })).headers['www-authenticate'])
})

t.test('an anonymous body is refused before it is read', async (t) => {
  const app = await createApp(t, pools())
  app.post('/before', { onRequest: app.authRequired('eu') }, pool)
  app.post('/after', { preValidation: app.authRequired('eu') }, pool)
  const post = async (url: string, headers = {}) =>
    (
      await app.inject({
        url,
        method: 'POST',
        payload: '{',
        headers: { 'content-type': 'application/json', ...headers },
      })
    ).statusCode
  t.equal(await post('/before'), 401)
  t.equal(await post('/after'), 400, 'a later hook runs when the body has been parsed')
  t.equal(await post('/before', bearer(eu.accessToken())), 400)
})

t.test('a guard that a function of the application calls as another hook lets nobody in', async (t) => {
  const app = await createApp(t, pools())
  const guard = app.authRequired('eu') as unknown as (...given: unknown[]) => void
  app.get('/', { preParsing: (...given) => guard(...given) }, pool)
  t.equal(await status(app, '/', eu.accessToken()), 500)
  t.equal(await status(app, '/'), 500)
})

t.test('a guard used where the plugin is not registered lets nobody in', async (t) => {
  const app = await createApp(t, pools())
  const other = Fastify()
  t.teardown(() => other.close())
  other.get('/', { onRequest: app.authRequired('eu') }, async () => 'in')
  other.get('/optional', { onRequest: app.authOptional('eu') }, async () => 'in')
  t.equal(await status(other, '/', eu.accessToken()), 500)
  t.equal(await status(other, '/optional'), 500)
  t.equal(await status(other, '/'), 401)
})

t.test('the reply is the application’s: nothing is sent by a guard', async (t) => {
  const app = await createApp(t, pools())
  app.setErrorHandler((error: Error & { code?: string }, _request, reply: FastifyReply) =>
    reply.code(418).send({ mine: error.code }),
  )
  app.get('/', { onRequest: app.authRequired('eu') }, pool)
  const response = await app.inject('/')
  t.strictSame([response.statusCode, response.body], [418, '{"mine":"COGNITO_ERR_TOKEN_MISSING"}'])
  t.equal(response.headers['www-authenticate'], 'Bearer realm="api"', 'and the challenge survives')
  const plain = await createApp(t, pools())
  plain.setErrorHandler((error: Error & { code?: string }, _request, reply) =>
    reply.send({ mine: error.code }),
  )
  plain.get('/', { onRequest: plain.authRequired('eu') }, pool)
  t.equal((await plain.inject('/')).statusCode, 401, 'a handler that sets no status does not answer 200')
})
