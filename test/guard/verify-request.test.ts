/**
 * `app.cognito.verifyRequest`: what a guard would say of a request, outside of a route's hooks.
 * @module
 */
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import cookie from '@fastify/cookie'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import t from 'tap'
import cognito, {
  type CognitoError,
  fromCookie,
  fromHeader,
  fromQuery,
  type PluginOptions,
  type RevocationStore,
} from '../../src/index.js'
import { bearer, createApp, startIssuer } from '../support/app.js'

const { issuer, eu, us } = await startIssuer(t)
const pools = () => ({ eu: eu.options(), us: us.options() })

type Answer = (request: FastifyRequest) => unknown

/** Adds a route whose handler answers what a function makes of the request. */
function answerBy(app: FastifyInstance, answer: Answer) {
  app.get('/', async (request) => answer(request))
  return (headers: Readonly<Record<string, string>> = {}) => app.inject({ url: '/', headers })
}

t.test(
  'it refuses what a guard refuses, with the same answer, and returns what a guard attaches',
  async (t) => {
    const app = await createApp(t, pools(), { realm: 'orders' })
    const requirement = { scopes: 'orders/read' } as const
    const ask = answerBy(app, (request) => app.cognito.verifyRequest(request, 'eu', requirement))
    app.get('/guarded', { onRequest: app.authRequired('eu', requirement) }, async ({ cognito }) => cognito)
    for (const headers of [
      {},
      { authorization: '' },
      { authorization: 'Basic YTpi' },
      bearer('a b'),
      bearer('x.y.z'),
      bearer(us.accessToken({ scope: 'orders/read' })),
      bearer(eu.accessToken({ scope: 'orders/write' })),
      bearer(eu.accessToken({ scope: 'orders/read', exp: 1 })),
      bearer(eu.accessToken({ scope: 'orders/read', sub: 'ada' })),
    ]) {
      const [own, guarded] = [await ask(headers), await app.inject({ url: '/guarded', headers })]
      const seen = ({ statusCode, body, headers }: typeof own) => [
        statusCode,
        body,
        headers['www-authenticate'],
      ]
      t.strictSame(seen(own), seen(guarded))
    }
  },
)

t.test('the optional form returns null without credentials only', async (t) => {
  const app = await createApp(t, pools())
  const ask = answerBy(app, async (request) => {
    const caller = await app.cognito.verifyRequest.optional(request, 'eu')
    return { caller: caller?.subject ?? null, attached: request.cognito?.subject ?? null }
  })
  t.strictSame((await ask()).json(), { caller: null, attached: null })
  const ada = await ask(bearer(eu.accessToken({ sub: 'ada' })))
  t.strictSame(ada.json(), { caller: 'ada', attached: 'ada' })
  t.equal((await ask(bearer(us.accessToken()))).statusCode, 401)
  t.equal((await ask({ authorization: 'Basic YTpi' })).statusCode, 401)
})

t.test('what a guard has attached stays', async (t) => {
  const app = await createApp(t, pools())
  app.get('/', { onRequest: app.authRequired('eu') }, async (request) => {
    const before = request.cognito
    const caller = await app.cognito.verifyRequest(request, 'eu', { tokenUse: 'access' })
    return { isSame: request.cognito === before, subject: caller.subject }
  })
  const answer = await app.inject({ url: '/', headers: bearer(eu.accessToken({ sub: 'ada' })) })
  t.strictSame(answer.json(), { isSame: true, subject: 'ada' })
})

/** A store that counts its questions. The answer comes later, so that calls can run at the same time. */
function countingStore() {
  const store: RevocationStore & { asked: number; fails: boolean } = {
    asked: 0,
    fails: false,
    async isRevoked() {
      store.asked += 1
      if (store.fails) throw new Error('away')
      return false
    },
    revoke() {},
  }
  return store
}

