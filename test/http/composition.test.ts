/**
 * Beside the plugins that an API has as a rule: in which order, and who answers what.
 * @module
 */
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import fastifyAuth from '@fastify/auth'
import fastifyCookie from '@fastify/cookie'
import fastifyCors from '@fastify/cors'
import fastifyHelmet from '@fastify/helmet'
import fastifyJwt from '@fastify/jwt'
import fastifyRateLimit, { normalizeIP } from '@fastify/rate-limit'
import { Type } from '@sinclair/typebox'
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type InjectOptions,
} from 'fastify'
import t, { type Test } from 'tap'
import type { TypeBoxTypeProvider } from 'type-provider-typebox-next'
import { Type as NextType } from 'typebox'
import { Check } from 'typebox/value'
import cognito, { fromCookie, fromHeader, type PluginOptions } from '../../src/index.js'
import { bearer, startIssuer } from '../support/app.js'

const { eu, us } = await startIssuer(t)
const OWN = 'https://app.example.com'
const FOREIGN = 'https://evil.example.com'
const CHALLENGE = 'Bearer realm="api"'

/** An application whose plugins are registered in the order of `plugins`, `cognito` among them. */
async function createApp(
  t: Test,
  plugins: readonly ('cognito' | ((app: FastifyInstance) => PromiseLike<unknown>))[],
  options: Omit<PluginOptions, 'pools'> = {},
): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(() => app.close())
  for (const plugin of plugins) {
    if (plugin !== 'cognito') await plugin(app)
    else
      await app.register(cognito, {
        pools: { eu: eu.options(), us: us.options() },
        keys: { prefetch: false },
        ...options,
      })
  }
  return app
}

const subject = async (request: FastifyRequest) => request.cognito?.subject ?? 'nobody'

t.test('@fastify/cors', async (t) => {
  const cors = (app: FastifyInstance) =>
    app.register(fastifyCors, { origin: OWN, exposedHeaders: ['WWW-Authenticate'] })
  const preflight: InjectOptions = {
    method: 'OPTIONS',
    url: '/',
    headers: {
      origin: OWN,
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'authorization',
    },
  }
  await t.test('a preflight needs no token, and a page can read why it was refused', async (t) => {
    for (const order of [
      [cors, 'cognito'],
      ['cognito', cors],
    ] as const) {
      const app = await createApp(t, order)
      app.get('/', { onRequest: app.authRequired('eu') }, subject)
      const allowed = await app.inject(preflight)
      t.equal(allowed.statusCode, 204)
      t.match(allowed.headers, {
        'access-control-allow-origin': OWN,
        'access-control-allow-headers': 'authorization',
      })
      const refused = await app.inject({ url: '/', headers: { origin: OWN } })
      t.equal(refused.statusCode, 401)
      t.match(refused.headers, {
        'access-control-allow-origin': OWN,
        'access-control-expose-headers': 'WWW-Authenticate',
        'www-authenticate': CHALLENGE,
      })
    }
  })
  await t.test('for a guard of all routes it has to come first', async (t) => {
    const guard = async (app: FastifyInstance) => void app.addHook('onRequest', app.authRequired('eu'))
    for (const [order, status] of [
      [[cors, 'cognito', guard], 204],
      [['cognito', guard, cors], 401],
    ] as const) {
      const app = await createApp(t, order)
      app.get('/', subject)
      t.equal((await app.inject(preflight)).statusCode, status)
      t.equal(
        (await app.inject({ url: '/', headers: { origin: OWN, ...bearer(eu.accessToken()) } })).statusCode,
        200,
      )
    }
  })
})

