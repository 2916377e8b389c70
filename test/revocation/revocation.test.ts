/**
 * Revocation: which tokens a mark concerns, that it counts for every request, and what happens when the store fails.
 * @module
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import cognito, {
  type CognitoError,
  type PluginOptions,
  type RevocableToken,
  type Revocation,
  type RevocationStore,
} from '../../src/index.js'
import { memoryRevocation } from '../../src/revocation/index.js'
import type { Members } from '../../src/testing/index.js'
import { bearer, createApp, startIssuer } from '../support/app.js'

const { eu, us } = await startIssuer(t)
const pools = () => ({ eu: eu.options({ tokenUse: ['access', 'id'] }), us: us.options() })
const REVOKED = { code: 'COGNITO_ERR_TOKEN_REVOKED', message: 'The access token was revoked' }
const INVALID = ', error="invalid_token", error_description="The access token is invalid"'
const now = () => Math.floor(Date.now() / 1000)

async function open(test: Test, options: Omit<PluginOptions, 'pools'>) {
  const app = await createApp(test, pools(), options)
  app.get('/eu', { onRequest: app.authRequired('eu') }, async (request) => request.cognito.subject)
  app.get('/us', { onRequest: app.authRequired('us') }, async (request) => request.cognito.subject)
  app.get('/any', { onRequest: app.authRequired(['eu', 'us']) }, async (request) => request.cognito.subject)
  app.get('/maybe', { onRequest: app.authOptional('eu') }, async (request) => ({
    subject: request.cognito?.subject ?? null,
  }))
  app.get('/scope', { onRequest: app.authRequired('eu', { scopes: 'orders/read' }) }, async () => ({}))
  const codeOf = async (url: string, token: string): Promise<string | number> => {
    const response = await app.inject({ url, headers: bearer(token) })
    return response.statusCode === 200 ? 200 : response.json().code
  }
  return { app, codeOf }
}

/** A store that answers what the test says. */
function storeOf(
  isRevoked: (token: RevocableToken) => unknown,
): RevocationStore & { asked: RevocableToken[] } {
  const asked: RevocableToken[] = []
  return {
    asked,
    isRevoked(token) {
      asked.push(token)
      return isRevoked(token) as boolean
    },
    revoke() {},
  }
}

t.test('a mark revokes exactly the tokens that it concerns', async (t) => {
  const ids = { sub: 'ada', jti: 'one', origin_jti: 'sign-in', iat: now() - 10 }
  const ada = (claims: Members = {}) => eu.accessToken({ ...ids, ...claims })
  const others = {
    'another token': ada({ jti: 'two' }),
    'another sign-in': ada({ jti: 'three', origin_jti: 'other' }),
    'another user': ada({ sub: 'ben', jti: 'four', origin_jti: 'of ben' }),
    'a later token': ada({ jti: 'five', origin_jti: 'later', iat: now() + 30 }),
    'another pool': us.accessToken(ids),
    'an ID token of the same sign-in': eu.idToken({ ...ids, jti: 'six' }),
    'no jti, no origin_jti': ada({ jti: undefined, origin_jti: undefined }),
    'a machine': eu.machineToken({ jti: undefined, iat: now() - 10 }),
  }
  const all = Object.keys(others)
  const rows: readonly (readonly [Revocation, readonly string[]])[] = [
    [{ by: 'jti', value: 'one' }, []],
    [{ by: 'jti', value: 'one', exp: now() + 3600 }, []],
    [{ by: 'origin_jti', value: 'sign-in' }, ['another token', 'an ID token of the same sign-in']],
    [
      { by: 'sub', value: 'ada', notBefore: now() },
      ['another token', 'another sign-in', 'an ID token of the same sign-in', 'no jti, no origin_jti'],
    ],
    [
      { by: 'client_id', value: eu.appClientId, notBefore: now() },
      all.filter((name) => !['another pool', 'a later token'].includes(name)),
    ],
    [
      { by: 'pool', notBefore: now() },
      all.filter((name) => !['another pool', 'a later token'].includes(name)),
    ],
    [{ by: 'pool' }, all.filter((name) => name !== 'another pool')],
  ]
  for (const [mark, concerned] of rows) {
    const { app, codeOf } = await open(t, { revocation: { store: memoryRevocation() } })
    const name = JSON.stringify(mark)
    t.equal(await codeOf('/any', ada()), 200, `before ${name}`)
    await app.cognito.revoke({ pool: 'eu', ...mark })
    t.equal(await codeOf('/any', ada()), REVOKED.code, name)
    for (const [other, token] of Object.entries(others)) {
      const expected = concerned.includes(other) ? REVOKED.code : 200
      t.equal(await codeOf('/any', token), expected, `${name}: ${other}`)
    }
  }
})

