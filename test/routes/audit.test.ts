/**
 * The audit of routes: which ones are listed as open, which are not, and what becomes of the application.
 * @module
 */
import fastifyAuth from '@fastify/auth'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import cognito, { type PluginOptions } from '../../src/index.js'
import { createApp, startIssuer } from '../support/app.js'

const { eu } = await startIssuer(t)
const pools = () => ({ eu: eu.options() })
const answer = async () => 'in'

/** An app that keeps the warnings of its log. */
function createLogged(warnings: { routes: readonly string[]; msg: string }[]): FastifyServerOptions {
  return {
    logger: { level: 'warn', stream: { write: (line: string) => void warnings.push(JSON.parse(line)) } },
  }
}

/** The message that stops the boot, or `undefined` where nothing does. */
async function refusal(app: FastifyInstance): Promise<string | undefined> {
  try {
    await app.ready()
    return undefined
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return error.message
  }
}

/** The routes that the audit lists. */
async function listed(app: FastifyInstance): Promise<readonly string[]> {
  const [, ...lines] = (await refusal(app))?.split('\n  ') ?? ['']
  return lines
}

const createAudited = (t: Test, options: Partial<PluginOptions> = {}, server: FastifyServerOptions = {}) =>
  createApp(t, pools(), { routes: 'error', ...options }, server)

t.test('every route without a guard is listed, and no other', async (t) => {
  const app = await createAudited(t)
  const [required, optional] = [app.authRequired('eu'), app.authOptional('eu')]
  await app.register(fastifyAuth)
  app.get('/required', { onRequest: required }, answer)
  app.get('/optional', { preHandler: [async () => {}, optional] }, answer)
  app.get('/pre-validation', { preValidation: required }, answer)
  app.get('/exempt', { config: { cognito: false } }, answer)
  app.get('/composed', { onRequest: app.cognito.composed(app.auth([required]), [required]) }, answer)
  app.get('/open', answer)
  app.post('/open', { onRequest: async () => {} }, answer)
  app.get('/undefined', { config: { cognito: undefined as never } }, answer)
  app.get('/unsaid', { onRequest: app.auth([required]) }, answer)
  app.get('/by/:id', { config: { other: false } as never }, answer)
  app.register(
    async (scope) => {
      scope.get('/', answer)
      app.cognito.protect(scope, required).get('/me', answer)
      scope.register(async (child) => child.get('/child', answer))
    },
    { prefix: '/protected' },
  )
  app.register(
    async (scope) => {
      scope.addHook('onRequest', required)
      scope.get('/', answer)
    },
    { prefix: '/hooked' },
  )
  t.strictSame(await listed(app), [
    'GET /open',
    'POST /open',
    'GET /undefined',
    'GET /unsaid',
    'GET /by/:id',
    'GET /hooked',
  ])
})

t.test('the error says what to do, and stops whatever starts the application', async (t) => {
  const app = await createAudited(t)
  app.get('/open', answer)
  const message = (await refusal(app)) ?? ''
  t.match(message, /^routes: expected a guard before every route, or config: \{ cognito: false \} on it\./)
  for (const word of ['app.cognito.protect', 'addHook', 'app.cognito.composed']) t.ok(message.includes(word))
  await t.rejects(app.listen({ port: 0, host: '127.0.0.1' }), TypeError)
  const guarded = await createAudited(t)
  guarded.get('/', { onRequest: guarded.authRequired('eu') }, answer)
  t.equal(await refusal(guarded), undefined)
  t.equal((await guarded.inject('/')).statusCode, 401)
})

t.test('a warning has the list and starts the application; by default nobody is asked', async (t) => {
  for (const [routes, expected] of [
    ['warn', 1],
    [false, 0],
    [undefined, 0],
  ] as const) {
    const warnings: { routes: readonly string[]; msg: string }[] = []
    const app = await createApp(t, pools(), routes === undefined ? {} : { routes }, createLogged(warnings))
    app.get('/open', answer)
    app.get('/guarded', { onRequest: app.authRequired('eu') }, answer)
    t.equal((await app.inject('/open')).statusCode, 200)
    t.equal(warnings.length, expected, String(routes))
    if (expected > 0)
      t.match(warnings, [{ routes: ['GET /open'], msg: /^fastify-cognito: expected a guard/ }])
  }
})

t.test('methods: a HEAD with its GET is listed once, OPTIONS never', async (t) => {
  const app = await createAudited(t)
  app.get('/get', answer)
  app.head('/head', answer)
  app.options('/preflight', answer)
  app.route({ method: ['GET', 'OPTIONS', 'PUT'], url: '/several', handler: answer })
  app.get('/one', { exposeHeadRoute: false }, answer)
  app.get('/version', { constraints: { version: '1.0.0' } }, answer)
  app.get('/version', { constraints: { version: '2.0.0' } }, answer)
  app.register(async (scope) => scope.get('/', answer), { prefix: '/slash' })
  t.strictSame(await listed(app), [
    'GET /get',
    'HEAD /head',
    'GET, PUT /several',
    'GET /one',
    'GET /version',
    'GET /slash',
  ])
})

t.test('a guard that an onRoute hook adds later counts, also before the HEAD of a GET', async (t) => {
  const app = await createAudited(t)
  app.addHook('onRoute', (route) => {
    if (route.config?.cognito !== false && route.method !== 'POST') {
      route.onRequest = [app.authRequired('eu') as never, ...[route.onRequest ?? []].flat()]
    }
  })
  app.get('/get', answer)
  app.post('/post', answer)
  app.get('/open', { config: { cognito: false } }, answer)
  t.strictSame(await listed(app), ['POST /post'])
})

