/**
 * Tenants in what is known of the routes: OpenAPI, the metadata of RFC 9728, and the audit.
 * @module
 */
import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { anyTenant, type PluginOptions, type TenantsOptions, tenant } from '../../src/index.js'
import { createApp, startIssuer } from '../support/app.js'
import { createDocumented, type Document } from '../support/openapi.js'
import { createTenantApp } from '../support/tenants.js'

const { eu, us } = await startIssuer(t)
const load = () => []
const answer = async () => 'in'
const BEARER = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }
const byHost = tenant.host('.example.com')

/** The document of an app with tenants. */
async function document(
  t: Test,
  addRoutes: (app: FastifyInstance) => void,
  options: PluginOptions = {},
  tenants: Partial<TenantsOptions> = {},
  own: object = {},
): Promise<Document> {
  const app = await createTenantApp(t, { load, ...tenants }, options)
  await app.register(swagger, (parent) => parent.cognito.openapi(own))
  addRoutes(app)
  await app.ready()
  return app.swagger() as unknown as Document
}

const securityOf = ({ paths }: Document) =>
  Object.fromEntries(Object.entries(paths).map(([path, { get }]) => [path, get?.security]))

t.test('all tenants share one scheme, and a route shows it', async (t) => {
  const { components, paths } = await document(t, (app) => {
    app.get('/', { onRequest: app.authRequired(byHost) }, answer)
    app.get('/any', { onRequest: app.authOptional(anyTenant) }, answer)
    app.get('/acme', { onRequest: app.authRequired(tenant('acme'), { scopes: 'a' }) }, answer)
    app.get('/open', answer)
  })
  t.strictSame(components.securitySchemes, {
    tenants: { ...BEARER, description: 'An access token of a tenant' },
  })
  t.strictSame(paths['/']?.['get']?.security, [{ tenants: [] }])
  t.strictSame(paths['/any']?.['get']?.security, [{}, { tenants: [] }])
  t.strictSame(paths['/acme']?.['get']?.security, [{ tenants: [] }])
  t.equal(paths['/acme']?.['get']?.description, 'Requires the scope `a`.')
  t.equal(paths['/open']?.['get']?.security, undefined)
  t.match(paths['/']?.['get']?.responses['503']?.description, /, or the list of tenants,/)
})

const SCOPED = { tokenUse: ['id', 'access'], scopes: 'a' } as const

t.test('a scheme for each further kind of token, beside those of pools', async (t) => {
  const pools = { eu: eu.options(), us: us.options() }
  const found = await document(
    t,
    (app) => {
      app.get('/list', { onRequest: app.authRequired(['eu', byHost]) }, answer)
      app.get('/scoped', { onRequest: app.authRequired(['eu', byHost], SCOPED) }, answer)
      app.get('/own', { onRequest: app.authRequired(anyTenant) }, answer)
      app.get('/access', { onRequest: app.authRequired(anyTenant, { tokenUse: 'access' }) }, answer)
      app.get('/either', { onRequest: app.authRequired(byHost, { tokenUse: ['id', 'access'] }) }, answer)
      app.get('/eu', { onRequest: app.authRequired('eu') }, answer)
      const rows = [
        app.authRequired(['eu', byHost], { tokenUse: ['id', 'access'] }),
        app.authRequired(anyTenant),
      ]
      app.get('/row', { onRequest: rows as never }, answer)
    },
    { pools },
    { tokenUse: 'id' },
  )
  t.strictSame(found.components.securitySchemes['tenants'], {
    ...BEARER,
    description: 'An ID token of a tenant',
  })
  t.strictSame(found.components.securitySchemes['tenants.access'], {
    ...BEARER,
    description: 'An access token of a tenant',
  })
  t.strictSame(securityOf(found), {
    '/list': [{ eu: [] }, { tenants: [] }],
    '/scoped': [{ eu: [] }, { 'tenants.access': [] }],
    '/own': [{ tenants: [] }],
    '/access': [{ 'tenants.access': [] }],
    '/either': [{ tenants: [] }, { 'tenants.access': [] }],
    '/eu': [{ eu: [] }],
    '/row': [{ tenants: [] }],
  })
  t.notMatch(found.paths['/eu']?.['get']?.responses['503']?.description, /tenants/)
})

