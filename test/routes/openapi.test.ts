/**
 * OpenAPI: what guards look like in the document of @fastify/swagger, and that nothing else changes for it.
 * @module
 */
import fastifyAuth from '@fastify/auth'
import type { FastifyError, FastifyInstance, RouteShorthandOptions } from 'fastify'
import t, { type Test } from 'tap'
import type { PoolOptions } from '../../src/index.js'
import { bearer, createApp, startIssuer } from '../support/app.js'
import { createDocumented as create } from '../support/openapi.js'

const { eu, us } = await startIssuer(t)
const ACR = ['password', 'code', 'two', 'totp'] as const
const pools = () => ({ eu: eu.options(), us: us.options({ tokenUse: 'id', acr: ACR }) })

/** An app of these pools, or of the pools that are given, with its document. */
const createDocumented = (
  test: Test,
  options: object | undefined,
  addRoutes: (app: FastifyInstance) => void | Promise<void>,
  given: Readonly<Record<string, PoolOptions>> = pools(),
) => create(test, options, addRoutes, given)

const answer = async () => 'in'

t.test('a guarded route tells its pools, in every shape and in every hook', async (t) => {
  const { document } = await createDocumented(t, {}, (app) => {
    const routes: Record<string, RouteShorthandOptions> = {
      '/default': { onRequest: app.authRequired() as never },
      '/name': { preValidation: app.authRequired('us') as never },
      '/list': { preHandler: app.authRequired(['eu', 'us']) as never },
      '/function': { onRequest: app.authRequired(() => 'us') as never },
      '/optional': { onRequest: app.authOptional('eu') as never },
      '/among-others': { onRequest: [async () => {}, app.authRequired('us') as never] },
      '/open': { onRequest: async () => {} },
    }
    for (const [url, options] of Object.entries(routes)) app.get(url, options, answer)
    app.post('/name', { onRequest: app.authRequired('eu') }, answer)
    app.route({ method: ['PUT', 'PATCH'], url: '/name', onRequest: app.authRequired('us'), handler: answer })
  })
  const securityOf = (url: string, method = 'get') => document.paths[url]?.[method]?.security
  t.strictSame(securityOf('/default'), [{ eu: [] }])
  t.strictSame(securityOf('/name'), [{ us: [] }])
  t.strictSame(securityOf('/name', 'post'), [{ eu: [] }])
  t.strictSame(securityOf('/name', 'put'), [{ us: [] }])
  t.strictSame(securityOf('/name', 'patch'), [{ us: [] }])
  t.strictSame(securityOf('/list'), [{ eu: [] }, { us: [] }])
  t.strictSame(securityOf('/function'), [{ eu: [] }, { us: [] }])
  t.strictSame(securityOf('/optional'), [{}, { eu: [] }])
  t.strictSame(securityOf('/among-others'), [{ us: [] }])
  t.strictSame(document.paths['/open']?.['get'], { responses: { 200: { description: 'Default Response' } } })
  t.strictSame(Object.keys(document.paths['/name'] ?? {}).sort(), ['get', 'patch', 'post', 'put'])
})

t.test('answers: 401 and 503 behind every guard, 403 where a valid token can lack something', async (t) => {
  const { document } = await createDocumented(t, {}, (app) => {
    const get = (url: string, onRequest: unknown) => app.get(url, { onRequest: onRequest as never }, answer)
    get('/plain', app.authRequired('eu'))
    get('/optional', app.authOptional('eu'))
    get('/age', app.authRequired('eu', { maxAge: 300 }))
    get('/weak', app.authRequired('eu', { acr: { atLeast: 3 }, amr: 'mfa' }))
    get('/scopes', app.authRequired('eu', { scopes: 'a' }))
    get('/groups', app.authRequired('eu', { groups: 'a' }))
    get('/prohibited', app.authRequired('eu', { groups: { noneOf: ['a'] } }))
    get('/check', app.authRequired('eu', { check: () => true }))
    get('/user', app.authRequired('eu', { loadUser: () => 'user' }))
  })
  for (const [url, statuses] of [
    ['/plain', ['200', '401', '503']],
    ['/optional', ['200', '401', '503']],
    ['/age', ['200', '401', '503']],
    ['/weak', ['200', '401', '503']],
    ['/scopes', ['200', '401', '403', '503']],
    ['/groups', ['200', '401', '403', '503']],
    ['/prohibited', ['200', '401', '403', '503']],
    ['/check', ['200', '401', '403', '503']],
    ['/user', ['200', '401', '403', '503']],
  ] as const) {
    t.strictSame(Object.keys(document.paths[url]?.['get']?.responses ?? {}), statuses, url)
    t.match(document.paths[url]?.['get']?.responses, {
      200: { description: 'Default Response', content: undefined },
      401: {
        description: 'No valid token',
        headers: { 'WWW-Authenticate': { schema: { type: 'string' }, description: /RFC 6750/ } },
        content: undefined,
      },
      503: { headers: { 'Retry-After': { schema: { type: 'string' }, description: 'Seconds' } } },
    })
  }
})

