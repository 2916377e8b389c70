/**
 * The plugin among others: encapsulation, the application's own decorators, what it leaves in logs, how it closes.
 * @module
 */
import fastifyJwt from '@fastify/jwt'
import Fastify from 'fastify'
import fp from 'fastify-plugin'
import t from 'tap'
import cognito, { cognito as named, type PoolOptions } from '../../src/index.js'
import { bearer, createApp, startIssuer } from '../support/app.js'
import { allAttacks } from '../support/attacks.js'
import { holdTime, until } from '../support/held-time.js'
import { createLoggedApp } from '../support/logged-app.js'
import { startServer } from '../support/server.js'

const { issuer, eu, us } = await startIssuer(t)

t.test('it has a name that other plugins can depend on', async (t) => {
  t.equal(named, cognito)
  const app = await createApp(t, { eu: eu.options() })
  t.ok(app.hasPlugin('fastify-cognito'))
  await app.register(
    fp(async () => {}, {
      dependencies: ['fastify-cognito'],
      decorators: { request: ['cognito'], fastify: ['authRequired'] },
    }),
  )
  const without = Fastify()
  t.teardown(() => without.close())
  without.register(fp(async () => {}, { name: 'needy', dependencies: ['fastify-cognito'] }))
  await t.rejects(
    async () => {
      await without.ready()
    },
    { code: 'FST_ERR_PLUGIN_DEPENDENCY_NOT_REGISTERED' },
  )
})

t.test('sibling scopes hold pools of their own; twice in one scope is refused at boot', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  for (const [name, pool] of Object.entries({ a: eu, b: us })) {
    app.register(
      async (scope) => {
        await scope.register(cognito, { pools: { main: pool.options() }, realm: name })
        scope.get('/', { onRequest: scope.authRequired() }, async (request) => request.cognito?.subject)
      },
      { prefix: `/${name}` },
    )
  }
  const answer = async (url: string, token: string) => {
    const { statusCode, headers } = await app.inject({ url, headers: bearer(token) })
    return [statusCode, headers['www-authenticate']]
  }
  const invalid = (realm: string) => [
    401,
    `Bearer realm="${realm}", error="invalid_token", error_description="The access token is invalid"`,
  ]
  t.strictSame(await answer('/a', eu.accessToken()), [200, undefined])
  t.strictSame(await answer('/b', us.accessToken()), [200, undefined])
  t.strictSame(await answer('/a', us.accessToken()), invalid('a'))
  t.strictSame(await answer('/b', eu.accessToken()), invalid('b'))
  const guards: unknown[] = []
  const mixed = Fastify()
  t.teardown(() => mixed.close())
  for (const pool of [eu, us]) {
    mixed.register(async (scope) => {
      await scope.register(cognito, { pools: { main: pool.options() } })
      guards.push(scope.authRequired('main' as never))
      if (pool === us) scope.get('/', { onRequest: guards as never }, async () => 'in')
    })
  }
  for (const token of [eu.accessToken(), us.accessToken()]) {
    t.equal(
      (await mixed.inject({ url: '/', headers: bearer(token) })).statusCode,
      401,
      'pools of one name are not one pool',
    )
  }
  const twice = await createApp(t, { eu: eu.options() })
  await t.rejects(
    async () => {
      await twice.register(cognito, { pools: { us: us.options() } })
    },
    { name: 'TypeError', message: ONCE },
  )
  await t.rejects(
    async () => {
      await twice.register(async (scope) => {
        await scope.register(cognito, { pools: { us: us.options() } })
      })
    },
    { name: 'TypeError', message: ONCE },
  )
  const taken = Fastify()
  t.teardown(() => taken.close())
  taken.decorate('authRequired', (() => {}) as never)
  await t.rejects(
    async () => {
      await taken.register(cognito, { pools: { us: us.options() } })
    },
    { code: 'FST_ERR_DEC_ALREADY_PRESENT' },
    'a decorator of somebody else is told by Fastify',
  )
})

const ONCE =
  'fastify-cognito: expected one registration for a scope and the scopes inside it; put all pools into the option pools of one registration, or register the plugin in sibling scopes'

