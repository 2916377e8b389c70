/**
 * The security schemes of the OpenAPI document: one for each pool and kind of token, with scopes and the managed login.
 * @module
 */
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { PoolOptions } from '../../src/index.js'
import { createApp, startIssuer } from '../support/app.js'
import { createDocumented as create } from '../support/openapi.js'

const { eu, us } = await startIssuer(t)
const pools = () => ({ eu: eu.options(), us: us.options({ tokenUse: 'id' }) })

/** An app of these pools, or of the pools that are given, with its document. */
const createDocumented = (
  test: Test,
  options: object | undefined,
  addRoutes: (app: FastifyInstance) => void | Promise<void>,
  given: Readonly<Record<string, PoolOptions>> = pools(),
) => create(test, options, addRoutes, given)

const answer = async () => 'in'

t.test('each pool is a bearer scheme', async (t) => {
  const { document } = await createDocumented(t, undefined, () => {}, {
    ...pools(),
    both: { userPoolId: 'eu-west-1_Both', appClientId: null, tokenUse: ['access', 'id'] },
  })
  t.match(document.openapi, /^3\./)
  t.strictSame(document.components.securitySchemes, {
    eu: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'An access token of the user pool eu',
    },
    us: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'An ID token of the user pool us',
    },
    both: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'An access token or ID token of the user pool both',
    },
  })
})

t.test('a route shows the kind of token that it takes, with a scheme for each kind', async (t) => {
  const { document } = await createDocumented(
    t,
    {},
    (app) => {
      const add = (url: string, ...given: Parameters<typeof app.authRequired>) =>
        app.get(url, { onRequest: app.authRequired(...given) }, answer)
      add('/own', 'eu')
      add('/same', 'eu', { tokenUse: 'access' })
      add('/id', 'eu', { tokenUse: 'id' })
      add('/either', 'eu', { tokenUse: ['access', 'id'] })
      add('/scoped', 'eu', { tokenUse: ['id', 'access'], scopes: 'a' })
      add('/access', 'us', { tokenUse: 'access', scopes: ['a', 'b'] })
      add('/both', 'both')
      add('/both-reversed', 'both', { tokenUse: ['id', 'access'] })
      add('/both-id', 'both', { tokenUse: 'id' })
      add('/several', ['eu', 'us', 'both'], { tokenUse: 'id' })
      app.get('/optional', { onRequest: app.authOptional('eu', { tokenUse: 'id' }) }, answer)
      const guards = [
        app.authRequired('eu', { tokenUse: ['access', 'id'] }),
        app.authRequired('eu', { tokenUse: 'id' }),
      ]
      app.get('/narrowed', { onRequest: guards as never }, answer)
      const never = [app.authRequired('eu'), app.authRequired('eu', { tokenUse: 'id' })]
      app.get('/never', { onRequest: never as never }, answer)
      const neither = [
        app.authRequired('both', { tokenUse: 'id' }),
        app.authRequired('both', { scopes: 'a' }),
      ]
      app.get('/neither', { onRequest: neither as never }, answer)
    },
    {
      ...pools(),
      both: {
        userPoolId: 'eu-west-1_Both',
        appClientId: null,
        tokenUse: ['access', 'id'],
        domain: 'x.example.com',
      },
      'eu.id': { userPoolId: 'eu-west-1_Taken', appClientId: null },
    },
  )
  const security = Object.entries(document.paths).map(([url, { get }]) => [url, get?.security])
  t.strictSame(Object.fromEntries(security), {
    '/own': [{ eu: [] }],
    '/same': [{ eu: [] }],
    '/id': [{ 'eu.id_': [] }],
    '/either': [{ eu: [] }, { 'eu.id_': [] }],
    '/scoped': [{ eu: [] }],
    '/access': [{ 'us.access': [] }],
    '/both': [{ both: [] }],
    '/both-reversed': [{ both: [] }],
    '/both-id': [{ 'both.id': [] }],
    '/several': [{ 'eu.id_': [] }, { us: [] }, { 'both.id': [] }],
    '/optional': [{}, { 'eu.id_': [] }],
    '/narrowed': [{ 'eu.id_': [] }],
    '/never': [{ eu: [], 'eu.id_': [] }],
    '/neither': [{ 'both.id': [], 'both.access': ['a'] }],
  })
  const { securitySchemes } = document.components
  t.strictSame(Object.keys(securitySchemes), [
    'eu',
    'us',
    'both',
    'eu.id',
    'eu.id_',
    'us.access',
    'both.id',
    'both.access',
  ])
  t.match(securitySchemes, {
    eu: { description: 'An access token of the user pool eu' },
    us: { description: 'An ID token of the user pool us' },
    both: { description: 'An access token or ID token of the user pool both', 'x-tokenName': undefined },
    'eu.id_': { type: 'http', scheme: 'bearer', description: 'An ID token of the user pool eu' },
    'us.access': { description: 'An access token of the user pool us' },
    'both.id': {
      type: 'oauth2',
      description: 'An ID token of the user pool both',
      'x-tokenName': 'id_token',
    },
  })
})