t.test('a not-before concerns the tokens of its very second, and never goes back', async (t) => {
  const { app, codeOf } = await open(t, { revocation: { store: memoryRevocation() } })
  const second = now() - 100
  const at = (iat: number) => eu.accessToken({ sub: 'ada', iat })
  await app.cognito.revoke({ by: 'sub', value: 'ada', notBefore: second })
  await app.cognito.revoke({ by: 'sub', value: 'ada', notBefore: second - 50 })
  t.equal(
    await codeOf('/eu', at(second - 10)),
    REVOKED.code,
    'the earlier mark does not take the later one back',
  )
  t.equal(await codeOf('/eu', at(second)), REVOKED.code)
  t.equal(await codeOf('/eu', at(second + 0.9)), REVOKED.code, 'seconds are whole')
  t.equal(await codeOf('/eu', at(second + 1)), 200)
})

t.test('by default everything that is accepted at the moment of the mark is refused after it', async (t) => {
  for (const clockTolerance of [undefined, 0, 200]) {
    const ahead = Math.max(clockTolerance ?? 5, 60)
    for (const mark of [
      { by: 'sub', value: 'ada' },
      { by: 'client_id', value: eu.appClientId },
      { by: 'pool' },
    ] as const) {
      const options = {
        revocation: { store: memoryRevocation() },
        ...(clockTolerance !== undefined && { clockTolerance }),
      }
      const { app, codeOf } = await open(t, options)
      t.equal(app.cognito.clockTolerance, clockTolerance ?? 5)
      // Issued as far ahead as is accepted, give or take the time that this test takes.
      const token = eu.accessToken({ sub: 'ada', iat: now() + ahead - 2, exp: now() + 3600 })
      const name = `${mark.by}, ${clockTolerance}`
      t.equal(await codeOf('/eu', token), 200, `${name}, before`)
      await app.cognito.revoke({ pool: 'eu', ...mark })
      t.equal(await codeOf('/eu', token), REVOKED.code, name)
    }
  }
})

t.test('a narrower mark lets pass what is issued after it', async (t) => {
  const { app, codeOf } = await open(t, { revocation: { store: memoryRevocation() } })
  const notBefore = now()
  await app.cognito.revoke({ pool: 'eu', by: 'sub', value: 'ada', notBefore })
  const at = (iat: number) => eu.accessToken({ sub: 'ada', iat, exp: iat + 3600 })
  t.equal(await codeOf('/eu', at(notBefore)), REVOKED.code)
  t.equal(await codeOf('/eu', at(notBefore + 1)), 200)
})

t.test('both issuers of a pool are that pool, and another name in another application too', async (t) => {
  const store = memoryRevocation()
  const { app } = await open(t, { revocation: { store } })
  const other = await createApp(t, { customers: eu.options() }, { revocation: { store } })
  other.get('/', { onRequest: other.authRequired() }, async () => ({}))
  const tokens = [eu.issuers.original, eu.issuers.updated].map((iss) => eu.accessToken({ iss, sub: 'ada' }))
  const statuses = () =>
    Promise.all(
      tokens.map(async (token) => (await other.inject({ url: '/', headers: bearer(token) })).statusCode),
    )
  t.strictSame(await statuses(), [200, 200])
  await app.cognito.revoke({ pool: 'eu', by: 'sub', value: 'ada' })
  t.strictSame(await statuses(), [401, 401])
})

t.test('every request is held against the store, with and without a cache of tokens', async (t) => {
  for (const tokenCache of [{ max: 100 }, false] as const) {
    const { app, codeOf } = await open(t, { tokenCache, revocation: { store: memoryRevocation() } })
    const token = eu.accessToken({ jti: 'hot' })
    const twin = eu.accessToken()
    for (const url of ['/eu', '/any', '/eu', '/maybe']) t.equal(await codeOf(url, token), 200)
    t.equal(await codeOf('/eu', twin), 200)
    await app.cognito.revoke({ by: 'jti', value: 'hot' })
    for (const url of ['/eu', '/any', '/maybe']) t.equal(await codeOf(url, token), REVOKED.code)
    await t.rejects(app.cognito.verify(token, 'eu'), REVOKED, 'app.cognito.verify')
    t.match(await app.cognito.verify(twin, 'eu'), { pool: 'eu' })
    t.equal(await codeOf('/eu', twin), 200)
  }
})

