/**
 * Guards: every hook and shape they come in, what they ask for, and what they do with an application's own functions.
 * @module
 */
import fastifyAuth from '@fastify/auth'
import { Type } from '@sinclair/typebox'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import t from 'tap'
import type { PoolOptions, Requirement } from '../../src/index.js'
import { bearer, createApp, startIssuer } from '../support/app.js'

const { issuer, eu, us } = await startIssuer(t)
const pools = () => ({ eu: eu.options(), us: us.options() })
const pool = async (request: FastifyRequest) => ({ pool: request.cognito?.pool ?? null })

async function status(app: FastifyInstance, url: string, token?: string): Promise<number> {
  return (await app.inject({ url, headers: token === undefined ? {} : bearer(token) })).statusCode
}

t.test('the pools of a guard, in every shape: exactly the diagonal opens', async (t) => {
  const app = await createApp(t, pools())
  const shapes = {
    '/default': [app.authRequired(), ['eu']],
    '/name': [app.authRequired('us'), ['us']],
    '/list': [app.authRequired(['us']), ['us']],
    '/both': [app.authRequired(['eu', 'us']), ['eu', 'us']],
    '/function': [app.authRequired(() => 'us'), ['us']],
    '/function-list': [app.authRequired(() => ['eu', 'us']), ['eu', 'us']],
    '/async': [app.authRequired(async () => 'us'), ['us']],
    '/async-list': [app.authRequired(async () => ['eu']), ['eu']],
    '/header': [app.authRequired((request) => String(request.headers['x-region'] ?? 'us')), ['us']],
  } as const
  for (const [url, [guard]] of Object.entries(shapes)) app.get(url, { onRequest: guard as never }, pool)
  const tokens = { eu: eu.accessToken(), us: us.accessToken() }
  for (const [url, [, open]] of Object.entries(shapes)) {
    for (const [name, token] of Object.entries(tokens)) {
      const response = await app.inject({ url, headers: bearer(token) })
      const isOpen = (open as readonly string[]).includes(name)
      t.equal(response.statusCode, isOpen ? 200 : 401, `${url} ${name}`)
      if (isOpen) t.strictSame(response.json(), { pool: name })
    }
  }
  const chosen = await app.inject({ url: '/header', headers: { ...bearer(tokens.eu), 'x-region': 'eu' } })
  t.strictSame(chosen.json(), { pool: 'eu' })
})

