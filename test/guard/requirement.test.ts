/**
 * What a route and a pool ask of a token: each requirement alone, beside the others, and of any make.
 * @module
 */
import { Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import t from 'tap'
import type { PoolOptions, Requirement } from '../../src/index.js'
import { bearer, createApp, startIssuer } from '../support/app.js'

const { issuer, eu, us } = await startIssuer(t)
const pools = () => ({ eu: eu.options(), us: us.options() })
const pool = async (request: FastifyRequest) => ({ pool: request.cognito?.pool ?? null })

async function status(app: FastifyInstance, url: string, token?: string): Promise<number> {
  return (await app.inject({ url, headers: token === undefined ? {} : bearer(token) })).statusCode
}

type Case = readonly [Requirement, object, object, number, string, string]
const SUSPENDED = { 'cognito:groups': ['admin', 'ops', 'suspended'] }

const LOA = 'urn:cognito:loa:'
const [ONE, TWO, THREE, FOUR] = [1, 2, 3, 4].map((level) => LOA + level)
const strong = { acr: FOUR, amr: ['pwd', 'mfa', 'otp'] }
const values = (...levels: unknown[]) => `, acr_values="${levels.join(' ')}"`

/** Each requirement on the level and the methods of a sign-in, with claims that fail only that, and the challenge. */
const WEAK: readonly Case[] = [
  ...[
    { acr: THREE },
    { acr: TWO },
    { acr: 'three' },
    { acr: String(FOUR).toUpperCase() },
    { acr: `${FOUR} ` },
    { acr: undefined },
  ].map((fails) => [{ acr: { atLeast: 4 } }, fails, values(FOUR)] as const),
  [{ acr: { atLeast: 3 } }, { acr: TWO }, values(FOUR, THREE)] as const,
  [{ acr: { atLeast: 1 } }, { acr: 'pwd' }, values(FOUR, THREE, TWO, ONE)] as const,
  [{ acr: FOUR }, { acr: THREE }, values(FOUR)] as const,
  [{ acr: [TWO, FOUR] as string[] }, { acr: THREE }, values(FOUR, TWO)] as const,
  [{ amr: 'mfa' }, { amr: ['pwd', 'otp'] }, ''] as const,
  [{ amr: 'mfa' }, { amr: ['MFA', 'mfa ', 'pwd'] }, ''] as const,
  [{ amr: 'mfa' }, { amr: undefined, acr: 'mfa' }, ''] as const,
  [{ amr: 'mfa' }, { amr: [] }, ''] as const,
  [{ amr: ['pwd', 'mfa'] }, { amr: ['pwd'] }, ''] as const,
  [{ amr: { anyOf: ['hwk', 'swk', 'mfa'] } }, { amr: ['pwd', 'sms'] }, ''] as const,
  [{ acr: FOUR, maxAge: 300 }, { acr: THREE }, `${values(FOUR)}, max_age="300"`] as const,
  [{ amr: 'mfa', maxAge: 300 }, { amr: ['pwd'] }, ', max_age="300"'] as const,
  [{ acr: FOUR, amr: 'mfa' }, { amr: ['pwd'] }, values(FOUR)] as const,
].map(([requirement, fails, challenge]): Case => {
  const whole = `, error="insufficient_user_authentication"${challenge}`
  return [requirement as Requirement, strong, fails, 401, 'AUTHENTICATION_TOO_WEAK', whole]
})

t.test('each thing a route asks for is refused by a token that fails only that', async (t) => {
  const app = await createApp(t, pools())
  const old = Math.floor(Date.now() / 1000) - 1000
  const member = { 'cognito:groups': ['admin', 'ops'] }
  const scope = { scope: 'orders/read orders/write' }
  const isAda = Type.Object({ username: Type.Literal('ada') })
  /** [requirement, claims that meet it, claims that fail only it, status, code, challenge] */
  const cases: readonly Case[] = [
    [
      { scopes: 'orders/read' },
      scope,
      { scope: 'orders/write' },
      403,
      'SCOPE_INSUFFICIENT',
      ', error="insufficient_scope", scope="orders/read"',
    ],
    [
      { scopes: ['orders/read', 'orders/write'] },
      scope,
      { scope: 'orders/read' },
      403,
      'SCOPE_INSUFFICIENT',
      ', error="insufficient_scope", scope="orders/read orders/write"',
    ],
    [
      { scopes: { anyOf: ['orders/read', 'x'] } },
      scope,
      { scope: 'orders/write' },
      403,
      'SCOPE_INSUFFICIENT',
      ', error="insufficient_scope", scope="orders/read x"',
    ],
    [
      { scopes: 'orders/read' },
      scope,
      { scope: 'orders/read\torders/write' },
      403,
      'SCOPE_INSUFFICIENT',
      ', error="insufficient_scope", scope="orders/read"',
    ],
    [
      { scopes: 'orders/read' },
      scope,
      { scope: 'orders/read,orders/write' },
      403,
      'SCOPE_INSUFFICIENT',
      ', error="insufficient_scope", scope="orders/read"',
    ],
    [
      { scopes: 'orders/read' },
      scope,
      { scope: 'Orders/Read' },
      403,
      'SCOPE_INSUFFICIENT',
      ', error="insufficient_scope", scope="orders/read"',
    ],
    [
      { scopes: 'orders/read' },
      scope,
      { scope: 'orders/reader' },
      403,
      'SCOPE_INSUFFICIENT',
      ', error="insufficient_scope", scope="orders/read"',
    ],
    [
      { scopes: 'orders/read' },
      scope,
      { scope: undefined },
      403,
      'SCOPE_INSUFFICIENT',
      ', error="insufficient_scope", scope="orders/read"',
    ],
    [
      { groups: 'admin' },
      member,
      { 'cognito:groups': ['ops'] },
      403,
      'GROUP_INSUFFICIENT',
      ', error="insufficient_scope"',
    ],
    [
      { groups: ['admin', 'ops'] },
      member,
      { 'cognito:groups': ['admin'] },
      403,
      'GROUP_INSUFFICIENT',
      ', error="insufficient_scope"',
    ],
    [
      { groups: { anyOf: ['admin', 'x'] } },
      member,
      { 'cognito:groups': ['ops'] },
      403,
      'GROUP_INSUFFICIENT',
      ', error="insufficient_scope"',
    ],
    ...[
      [{ noneOf: ['suspended', 'x'] }, {}, { 'cognito:groups': ['admin', 'suspended'] }],
      [{ noneOf: ['suspended'] }, { 'cognito:groups': ['Suspended', 'suspended '] }, SUSPENDED],
      [{ allOf: ['admin', 'ops'], noneOf: ['suspended'] }, member, SUSPENDED],
      [{ anyOf: ['admin', 'x'], noneOf: ['suspended', 'x'] }, member, { 'cognito:groups': ['admin', 'x'] }],
    ].map(
      ([groups, meets, fails]): Case => [
        { groups } as Requirement,
        meets as object,
        fails as object,
        403,
        'GROUP_PROHIBITED',
        ', error="insufficient_scope"',
      ],
    ),
    ...[
      [{ allOf: ['admin', 'ops'] }, ['admin']],
      [{ allOf: ['admin'], anyOf: ['ops', 'x'] }, ['admin']],
      [{ allOf: ['admin'], anyOf: ['ops', 'x'] }, ['ops']],
      [{ allOf: ['admin'], anyOf: ['ops', 'x'], noneOf: ['suspended'] }, ['suspended', 'ops']],
    ].map(
      ([groups, fails]): Case => [
        { groups } as Requirement,
        member,
        { 'cognito:groups': fails },
        403,
        'GROUP_INSUFFICIENT',
        ', error="insufficient_scope"',
      ],
    ),
    [
      { groups: 'admin' },
      member,
      { 'cognito:groups': ['Admin', 'administrator', 'admin '] },
      403,
      'GROUP_INSUFFICIENT',
      ', error="insufficient_scope"',
    ],
    [
      { groups: 'admin' },
      member,
      { 'cognito:groups': undefined, groups: ['admin'], 'custom:groups': ['admin'], scope: 'admin' },
      403,
      'GROUP_INSUFFICIENT',
      ', error="insufficient_scope"',
    ],
    ...WEAK,
    [
      { maxAge: 300 },
      {},
      { auth_time: old },
      401,
      'AUTHENTICATION_TOO_OLD',
      ', error="insufficient_user_authentication", max_age="300"',
    ],
    [
      { maxAge: 300 },
      {},
      { auth_time: undefined },
      401,
      'AUTHENTICATION_TOO_OLD',
      ', error="insufficient_user_authentication", max_age="300"',
    ],
    [
      { maxAge: 300 },
      {},
      { auth_time: old + 1120 },
      401,
      'AUTHENTICATION_TOO_OLD',
      ', error="insufficient_user_authentication", max_age="300"',
    ],
    [
      { claims: isAda },
      { username: 'ada' },
      { username: 'bob' },
      401,
      'TOKEN_INVALID',
      ', error="invalid_token", error_description="The access token is invalid"',
    ],
    [
      { claims: (c): c is object => (c as { x?: 1 }).x === 1 },
      { x: 1 },
      { x: 2 },
      401,
      'TOKEN_INVALID',
      ', error="invalid_token", error_description="The access token is invalid"',
    ],
    [
      { check: ({ username }) => username === 'ada' },
      { username: 'ada' },
      { username: 'bob' },
      403,
      'CHECK_FAILED',
      ', error="insufficient_scope"',
    ],
    [
      { check: async ({ username }) => username === 'ada' },
      { username: 'ada' },
      { username: 'bob' },
      403,
      'CHECK_FAILED',
      ', error="insufficient_scope"',
    ],
  ]
  const shapes = ['eu', ['eu', 'us'], () => 'eu', undefined] as const
  for (const [index, [requirement]] of cases.entries()) {
    for (const [shape, selector] of shapes.entries()) {
      app.get(`/${index}/${shape}`, { onRequest: app.authRequired(selector as 'eu', requirement) }, pool)
      app.get(
        `/optional/${index}/${shape}`,
        { preHandler: app.authOptional(selector as 'eu', requirement) },
        pool,
      )
    }
  }
  for (const [index, [requirement, meets, fails, expected, code, challenge]] of cases.entries()) {
    for (const url of shapes.flatMap((_, shape) => [`/${index}/${shape}`, `/optional/${index}/${shape}`])) {
      const name = `${url} ${JSON.stringify(requirement)} ${JSON.stringify(fails)}`
      t.equal(await status(app, url, eu.accessToken(meets as never)), 200, name)
      const refused = await app.inject({ url, headers: bearer(eu.accessToken({ ...meets, ...fails })) })
      t.match(
        { status: refused.statusCode, code: refused.json().code },
        { status: expected, code: `COGNITO_ERR_${code}` },
        name,
      )
      t.equal(refused.headers['www-authenticate'], `Bearer realm="api"${challenge}`)
    }
  }
})

t.test('each thing a pool asks for is refused by a token that fails only that, in every shape', async (t) => {
  const make = (extra: Partial<PoolOptions>) => {
    const made = issuer.createPool({ appClientId: 'one' })
    return { made, options: made.options(extra) as PoolOptions }
  }
  const list = make({ appClientId: ['one', 'two'] })
  const any = make({ appClientId: null })
  const bound = make({ audience: ['https://api', 'https://api2'] })
  const ids = make({ tokenUse: 'id' })
  const both = make({ tokenUse: ['access', 'id'] })
  const tenants = make({ claims: Type.Object({ tenant: Type.String({ alias: 'custom:tenant' }) }) })
  const all = { list, any, bound, ids, both, tenants }
  /** [pool, token that fits, token that fails only one thing] */
  const rows: readonly [keyof typeof all, string, string][] = [
    ['list', list.made.accessToken({ client_id: 'two' }), list.made.accessToken({ client_id: 'three' })],
    ['any', any.made.accessToken({ client_id: 'whatever' }), any.made.accessToken({ client_id: '' })],
    [
      'bound',
      bound.made.accessToken({ aud: 'https://api2' }),
      bound.made.accessToken({ aud: 'https://api3' }),
    ],
    ['bound', bound.made.accessToken({ aud: ['x', 'https://api'] }), bound.made.accessToken({ aud: [] })],
    ['bound', bound.made.accessToken({ aud: 'https://api' }), bound.made.accessToken()],
    [
      'bound',
      bound.made.accessToken({ aud: 'https://api' }),
      bound.made.accessToken({ aud: 'https://api', client_id: 'three' }),
    ],
    ['ids', ids.made.idToken(), ids.made.accessToken()],
    ['ids', ids.made.idToken(), ids.made.idToken({ aud: 'two' })],
    ['ids', ids.made.idToken(), ids.made.idToken({ aud: ['one'] })],
    ['ids', ids.made.idToken(), ids.made.idToken({ aud: undefined, client_id: 'one' })],
    ['both', both.made.idToken(), both.made.idToken({ aud: 'two' })],
    ['both', both.made.accessToken(), both.made.accessToken({ client_id: 'two' })],
    [
      'tenants',
      tenants.made.accessToken({ 'custom:tenant': 't1' }),
      tenants.made.accessToken({ tenant: 't1' }),
    ],
  ]
  for (const name of Object.keys(all) as (keyof typeof all)[]) {
    // The pool is the default one of an app of its own, beside another that its tokens must not open.
    const app = await createApp(t, { [name]: all[name].options, us: us.options() })
    app.get('/default', { onRequest: app.authRequired() }, pool)
    app.get('/name', { onRequest: app.authRequired(name) }, pool)
    app.get('/list', { onRequest: app.authRequired([name, 'us']) }, pool)
    app.get('/function', { onRequest: app.authRequired(() => name) }, pool)
    app.get('/optional', { onRequest: app.authOptional(name) }, pool)
    for (const [index, [, fits, fails]] of rows.filter(([of]) => of === name).entries()) {
      for (const url of ['/default', '/name', '/list', '/function', '/optional']) {
        t.equal(await status(app, url, fits), 200, `${url} ${name} ${index}`)
        t.equal(await status(app, url, fails), 401, `${url} ${name} ${index}`)
      }
    }
  }
})

t.test('a scope claim in an ID token grants nothing', async (t) => {
  const app = await createApp(t, { eu: eu.options({ tokenUse: ['access', 'id'] }) })
  app.get('/', { onRequest: app.authRequired('eu', { scopes: 'a' }) }, pool)
  t.equal(await status(app, '/', eu.accessToken({ scope: 'a' })), 200)
  t.equal(await status(app, '/', eu.idToken({ scope: 'a' })), 403)
})

t.test('a requirement replaces the pool’s token use and claims', async (t) => {
  const claims = Type.Object({ tenant: Type.String({ alias: 'custom:tenant' }) })
  const app = await createApp(t, { eu: eu.options({ claims }) })
  app.get('/pool', { onRequest: app.authRequired('eu') }, async ({ cognito }) => cognito?.claims)
  app.get(
    '/id',
    { onRequest: app.authRequired('eu', { tokenUse: 'id' }) },
    async ({ cognito }) => cognito?.claims,
  )
  const seats = Type.Object({ seats: Type.Integer({ alias: 'custom:seats' }) })
  app.get(
    '/seats',
    { onRequest: app.authRequired('eu', { tokenUse: ['id', 'access'], claims: seats }) },
    async ({ cognito }) => cognito?.claims,
  )
  t.equal(await status(app, '/pool', eu.accessToken()), 401)
  t.equal(await status(app, '/pool', eu.accessToken({ 'custom:tenant': 't' })), 200)
  t.equal(await status(app, '/id', eu.accessToken({ 'custom:tenant': 't' })), 401)
  t.equal(await status(app, '/id', eu.idToken({ 'custom:tenant': 't' })), 200)
  for (const token of [eu.idToken({ 'custom:seats': '7' }), eu.accessToken({ 'custom:seats': 7 })]) {
    const response = await app.inject({ url: '/seats', headers: bearer(token) })
    t.match(response.json(), { seats: 7, tenant: undefined })
  }
})

t.test('a requirement of any make asks for what it says', async (t) => {
  const app = await createApp(t, pools())
  class Admin {
    get groups() {
      return 'admin'
    }
  }
  const makes = [
    new Admin(),
    Object.create({ groups: 'admin' }),
    Object.defineProperty({}, 'groups', { value: 'admin' }),
  ]
  for (const [index, requirement] of makes.entries()) {
    app.get(`/${index}`, { onRequest: app.authRequired('eu', requirement) }, pool)
  }
  for (const index of makes.keys()) {
    t.equal(await status(app, `/${index}`, eu.accessToken()), 403)
    t.equal(await status(app, `/${index}`, eu.accessToken({ 'cognito:groups': ['admin'] })), 200)
  }
})