t.test('the routes of another plugin are exempted by its scope', async (t) => {
  const app = await createAudited(t)
  await app.register(swagger, (parent) => parent.cognito.openapi())
  await app.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, cognito: false }
    })
    await scope.register(swaggerUi, { routePrefix: '/documentation' })
  })
  app.get('/guarded', { onRequest: app.authRequired('eu') }, answer)
  t.strictSame(await listed(app), [])
  t.equal((await app.inject('/documentation/json')).statusCode, 200)
  const without = await createAudited(t)
  await without.register(swagger, (parent) => parent.cognito.openapi())
  await without.register(swaggerUi, { routePrefix: '/documentation' })
  t.ok((await listed(without)).includes('GET /documentation/json'))
})

t.test('routes that were there before the plugin are not overlooked', async (t) => {
  const register = (app: FastifyInstance, routes: 'warn' | 'error') =>
    app.register(cognito, { pools: pools(), routes, keys: { prefetch: false } })
  const late = Fastify()
  t.teardown(() => late.close())
  late.get('/early', answer)
  register(late, 'error')
  const message = await refusal(late)
  t.match(message, /^routes: expected the plugin to be registered, with await, before the first route/)
  t.match(message, /\/early \(GET, HEAD\)/)

  const warnings: { routes: readonly string[]; msg: string }[] = []
  const warned = Fastify(createLogged(warnings))
  t.teardown(() => warned.close())
  warned.get('/early', answer)
  await register(warned, 'warn')
  t.equal(await refusal(warned), undefined)
  t.match(warnings, [{ routes: [/\/early/], msg: /before the first route/ }])

  const preflight = Fastify()
  t.teardown(() => preflight.close())
  preflight.options('*', answer)
  await register(preflight, 'error')
  t.equal(await refusal(preflight), undefined, 'a preflight is no business of guards')

  const nested = Fastify()
  t.teardown(() => nested.close())
  nested.get('/outside', answer)
  nested.register(async (scope) => {
    await register(scope, 'error')
    scope.get('/inside', { onRequest: scope.authRequired('eu') }, answer)
  })
  t.equal(await refusal(nested), undefined, 'what lies outside of the plugin’s scope is not asked')
})

t.test('only what a route itself says exempts it', async (t) => {
  const app = await createAudited(t)
  app.get('/own', { config: { cognito: false } }, answer)
  app.get('/inherited', { config: Object.create({ cognito: false }) }, answer)
  app.setNotFoundHandler({ config: Object.create({ cognito: false }) }, answer)
  t.strictSame(await listed(app), ['GET /inherited', 'setNotFoundHandler'])
})

t.test('a handler for what is not found is listed where no guard stands before it', async (t) => {
  const open = await createAudited(t)
  open.setNotFoundHandler(answer)
  open.register(async (scope) => void scope.setNotFoundHandler({ preHandler: async () => {} }, answer), {
    prefix: '/users',
  })
  t.strictSame(await listed(open), ['setNotFoundHandler', 'setNotFoundHandler in /users'])

  // An open route of another scope gets to it by callNotFound, which runs no hook of onRequest.
  const beside = await createAudited(t)
  beside.register(async (scope) => {
    beside.cognito.protect(scope, beside.authRequired('eu'))
    scope.setNotFoundHandler(answer)
  })
  t.strictSame(await listed(beside), ['setNotFoundHandler'])

  const closed = await createAudited(t)
  const guard = closed.authRequired('eu')
  closed.setNotFoundHandler({ preHandler: [async () => {}, guard] }, answer)
  closed.register(
    async (scope) => void scope.setNotFoundHandler({ config: { cognito: false } }, async () => 'a page'),
    { prefix: '/pages' },
  )
  closed.register(
    async (scope) => {
      scope.setNotFoundHandler(answer)
      closed.cognito.protect(scope, guard)
    },
    { prefix: '/protected' },
  )
  closed.register(
    async (scope) => void (scope as unknown as { setNotFoundHandler(): void }).setNotFoundHandler(),
    { prefix: '/by-fastify' },
  )
  t.strictSame(await listed(closed), [])
  for (const [url, status] of [
    ['/nothing', 401],
    ['/pages/nothing', 200],
    ['/protected/nothing', 401],
    ['/by-fastify/nothing', 404],
  ] as const) {
    t.equal((await closed.inject(url)).statusCode, status, url)
  }
})

t.test('a hook before the guard of its route is a warning, because it can answer', async (t) => {
  const warnings: { routes: readonly string[]; msg: string }[] = []
  const app = await createAudited(t, {}, createLogged(warnings))
  const guard = app.authRequired('eu')
  const serve = async (_request: unknown, reply: { send: (text: string) => unknown }) =>
    reply.send('from a cache')
  app.get('/first', { onRequest: [guard, serve], preHandler: serve }, answer)
  app.get('/second', { onRequest: [serve, guard] }, answer)
  app.head(
    '/later',
    { onRequest: serve, preParsing: async () => undefined as never, preHandler: [serve, guard] },
    answer,
  )
  app.get('/open', { onRequest: serve, config: { cognito: false } }, answer)
  app.register(
    async (scope) => {
      app.cognito.protect(scope, guard).get('/', { onRequest: [serve, guard] }, answer)
    },
    { prefix: '/protected' },
  )
  t.strictSame(await listed(app), [])
  t.match(warnings, [{ msg: /^fastify-cognito: expected the guard of a route before its other hooks/ }])
  t.strictSame(warnings[0]?.routes, [
    'GET /second: onRequest',
    'HEAD /later: onRequest, preParsing, preHandler',
  ])
  t.equal(warnings.length, 1)
  for (const [url, status] of [
    ['/first', 401],
    ['/second', 200],
    ['/protected', 401],
  ] as const) {
    t.equal((await app.inject(url)).statusCode, status, url)
  }
})