t.test('@fastify/rate-limit', async (t) => {
  const identify = ({ cognito, ip }: FastifyRequest) =>
    cognito ? `user ${cognito.pool} ${cognito.subject}` : `address ${normalizeIP(ip)}`
  const limit = (app: FastifyInstance) => app.register(fastifyRateLimit, { max: 2, keyGenerator: identify })
  const by = (token: string, remoteAddress = '192.0.2.1') => ({ headers: bearer(token), remoteAddress })
  const from = (remoteAddress: string) => ({ headers: {}, remoteAddress })

  async function send(
    app: FastifyInstance,
    url: string,
    requests: readonly ReturnType<typeof by | typeof from>[],
  ) {
    const statuses: number[] = []
    for (const { headers, remoteAddress } of requests) {
      statuses.push((await app.inject({ url, headers, remoteAddress })).statusCode)
    }
    return statuses
  }

  for (const order of [
    [limit, 'cognito'],
    ['cognito', limit],
  ] as const) {
    const when = order[0] === limit ? 'before' : 'after'
    await t.test(
      `users are counted by pool and subject, others by address; registered ${when}`,
      async (t) => {
        const app = await createApp(t, order)
        const any = ['eu', 'us'] as const
        app.get('/', { onRequest: app.authRequired(any) }, subject)
        app.get('/maybe', { onRequest: app.authOptional(any) }, subject)
        app.register(async (scope) =>
          app.cognito.protect(scope, app.authRequired(any)).get('/scope', subject),
        )
        for (const [url, sub] of [
          ['/', 'ada'],
          ['/maybe', 'ben'],
          ['/scope', 'cal'],
        ] as const) {
          const [one, again] = [eu.accessToken({ sub }), eu.accessToken({ sub })]
          const statuses = await send(app, url, [
            by(one),
            by(again, '192.0.2.9'),
            by(one),
            by(us.accessToken({ sub })),
          ])
          t.strictSame(statuses, [200, 200, 429, 200], url)
        }
        const strangers = [
          '192.0.2.1',
          '192.0.2.1',
          '192.0.2.1',
          '192.0.2.9',
          '2001:db8::1',
          '2001:db8::2',
          '2001:db8::3',
        ]
        t.strictSame(await send(app, '/maybe', strangers.map(from)), [200, 200, 429, 200, 200, 200, 429])
        const bad = by(eu.accessToken({ exp: 1, iat: 0 }), '192.0.2.7')
        t.strictSame(await send(app, '/maybe', [bad, bad, bad]), [401, 401, 401], 'a refusal counts nowhere')
      },
    )
  }

  await t.test('refusals are counted by address, before the guards', async (t) => {
    const app = await createApp(t, [limit, 'cognito'])
    // The recipe of docs/composition.md.
    const countAddress = app.createRateLimit({ max: 3, keyGenerator: ({ ip }) => normalizeIP(ip) })
    app.addHook('onRequest', async (request, reply) => {
      const count = await countAddress(request)
      if (count.isAllowed || !count.isExceeded) return
      reply.code(429).header('retry-after', String(count.ttlInSeconds))
      throw new Error('Too many requests')
    })
    app.get('/', { onRequest: app.authRequired('eu') }, subject)
    const bad = by(eu.accessToken({ exp: 1, iat: 0 }))
    t.strictSame(await send(app, '/', [bad, from('192.0.2.1'), bad, bad]), [401, 401, 401, 429])
    const good = by(eu.accessToken({ sub: 'ada' }), '192.0.2.9')
    t.strictSame(await send(app, '/', [good, good, good]), [200, 200, 429], 'and users as before')
    t.match((await app.inject({ url: '/', ...bad })).headers['retry-after'], /^[1-9]\d*$/)
  })
})

t.test('@fastify/cookie: a cookie opens a route, and another site cannot make use of it', async (t) => {
  const cookie = (app: FastifyInstance) => app.register(fastifyCookie)
  const app = await createApp(t, [cookie, 'cognito'], {
    tokenFrom: [fromHeader(), fromCookie('access_token')],
  })
  // The recipe of docs/composition.md.
  app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    const isHarmless = request.method === 'GET' || request.method === 'HEAD'
    if (isHarmless || request.cookies['access_token'] === undefined || request.headers.origin === OWN) return
    reply.code(403)
    throw new Error('a page of another origin')
  })
  app.route({ method: ['GET', 'POST'], url: '/', onRequest: app.authRequired('eu'), handler: subject })
  const token = eu.accessToken({ sub: 'ada' })
  const send = async (method: 'GET' | 'POST', headers: Record<string, string>) =>
    (await app.inject({ method, url: '/', headers })).statusCode
  const jar = { cookie: `access_token=${token}` }
  t.equal(await send('GET', jar), 200)
  t.equal(await send('POST', { ...jar, origin: OWN }), 200)
  for (const origin of [FOREIGN, `${OWN}.evil.example`, 'null']) {
    t.equal(await send('POST', { ...jar, origin }), 403, origin)
  }
  t.equal(await send('POST', jar), 403, 'a browser always sends it')
  const basic = { authorization: 'Basic eDp5' }
  t.equal(
    await send('POST', { ...jar, ...basic, origin: FOREIGN }),
    403,
    'credentials of another kind leave it to the cookie',
  )
  t.equal(
    await send('POST', { ...bearer(token), origin: FOREIGN }),
    200,
    'no page can set this header unasked',
  )
  t.equal(await send('POST', bearer(token)), 200)
  t.equal(await send('POST', {}), 401)
})