t.test('the description tells what is asked besides the pool', async (t) => {
  const { document } = await createDocumented(t, {}, (app) => {
    const get = (url: string, onRequest: unknown, description?: string) =>
      app.get(url, { onRequest: onRequest as never, schema: { ...(description && { description }) } }, answer)
    get('/nothing', app.authRequired('eu'))
    get('/own', app.authRequired('eu', { scopes: 'a' }), 'Lists orders.')
    get('/all', app.authRequired('eu', { scopes: ['a', 'b'], groups: 'admin' }))
    get('/any', app.authRequired('eu', { scopes: { anyOf: ['a', 'b'] }, groups: { anyOf: ['x', 'y'] } }))
    get('/none', app.authRequired('eu', { groups: { anyOf: ['x', 'y'], noneOf: ['suspended'] } }))
    get('/level', app.authRequired('eu', { scopes: 'a', acr: { atLeast: 3 } }))
    get('/levels', app.authRequired(['eu', 'us'], { acr: { atLeast: 4 }, amr: { anyOf: ['hwk', 'mfa'] } }))
    get('/same', app.authRequired(['eu', 'us'], { amr: 'mfa' }))
    get('/every', app.authRequired('eu', { groups: { allOf: ['a', 'b'], anyOf: ['x'], noneOf: ['y', 'z'] } }))
    get('/one-of-one', app.authRequired('eu', { groups: { anyOf: ['x'] } }))
  })
  const descriptionOf = (url: string) => document.paths[url]?.['get']?.description
  t.equal(descriptionOf('/nothing'), undefined)
  t.equal(descriptionOf('/own'), 'Lists orders.\n\nRequires the scope `a`.')
  t.equal(descriptionOf('/all'), 'Requires all of the scopes `a`, `b` and the group `admin`.')
  t.equal(descriptionOf('/any'), 'Requires one of the scopes `a`, `b` and one of the groups `x`, `y`.')
  t.equal(descriptionOf('/none'), 'Requires one of the groups `x`, `y` and none of the groups `suspended`.')
  t.equal(
    descriptionOf('/every'),
    'Requires all of the groups `a`, `b` and the group `x` and none of the groups `y`, `z`.',
  )
  t.equal(
    descriptionOf('/level'),
    'Requires the scope `a` and a sign-in of level `urn:cognito:loa:4` or `urn:cognito:loa:3`.',
  )
  t.equal(
    descriptionOf('/levels'),
    [
      'Requires of a token of `eu` a sign-in of level `urn:cognito:loa:4` and a sign-in by one of the methods `hwk`, `mfa`.',
      'Requires of a token of `us` a sign-in of level `totp` and a sign-in by one of the methods `hwk`, `mfa`.',
    ].join('\n\n'),
  )
  t.equal(descriptionOf('/same'), 'Requires a sign-in by the method `mfa`.')
  t.equal(descriptionOf('/one-of-one'), 'Requires the group `x`.')
  t.strictSame(document.paths['/any']?.['get']?.security, [{ eu: [] }], 'a bearer scheme takes no scopes')
})