t.test('a guard of another instance shows its pool by its name', async (t) => {
  const other = await createApp(t, { asia: eu.options() })
  const { document } = await createDocumented(t, {}, (app) => {
    app.get('/', { onRequest: other.authRequired('asia') as never }, answer)
    app.post('/', { onRequest: other.authRequired('asia') as never }, answer)
  })
  t.match(document.components.securitySchemes['asia'], { type: 'http', scheme: 'bearer' })
  t.strictSame(document.paths['/']?.['get']?.security, [{ asia: [] }])
})

t.test('scopes are offered at the scheme of the kind that has them', async (t) => {
  const { document } = await createDocumented(
    t,
    {},
    (app) => {
      app.get('/', { onRequest: app.authRequired('us', { tokenUse: 'access', scopes: 'a' }) }, answer)
      app.get('/id', { onRequest: app.authRequired('us') }, answer)
    },
    { us: us.options({ tokenUse: 'id', domain: 'x.example.com' }) },
  )
  const scopesOf = (flow: object) => ({ flows: { authorizationCode: { scopes: flow } } })
  t.match(document.components.securitySchemes, {
    us: { ...scopesOf({ openid: String, a: undefined }), 'x-tokenName': 'id_token' },
    'us.access': { ...scopesOf({ openid: String, a: '' }), 'x-tokenName': undefined },
  })
  t.strictSame(document.paths['/']?.['get']?.security, [{ 'us.access': ['a'] }])
})

t.test('a scheme of the application stands for all kinds of its pool', async (t) => {
  const cookie = { type: 'apiKey', in: 'cookie', name: 't' }
  const ofId = { type: 'http', scheme: 'bearer', description: 'mine' }
  const addRoutes = (app: FastifyInstance) =>
    void app.get('/', { onRequest: app.authRequired('eu', { tokenUse: 'id' }) }, answer)
  const document = async (securitySchemes: object) =>
    (await createDocumented(t, { openapi: { components: { securitySchemes } } }, addRoutes)).document
  const all = await document({ eu: cookie })
  t.strictSame(all.paths['/']?.['get']?.security, [{ eu: [] }])
  t.strictSame(Object.keys(all.components.securitySchemes), ['eu', 'us'])
  const one = await document({ 'eu.id': ofId })
  t.strictSame(one.paths['/']?.['get']?.security, [{ 'eu.id': [] }])
  t.strictSame(one.components.securitySchemes['eu.id'], ofId)
})

t.test('with the domain of its managed login, a pool is an OAuth 2.0 scheme', async (t) => {
  const domain = 'shop.auth.eu-west-1.amazoncognito.com'
  const { document } = await createDocumented(
    t,
    {
      openapi: { components: { securitySchemes: { own: { type: 'openIdConnect', openIdConnectUrl: 'x' } } } },
    },
    (app) => {
      const get = (url: string, onRequest: unknown, schema = {}) =>
        app.get(url, { onRequest: onRequest as never, schema }, answer)
      get('/plain', app.authRequired('eu'))
      get('/all', app.authRequired('eu', { scopes: ['orders/read', 'orders/write'] }))
      get('/any', app.authRequired('eu', { scopes: { anyOf: ['orders/read', 'orders/admin'] } }))
      get('/both', app.authRequired(['eu', 'plain'], { scopes: 'orders/read' }))
      get('/own', app.authRequired('eu'), { security: [{ eu: ['own/scope'], own: ['else'] }] })
      get('/us', app.authRequired('us'))
    },
    {
      eu: eu.options({ domain }),
      us: us.options({ tokenUse: 'id', domain: 'https://login.example.com/' }),
      plain: { userPoolId: 'eu-west-1_Plain', appClientId: null },
    },
  )
  const { eu: first, us: second } = document.components.securitySchemes
  t.strictSame(first, {
    type: 'oauth2',
    description: 'An access token of the user pool eu',
    flows: {
      authorizationCode: {
        authorizationUrl: `https://${domain}/oauth2/authorize`,
        tokenUrl: `https://${domain}/oauth2/token`,
        scopes: {
          openid: 'Who the user is',
          'orders/read': '',
          'orders/write': '',
          'orders/admin': '',
          'own/scope': '',
        },
      },
    },
  })
  t.match(second, {
    type: 'oauth2',
    'x-tokenName': 'id_token',
    flows: { authorizationCode: { authorizationUrl: 'https://login.example.com/oauth2/authorize' } },
  })
  const securityOf = (url: string) => document.paths[url]?.['get']?.security
  t.strictSame(securityOf('/plain'), [{ eu: [] }])
  t.strictSame(securityOf('/all'), [{ eu: ['orders/read', 'orders/write'] }])
  t.strictSame(securityOf('/any'), [{ eu: ['orders/read'] }, { eu: ['orders/admin'] }])
  t.strictSame(securityOf('/both'), [{ eu: ['orders/read'] }, { plain: [] }])
  t.strictSame(securityOf('/own'), [{ eu: ['own/scope'], own: ['else'] }])
})
