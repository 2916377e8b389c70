/**
 * The store of key sets in Redis: what is believed of an entry, each kind of client, and a Redis that is away.
 * @module
 */
import { createHash, createHmac } from 'node:crypto'
import type { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import type { KeyStore, KeysOptions, StoredKeySet } from '../../src/index.js'
import { type RedisClient, type RedisKeyStoreOptions, redisKeyStore } from '../../src/keys/index.js'
import type { TestPool } from '../../src/testing/index.js'
import { startIssuer } from '../support/app.js'
import { createLoggedApp, type LogLine } from '../support/logged-app.js'
import { TestRedis, withRedis } from '../support/redis.js'
import { CLIENTS, CLUSTER, CLUSTER_CLIENTS, connectIoredis, formCluster } from '../support/redis-clients.js'
import { until } from '../support/revocations.js'
import { startServer } from '../support/server.js'

const { eu, us } = await startIssuer(t)

/** Longest wait for what has to happen; milliseconds. */
const WAIT_MS = 20_000
const ACCEPTED = { status: 200, code: undefined, retryAfter: undefined }
const UNAVAILABLE = { status: 503, code: 'COGNITO_ERR_KEYS_UNAVAILABLE', retryAfter: '1' }
const MINUTE = 60_000

const [SECRET, OLD_SECRET, OTHER_SECRET] = ['a', 'b', 'c'].map((letter) => letter.repeat(44)) as [
  string,
  string,
  string,
]

/** An endpoint that fails at once and without a second attempt, unless it is up. */
const endpoint = { isUp: false, asked: 0 }
const origin = await startServer(t, (_request, response) => {
  endpoint.asked += 1
  response.writeHead(endpoint.isUp ? 200 : 404).end(JSON.stringify(endpoint.isUp ? eu.keySet() : {}))
})
const url = `${origin}/jwks.json`

const setOf = (pool: TestPool, part: Partial<StoredKeySet> = {}): StoredKeySet => ({
  url,
  askedAt: Date.now() - MINUTE,
  document: JSON.stringify(pool.keySet()),
  ...part,
})

const keyOf = (of: string, prefix = 'fastify-cognito') =>
  `{${prefix}}:keys:${createHash('sha256').update(of).digest('hex')}`

function boot(test: Test, store: KeyStore, keys: KeysOptions = {}) {
  const pools = { eu: eu.options({ jwksUrl: url }) }
  return createLoggedApp(test, { pools, keys: { prefetch: false, store, ...keys } })
}

const codesOf = (lines: readonly LogLine[]) =>
  lines.filter(({ reason }) => reason === undefined).map(({ pool, level, code }) => ({ pool, level, code }))
const warning = (code: string) => [{ pool: 'eu', level: 40, code }]

/** A server, a client of it, and a store. */
async function setUp(test: Test, options: Partial<RedisKeyStoreOptions> = {}) {
  const server = await TestRedis.start(test)
  const client = connectIoredis(test, server.port)
  return { server, client, store: redisKeyStore({ client, secret: SECRET, ...options }) }
}

t.test(
  'an entry says what it was given, where it is meant to be, and for seven days',
  withRedis,
  async (t) => {
    const { client, store } = await setUp(t)
    t.equal(await store.load(url), undefined)
    const set = setOf(eu)
    await store.save(set)
    t.strictSame(await store.load(url), set)
    t.equal(await store.load(`${url}?other`), undefined)
    t.strictSame(await client.keys('*'), [keyOf(url)])
    const ttl = await client.ttl(keyOf(url))
    t.ok(ttl > 604_700 && ttl <= 604_800, `${ttl}`)
    await store.save(setOf(us))
    t.match(await store.load(url), { document: JSON.stringify(us.keySet()) })
    t.equal(await client.persist(keyOf(url)), 1)
    await store.save(set)
    t.ok((await client.ttl(keyOf(url))) > 604_700, 'it begins anew with each set')
    await redisKeyStore({ client, secret: SECRET, prefix: 'shop/eu:1.0_a-b' }).save(set)
    t.strictSame((await client.keys('*')).sort(), [keyOf(url), keyOf(url, 'shop/eu:1.0_a-b')].sort())
    t.ok(Object.isFrozen(store))
  },
)

t.test(
  'an entry is authenticated by an HMAC of its purpose, URL, time and document',
  withRedis,
  async (t) => {
    const { client, store } = await setUp(t)
    const { document, askedAt } = setOf(eu)
    const body = JSON.stringify([url, askedAt, document])
    const sign = (text: string, secret = SECRET) =>
      createHmac('sha256', secret).update(text).digest('base64url')
    await client.set(keyOf(url), `${sign(`fastify-cognito key set\n${body}`)}.${body}`)
    t.strictSame(await store.load(url), { url, askedAt, document })
    for (const forged of [
      `${sign(body)}.${body}`,
      `${sign(`fastify-cognito key set\n${body}`, OTHER_SECRET)}.${body}`,
      `${sign(`fastify-cognito key set\n${body}`, '')}.${body}`,
      `.${body}`,
      body,
      '.',
      'x',
      `${sign(`fastify-cognito key set\n${body}`).slice(0, 20)}.${body}`,
      `${sign(`fastify-cognito key set\n${body}`)}AAAA.${body}`,
    ]) {
      await client.set(keyOf(url), forged)
      await t.rejects(store.load(url), { code: 'NOT_AUTHENTIC' })
    }
  },
)

/** [code, what somebody who can write to Redis does, the entries of `url` and of another URL being given] */
type Forgery = (client: Redis, entry: string, other: string) => Promise<unknown>

t.test('what others write is 503 in an outage, and one warning with its code', withRedis, async (t) => {
  const { client, store } = await setUp(t)
  const otherUrl = `${origin}/other.json`
  const stranger = redisKeyStore({ client, secret: OTHER_SECRET })
  const set = (value: string) => client.set(keyOf(url), value)
  const forgeries: readonly (readonly [code: string, name: string, forge: Forgery])[] = [
    ['NOT_AUTHENTIC', 'a key is replaced', (_, entry) => set(entry.replaceAll(eu.kid(), us.kid()))],
    [
      'NOT_AUTHENTIC',
      'the time is put forward',
      (_, entry) => set(entry.replace(/,1\d{12},/, `,${Date.now()},`)),
    ],
    ['NOT_AUTHENTIC', 'one character more', (_, entry) => set(`${entry} `)],
    ['NOT_AUTHENTIC', 'one character less', (_, entry) => set(entry.slice(0, -1))],
    ['NOT_AUTHENTIC', 'another secret', () => stranger.save(setOf(eu))],
    [
      'NOT_AUTHENTIC',
      'the code of one entry, the body of another',
      (_, entry, other) => set(entry.slice(0, 43) + other.slice(43)),
    ],
    ['OTHER_URL', 'the entry of another URL', (_, _entry, other) => set(other)],
    [
      'OTHER_URL',
      'two entries change places',
      async (_, entry, other) => {
        await set(other)
        await client.set(keyOf(otherUrl), entry)
      },
    ],
    ['TOO_LARGE', 'a huge value', (_, entry) => set(entry.padEnd(1_048_577))],
    ['NOT_AUTHENTIC', 'a value of the largest size', (_, entry) => set(entry.padEnd(1_048_576))],
    ['NOT_AUTHENTIC', 'a huge value of long characters', () => set('é'.repeat(1_048_576))],
    [
      'REDIS_WRONGTYPE',
      'no text',
      async () => {
        await client.del(keyOf(url))
        await client.lpush(keyOf(url), 'x')
      },
    ],
    ['FROM_THE_FUTURE', 'an hour ahead', () => store.save(setOf(eu, { askedAt: Date.now() + 60 * MINUTE }))],
    ['NO_USABLE_KEY', 'no key', () => store.save(setOf(eu, { document: '{"keys":[]}' }))],
  ]
  for (const [code, name, forge] of forgeries) {
    await store.save(setOf(eu))
    await store.save(setOf(us, { url: otherUrl }))
    const good = boot(t, store)
    t.strictSame(await good.ask(eu.accessToken()), ACCEPTED, `good before: ${name}`)
    t.strictSame(good.lines, [])
    await forge(client, String(await client.get(keyOf(url))), String(await client.get(keyOf(otherUrl))))
    const { lines, ask } = boot(t, store)
    t.strictSame(await ask(eu.accessToken()), UNAVAILABLE, name)
    t.strictSame(codesOf(lines), warning(code), name)
    t.notMatch(JSON.stringify(lines), eu.kid().slice(0, 12).replace(/\W/g, '.'))
    endpoint.isUp = true
    t.strictSame(
      await boot(t, store).ask(eu.accessToken()),
      ACCEPTED,
      'and where the endpoint answers all is well',
    )
    endpoint.isUp = false
    t.ok(
      await until(async () => (await store.load(url).catch(() => undefined)) !== undefined, WAIT_MS),
      'and mended',
    )
  }
})

t.test(
  'a stored entry of an hour is asked for first, and one of 25 hours is nothing',
  withRedis,
  async (t) => {
    const { store } = await setUp(t)
    await store.save(setOf(eu, { askedAt: Date.now() - 60 * MINUTE }))
    const before = endpoint.asked
    const { app, ask } = boot(t, store)
    t.strictSame(await ask(eu.accessToken()), ACCEPTED)
    t.equal(endpoint.asked, before + 1)
    t.match(app.cognito.status(), { eu: { state: 'degraded', source: 'store' } })
    await store.save(setOf(eu, { askedAt: Date.now() - 25 * 60 * MINUTE }))
    const late = boot(t, store)
    t.strictSame(await late.ask(eu.accessToken()), UNAVAILABLE)
    t.strictSame(codesOf(late.lines), [])
  },
)

t.test('a list of secrets: the first one is written, and all are believed', withRedis, async (t) => {
  const { client } = await setUp(t)
  const [old, both, fresh] = [OLD_SECRET, [SECRET, OLD_SECRET], SECRET].map((secret) =>
    redisKeyStore({ client, secret }),
  ) as [KeyStore, KeyStore, KeyStore]
  await old.save(setOf(eu))
  t.match(await both.load(url), { url })
  await t.rejects(fresh.load(url), { code: 'NOT_AUTHENTIC' })
  await both.save(setOf(eu))
  for (const store of [both, fresh]) t.match(await store.load(url), { url })
  await t.rejects(old.load(url), { code: 'NOT_AUTHENTIC' })
})

/** One process writes, and another one with a client of its own starts in an outage. */
async function restart(test: Test, connect: () => RedisClient | Promise<RedisClient>) {
  const options = { secret: SECRET }
  endpoint.isUp = true
  const first = boot(test, redisKeyStore({ ...options, client: await connect() }))
  test.strictSame(await first.ask(eu.accessToken()), ACCEPTED)
  endpoint.isUp = false
  const store = redisKeyStore({ ...options, client: await connect() })
  test.ok(await until(async () => (await store.load(url)) !== undefined, WAIT_MS))
  const before = endpoint.asked
  const { app, lines, ask } = boot(test, store, { prefetch: 'require' })
  await app.ready()
  test.strictSame(await ask(eu.accessToken()), ACCEPTED)
  test.match(app.cognito.status(), { eu: { state: 'ok', source: 'store', keys: [{}, {}] } })
  test.equal(endpoint.asked, before)
  test.strictSame([...first.lines, ...lines], [])
}

t.test(
  'clients of each library: a process that starts in an outage has the keys of another one',
  withRedis,
  async (t) => {
    for (const [name, connect] of Object.entries(CLIENTS)) {
      await t.test(name, async (t) => {
        const { port } = await TestRedis.start(t)
        await restart(t, () => connect(t, port))
      })
    }
  },
)

t.test('the same with a cluster', withRedis, async (t) => {
  const server = await TestRedis.start(t, ...CLUSTER)
  await formCluster(t, server)
  for (const [name, connect] of Object.entries(CLUSTER_CLIENTS)) {
    await t.test(name, async (t) => {
      await connectIoredis(t, server.port).flushall()
      await restart(t, () => connect(t, server.port))
    })
  }
})

t.test('a Redis that is down, or hangs, breaks nothing while the endpoint answers', withRedis, async (t) => {
  for (const [away, codes] of [
    ['kill', /^(?:TIMEOUT|REDIS_\w+)$/],
    ['hang', /^(?:TIMEOUT|REDIS_\w+)$/],
  ] as const) {
    const { server, store } = await setUp(t)
    await store.save(setOf(eu))
    await server[away]()
    const cold = boot(t, store)
    t.match(await cold.ask(eu.accessToken()), { ...UNAVAILABLE, retryAfter: /^[12]$/ }, 'nobody has the keys')
    endpoint.isUp = true
    const { app, lines, ask } = boot(t, store)
    t.strictSame(await ask(eu.accessToken()), ACCEPTED)
    t.match(app.cognito.status(), { eu: { state: 'ok', source: 'network' } })
    endpoint.isUp = false
    t.ok(codesOf(lines).length > 0)
    for (const { code } of codesOf(lines)) t.match(code, codes)
    if (away === 'kill') await server.start()
    else server.goOn()
    t.ok(await until(async () => (await store.load(url).catch(() => undefined)) !== undefined, WAIT_MS))
    const back = boot(t, store)
    t.strictSame(await back.ask(eu.accessToken()), ACCEPTED, 'once it is back, it serves')
    t.strictSame(back.lines, [])
  }
})

t.test('wrong options are refused by their path, and no secret is repeated', async (t) => {
  const client = { duplicate() {}, connect() {}, disconnect() {}, on() {}, async sendCommand() {} } as never
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ client: undefined }, /^redisKeyStore\.client: expected a client of ioredis or @redis\/client/],
    [{ client: {} }, /^redisKeyStore\.client: expected a client of ioredis or @redis\/client/],
    [{ secret: undefined }, /^redisKeyStore\.secret: expected a secret of 32 to 1,024 characters/],
    [{ secret: '' }, /^redisKeyStore\.secret: expected a secret/],
    [{ secret: 'x'.repeat(31) }, /^redisKeyStore\.secret: expected a secret/],
    [{ secret: 'x'.repeat(1025) }, /^redisKeyStore\.secret: expected a secret/],
    [{ secret: [] }, /^redisKeyStore\.secret: expected a secret/],
    [{ secret: [SECRET, 'x'] }, /^redisKeyStore\.secret: expected a secret/],
    [{ secret: [SECRET, undefined] }, /^redisKeyStore\.secret: expected a secret/],
    [{ secret: [SECRET, SECRET] }, /^redisKeyStore\.secret: expected a secret/],
    [{ secret: Buffer.from(SECRET) }, /^redisKeyStore\.secret: expected a secret/],
    [{ prefix: '' }, /^redisKeyStore\.prefix: expected letters/],
    [{ prefix: 'a b' }, /^redisKeyStore\.prefix: expected letters/],
    [{ prefix: '{a}' }, /^redisKeyStore\.prefix: expected letters/],
    [{ prefix: undefined }, /^redisKeyStore\.prefix: expected a value/],
    [{ ttl: 5 }, /^redisKeyStore\.ttl: unknown name; expected client, secret, prefix/],
  ]
  for (const [part, message] of wrong) {
    const options = { client, secret: SECRET, ...part } as RedisKeyStoreOptions
    t.throws(() => redisKeyStore(options), { name: 'TypeError', message })
    t.throws(() => redisKeyStore(options), { message: /^(?!.*(?:aaa|xxx))/ })
  }
  t.throws(() => redisKeyStore(undefined as never), {
    message: /^redisKeyStore: expected an object of options/,
  })
  for (const secret of ['x'.repeat(32), 'x'.repeat(1024), [SECRET], [SECRET, OLD_SECRET]]) {
    t.ok(redisKeyStore({ client, secret, prefix: 'shop/eu:1.0_a-b' }))
  }
})