t.test('a revoked token is 401 whatever the route asks, and says no more than an invalid one', async (t) => {
  const { app } = await open(t, { revocation: { store: memoryRevocation() } })
  const headers = bearer(eu.accessToken({ sub: 'ada', scope: 'openid' }))
  t.equal((await app.inject({ url: '/scope', headers })).statusCode, 403)
  await app.cognito.revoke({ by: 'sub', value: 'ada' })
  const response = await app.inject({ url: '/scope', headers })
  t.equal(response.statusCode, 401)
  t.equal(response.headers['www-authenticate'], `Bearer realm="api"${INVALID}`)
  t.equal(response.headers['cache-control'], 'no-store')
  t.strictSame(response.json(), { statusCode: 401, error: 'Unauthorized', ...REVOKED })
})

t.test('the store is asked about genuine tokens only, of pools that the route takes', async (t) => {
  for (const tokenCache of [{ max: 100 }, false] as const) {
    const store = storeOf(() => Promise.reject(new Error('down')))
    const { app, codeOf } = await open(t, { tokenCache, revocation: { store } })
    t.equal((await app.inject('/maybe')).statusCode, 200, 'nobody')
    t.equal(await codeOf('/eu', `${eu.accessToken().slice(0, -4)}AAAA`), 'COGNITO_ERR_TOKEN_INVALID')
    t.equal(
      await codeOf('/eu', eu.accessToken({ exp: now() - 60, iat: now() - 90 })),
      'COGNITO_ERR_TOKEN_EXPIRED',
    )
    t.equal(store.asked.length, 0)
    const token = eu.accessToken({
      sub: 'ada',
      jti: 'j',
      origin_jti: 'o',
      iat: 1_700_000_000.5,
      exp: now() + 60,
    })
    t.equal(await codeOf('/eu', token), 'COGNITO_ERR_TOKEN_INVALID', 'a lifetime of years')
    const good = eu.accessToken({ sub: 'ada', jti: 'j', origin_jti: 'o' })
    t.equal(await codeOf('/eu', good), 'COGNITO_ERR_REVOCATION_UNAVAILABLE')
    t.equal(await codeOf('/us', good), 'COGNITO_ERR_TOKEN_INVALID', 'remembered or not')
    t.equal(store.asked.length, 1)
    t.match(store.asked[0], {
      userPoolId: eu.userPoolId,
      subject: 'ada',
      jti: 'j',
      originJti: 'o',
      clientId: eu.appClientId,
      keys: [
        `sub:${eu.userPoolId}:ada`,
        `client_id:${eu.userPoolId}:${eu.appClientId}`,
        `pool:${eu.userPoolId}:`,
        `jti:${eu.userPoolId}:j`,
        `origin_jti:${eu.userPoolId}:o`,
      ],
    })
  }
})

t.test('it is asked once a request, whatever guards there are, and about each request', async (t) => {
  let isRevoked = false
  for (const answer of [() => isRevoked, async () => isRevoked]) {
    isRevoked = false
    const store = storeOf(answer)
    const app = await createApp(t, pools(), { revocation: { store } })
    const first = app.authRequired('eu')
    const second = app.authRequired(['eu', 'us'], { check: () => true })
    app.get('/two', { onRequest: first, preHandler: second as never }, async () => ({}))
    const headers = bearer(eu.accessToken())
    t.equal((await app.inject({ url: '/two', headers })).statusCode, 200)
    t.equal(store.asked.length, 1)
    t.equal((await app.inject({ url: '/two', headers })).statusCode, 200)
    t.equal(store.asked.length, 2, 'a remembered token is asked about again')
    isRevoked = true
    t.equal((await app.inject({ url: '/two', headers })).statusCode, 401)
  }
})