t.test(
  'guards and calls share one verification, one lookup and one user, also at the same time',
  async (t) => {
    const store = countingStore()
    let loads = 0
    const loadUser = async () => {
      loads += 1
      return { id: 7 }
    }
    const app = await createApp(t, pools(), { revocation: { store }, loadUser })
    app.get('/', { onRequest: app.authRequired('eu') }, async (request) => {
      const { verifyRequest } = app.cognito
      const [one, two] = await Promise.all([
        verifyRequest(request, 'eu', { scopes: 'a' }),
        verifyRequest(request, 'eu', { scopes: ['a', 'b'] }),
      ])
      return { isOnePayload: one.payload === two.payload, users: [one, two] }
    })
    app.get('/open', async (request) => {
      const calls = ['a', 'b'].map((scopes) => app.cognito.verifyRequest(request, 'eu', { scopes }))
      return (await Promise.all(calls)).length
    })
    const token = eu.accessToken({ scope: 'a b' })
    const guarded = await app.inject({ url: '/', headers: bearer(token) })
    t.match(guarded.json(), { isOnePayload: true, users: [{ user: { id: 7 } }, { user: { id: 7 } }] })
    t.strictSame([store.asked, loads], [1, 1])

    t.equal((await app.inject({ url: '/open', headers: bearer(token) })).body, '2')
    t.strictSame([store.asked, loads], [2, 2], 'once for the second request')
  },
)

t.test('a lookup and a user that failed are asked for again by the next call of the request', async (t) => {
  const store = countingStore()
  let isDown = true
  const loadUser = async () => {
    if (isDown) throw new Error('the database is away')
    return 'ada'
  }
  const app = await createApp(t, pools(), { revocation: { store }, loadUser })
  const ask = answerBy(app, async (request) => {
    const call = () =>
      app.cognito.verifyRequest(request, 'eu').then(
        (caller) => Reflect.get(caller, 'user'),
        (error) => error.message,
      )
    store.fails = true
    const answers = [await call()]
    store.fails = false
    answers.push(await call())
    isDown = false
    answers.push(await call(), await call())
    return answers
  })
  t.strictSame((await ask(bearer(eu.accessToken()))).json(), [
    'Revocations are temporarily unavailable',
    'the database is away',
    'ada',
    'ada',
  ])
  t.equal(store.asked, 2)
})

t.test('a request that stays open is refused when its token has expired', async (t) => {
  const app = await createApp(t, pools(), { clockTolerance: 0 })
  const { now } = Date
  t.teardown(() => {
    Date.now = now
  })
  const ask = answerBy(app, async (request) => {
    const call = () =>
      app.cognito.verifyRequest(request, 'eu').then(
        ({ subject }) => subject,
        ({ code }) => code,
      )
    const first = await call()
    Date.now = () => now() + 3_601_000
    const answers = [first, await call()]
    Date.now = now
    return answers
  })
  const answer = await ask(bearer(eu.accessToken({ sub: 'ada' })))
  t.strictSame(answer.json(), ['ada', 'COGNITO_ERR_TOKEN_EXPIRED'])
})

t.test('pools by a function of the request, check and loadUser work as in a guard', async (t) => {
  const app = await createApp(t, pools())
  const select = ({ headers }: FastifyRequest) => (headers['x-region'] === 'us' ? 'us' : 'eu')
  const requirement = {
    check: (_caller: unknown, { headers }: FastifyRequest) => headers['x-open'] === 'yes',
    loadUser: async ({ subject }: { readonly subject: string }) => `user of ${subject}`,
  }
  const ask = answerBy(app, async (request) => {
    const caller = await app.cognito.verifyRequest(request, select, requirement)
    return [caller.pool, caller.user]
  })
  const open = { 'x-open': 'yes' }
  const ada = { sub: 'ada' }
  t.strictSame((await ask({ ...open, ...bearer(eu.accessToken(ada)) })).json(), ['eu', 'user of ada'])
  const inUs = { ...open, 'x-region': 'us' }
  t.strictSame((await ask({ ...inUs, ...bearer(us.accessToken(ada)) })).json(), ['us', 'user of ada'])
  t.equal((await ask({ ...inUs, ...bearer(eu.accessToken()) })).statusCode, 401)
  t.equal((await ask(bearer(eu.accessToken()))).statusCode, 403)
})