t.test('the description names tenants by that word', async (t) => {
  const { paths } = await document(
    t,
    (app) => {
      const levels = { acr: ['strong', 'best'] }
      app.get('/', { onRequest: app.authRequired(['eu', byHost], levels) }, answer)
    },
    { pools: { eu: eu.options({ acr: ['none', 'weak', 'strong', 'best'] }) } },
    { acr: ['none', 'weak', 'better', 'strong'] },
  )
  t.equal(
    paths['/']?.['get']?.description,
    'Requires of a token of `eu` a sign-in of level `best` or `strong`.\n\nRequires of a token of `tenants` a sign-in of level `strong`.',
  )
})

t.test('the scheme gives way to a pool of its name, and to a scheme of the application', async (t) => {
  const add = (app: FastifyInstance) => {
    app.get('/', { onRequest: app.authRequired(['tenants', byHost]) }, answer)
  }
  const named = await document(t, add, { pools: { tenants: eu.options(), tenants_: us.options() } })
  t.strictSame(Object.keys(named.components.securitySchemes), ['tenants', 'tenants_', 'tenants__'])
  t.strictSame(securityOf(named), { '/': [{ tenants: [] }, { tenants__: [] }] })
  const scheme = { type: 'apiKey', in: 'header', name: 'x-token' }
  const own = await document(
    t,
    (app) => {
      app.get('/', { onRequest: app.authRequired(anyTenant, { tokenUse: 'id' }) }, answer)
    },
    {},
    {},
    { openapi: { components: { securitySchemes: { tenants: scheme } } } },
  )
  t.strictSame(own.components.securitySchemes, { tenants: scheme })
  t.strictSame(securityOf(own), { '/': [{ tenants: [] }] })
})

t.test(
  'without the option there is no scheme, unless a guard of another registration takes tenants',
  async (t) => {
    const foreign = await createTenantApp(t, { load })
    const plain = await createDocumented(t, undefined, () => {}, { eu: eu.options() })
    t.strictSame(Object.keys(plain.document.components.securitySchemes), ['eu'])
    const mixed = await createDocumented(
      t,
      undefined,
      (app) => void app.get('/', { onRequest: foreign.authRequired(anyTenant) }, answer),
      { eu: eu.options() },
    )
    t.strictSame(mixed.document.components.securitySchemes['tenants'], BEARER)
    t.strictSame(securityOf(mixed.document), { '/': [{ tenants: [] }] })
  },
)

t.test('RFC 9728 §2: the metadata list the issuers of registered pools only', async (t) => {
  const resource = { url: 'https://api.example.com' }
  const metadataOf = async (options: PluginOptions) => {
    const app = await createTenantApp(t, { load }, { resource, ...options })
    return (await app.inject('/.well-known/oauth-protected-resource')).json()
  }
  const common = { resource: resource.url, bearer_methods_supported: ['header'] }
  t.strictSame(await metadataOf({}), common, 'a member without values is left out (§3.2)')
  t.strictSame(await metadataOf({ pools: { eu: eu.options() } }), {
    ...common,
    authorization_servers: [eu.issuers.original],
  })
})

t.test('the audit finds guards of tenants, and lists the open routes', async (t) => {
  const app = await createTenantApp(t, { load }, { routes: 'error' })
  app.get('/host', { onRequest: app.authRequired(byHost) }, answer)
  app.get('/any', { preHandler: app.authOptional(anyTenant) }, answer)
  await app.register(async (scope) => {
    app.cognito.protect(scope, app.authRequired(tenant.header('x-tenant'))).get('/scope', answer)
  })
  app.get('/open', answer)
  await t.rejects(async () => app.ready(), { message: /Routes without a guard:\n {2}GET \/open$/ })
  const guarded = await createTenantApp(t, { load }, { routes: 'error' })
  guarded.get('/host', { onRequest: guarded.authRequired(byHost) }, answer)
  await guarded.ready()
})

t.test('app.cognito.pools has no tenants', async (t) => {
  const app = await createTenantApp(t, { load }, { pools: { eu: eu.options() } })
  t.strictSame(Object.keys(app.cognito.pools), ['eu'])
  const alone = await createTenantApp(t, { load })
  t.strictSame(alone.cognito.pools, {})
  t.strictSame(Object.keys((await createApp(t, { eu: eu.options() })).cognito.pools), ['eu'])
})
