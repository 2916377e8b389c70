/**
 * The options of the account routes: what stops the boot, and what each route can be changed to.
 * @module
 */
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import { Type } from '@sinclair/typebox'
import Fastify from 'fastify'
import t from 'tap'
import type { PoolOptions } from '../../src/index.js'
import userRoutes, { type UserRoutesOptions } from '../../src/user-routes/index.js'
import { resolveUserRoutes } from '../../src/user-routes/options.js'
import { connect } from '../../src/user-routes/sdk.js'
import { ask, createAccounts, headersOf } from '../support/accounts.js'
import { createApp, startIssuer } from '../support/app.js'
import { startWire } from '../support/cognito-wire.js'
import { createLoggedApp } from '../support/logged-app.js'
import { createTenantApp } from '../support/tenants.js'

const { eu, us } = await startIssuer(t)
const endpoint = 'http://127.0.0.1:1'

const describePool = () => ({
  name: 'eu',
  userPoolId: eu.userPoolId,
  region: eu.region,
  appClientId: [eu.appClientId],
  tokenUse: ['access'] as const,
  issuers: [],
  jwksUrls: [],
})

async function boot(options: object, pools: Readonly<Record<string, PoolOptions>> = { eu: eu.options() }) {
  const app = await createApp(t, pools)
  await app.register(userRoutes, options)
  await app.ready()
  return app
}

t.test('a wrong option stops the boot, and says where and what was expected', async (t) => {
  const client = new CognitoIdentityProviderClient({ region: 'eu-west-1' })
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ pool: 'asia' }, /^user-routes\.pool: expected one of eu$/],
    [{ pool: 'toString' }, /^user-routes\.pool: expected one of eu$/],
    [{ pool: 'tenant:acme' }, /^user-routes\.pool: expected .*; the account routes do not know tenants$/],
    [{ pool: '' }, /^user-routes\.pool: expected the name/],
    [{ clientId: 'another' }, /^user-routes\.clientId: expected one of pools\.eu\.appClientId/],
    [{ clientId: 'a b' }, /^user-routes\.clientId: expected the id of an app client/],
    [{ clientSecret: '' }, /^user-routes\.clientSecret: expected the secret/],
    [{ clientSecret: undefined }, /^user-routes\.clientSecret: expected/],
    [{ clientSecret: 'read-from-a-file\n' }, /^user-routes\.clientSecret: expected .* without spaces/],
    [{ endpoint: 'http://example.com' }, /^user-routes\.endpoint: expected an https URL/],
    [{ endpoint: 'localhost:9229' }, /^user-routes\.endpoint: expected an https URL/],
    [{ endpoint, client }, /^user-routes\.endpoint: expected client to have it/],
    [{ client: {} }, /^user-routes\.client: expected a CognitoIdentityProviderClient/],
    [{ client: null }, /^user-routes\.client: expected a CognitoIdentityProviderClient/],
    [{ clientID: 'x' }, /^user-routes\.clientID: unknown name; did you mean clientId\?$/],
    [{ appClientId: 'x' }, /^user-routes\.appClientId: unknown name; did you mean clientId\?$/],
    [{ secret: 'x' }, /^user-routes\.secret: unknown name; did you mean clientSecret\?$/],
    [
      { onRequest: () => {} },
      /^user-routes\.onRequest: unknown name here; did you mean user-routes\.hooks\.onRequest\?$/,
    ],
    [{ clientId: ['x'] }, /^user-routes\.clientId: expected the id of an app client; found a list$/],
    [{ clientId: undefined }, /^user-routes\.clientId: expected .*; found undefined/],
    [
      { client: 'x' },
      /^user-routes\.client: expected a CognitoIdentityProviderClient; found text of another form$/,
    ],
    [{ hooks: { onReq: () => {} } }, /^user-routes\.hooks\.onReq: unknown name/],
    [{ hooks: { onRequest: 'x' } }, /^user-routes\.hooks\.onRequest: expected a function/],
    [{ hooks: undefined }, /^user-routes\.hooks: expected/],
    [{ routes: { signUp: false } }, /^user-routes\.routes\.signUp: unknown name/],
    [{ routes: { signup: true } }, /^user-routes\.routes\.signup: expected a path/],
    [{ routes: { signup: 'register' } }, /^user-routes\.routes\.signup: expected a path that begins/],
    [{ routes: { signup: { path: 'x' } } }, /^user-routes\.routes\.signup\.path: expected a path/],
    [{ routes: { signup: undefined } }, /^user-routes\.routes\.signup: expected/],
    [{ routes: { signup: { hooks: undefined } } }, /^user-routes\.routes\.signup\.hooks: expected/],
    [{ routes: { me: { hooks: { onSend: 1 } } } }, /^user-routes\.routes\.me\.hooks\.onSend: expected/],
    [{ attributes: { email: 'string' } }, /^user-routes\.attributes: expected Type\.Object/],
    [{ attributes: Type.String() }, /^user-routes\.attributes: expected Type\.Object/],
    [{ attributes: () => true }, /^user-routes\.attributes: expected Type\.Object/],
    [
      { attributes: Type.Object({ role: Type.String() }) },
      /^user-routes\.attributes\.role: expected the alias of/,
    ],
    [
      { attributes: Type.Object({ email_verified: Type.Boolean() }) },
      /^user-routes\.attributes\.email_verified: /,
    ],
    [{ attributes: Type.Object({ sub: Type.String() }) }, /^user-routes\.attributes\.sub: /],
    [
      { attributes: Type.Object({ x: Type.String({ alias: 'dev:custom:x' }) }) },
      /^user-routes\.attributes\.x: expected the alias of a custom attribute, such as 'custom:x'/,
    ],
    [
      {
        attributes: Type.Object({
          a: Type.String({ alias: 'custom:a' }),
          b: Type.String({ alias: 'custom:a' }),
        }),
      },
      /^user-routes\.attributes\.\w: reads the claim 'custom:a'/,
    ],
  ]
  for (const [options, message] of wrong) {
    await t.rejects(boot(options), { name: 'TypeError', message }, message.source)
  }
  await t.rejects(boot({}, { eu: eu.options(), us: us.options() }), {
    message: 'user-routes.pool: expected one of eu, us',
  })
  const alone = await createTenantApp(t, { load: () => [] })
  alone.register(userRoutes)
  await t.rejects(async () => alone.ready(), { message: /do not know tenants$/ }, 'tenants alone')
  const beside = await createTenantApp(t, { load: () => [] }, { pools: { eu: eu.options() } })
  await beside.register(userRoutes)
  await beside.ready()
  for (const appClientId of [[eu.appClientId, 'another'], null]) {
    await t.rejects(boot({}, { eu: eu.options({ appClientId }) }), { message: /^user-routes\.clientId: / })
    await boot({ clientId: eu.appClientId }, { eu: eu.options({ appClientId }) })
  }
  const local = { userPoolId: 'local_abc', issuer: 'http://127.0.0.1:1/local_abc', appClientId: 'abc' }
  await t.rejects(boot({}, { eu: local }), {
    message: /^user-routes\.endpoint: expected a URL, as pools\.eu/,
  })
  await boot({ endpoint }, { eu: local })
  await boot({ client }, { eu: local })
  await boot({ prefix: '/users', logLevel: 'warn' })
})