t.test('of two tokens of one request each is asked about', async (t) => {
  const { app } = await open(t, { revocation: { store: memoryRevocation() } })
  await app.cognito.revoke({ by: 'sub', value: 'revoked' })
  const other = eu.accessToken({ sub: 'revoked' })
  app.get('/swap', {
    onRequest: app.authRequired('eu'),
    preHandler: [
      async (request) => {
        request.headers.authorization = `Bearer ${other}`
      },
      app.authRequired('eu') as never,
    ],
    handler: async () => ({}),
  })
  const response = await app.inject({ url: '/swap', headers: bearer(eu.accessToken({ sub: 'ada' })) })
  t.equal(response.json().code, REVOKED.code)
})

// As @fastify/auth does with alternatives: the second one runs although the first has refused.
t.test('a guard after one that refused a revoked token does not let it pass', async (t) => {
  for (const answer of [() => true, async () => true]) {
    const app = await createApp(t, pools(), { revocation: { store: storeOf(answer) } })
    const codes: unknown[] = []
    const run = (guard: unknown, request: unknown, reply: unknown) =>
      new Promise<unknown>((resolve) => (guard as (...all: unknown[]) => void)(request, reply, resolve))
    const guards = [app.authRequired('eu'), app.authRequired(['eu', 'us']), app.authOptional('eu')]
    app.get('/', async (request, reply) => {
      for (const guard of guards)
        codes.push(((await run(guard, request, reply)) as CognitoError | undefined)?.code)
      return { cognito: request.cognito }
    })
    t.strictSame((await app.inject({ url: '/', headers: bearer(eu.accessToken()) })).json(), {
      cognito: null,
    })
    t.strictSame(codes, [REVOKED.code, REVOKED.code, REVOKED.code])
  }
})

t.test('a store that fails closes the doors, or opens them where that is written out', async (t) => {
  const secret = 'cluster-password'
  const failures: Record<string, () => unknown> = {
    'it throws': () => {
      throw Object.assign(new Error(secret), { code: 'ECONNREFUSED' })
    },
    'it throws no error': () => {
      throw secret
    },
    'it rejects': () => Promise.reject(Object.assign(new Error(secret), { command: secret })),
    'it rejects with a text': () => Promise.reject(secret),
    'it answers undefined': () => undefined,
    'it answers a text': () => 'false',
    'it answers 0, later': async () => 0,
    'it hangs': () => new Promise(() => {}),
    'it answers too late': () => new Promise((resolve) => setTimeout(resolve, 200, false).unref()),
    'it rejects too late': () =>
      new Promise((_, reject) => setTimeout(reject, 100, new Error('late')).unref()),
  }
  for (const [name, fail] of Object.entries(failures)) {
    for (const onError of ['deny', 'allow'] as const) {
      const lines: string[] = []
      const server = { logger: { level: 'trace', stream: { write: (line: string) => lines.push(line) } } }
      const revocation = { store: storeOf(fail), timeout: 0.02, onError }
      const app = await createApp(t, pools(), { revocation }, server as never)
      app.get('/', { onRequest: app.authRequired('eu') }, async () => ({}))
      const response = await app.inject({
        url: '/',
        headers: bearer(eu.accessToken({ sub: 'ada-the-user' })),
      })
      t.equal(response.statusCode, onError === 'deny' ? 503 : 200, `${name}: ${onError}`)
      const log = lines.join('')
      t.match(log, /the store of revocations does not answer/)
      t.notMatch(log + response.body, /cluster-password|ada-the-user/)
      if (onError === 'allow') continue
      t.equal(response.headers['www-authenticate'], undefined)
      t.equal(response.headers['retry-after'], '1')
      t.equal(response.json().code, 'COGNITO_ERR_REVOCATION_UNAVAILABLE')
      t.match(log, /"reason":"the store of revocations failed: /)
    }
  }
})

t.test('that it fails is logged when it begins, and when it ends; each failure is published', async (t) => {
  const published: unknown[] = []
  const listen = (message: unknown) => published.push(message)
  subscribe('fastify-cognito.revocation.failed', listen)
  t.teardown(() => unsubscribe('fastify-cognito.revocation.failed', listen))
  const lines: string[] = []
  const stream = { write: (line: string) => lines.push(line) }
  let isDown = true
  const store = storeOf(() => {
    if (isDown) throw new TypeError('down')
    return false
  })
  const app = Fastify({ logger: { level: 'info', stream } as never, disableRequestLogging: true })
  t.teardown(() => app.close())
  await app.register(cognito, { pools: pools(), revocation: { store, onError: 'allow' } })
  app.get('/', { onRequest: app.authRequired('eu') }, async () => ({}))
  const headers = bearer(eu.accessToken())
  for (let request = 0; request < 3; request += 1)
    t.equal((await app.inject({ url: '/', headers })).statusCode, 200)
  isDown = false
  for (let request = 0; request < 3; request += 1)
    t.equal((await app.inject({ url: '/', headers })).statusCode, 200)
  const told = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg.startsWith('fastify-cognito'))
  t.match(told, [
    {
      level: 50,
      reason: 'the store of revocations failed: TypeError',
      msg: 'fastify-cognito: the store of revocations does not answer; revoked tokens may pass',
    },
    { level: 30, msg: 'fastify-cognito: the store of revocations answers again' },
  ])
  t.equal(told.length, 2)
  const reason = 'the store of revocations failed: TypeError'
  t.strictSame(published, Array(3).fill({ pool: 'eu', reason, isAllowed: true }))
})