t.test('a guard that can never open, or names what is not there, stops the boot', async (t) => {
  const app = await createApp(t, { ...pools(), ids: issuer.createPool().options({ tokenUse: 'id' }) })
  const required = app.authRequired as (pool?: unknown, requirement?: unknown) => unknown
  const wrong: readonly [unknown, unknown, RegExp][] = [
    [
      'asia',
      {},
      /^authRequired: expected the name of a registered pool, or a list of different ones: eu, us, ids/,
    ],
    [
      ['eu', 'asia'],
      {},
      /^authRequired: expected the name of a registered pool, or a list of different ones: eu, us, ids/,
    ],
    [
      'toString',
      {},
      /^authRequired: expected the name of a registered pool, or a list of different ones: eu, us, ids/,
    ],
    [[], {}, /^authRequired: expected the name of a registered pool.*; found an empty list$/],
    [{ scopes: 'a' }, {}, /us, ids; found an object; a requirement is the second argument$/],
    ['EU', {}, /us, ids; did you mean eu\?$/],
    ['asia', {}, /us, ids; found another name$/],
    [['eu', 'eu'], {}, /us, ids; found a list that has an item twice$/],
    ['eu', undefined, /^authRequired: expected arguments that are not undefined/],
    [undefined, undefined, /^authRequired: expected arguments that are not undefined/],
    [null, {}, /us, ids; found null$/],
    ['eu', null, /^authRequired: expected an object of requirements/],
    ['eu', 'a', /^authRequired: expected an object of requirements/],
    ['eu', [], /^authRequired/],
    ['eu', { scope: 'a' }, /^authRequired\.scope: unknown name; did you mean scopes\?$/],
    [
      'eu',
      { age: 1 },
      /^authRequired\.age: unknown name; expected tokenUse, scopes, groups, claims, maxAge, check, loadUser$/,
    ],
    ['eu', { scopes: { allOf: ['a'] } }, /^authRequired\.scopes\.allOf: unknown name; expected anyOf$/],
    ['eu', { scopes: { anyof: ['a'] } }, /^authRequired\.scopes\.anyof: unknown name; did you mean anyOf\?$/],
    ['eu', { scopes: { anyOf: ['a'], x: 1 } }, /^authRequired\.scopes\.x: unknown name; expected anyOf$/],
    ...['', [], ['a', 'a'], 'a b', 'a"b', ['a', 7], { anyOf: [] }, null, true].map(
      (scopes): [unknown, unknown, RegExp] => [
        'eu',
        { scopes },
        /^authRequired\.scopes: expected a scope, a list of scopes or \{ anyOf: list \}/,
      ],
    ),
    ...['', [], ['a', 'a'], 'a b', { anyOf: [] }, null].map((groups): [unknown, unknown, RegExp] => [
      'eu',
      { groups },
      /^authRequired\.groups: expected a group/,
    ]),
    ...[-1, 0.5, '300', Number.NaN, Number.POSITIVE_INFINITY, null].map(
      (maxAge): [unknown, unknown, RegExp] => [
        'eu',
        { maxAge },
        /^authRequired\.maxAge: expected whole seconds from 0/,
      ],
    ),
    ...['refresh', [], null].map((tokenUse): [unknown, unknown, RegExp] => [
      'eu',
      { tokenUse },
      /^authRequired\.tokenUse: expected 'access', 'id' or a list/,
    ]),
    ...['scopes', 'groups', 'claims', 'maxAge', 'tokenUse'].map((name): [unknown, unknown, RegExp] => [
      'eu',
      { [name]: undefined },
      new RegExp(`^authRequired\\.${name}: expected a value`),
    ]),
    ['eu', { check: undefined }, /^authRequired\.check: expected a value/],
    ['eu', { check: true }, /^authRequired\.check: expected a function/],
    ['eu', { claims: Type.String() }, /^authRequired\.claims: expected Type\.Object/],
    ['ids', { scopes: 'a' }, /^authRequired: this can never hold: only access tokens have scopes/],
    [['eu', 'ids'], { scopes: 'a' }, /^authRequired: this can never hold/],
    ['eu', { tokenUse: 'id', scopes: 'a' }, /^authRequired: this can never hold/],
    [() => 'eu', { tokenUse: 'id', scopes: 'a' }, /^authRequired: this can never hold/],
  ]
  for (const [name, requirement, message] of wrong) {
    t.throws(
      () => required(name, requirement),
      { name: 'TypeError', message },
      `${JSON.stringify(name)} ${JSON.stringify(requirement)}`,
    )
  }
  t.throws(() => required(undefined), { message: /^authRequired: expected arguments that are not undefined/ })
  t.ok(required(undefined, { scopes: 'a' }), 'the default pool with a requirement')
  t.ok(
    required(() => 'eu', { scopes: 'a' }),
    'a function may choose among pools of which some can hold',
  )
  t.throws(() => app.authOptional('asia' as never), {
    message: /^authOptional: expected the name of a registered pool/,
  })
})