t.test('protect: the routes that its hook runs for, and no others', async (t) => {
  const { app, document } = await createDocumented(t, {}, async (app) => {
    app.get('/outside', answer)
    await app.register(async (scope) => {
      scope.get('/before', answer)
      await scope.register(async (child) => {
        await child.register(async (grandchild) => grandchild.get('/earlier', answer))
      })
      app.cognito.protect(scope, app.authRequired('eu', { groups: 'staff' })).get('/after', answer)
      await scope.register(async (child) => child.get('/later', answer))
    })
    await app.register(async (sibling) => sibling.get('/sibling', answer))
  })
  for (const url of ['/outside', '/before', '/earlier', '/after', '/later', '/sibling']) {
    const isGuarded = (await app.inject(url)).statusCode === 401
    t.strictSame(document.paths[url]?.['get']?.security, isGuarded ? [{ eu: [] }] : undefined, url)
    t.equal(isGuarded, !['/outside', '/sibling'].includes(url), url)
  }
  t.equal(document.paths['/earlier']?.['get']?.description, 'Requires the group `staff`.')
})

t.test('of several guards each has to let the request pass', async (t) => {
  const { document } = await createDocumented(t, {}, async (app) => {
    const get = (scope: FastifyInstance, url: string, ...onRequest: unknown[]) =>
      scope.get(url, { onRequest: onRequest as never }, answer)
    await app.register(async (scope) => {
      app.cognito.protect(scope, app.authRequired(['eu', 'us'], { groups: 'staff' }))
      get(scope, '/narrower', app.authRequired('eu', { scopes: 'a', groups: 'staff' }))
      get(scope, '/optional', app.authOptional('us'))
    })
    await app.register(async (scope) => {
      app.cognito.protect(scope, app.authOptional(['eu', 'us']))
      get(scope, '/required', app.authRequired('eu'))
      get(scope, '/optional-twice', app.authOptional('us', { check: () => true }))
    })
    get(app, '/apart', app.authOptional('eu'), app.authOptional('us'))
    get(app, '/never', app.authRequired('eu', { scopes: 'a' }), app.authRequired('us'))
  })
  const show = (url: string) => {
    const { security, description, responses } = document.paths[url]?.['get'] ?? { responses: {} }
    return [security, description, '403' in responses]
  }
  const asked = 'Requires the group `staff`.'
  t.strictSame(show('/narrower'), [[{ eu: [] }], 'Requires the group `staff` and the scope `a`.', true])
  t.strictSame(show('/optional'), [[{ us: [] }], asked, true])
  t.strictSame(show('/required'), [[{ eu: [] }], undefined, false])
  t.strictSame(show('/optional-twice'), [[{}, { us: [] }], undefined, true])
  t.strictSame(show('/apart'), [[{}], undefined, false], 'a token of either is refused by the other')
  t.strictSame(show('/never'), [[{ eu: [], us: [] }], undefined, false], 'never mistaken for an open route')
})

t.test('composed: a hook of @fastify/auth tells its guards, once it is said which', async (t) => {
  const { app, document } = await createDocumented(t, {}, (app) => {
    const { composed } = app.cognito
    const [inEu, inUs] = [app.authRequired('eu', { scopes: 'a' }), app.authRequired('us', { groups: 'x' })]
    const either = composed(app.auth([inEu, inUs]), [inEu, inUs])
    app.get('/either', { onRequest: either }, answer)
    const [any, staff] = [app.authRequired(['eu', 'us']), app.authRequired('us', { groups: 'staff' })]
    const both = composed(app.auth([any, staff], { relation: 'and' }), [[any, staff]])
    app.get('/both', { onRequest: both }, answer)
    app.get('/unsaid', { onRequest: app.auth([app.authRequired('eu')]) }, answer)
    app.register(async (scope) => {
      app.cognito.protect(scope, either as never).get('/scope', answer)
    })
  })
  const ofEither = 'Requires of a token of `eu` the scope `a`.\n\nRequires of a token of `us` the group `x`.'
  for (const url of ['/either', '/scope']) {
    t.strictSame(document.paths[url]?.['get']?.security, [{ eu: [] }, { us: [] }])
    t.equal(document.paths[url]?.['get']?.description, ofEither)
  }
  t.strictSame(document.paths['/both']?.['get']?.security, [{ us: [] }])
  t.equal(document.paths['/unsaid']?.['get']?.security, undefined)
  const status = async (url: string, token: string) =>
    (await app.inject({ url, headers: bearer(token) })).statusCode
  t.equal(await status('/either', eu.accessToken({ scope: 'a' })), 200)
  t.equal(await status('/either', us.idToken({ 'cognito:groups': ['x'] })), 200)
  t.equal(await status('/both', us.idToken({ 'cognito:groups': ['staff'] })), 200)
  t.equal(await status('/both', eu.accessToken()), 401)
})