t.test('the environment cannot send passwords where an option could not', async (t) => {
  const pools = { eu: describePool() }
  const resolve = (env: Record<string, string>, options: object = {}) =>
    resolveUserRoutes(options, pools, env)
  const remote = 'http://example.com'
  const specific = {
    AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: remote,
    AWS_ENDPOINT_URL: 'https://example.com',
  }
  for (const env of [{ AWS_ENDPOINT_URL: remote }, specific]) {
    t.throws(() => resolve(env), {
      name: 'TypeError',
      message: new RegExp(
        `^user-routes: ${Object.keys(env)[0]}: expected an https URL, .* insecureHttp: true `,
      ),
    })
    t.equal(resolve(env, { endpoint }).endpoint, endpoint, 'an option counts before it')
    t.ok(resolve({ ...env, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }))
    t.equal(resolve(env, { insecureHttp: true }).endpoint, remote, 'where an option allows it, it can')
  }
  for (const url of ['https://example.com', 'http://127.0.0.1:4566', ''])
    t.equal(resolve({ AWS_ENDPOINT_URL: url }).endpoint, url || undefined)
})

t.test('plain http to another host takes insecureHttp, and is refused in production', async (t) => {
  const pools = { eu: describePool() }
  const resolve = (options: object, env: Record<string, string> = {}) =>
    resolveUserRoutes(options, pools, env).endpoint
  const container = 'http://cognito:9229'
  const refusals: readonly (readonly [object, string, Record<string, string>?])[] = [
    [{ endpoint: container }, 'user-routes.endpoint'],
    [{ endpoint: container, insecureHttp: false }, 'user-routes.endpoint'],
    [{}, 'user-routes: AWS_ENDPOINT_URL', { AWS_ENDPOINT_URL: container }],
    [{ endpoint: container }, 'user-routes.endpoint', { INSECURE_HTTP: 'true', NODE_ENV: 'development' }],
  ]
  for (const [options, path, env] of refusals) {
    t.throws(() => resolve(options, env), {
      name: 'TypeError',
      message: `${path}: expected an https URL, or an http URL on loopback; insecureHttp: true allows an emulator in another container`,
    })
    t.equal(resolve({ ...options, insecureHttp: true }, env), container)
    t.throws(() => resolve({ ...options, insecureHttp: true }, { ...env, NODE_ENV: 'production' }), {
      name: 'TypeError',
      message: 'user-routes.insecureHttp: expected false, because NODE_ENV is production',
    })
  }
  const production = { NODE_ENV: 'production' }
  t.throws(() => resolve({ insecureHttp: true }, production), { message: /NODE_ENV is production/ })
  t.equal(resolve({ insecureHttp: false, endpoint }, production), endpoint)
  for (const insecureHttp of ['true', 1, null]) {
    t.throws(() => resolve({ insecureHttp }), { message: 'user-routes.insecureHttp: expected true or false' })
  }
  t.throws(() => resolve({ insecureHttp: undefined }), {
    message: /^user-routes\.insecureHttp: expected a value/,
  })
  for (const url of ['ftp://cognito:9229', 'cognito:9229', 'cognito']) {
    t.throws(() => resolve({ endpoint: url, insecureHttp: true }), {
      message: /^user-routes\.endpoint: expected/,
    })
  }
})