t.test('what cannot be the id of an app client is warned of at boot, and not shown', async (t) => {
  const userPoolId = 'eu-west-1_PwMfVzLQg'
  const secret = '1example23secret45of67an89app0client1example23secret4'
  const id = '3n4b5urk1ft4fl3mg5e62d9ado'
  const warningsOf = async (pool: Omit<PoolOptions, 'userPoolId'>) => {
    const { app, lines } = createLoggedApp(t, {
      pools: { eu: { userPoolId, ...pool } },
      keys: { prefetch: false },
    })
    await app.ready()
    t.notMatch(JSON.stringify(lines), /1example23/)
    return lines.map(({ level, pool, msg }) => [level, pool, msg])
  }
  const warning = [40, 'eu', /^fastify-cognito: pools\.eu\.appClientId: Cognito makes no such id/]
  for (const appClientId of [secret, [id, secret], 'My_App']) {
    t.match(await warningsOf({ appClientId }), [warning])
  }
  for (const appClientId of [id, [id], null]) t.strictSame(await warningsOf({ appClientId }), [])
  const issuer = 'http://127.0.0.1:9229/local_1'
  t.strictSame(await warningsOf({ appClientId: 'My_App', issuer }), [], 'an emulator names them as it likes')
})

t.test('an application’s own @fastify/jwt, before or after, keeps its decorators', async (t) => {
  for (const order of ['before', 'after']) {
    const app = Fastify()
    t.teardown(() => app.close())
    if (order === 'before') await app.register(fastifyJwt, { secret: 'own secret' })
    await app.register(cognito, { pools: { eu: eu.options() } })
    if (order === 'after') await app.register(fastifyJwt, { secret: 'own secret' })
    app.get('/own', { onRequest: (request) => request.jwtVerify() }, async (request) => request.user)
    app.get('/cognito', { onRequest: app.authRequired('eu') }, async (request) => request.user ?? 'untouched')
    const own = await app.inject({ url: '/own', headers: bearer(app.jwt.sign({ mine: true })) })
    t.match(own.json(), { mine: true }, order)
    t.not((await app.inject({ url: '/own', headers: bearer(eu.accessToken()) })).statusCode, 200)
    t.equal((await app.inject({ url: '/cognito', headers: bearer(eu.accessToken()) })).body, 'untouched')
    t.equal(
      (await app.inject({ url: '/cognito', headers: bearer(app.jwt.sign({ mine: true })) })).statusCode,
      401,
    )
  }
})

t.test('guards exist once the plugin is loaded, in after() and in later plugins', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.register(cognito, { pools: { eu: eu.options() } })
  app.after(() => {
    app.get('/after', { onRequest: app.authRequired('eu') }, async () => 'in')
  })
  app.register(async (later) => {
    later.get('/later', { onRequest: later.authRequired('eu') }, async () => 'in')
  })
  for (const url of ['/after', '/later']) t.equal((await app.inject(url)).statusCode, 401)
})

t.test('errors of the application get no header of ours', async (t) => {
  const app = await createApp(t, { eu: eu.options() })
  app.get('/', async () => {
    throw Object.assign(new Error('mine'), { statusCode: 401, challenge: { error: 'x' } })
  })
  const { headers } = await app.inject('/')
  t.notOk(headers['www-authenticate'] ?? headers['cache-control'])
})