t.test('each thing a route asks for is refused by a token that fails only that', async (t) => {
  const app = await createApp(t, pools())
  const old = Math.floor(Date.now() / 1000) - 1000
  const member = { 'cognito:groups': ['admin', 'ops'] }
  const scope = { scope: 'orders/read orders/write' }
  const isAda = Type.Object({ username: Type.Literal('ada') })
  /** [requirement, claims that meet it, claims that fail only it, status, code, challenge] */
  const cases: readonly [Requirement, object, object, number, string, string][] = [
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

t.test('what a handler gets', async (t) => {
  const app = await createApp(t, { eu: eu.options({ tokenUse: ['access', 'id'] }) })
  let seen: FastifyRequest['cognito'] = null
  app.get('/', { onRequest: app.authRequired('eu') }, async (request) => {
    seen = request.cognito
    return { spread: { ...request.cognito }, json: request.cognito }
  })
  const token = eu.accessToken({
    sub: 'ada',
    username: 'ada.l',
    scope: 'a b',
    'cognito:groups': ['g'],
    deep: { list: [{ x: 1 }] },
  })
  const response = await app.inject({ url: '/', headers: bearer(token) })
  t.match(seen, {
    pool: 'eu',
    tokenUse: 'access',
    principal: 'user',
    subject: 'ada',
    username: 'ada.l',
    clientId: eu.appClientId,
    token,
  })
  t.strictSame([...(seen as never as { scopes: Set<string> }).scopes], ['a', 'b'])
  t.strictSame([...(seen as never as { groups: Set<string> }).groups], ['g'])
  t.notOk(response.body.includes(token), 'neither JSON nor a copy carries the token')
  const { payload, claims } = seen as unknown as {
    payload: { deep: { list: [{ x: number }] } }
    claims: { sub: string }
  }
  for (const value of [seen, payload, payload.deep, payload.deep.list, payload.deep.list[0], claims])
    t.ok(Object.isFrozen(value))

  await app.inject({ url: '/', headers: bearer(eu.machineToken()) })
  t.match(seen, {
    principal: 'machine',
    subject: eu.appClientId,
    username: undefined,
    clientId: eu.appClientId,
  })
  await app.inject({ url: '/', headers: bearer(eu.machineToken({ username: 'x' })) })
  t.match(seen, { principal: 'user' })
  await app.inject({
    url: '/',
    headers: bearer(eu.idToken({ 'cognito:username': 'ada.l', sub: eu.appClientId })),
  })
  t.match(seen, { principal: 'user', tokenUse: 'id', username: 'ada.l', clientId: eu.appClientId })
})

t.test('nobody can change the claims, whoever has read them', async (t) => {
  const isMember = (claims: unknown): claims is { sub: string } => claims !== null
  const app = await createApp(t, { eu: eu.options({ claims: isMember }), us: us.options() })
  for (const name of ['eu', 'us']) {
    app.get(`/${name}`, { onRequest: app.authRequired(name) }, async (request) =>
      Object.isFrozen(request.cognito?.claims),
    )
  }
  for (const [url, token] of [
    ['/eu', eu.accessToken()],
    ['/us', us.accessToken()],
  ] as const) {
    t.equal((await app.inject({ url, headers: bearer(token) })).json(), true, url)
  }
})

t.test('an optional guard: null without credentials, everything else as a required one', async (t) => {
  const app = await createApp(t, pools())
  app.get('/', { onRequest: app.authOptional('eu') }, pool)
  const answer = async (headers: Record<string, string>) => {
    const { statusCode, body } = await app.inject({ url: '/', headers })
    return statusCode === 200 ? body : statusCode
  }
  t.equal(await answer({}), '{"pool":null}')
  t.equal(await answer(bearer(eu.accessToken())), '{"pool":"eu"}')
  t.equal(await answer(bearer(us.accessToken())), 401)
  t.equal(await answer(bearer(eu.accessToken({ exp: 1, iat: 0 }))), 401)
  t.equal(await answer({ authorization: 'Basic eDp5' }), 401)
  t.equal(await answer({ authorization: '' }), 401)
  t.equal(await answer({ authorization: 'Bearer' }), 400)
})

t.test('however many guards run, a token is verified once', async (t) => {
  const fresh = issuer.createPool()
  let reads = 0
  const app = await createApp(
    t,
    { fresh: fresh.options(), us: us.options() },
    {
      tokenFrom: (request) => {
        reads += 1
        return request.headers.authorization?.slice(7)
      },
    },
  )
  const verifications: unknown[] = []
  app.addHook('onRequest', app.authRequired(['fresh', 'us']))
  app.addHook('onRequest', async (request) => void verifications.push(request.cognito?.payload))
  const again = Type.Object({ jti: Type.String() })
  const last = Type.Object({ tenant: Type.String({ alias: 'custom:tenant' }) })
  const guards = [
    app.authRequired('fresh'),
    app.authRequired('fresh', { claims: again }),
    app.authRequired('fresh', { scopes: 'a' }),
  ]
  app.get(
    '/',
    // Guards that prove different claims do not compile on one route; at run time they add up.
    { onRequest: guards as never, preHandler: app.authOptional('fresh', { claims: last }) as never },
    async (request: FastifyRequest) => {
      verifications.push(request.cognito?.payload)
      return request.cognito?.claims
    },
  )
  const response = await app.inject({
    url: '/',
    headers: bearer(fresh.accessToken({ scope: 'a', 'custom:tenant': 't' })),
  })
  t.match(response.json(), { tenant: 't', jti: /./ }, 'the claims of all guards are there')
  t.equal(reads, 5)
  t.equal(verifications.length, 2)
  t.equal(verifications[0], verifications[1], 'one and the same payload object')
  t.equal(await status(app, '/', us.accessToken({ scope: 'a' })), 401, 'a later guard narrows')
  t.equal(await status(app, '/', fresh.accessToken({ scope: 'b' })), 403)
})

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

t.test('a second guard that finds another token keeps nothing of the first one', async (t) => {
  const claims = Type.Object({ tenant: Type.String({ alias: 'custom:tenant' }) })
  const app = await createApp(t, pools())
  app.addHook('onRequest', app.authRequired('eu', { claims }))
  app.addHook('onRequest', async (request) => {
    request.raw.headers.authorization = bearer(eu.accessToken({ sub: 'bob' })).authorization
  })
  app.get('/', { preHandler: app.authRequired('eu') }, async (request) => request.cognito)
  const ada = eu.accessToken({ sub: 'ada', 'custom:tenant': 't', 'cognito:groups': ['admin'] })
  const answer = (await app.inject({ url: '/', headers: bearer(ada) })).json()
  t.match(answer, { subject: 'bob', claims: { sub: 'bob' } })
  t.strictSame([answer.claims.tenant, answer.claims['cognito:groups']], [undefined, undefined])
})

t.test(
  'a function that chooses no pool, or an unknown one, is a logged 500 that tells the client nothing',
  async (t) => {
    const lines: string[] = []
    const app = await createApp(
      t,
      pools(),
      {},
      { logger: { level: 'trace', stream: { write: (line: string) => void lines.push(line) } } },
    )
    const odd = [
      'asia',
      'toString',
      '__proto__',
      [],
      ['eu', 'asia'],
      [['eu']],
      undefined,
      null,
      7,
      {},
      Promise.resolve('asia'),
      Promise.resolve(undefined),
      Promise.resolve([]),
    ]
    for (const [index, value] of odd.entries())
      app.get(`/${index}`, { onRequest: app.authRequired(() => value as never) }, pool)
    for (const index of odd.keys()) {
      const response = await app.inject({ url: `/${index}`, headers: bearer(eu.accessToken()) })
      t.equal(
        response.body,
        '{"statusCode":500,"code":"COGNITO_ERR_INTERNAL","error":"Internal Server Error","message":"Internal Server Error"}',
        `${index}`,
      )
      t.notOk(response.headers['www-authenticate'])
      t.equal(await status(app, `/${index}`), 401, 'without a token nobody is asked')
    }
    const logged = lines.filter((line) =>
      line.includes('chose no pool or an unknown one; registered are eu, us'),
    )
    t.equal(logged.length, odd.length)
    t.notOk(lines.some((line) => line.includes('asia')))
  },
)

t.test('an application’s function that throws, or answers nothing useful, lets nobody in', async (t) => {
  const app = await createApp(t, pools())
  const thrown = [undefined, null, '', 0, false, Number.NaN, 'text', 7, Symbol('x')]
  const throwers = thrown.flatMap((value) => [
    () => {
      throw value
    },
    () => Promise.reject(value),
  ])
  for (const [index, thrower] of throwers.entries()) {
    app.get(`/check/${index}`, { onRequest: app.authRequired('eu', { check: thrower as never }) }, pool)
    app.get(`/pool/${index}`, { onRequest: app.authRequired(thrower as never) }, pool)
  }
  class NotToday extends Error {
    readonly statusCode = 418
  }
  app.get(
    '/own',
    {
      onRequest: app.authRequired('eu', {
        check: () => {
          throw new NotToday()
        },
      }),
    },
    pool,
  )
  const answers = [undefined, null, 0, 1, 'yes', 'true', {}, [], Number.NaN]
  for (const [index, answer] of answers.entries()) {
    app.get(`/answer/${index}`, { onRequest: app.authRequired('eu', { check: () => answer as never }) }, pool)
    app.get(
      `/later/${index}`,
      { onRequest: app.authRequired('eu', { check: async () => answer as never }) },
      pool,
    )
  }
  const guard = (): boolean => {
    throw new Error('secret')
  }
  app.get('/guard', { onRequest: app.authRequired('eu', { claims: guard as never }) }, pool)
  for (const index of throwers.keys()) {
    for (const url of [`/check/${index}`, `/pool/${index}`])
      t.equal(await status(app, url, eu.accessToken()), 500, `${url} ${String(thrown[index >> 1])}`)
  }
  t.equal(await status(app, '/own', eu.accessToken()), 418, 'an error of the application stays its own')
  for (const index of answers.keys()) {
    for (const url of [`/answer/${index}`, `/later/${index}`])
      t.equal(await status(app, url, eu.accessToken()), 403, `${url} ${String(answers[index])}`)
  }
  t.equal(await status(app, '/guard', eu.accessToken()), 401, 'a type guard that throws has not accepted')
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

t.test('a second guard decides by what its own schema finds', async (t) => {
  const app = await createApp(t, pools())
  const first = Type.Object({
    tenant: Type.String({ alias: 'custom:org' }),
    seats: Type.Integer({ alias: 'custom:seats' }),
  })
  const second = Type.Object({ tenant: Type.Optional(Type.String({ alias: 'custom:tenant' })) })
  const check = ({ claims }: { claims: { tenant?: string } }) => claims.tenant !== undefined
  const decide = app.authRequired('eu', { claims: second, check })
  const isAny = (_claims: unknown): _claims is object => true
  app.get(
    '/schema',
    { onRequest: [app.authRequired('eu', { claims: first }), decide] as never },
    async (request: FastifyRequest) => request.cognito?.claims,
  )
  app.get('/guard', { onRequest: [app.authRequired('eu', { claims: isAny }), decide] as never }, pool)
  const org = { 'custom:org': 'o', 'custom:seats': '7' }
  t.equal(await status(app, '/schema', eu.accessToken(org)), 403)
  t.equal(await status(app, '/guard', eu.accessToken({ tenant: 'raw' })), 403)
  const both = await app.inject({
    url: '/schema',
    headers: bearer(eu.accessToken({ ...org, 'custom:tenant': 't' })),
  })
  t.match(both.json(), { tenant: 't', seats: 7 })
})

t.test('a promise of any library is waited for', async (t) => {
  const app = await createApp(t, pools())
  // A promise of another library is any object with this member.
  const promise = <T>(value: T): Promise<T> =>
    Object.fromEntries([
      ['then', (resolve: (value: T) => void) => void setTimeout(resolve, 5, value)],
    ]) as never
  app.get('/', { onRequest: app.authRequired(() => promise('eu'), { check: () => promise(true) }) }, pool)
  app.get('/no', { onRequest: app.authRequired('eu', { check: () => promise(false) }) }, pool)
  t.equal(await status(app, '/', eu.accessToken()), 200)
  t.equal(await status(app, '/', us.accessToken()), 401)
  t.equal(await status(app, '/no', eu.accessToken()), 403)
})

t.test('a guard that a function of the application calls as another hook lets nobody in', async (t) => {
  const app = await createApp(t, pools())
  const guard = app.authRequired('eu') as unknown as (...given: unknown[]) => void
  app.get('/', { preParsing: (...given) => guard(...given) }, pool)
  t.equal(await status(app, '/', eu.accessToken()), 500)
  t.equal(await status(app, '/'), 500)
})

t.test('check comes last and once, with the request and what was proved', async (t) => {
  const app = await createApp(t, pools())
  const calls: unknown[] = []
  const check = (authentication: { pool: string }, request: FastifyRequest) => {
    calls.push([authentication.pool, request.url, request.cognito])
    return true
  }
  app.get('/', { onRequest: app.authRequired('eu', { scopes: 'a', check }) }, pool)
  await status(app, '/', eu.accessToken({ scope: 'b' }))
  await status(app, '/')
  t.strictSame(calls, [])
  t.equal(await status(app, '/', eu.accessToken({ scope: 'a' })), 200)
  t.strictSame(calls, [['eu', '/', null]])
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

t.test('requests that wait for a key are answered each for itself', async (t) => {
  const cold = issuer.createPool()
  const app = await createApp(t, { cold: cold.options() })
  app.get(
    '/',
    { onRequest: app.authRequired('cold', { scopes: 'a' }) },
    async ({ cognito }) => cognito?.subject,
  )
  const answers = await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      const token =
        index % 3 === 0
          ? cold.accessToken({ scope: 'b' })
          : cold.accessToken({ sub: `s${index}`, scope: 'a' })
      const response = await app.inject({
        url: '/',
        headers: bearer(index % 3 === 1 ? `${token.slice(0, -8)}AAAAAAAA` : token),
      })
      return response.statusCode === 200 ? response.body : response.statusCode
    }),
  )
  t.strictSame(
    answers,
    answers.map((_, index) => (index % 3 === 0 ? 403 : index % 3 === 1 ? 401 : `s${index}`)),
  )
  t.equal(issuer.fetches.get(cold.userPoolId), 1)
})

t.test(
  'a pool that nobody answers for is 503 with Retry-After, and the others are not touched',
  async (t) => {
    const dark = await startIssuer(t)
    dark.issuer.down = true
    const app = await createApp(t, { dark: dark.eu.options(), us: us.options() })
    app.get('/', { onRequest: app.authRequired(['dark', 'us']) }, pool)
    const response = await app.inject({ url: '/', headers: bearer(dark.eu.accessToken()) })
    t.equal(response.statusCode, 503)
    t.strictSame(response.json(), {
      statusCode: 503,
      code: 'COGNITO_ERR_KEYS_UNAVAILABLE',
      error: 'Service Unavailable',
      message: 'Signing keys are temporarily unavailable',
    })
    t.match(response.headers, {
      'retry-after': /^[1-9]\d?$/,
      'cache-control': 'no-store',
      'www-authenticate': undefined,
    })
    t.equal(await status(app, '/', us.accessToken()), 200)
    t.match(app.cognito.status(), { dark: { state: 'down' }, us: { state: 'ok' } })
  },
)

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