t.test('the store is opened when the application is ready, and closed with it', async (t) => {
  const calls: string[] = []
  const store = {
    ...storeOf(() => false),
    open: () => void calls.push('open'),
    close: async () => void calls.push('close'),
  }
  const app = await createApp(t, pools(), { revocation: { store } })
  t.strictSame(calls, [])
  await app.ready()
  t.strictSame(calls, ['open'])
  await app.close()
  t.strictSame(calls, ['open', 'close'])

  const stillborn = Fastify()
  await stillborn.register(cognito, { pools: pools(), revocation: { store } })
  stillborn.addHook('onReady', async () => {
    throw new Error('no')
  })
  await t.rejects(async () => stillborn.ready())
  await stillborn.close()
  t.strictSame(calls.slice(2).sort(), ['close', 'open'], 'closed where it was opened')
})

t.test('app.cognito.revoke says what it cannot take, and does not repeat it', async (t) => {
  const plain = await createApp(t, pools())
  t.equal(plain.cognito.canRevoke, false)
  await t.rejects(plain.cognito.revoke({ by: 'pool' }), {
    name: 'TypeError',
    message: 'revoke: expected the option revocation to be set, because its store keeps the mark',
  })
  const { app } = await open(t, { revocation: { store: memoryRevocation() } })
  t.equal(app.cognito.canRevoke, true)
  const by = "revoke: expected { by: 'jti' | 'origin_jti' | 'sub' | 'client_id' | 'pool', … }"
  const value = 'revoke.value: expected the value of the claim, 1 to 2,048 characters'
  const time = 'expected seconds since 1970'
  const rows: readonly (readonly [unknown, string])[] = [
    [undefined, by],
    [null, by],
    ['ada', by],
    [{}, by],
    [{ by: 'username', value: 'ada' }, by],
    [{ by: 'toString', value: 'ada' }, by],
    [{ by: 'sub' }, value],
    [{ by: 'sub', value: undefined }, value],
    [{ by: 'sub', value: '' }, value],
    [{ by: 'jti', value: 5 }, value],
    [{ by: 'jti', value: 'x'.repeat(2049) }, value],
    [
      { by: 'jti', value: 'x', notBefore: 1 },
      'revoke.notBefore: unknown name; expected pool, tenant, by, value, exp',
    ],
    [{ by: 'origin_jti', value: 'x', exp: 1 }, 'revoke.exp: unknown name; expected pool, tenant, by, value'],
    [{ by: 'pool', value: 'x' }, 'revoke.value: unknown name; expected pool, tenant, by, notBefore'],
    [{ by: 'jti', value: 'x', exp: '1' }, `revoke.exp: ${time}`],
    [{ by: 'pool', notBefore: Number.NaN }, `revoke.notBefore: ${time}`],
    [{ by: 'pool', notBefore: Date.now() }, `revoke.notBefore: ${time}`],
    [
      { by: 'pool', notBefore: now() + 400 },
      'revoke.notBefore: expected seconds since 1970, not later than now',
    ],
    [{ by: 'pool', notBefore: 3600 }, 'revoke.notBefore: expected seconds since 1970, not longer ago'],
    [{ by: 'jti', value: 'x', exp: 3600 }, 'revoke.exp: expected seconds since 1970, not longer ago'],
    [{ by: 'pool', pool: 'asia' }, 'revoke.pool: expected the name of a registered pool'],
    [{ by: 'pool', pool: 1 }, 'revoke.pool: expected the name of a pool'],
  ]
  for (const [revocation, message] of rows) {
    const error = await app.cognito.revoke(revocation as Revocation).catch((thrown: unknown) => thrown)
    t.type(error, TypeError, message)
    t.ok((error as Error).message.startsWith(message), (error as Error).message)
  }
})