t.test('composed: what is no guard is refused', async (t) => {
  const app = await createApp(t, pools())
  await app.register(fastifyAuth)
  const composed = app.cognito.composed as (...values: unknown[]) => unknown
  const guard = app.authRequired('eu')
  const list = [guard]
  const hook = app.auth(list)
  for (const [values, message] of [
    [[hook, [() => {}]], /^composed: expected guards/],
    [[hook, [guard, null]], /^composed: expected guards/],
    [[hook, [[guard, 'eu']]], /^composed: expected guards/],
    [[hook, []], /^composed: expected a list of guards of which one at least can let/],
    [[hook, [[]]], /^composed: expected a list of guards/],
    [[hook, guard], /^composed: expected a list of guards/],
    [[hook], /^composed: expected a list of guards/],
    [[hook, [[guard, app.authRequired('us')]]], /^composed: expected a list of guards of which one/],
    [[undefined, [guard]], /^composed: expected the hook/],
    [[[hook], [guard]], /^composed: expected the hook/],
  ] as const) {
    t.throws(() => composed(...values), { name: 'TypeError', message })
  }
  t.equal(composed(hook, [guard]), hook)
  t.equal(composed(hook, list), hook, 'the list that app.auth was given')
})

t.test('what a route says itself stays', async (t) => {
  const text = { type: 'object', properties: { mine: { type: 'string' } } }
  const { document } = await createDocumented(t, {}, (app) => {
    const onRequest = app.authRequired('eu', { scopes: 'a' })
    const get = (url: string, schema: object) => app.get(url, { onRequest, schema }, answer)
    get('/security', { security: [{ us: [] }] })
    get('/open', { security: [] })
    get('/hidden', { hide: true })
    get('/texts', { summary: 'S', tags: ['T'], operationId: 'id', deprecated: true })
    get('/401', { response: { 200: text, 401: text } })
    get('/4xx', { response: { '2xx': text, '4xx': text } })
    get('/5XX', { response: { '5XX': text } })
    get('/default', { response: { default: text } })
  })
  const operation = (url: string) => document.paths[url]?.['get']
  t.strictSame(operation('/security')?.security, [{ us: [] }])
  t.strictSame(operation('/open')?.security, [])
  t.equal(operation('/hidden'), undefined)
  t.match(operation('/texts'), { summary: 'S', tags: ['T'], operationId: 'id', deprecated: true })
  const answersOf = (url: string) => Object.keys(operation(url)?.responses ?? {}).sort()
  t.strictSame(answersOf('/401'), ['200', '401', '403', '503'])
  t.match(operation('/401')?.responses['401'], { content: { 'application/json': { schema: text } } })
  t.strictSame(answersOf('/4xx'), ['2XX', '4XX', '503'])
  t.strictSame(answersOf('/5XX'), ['401', '403', '5XX'])
  t.strictSame(answersOf('/default'), ['default'])
})