t.test('@fastify/helmet: its headers are on refusals, too', async (t) => {
  const helmet = (app: FastifyInstance) => app.register(fastifyHelmet)
  for (const order of [
    [helmet, 'cognito'],
    ['cognito', helmet],
  ] as const) {
    const app = await createApp(t, order)
    app.get('/', { onRequest: app.authRequired('eu') }, subject)
    app.register(async (scope) => app.cognito.protect(scope, app.authRequired('eu')).get('/scope', subject))
    for (const [url, headers, status] of [
      ['/', {}, 401],
      ['/scope', {}, 401],
      ['/', { authorization: 'Bearer' }, 400],
      ['/', bearer(eu.accessToken()), 200],
    ] as const) {
      const answer = await app.inject({ url, headers })
      t.equal(answer.statusCode, status)
      t.match(answer.headers, { 'x-content-type-options': 'nosniff', 'strict-transport-security': /max-age/ })
    }
  }
})

t.test('@fastify/jwt: the application’s own stays its own, its namespaces too', async (t) => {
  const own = (app: FastifyInstance) =>
    app.register(fastifyJwt, { secret: 'own secret', sign: { expiresIn: 60 } })
  const partner = (app: FastifyInstance) =>
    app.register(fastifyJwt, {
      secret: 'partner secret',
      namespace: 'partner',
      decoratorName: 'partner',
      jwtVerify: 'partnerVerify',
      jwtSign: 'partnerSign',
    })
  type WithPartner = { partnerVerify: () => Promise<unknown>; partner: { of: string } }
  for (const order of [
    [own, partner, 'cognito'],
    ['cognito', own, partner],
    [own, 'cognito', partner],
  ] as const) {
    const app = await createApp(t, order)
    app.get('/own', { onRequest: (request) => request.jwtVerify() }, async ({ user, cognito }) => ({
      user,
      cognito,
    }))
    app.get('/partner', async (request) => {
      const { partnerVerify } = request as unknown as WithPartner
      await partnerVerify.call(request)
      return (request as unknown as WithPartner).partner
    })
    app.get(
      '/both',
      {
        onRequest: [
          app.authRequired('eu'),
          async (request: FastifyRequest) => {
            request.user = app.jwt.verify(String(request.headers['x-own']))
          },
        ],
      },
      async (request) => ({ subject: request.cognito?.subject, user: request.user }),
    )
    const mine = app.jwt.sign({ mine: true })
    const namespaces = app.jwt as unknown as { partner: typeof app.jwt }
    const theirs = namespaces.partner.sign({ of: 'partner' })
    const cognitos = eu.accessToken({ sub: 'ada' })
    const answer = async (url: string, headers: Record<string, string>) => {
      const { statusCode, json } = await app.inject({ url, headers })
      return statusCode === 200 ? json() : statusCode
    }
    t.match(await answer('/own', bearer(mine)), { user: { mine: true }, cognito: null })
    t.match(await answer('/partner', bearer(theirs)), { of: 'partner' })
    t.match(await answer('/both', { ...bearer(cognitos), 'x-own': mine }), {
      subject: 'ada',
      user: { mine: true },
    })
    const strangers = { '/own': [theirs, cognitos], '/partner': [mine, cognitos], '/both': [mine, theirs] }
    for (const [url, tokens] of Object.entries(strangers)) {
      for (const token of tokens)
        t.not((await app.inject({ url, headers: { ...bearer(token), 'x-own': mine } })).statusCode, 200, url)
    }
  }
})