t.test(
  'silence: no piece of a token, no claim value and no key is logged or answered, whatever is refused',
  async (t) => {
    const lines: string[] = []
    const logger = { level: 'trace', stream: { write: (line: string) => void lines.push(line) } }
    const app = await createApp(
      t,
      { eu: eu.options(), us: us.options() },
      { keys: { lookupBurst: 1000 } },
      { logger },
    )
    const seen: unknown[] = []
    app.setErrorHandler((error, _request, reply) => {
      const { stack: _, ...own } = { ...(error as Error) }
      seen.push(JSON.stringify(own), (error as Error).stack, (error as Error).message)
      return reply.send(error)
    })
    app.get('/', { onRequest: app.authRequired('eu', { scopes: 'orders/read' }) }, async () => 'in')
    const secret = 'claim-value-that-must-stay-silent'
    const attacks = allAttacks(eu, us).filter(({ path }) => path === undefined)
    const tokens = attacks.map(({ lines: [line = ''] }) => line.slice(line.indexOf(':') + 1).trim())
    tokens.push(
      ...[
        { scope: secret },
        { 'cognito:groups': secret },
        { client_id: secret },
        { sub: 7, username: secret },
        { iss: secret },
      ].map((claims) => `Bearer ${eu.accessToken(claims)}`),
    )
    const bodies: string[] = []
    for (const authorization of tokens) {
      const { statusCode, body, headers } = await app.inject({ url: '/', headers: { authorization } })
      bodies.push(body, JSON.stringify(headers))
      t.ok(statusCode < 500)
    }
    // Most lines differ in these alone, and each is looked through for each piece.
    const untimed = lines.map((line) => line.replace(/"(?:time|responseTime)":[\d.]+|"reqId":"req-\w+"/g, ''))
    const output = [...new Set([...untimed, ...bodies, ...seen])].join('\n')
    t.ok(lines.length > tokens.length, 'there is something to look at')
    const pieces = tokens.flatMap((token) => token.replace(/^\S+\s*/, '').match(/.{20}/g) ?? [])
    const leaks = [...new Set(pieces)].filter((piece) => output.includes(piece))
    t.strictSame(leaks, [])
    for (const word of [secret, eu.kid(), eu.appClientId, eu.userPoolId]) t.notOk(output.includes(word))
    t.match(output, /a required scope|the token lacks scopes; the route requires all of orders\/read/)
  },
)

t.test('keys over plain HTTP are warned of in production only', async (t) => {
  const before = process.env['NODE_ENV']
  t.teardown(() => {
    if (before === undefined) delete process.env['NODE_ENV']
    else process.env['NODE_ENV'] = before
  })
  for (const [environment, warnings] of [
    ['production', 1],
    ['development', 0],
  ] as const) {
    process.env['NODE_ENV'] = environment
    const lines: string[] = []
    await createApp(
      t,
      { eu: eu.options(), https: { userPoolId: 'eu-west-1_Other', appClientId: 'x' } },
      {},
      { logger: { stream: { write: (line: string) => void lines.push(line) } } },
    )
    t.equal(
      lines.filter((line) => line.includes('"pool":"eu"') && line.includes('use https in production')).length,
      warnings,
    )
    t.equal(lines.filter((line) => line.includes('"pool":"https"')).length, 0)
  }
})

t.test('AWS_COGNITO_KEYS_URL is read when the plugin is registered', async (t) => {
  const before = process.env['AWS_COGNITO_KEYS_URL']
  t.teardown(() => {
    if (before === undefined) delete process.env['AWS_COGNITO_KEYS_URL']
    else process.env['AWS_COGNITO_KEYS_URL'] = before
  })
  process.env['AWS_COGNITO_KEYS_URL'] = `${issuer.origin}/{userPoolId}/.well-known/jwks.json`
  const { jwksUrl: _, ...options } = eu.options()
  const app = await createApp(t, { eu: options, us: us.options() })
  t.match(await app.cognito.verify(eu.accessToken()), { pool: 'eu' })
  t.strictSame(app.cognito.pools['eu']?.jwksUrls, [eu.jwksUrl])
})

t.test('closing ends a lookup that is under way', async (t) => {
  // No timer ends it before.
  using time = holdTime()
  const begun = time.now()
  let isAsked = false
  const origin = await startServer(t, () => {
    isAsked = true
  })
  const app = await createApp(t, { eu: eu.options({ jwksUrl: `${origin}/jwks.json` }) })
  const verification = app.cognito.verify(eu.accessToken())
  const outcome = t.rejects(verification, { code: 'COGNITO_ERR_KEYS_UNAVAILABLE' })
  await until(() => isAsked)
  await app.close()
  await outcome
  t.equal(time.now(), begun)
})