t.test('a requirement is compiled once for each pool, and a wrong call is a TypeError', async (t) => {
  const app = await createApp(t, pools())
  const { verifyRequest } = app.cognito
  let reads = 0
  const requirement = {
    get scopes() {
      reads += 1
      return 'a'
    },
  }
  const ask = answerBy(app, async (request) => {
    await verifyRequest(request, 'eu', requirement)
    const once = reads
    await verifyRequest(request, ['eu'], requirement)
    await verifyRequest(request, ['eu', 'us'], requirement)
    const select = () => 'eu' as const
    await verifyRequest(request, select, requirement)
    await verifyRequest(request, select, requirement)
    return reads / once
  })
  t.equal((await ask(bearer(eu.accessToken({ scope: 'a' })))).body, '3')
  const request = { headers: {}, raw: {} } as never
  for (const given of [
    [request, 'nowhere'],
    [request, undefined],
    [request, 'eu', undefined],
    [request, 'eu', null],
    [request, 'eu', { scope: 'a' }],
    [request, null],
    [undefined],
    ['Bearer x'],
    [{ headers: {} }],
    [new Request('http://127.0.0.1/')],
  ]) {
    await t.rejects(Reflect.apply(verifyRequest, undefined, given), TypeError)
    await t.rejects(Reflect.apply(verifyRequest.optional, undefined, given), TypeError)
  }
})

t.test('a refusal carries the realm of its plugin, whoever answers it', async (t) => {
  const app = await createApp(t, pools(), {
    realm: 'orders',
    resource: { url: 'https://api.example.com' },
  })
  const metadata = 'resource_metadata="https://api.example.com/.well-known/oauth-protected-resource"'
  const request = { headers: {}, raw: {} } as never
  for (const refused of [app.cognito.verifyRequest(request), app.cognito.verify('x')]) {
    const error: CognitoError = await refused.then(
      () => t.fail('it has to refuse'),
      (error) => error,
    )
    t.match(error.headers['www-authenticate'], /^Bearer realm="orders", /)
    t.ok(error.headers['www-authenticate']?.endsWith(metadata))
  }
})

/** Answers requests of `node:http` before Fastify sees them, as the handler of an upgrade does. */
async function listen(app: FastifyInstance, answer: (message: IncomingMessage) => Promise<unknown>) {
  app.get('/*', async ({ raw }) => answer(raw))
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  return (path: string, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers })
}

t.test('a request of node:http, with a token in each kind of place', async (t) => {
  const tokenFrom: PluginOptions['tokenFrom'] = [fromHeader(), fromCookie('token'), fromQuery('access_token')]
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(cookie)
  await app.register(cognito, { pools: pools(), tokenFrom, keys: { prefetch: false } })
  const seen: unknown[] = []
  const loadUser = (_caller: unknown, request: FastifyRequest) => {
    seen.push(request.method, request.url)
    return { id: 7 }
  }
  const requirement = { loadUser }
  const ask = await listen(app, async (message) => {
    const { verifyRequest } = app.cognito
    const [{ subject }] = await Promise.all([
      verifyRequest(message, 'eu', requirement),
      verifyRequest(message, 'eu', requirement),
    ])
    return { subject, isAttached: 'cognito' in message }
  })
  const token = eu.accessToken({ sub: 'ada' })
  for (const [path, headers] of [
    ['/', bearer(token)],
    ['/', { cookie: `a=b; token=${token}` }],
    [`/x?a=b&access_token=${token}`, {}],
  ] as const) {
    seen.length = 0
    const answer = await ask(path, headers)
    t.strictSame(await answer.json(), { subject: 'ada', isAttached: false })
    t.strictSame(seen, ['GET', path], 'the user is loaded once')
  }
  t.equal((await ask('/')).status, 401)
  t.equal((await ask('/?access_token=x')).status, 401)
  t.equal((await ask(`/?access_token=${token}&access_token=${token}`)).status, 400)
  t.equal((await ask(`/?access_token=${token}`, bearer(token))).status, 400)
  t.equal((await ask('/', bearer(us.accessToken()))).status, 401)
})