t.test('the real schema stays as it is: validation, serialisation and the error handler', async (t) => {
  const schema = {
    body: { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } },
    response: { 200: { type: 'object', properties: { n: { type: 'integer' } } } },
  }
  const before = JSON.stringify(schema)
  const { app, document } = await createDocumented(t, {}, (app) => {
    app.setErrorHandler((error: FastifyError, _request, reply) =>
      reply.code(error.statusCode ?? 500).send({ own: error.message }),
    )
    app.post('/', { onRequest: app.authRequired('eu', { scopes: 'a' }), schema }, async () => ({
      n: 7,
      more: 1,
    }))
  })
  t.ok(document.paths['/']?.['post']?.responses['403'])
  t.equal(JSON.stringify(schema), before)
  const headers = bearer(eu.accessToken({ scope: 'a' }))
  const post = (payload: object, token = headers) =>
    app.inject({ method: 'POST', url: '/', payload, headers: token })
  t.strictSame((await post({ n: 1 })).json(), { n: 7 })
  t.equal((await post({ n: 'x' })).statusCode, 400)
  const refused = await post({ n: 1 }, bearer(eu.accessToken()))
  t.equal(refused.statusCode, 403)
  t.strictSame(refused.json(), { own: 'A required scope is missing' })
})

t.test('the application’s own options stay: transforms, schemes, whatever else', async (t) => {
  const own = { type: 'apiKey', in: 'cookie', name: 'token' }
  const options = {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Shop', version: '1.2.3' },
      components: { securitySchemes: { us: own, key: { type: 'apiKey', in: 'header', name: 'x-key' } } },
      security: [{ key: [] }],
    },
    transform: ({ schema, url }: { schema?: object; url: string }) => ({
      schema: { ...schema, summary: `of ${url}`, ...(url === '/secret' && { hide: true }) },
      url: `/v1${url}`,
    }),
    transformObject: ({ openapiObject }: { openapiObject?: object }) => ({ ...openapiObject, 'x-own': true }),
  }
  const before = JSON.stringify(options)
  const { document } = await createDocumented(t, options, (app) => {
    app.get('/open', answer)
    for (const url of ['/eu', '/secret']) app.get(url, { onRequest: app.authRequired(['eu', 'us']) }, answer)
  })
  t.equal(JSON.stringify(options), before)
  t.match(document, { openapi: '3.1.0', info: { title: 'Shop' }, security: [{ key: [] }], 'x-own': true })
  t.strictSame(Object.keys(document.components.securitySchemes), ['eu', 'us', 'key'])
  t.strictSame(document.components.securitySchemes['us'], own)
  t.strictSame(Object.keys(document.paths), ['/v1/open', '/v1/eu'])
  t.match(document.paths['/v1/eu']?.['get'], { summary: 'of /eu', security: [{ eu: [] }, { us: [] }] })
  t.match(document.paths['/v1/open']?.['get'], { summary: 'of /open', security: undefined })
})

t.test('a route that was never added to this application is left alone', async (t) => {
  const app = await createApp(t, pools())
  const { transform } = app.cognito.openapi<{ transform: (input: object) => object }>()
  const input = { schema: { summary: 'S' }, url: '/', route: { onRequest: app.authRequired('eu') } }
  t.equal(transform(input), input)
})

t.test('a transform that returns no schema leaves the route’s own', async (t) => {
  const { document } = await createDocumented(t, { transform: () => ({}) }, (app) => {
    app.get('/', { onRequest: app.authRequired('eu'), schema: { summary: 'S' } }, answer)
  })
  t.match(document.paths['/']?.['get'], { summary: 'S', security: [{ eu: [] }] })
})

t.test('options that guards cannot be told of are refused', async (t) => {
  const app = await createApp(t, pools())
  for (const [options, message] of [
    [{ mode: 'static', specification: { path: 'x' } }, /^openapi\.mode: expected 'dynamic'/],
    [{ swagger: { info: { title: 'x', version: '1' } } }, /^openapi\.swagger: expected openapi/],
    [{ transform: 'x' }, /^openapi\.transform: expected a function/],
  ] as const) {
    t.throws(() => app.cognito.openapi(options), { name: 'TypeError', message })
  }
  t.type(app.cognito.openapi({ mode: 'dynamic', transform: null }), 'object')
})

t.test('nothing of it is there without @fastify/swagger: routes keep their schemas', async (t) => {
  const app = await createApp(t, pools())
  const seen: unknown[] = []
  app.addHook('onRoute', ({ schema, config }) => void seen.push(schema, config))
  app.get('/', { onRequest: app.authRequired('eu') }, answer)
  await app.ready()
  t.ok(seen.length > 0)
  t.ok(seen.every((value) => value === undefined))
})