t.test('passwords over plain http to another host are one warning, with the pool and the host', async (t) => {
  const remote = 'http://cognito:9229'
  const client = new CognitoIdentityProviderClient({ region: 'eu-west-1' })
  t.teardown(() => client.destroy())
  for (const [options, expected] of [
    [{ endpoint: remote, insecureHttp: true }, [{ level: 40, pool: 'eu', host: 'cognito:9229' }]],
    [{ endpoint, insecureHttp: true }, []],
    [{ endpoint: 'https://cognito:9229', insecureHttp: true }, []],
    [{ client }, []],
    [{}, []],
  ] as const) {
    const { app, lines } = createLoggedApp(t, { pools: { eu: eu.options() }, keys: { prefetch: false } })
    app.register(userRoutes, { prefix: '/users', ...options })
    await app.ready()
    t.strictSame(
      lines.map(({ level, pool, host }) => ({ level, pool, host })),
      expected,
    )
  }
})

t.test('the plugin has to be there before', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await t.rejects(async () => await app.register(userRoutes, { prefix: '/users' }), {
    name: 'TypeError',
    message: 'user-routes: expected fastify-cognito to be registered before',
  })
})

t.test('without the AWS SDK the boot says what to install', async (t) => {
  const init = { pool: 'eu', region: 'eu-west-1', endpoint: undefined, client: undefined }
  const fail = async () => {
    throw new Error('ERR_MODULE_NOT_FOUND')
  }
  await t.rejects(connect(init, fail), {
    message: /npm install @aws-sdk\/client-cognito-identity-provider$/,
    cause: { message: 'ERR_MODULE_NOT_FOUND' },
  })
})

t.test('a route has another path, or is left out', async (t) => {
  const { post, app, pool } = await createAccounts(t, {
    options: { routes: { signup: false, signin: '/login', me: { path: '/self' } } },
  })
  t.equal((await post('/signup', { username: 'ada', password: 'x' })).status, 404)
  t.equal((await post('/signin', { username: 'ada', password: 'x' })).status, 404)
  t.equal((await post('/login', { username: 'ada', password: 'x' })).status, 401)
  t.equal((await ask(app, { url: '/users/me', headers: headersOf(pool.accessToken()) })).status, 404)
  t.equal((await ask(app, { url: '/users/self', headers: headersOf(pool.accessToken()) })).status, 200)
  const none = Object.fromEntries(
    [
      'signup',
      'confirm',
      'resend',
      'signin',
      'challenge',
      'refresh',
      'signout',
      'forgotPassword',
      'resetPassword',
      'changePassword',
      'me',
    ].map((name) => [name, false as const]),
  )
  const { app: empty } = await createAccounts(t, { options: { routes: none } })
  t.notMatch(empty.printRoutes(), 'users')
})