t.test('it rejects with an error, whatever a function of the application throws', async (t) => {
  const app = await createApp(t, pools())
  const thrown = [undefined, null, '', 0, false, 'boom']
  let value: unknown
  const loadUser = () => Promise.reject(value)
  app.addHook('onRequest', (request, _reply, done) => {
    app.cognito.verifyRequest(request, 'eu', { loadUser }).then(() => done(), done)
  })
  app.get('/', async () => 'in')
  for (value of thrown) {
    const { statusCode, body } = await app.inject({ url: '/', headers: bearer(eu.accessToken()) })
    t.equal(statusCode, 500, String(value))
    t.notMatch(body, /^in$/)
  }
})

t.test('two instances of the plugin read one request of node:http by their own options', async (t) => {
  const tokenFrom = fromCookie('token')
  const plain = await createApp(t, pools())
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(cookie)
  await app.register(cognito, { pools: pools(), tokenFrom, keys: { prefetch: false } })
  const ask = await listen(app, async (message) => {
    const other = await plain.cognito.verifyRequest.optional(message, 'eu')
    const own = await app.cognito.verifyRequest(message, 'eu')
    return [other, own.subject]
  })
  const answer = await ask('/', { cookie: `token=${eu.accessToken({ sub: 'ada' })}` })
  t.strictSame(await answer.json(), [null, 'ada'])
})

/** All orders of some of the names. */
const listOrders = (names: readonly string[]): readonly (readonly string[])[] =>
  names.flatMap((name) => [
    [name],
    ...listOrders(names.filter((other) => other !== name)).map((others) => [name, ...others]),
  ])

t.test('lists of pools that requests choose do not grow the cache', async (t) => {
  const names = ['a', 'b', 'c', 'd', 'e']
  const entries = names.map((name, index) => [
    name,
    { userPoolId: `eu-west-1_AbCdEf12${index}`, appClientId: 'client' },
  ])
  const app = await createApp(t, Object.fromEntries(entries))
  let reads = 0
  const requirement = {
    get scopes() {
      reads += 1
      return 'a'
    },
  }
  const request = { headers: {}, raw: {} } as never
  const verify = async (pools: readonly string[]) => {
    reads = 0
    await app.cognito.verifyRequest(request, pools, requirement).catch(() => undefined)
    return reads
  }
  const orders = listOrders(names)
  t.equal(orders.length, 325)
  for (const pools of orders) t.ok((await verify(pools)) > 0, 'a new list is compiled')
  t.equal(await verify(['e', 'd', 'c', 'b', 'a']), 0, 'the last list is kept')
  t.ok((await verify(['a'])) > 0, 'the first list was let go')
})

t.test('two tokens of one request that wait for one key are looked up each for itself', async (t) => {
  const fresh = issuer.createPool()
  const store = countingStore()
  const tokens = [fresh.accessToken({ sub: 'ada' }), fresh.accessToken({ sub: 'bob' })]
  const app = await createApp(
    t,
    { fresh: fresh.options() },
    { revocation: { store }, tokenFrom: () => tokens.shift() },
  )
  const ask = answerBy(app, async (request) => {
    const calls = [1, 2].map(() => app.cognito.verifyRequest(request))
    return (await Promise.all(calls)).map(({ subject }) => subject)
  })
  t.strictSame((await ask()).json(), ['ada', 'bob'])
  t.equal(store.asked, 2)
})

t.test('the key that a first call waits for is fetched once', async (t) => {
  const fresh = issuer.createPool()
  const store = countingStore()
  const app = await createApp(t, { fresh: fresh.options() }, { revocation: { store } })
  const ask = answerBy(app, async (request) => {
    const calls = [1, 2, 3].map(() => app.cognito.verifyRequest(request))
    return (await Promise.all(calls)).length
  })
  t.equal((await ask(bearer(fresh.accessToken()))).body, '3')
  t.equal(issuer.fetches.get(fresh.userPoolId), 1)
  t.equal(store.asked, 1)
})