t.test('a mark that the store did not confirm is no mark', async (t) => {
  const full = await open(t, { revocation: { store: memoryRevocation({ max: 1 }) } })
  await full.app.cognito.revoke({ by: 'sub', value: 'ada' })
  await t.rejects(full.app.cognito.revoke({ by: 'sub', value: 'ben' }), {
    code: 'COGNITO_ERR_REVOCATION_UNAVAILABLE',
    statusCode: 503,
    retryAfter: 1,
    pool: 'eu',
    reason: 'the store of revocations did not take a mark: REVOCATION_STORE_FULL',
  })
  t.equal(
    await full.codeOf('/eu', eu.accessToken({ sub: 'ada' })),
    REVOKED.code,
    'the one that was there stays',
  )
  t.equal(await full.codeOf('/eu', eu.accessToken({ sub: 'ben' })), 200)

  const broken = { ...storeOf(() => false), revoke: () => Promise.reject(new RangeError('secret')) }
  const { app } = await open(t, { revocation: { store: broken } })
  await t.rejects(app.cognito.revoke({ by: 'pool' }), {
    reason: 'the store of revocations did not take a mark: RangeError',
  } as never)
})

t.test('a store may be of a class, and what it says of itself is in the log', async (t) => {
  class Store implements RevocationStore {
    isRevoked() {
      return false
    }
    revoke() {}
    async open(report?: (code: string | undefined) => void) {
      report?.('BEHIND')
      report?.(undefined)
      throw Object.assign(new Error('secret'), { code: 'EFAULT' })
    }
  }
  const lines: string[] = []
  const logger = { level: 'info', stream: { write: (line: string) => lines.push(line) } }
  const server = { logger, disableRequestLogging: true } as never
  const app = await createApp(t, pools(), { revocation: { store: new Store() } }, server)
  app.get('/', { onRequest: app.authRequired('eu') }, async () => ({}))
  t.equal((await app.inject({ url: '/', headers: bearer(eu.accessToken()) })).statusCode, 200)
  const told = lines.map((line) => JSON.parse(line)).map(({ level, reason, msg }) => ({ level, reason, msg }))
  const behind = 'fastify-cognito: the store of revocations is not kept up to date'
  t.strictSame(told, [
    { level: 40, reason: 'BEHIND', msg: behind },
    { level: 30, reason: undefined, msg: 'fastify-cognito: the store of revocations is up to date' },
    { level: 40, reason: 'EFAULT', msg: behind },
  ])
})

t.test('wrong options stop the boot, and name what was expected', async (t) => {
  const store = memoryRevocation()
  const expected = 'revocation.store: expected a store of revocations'
  const rows: readonly (readonly [unknown, string])[] = [
    [undefined, 'revocation: expected a value'],
    [null, 'revocation: expected an object with a store'],
    [{}, expected],
    [{ store: undefined }, expected],
    [{ store: 'memory' }, expected],
    [{ store: memoryRevocation }, expected],
    [{ store: { isRevoked() {} } }, 'revocation.store.revoke: expected a function'],
    [{ store: { ...store, open: 1 } }, 'revocation.store.open: expected a function'],
    [{ store, timeout: 0 }, 'revocation.timeout: expected seconds from 0.001 to 3'],
    [{ store, timeout: 50 }, 'revocation.timeout: expected seconds from 0.001 to 3'],
    [{ store, onError: 'ignore' }, "revocation.onError: expected 'deny' or 'allow'"],
    [{ store, ttl: 1 }, 'revocation.ttl: unknown name; expected store, timeout, onError'],
  ]
  for (const [revocation, message] of rows) {
    const app = Fastify()
    const registering = (async () =>
      void (await app.register(cognito, { pools: pools(), revocation } as never)))()
    const error = await registering.catch((thrown: Error) => thrown)
    t.type(error, TypeError, message)
    t.ok((error as Error).message.startsWith(message), (error as Error).message)
  }
  t.throws(() => memoryRevocation({ max: 0 }), {
    message: 'memoryRevocation.max: expected a whole number from 1 to 10,000,000',
  })
  t.throws(() => memoryRevocation({ size: 1 } as never), { message: /unknown name; expected max/ })
})