t.test('hooks run on every route, after its guard, and those of the route after them', async (t) => {
  const seen: string[] = []
  const note = (text: string) => async (request: { cognito: { subject: string } | null }) => {
    seen.push(`${text} ${request.cognito?.subject}`)
  }
  const options: Partial<UserRoutesOptions> = {
    hooks: { onRequest: note('all'), preHandler: [note('one'), note('two')] },
    routes: { me: { hooks: { onRequest: note('me') } } },
  }
  const { app, post, pool } = await createAccounts(t, { options })
  await ask(app, { url: '/users/me', headers: headersOf(pool.accessToken({ sub: 'ada' })) })
  t.strictSame(seen.splice(0), ['all ada', 'me ada', 'one ada', 'two ada'])
  await post('/signin', { username: 'ada', password: 'x' })
  t.strictSame(seen.splice(0), ['all undefined', 'one undefined', 'two undefined'])
  await ask(app, '/users/me')
  t.strictSame(seen, [], 'the guard is first')
})

t.test('a client of the application is used as it is, and left open', async (t) => {
  const { wire, endpoint } = await startWire(t, eu)
  const client = new CognitoIdentityProviderClient({ region: 'eu-west-1', endpoint, maxAttempts: 1 })
  t.teardown(() => client.destroy())
  const app = await boot({ prefix: '/users', client })
  const body = { username: 'ada@example.com', password: 'Correct-horse-1' }
  t.equal((await ask(app, { method: 'POST', url: '/users/signin', body })).status, 200)
  await app.close()
  const again = await boot({ prefix: '/users', client })
  t.equal((await ask(again, { method: 'POST', url: '/users/signin', body })).status, 200)
  t.equal(wire.calls.length, 2)
})

t.test('several pools side by side, each with its own client, secret and API', async (t) => {
  const first = await startWire(t, eu, 'secret-of-eu')
  const second = await startWire(t, us)
  const app = await createApp(t, { eu: eu.options(), us: us.options() })
  const secret = { clientSecret: 'secret-of-eu', endpoint: first.endpoint }
  await app.register(userRoutes, { prefix: '/eu', pool: 'eu', ...secret })
  await app.register(userRoutes, { prefix: '/us', pool: 'us', endpoint: second.endpoint })
  const body = { username: 'ada@example.com', password: 'Correct-horse-1' }
  for (const [name, { wire }] of Object.entries({ eu: first, us: second })) {
    const answer = await ask(app, { method: 'POST', url: `/${name}/signin`, body })
    t.equal(answer.status, 200)
    const headers = headersOf((answer.body as Record<string, string>)['access_token'])
    t.match(await ask(app, { url: `/${name}/me`, headers }), { status: 200, body: { pool: name } })
    const another = name === 'eu' ? '/us/me' : '/eu/me'
    t.equal((await ask(app, { url: another, headers })).status, 401)
    t.equal(wire.calls.length, 1)
  }
})

t.test('the audit of routes has nothing to say of them', async (t) => {
  const { app } = await createAccounts(t, { plugin: { routes: 'error' } })
  await app.ready()
  t.pass('the boot was not stopped')
})

t.test('an application with validators and parsers of its own changes nothing here', async (t) => {
  const app = await createApp(t, { eu: eu.options() })
  const { endpoint } = await startWire(t, eu)
  app.setValidatorCompiler(() => () => ({ error: new Error('another schema language') }))
  app.setSerializerCompiler(() => () => '"another schema language"')
  app.addContentTypeParser('application/x-www-form-urlencoded', (_request, _payload, done) => done(null, {}))
  await app.register(userRoutes, { prefix: '/users', endpoint })
  const body = { username: 'ada@example.com', password: 'Correct-horse-1' }
  t.match(await ask(app, { method: 'POST', url: '/users/signin', body }), {
    status: 200,
    body: { token_type: 'Bearer' },
  })
})

t.test('and nothing here changes the application', async (t) => {
  const app = await createApp(t, { eu: eu.options() })
  await app.register(userRoutes, { prefix: '/users', endpoint })
  app.post('/text', async (request) => ({ body: request.body }))
  const schema = { body: { type: 'object', properties: { n: { type: 'integer' } } } }
  app.post('/number', { schema }, async (request) => request.body)
  const headers = { 'content-type': 'text/plain' }
  const text = await app.inject({ method: 'POST', url: '/text', headers, body: 'hello' })
  t.strictSame(text.json(), { body: 'hello' })
  const number = await app.inject({ method: 'POST', url: '/number', body: { n: '7' } })
  t.strictSame(number.json(), { n: 7 }, 'its own coercion')
  t.equal(number.headers['cache-control'], undefined)
})