t.test(
  '@fastify/auth: whichever alternative refuses, its status and its challenge are the answer',
  async (t) => {
    const app = await createApp(t, [(app) => app.register(fastifyAuth), 'cognito'])
    const either = app.auth([
      app.authRequired('eu', { scopes: 'a' }),
      app.authRequired('us', { scopes: 'b' }),
    ])
    app.get('/or', { onRequest: either }, subject)
    const both = app.auth([app.authRequired(['eu', 'us']), app.authRequired('us', { scopes: 'b' })], {
      relation: 'and',
    })
    app.get('/and', { onRequest: both }, subject)
    for (const [url, token, status, challenge] of [
      ['/or', undefined, 401, CHALLENGE],
      ['/or', eu.accessToken({ scope: 'a' }), 200, undefined],
      ['/or', us.accessToken({ scope: 'a' }), 403, `${CHALLENGE}, error="insufficient_scope", scope="b"`],
      ['/or', us.accessToken({ scope: 'b' }), 200, undefined],
      ['/and', us.accessToken({ scope: 'a' }), 403, `${CHALLENGE}, error="insufficient_scope", scope="b"`],
      ['/and', us.accessToken({ scope: 'b' }), 200, undefined],
    ] as const) {
      const answer = await app.inject({ url, headers: token === undefined ? {} : bearer(token) })
      t.strictSame(
        [answer.statusCode, answer.headers['www-authenticate']],
        [status, challenge],
        `${url} ${status}`,
      )
    }
  },
)

t.test('a body of 20 MB is refused before any of it is sent', async (t) => {
  const app = await createApp(t, ['cognito'])
  app.addContentTypeParser('text/csv', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  const options = { bodyLimit: 32 * 2 ** 20, onRequest: app.authRequired('eu') }
  app.post('/', options, async ({ body }) => String((body as string).length))
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const size = 20 * 2 ** 20

  function post(line: string) {
    const head = ['POST / HTTP/1.1', 'host: x', 'content-type: text/csv', `content-length: ${size}`, line]
    const client = connect(port, '127.0.0.1')
    t.teardown(() => client.destroy())
    client.write(`${head.join('\r\n')}\r\n\r\n`)
    return { client, answer: once(client, 'data').then(([data]) => String(data)) }
  }

  t.match(await post('x: y').answer, /^HTTP\/1\.1 401 /)
  const { client, answer } = post(`authorization: ${bearer(eu.accessToken()).authorization}`)
  t.equal(await Promise.race([answer, setTimeout(200)]), undefined, 'with a token it is waited for')
  client.write(Buffer.alloc(size, 'x'))
  t.match(await answer, new RegExp(`^HTTP/1\\.1 200 [\\s\\S]*${size}$`))
})

t.test('both TypeBoxes: claims of 0.34, and everything else of a route of 1.x', async (t) => {
  const app = (await createApp(t, ['cognito'])).withTypeProvider<TypeBoxTypeProvider>()
  const claims = Type.Object({ seats: Type.Integer({ alias: 'custom:seats' }) })
  const body = NextType.Object({ article: NextType.String(), amount: NextType.Integer({ minimum: 1 }) })
  const reply = NextType.Object({ total: NextType.Integer() })
  const schema = { body, response: { 200: reply } }
  app.post('/', { schema, onRequest: app.authRequired('eu', { claims }) }, async (request) => ({
    total: request.body.amount * request.cognito.claims.seats,
    more: 'not in the schema',
  }))
  const isMember = (value: unknown): value is { sub: string } =>
    Check(NextType.Object({ sub: NextType.String() }), value)
  app.get(
    '/guard',
    { onRequest: app.authRequired('eu', { claims: isMember }) },
    async ({ cognito }) => cognito.claims.sub,
  )
  const post = async (payload: object, token: string) => {
    const { statusCode, json } = await app.inject({
      method: 'POST',
      url: '/',
      payload,
      headers: bearer(token),
    })
    return statusCode === 200 ? json() : statusCode
  }
  const token = eu.accessToken({ 'custom:seats': '7' })
  t.strictSame(await post({ article: 'a', amount: 6 }, token), { total: 42 })
  t.equal(await post({ article: 'a', amount: 0 }, token), 400)
  t.equal(await post({ article: 'a', amount: 0 }, eu.accessToken({ 'custom:seats': '7.5' })), 401)
  t.throws(() => app.authRequired('eu', { claims: body as never }), { name: 'TypeError', message: /claims/ })
  t.equal((await app.inject({ url: '/guard', headers: bearer(eu.accessToken({ sub: 'ada' })) })).body, 'ada')
})
