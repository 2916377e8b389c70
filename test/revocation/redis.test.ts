/**
 * The store of revocations in Redis, asked and copied, through each of the libraries.
 * @module
 */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { createClient } from '@redis/client'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { MarkTable } from '../../src/revocation/mark-table.js'
import { type RedisRevocationOptions, redisRevocation } from '../../src/revocation/redis.js'
import type { RevocableToken, RevocationMark, RevocationStore } from '../../src/revocation/store.js'
import { runAtOnce } from '../support/at-once.js'
import { TestRedis, withRedis } from '../support/redis.js'
import { CLIENTS, CLUSTER, CLUSTER_CLIENTS, connectIoredis, formCluster } from '../support/redis-clients.js'
import { DAY, EU, isCopied, mark, now, token, US, until } from '../support/revocations.js'

/** A mark, tokens that it revokes, and tokens that it does not. */
interface Case {
  readonly mark: RevocationMark
  readonly revoked: readonly RevocableToken[]
  readonly passing: readonly RevocableToken[]
}

type PartOfMark = Omit<RevocationMark, 'key'>
type PartOfToken = Omit<RevocableToken, 'keys'>

const cut = now() - 600
const machine = { jti: undefined, originJti: undefined, subject: 'worker', clientId: 'worker' }

const CASES: Readonly<Record<string, Case>> = {
  'by jti': {
    mark: mark({ by: 'jti', value: 'one' }),
    revoked: [token({ jti: 'one' }), token({ jti: 'one', subject: 'bob' })],
    passing: [
      token({ jti: 'other' }),
      token({ jti: undefined }),
      token({ jti: 'one', userPoolId: US }),
      token({ originJti: 'one' }),
    ],
  },
  'by origin_jti': {
    mark: mark({ by: 'origin_jti', value: 'sign-in' }),
    revoked: [token({ originJti: 'sign-in' }), token({ originJti: 'sign-in', jti: 'refreshed' })],
    passing: [
      token({ originJti: 'other' }),
      token({ originJti: undefined }),
      token({ originJti: 'sign-in', userPoolId: US }),
      token({ jti: 'sign-in' }),
    ],
  },
  'by sub': {
    mark: mark({ by: 'sub', value: 'bob', notBefore: cut }),
    revoked: [
      token({ subject: 'bob', issuedAt: cut }),
      token({ subject: 'bob', issuedAt: cut + 0.9 }),
      token({ subject: 'bob', issuedAt: cut - DAY }),
    ],
    passing: [
      token({ subject: 'bob', issuedAt: cut + 1 }),
      token({ subject: 'ada', issuedAt: cut }),
      token({ subject: 'bob', issuedAt: cut, userPoolId: US }),
      token({ clientId: 'bob', issuedAt: cut }),
    ],
  },
  'by client_id': {
    mark: mark({ by: 'client_id', value: 'worker', notBefore: cut }),
    revoked: [token({ ...machine, issuedAt: cut }), token({ clientId: 'worker', issuedAt: cut })],
    passing: [
      token({ ...machine, issuedAt: cut + 1 }),
      token({ issuedAt: cut }),
      token({ ...machine, issuedAt: cut, userPoolId: US }),
      token({ subject: 'worker', issuedAt: cut }),
    ],
  },
  'by pool': {
    mark: mark({ by: 'pool', value: '', notBefore: cut }),
    revoked: [token({ issuedAt: cut }), token({ ...machine, issuedAt: cut })],
    passing: [token({ issuedAt: cut + 1 }), token({ issuedAt: cut, userPoolId: US })],
  },
}

t.test('through each library, asked and copied', withRedis, async (t) => {
  const single = await TestRedis.start(t)
  const cluster = await TestRedis.start(t, ...CLUSTER)
  await formCluster(t, cluster)
  const all = [
    ...Object.entries(CLIENTS).map(([name, connect]) => ({ name, connect, server: single })),
    ...Object.entries(CLUSTER_CLIENTS).map(([name, connect]) => ({ name, connect, server: cluster })),
  ]
  const atOnce = runAtOnce(t, 4)
  for (const { name, connect, server } of all) {
    for (const replica of [false, true]) {
      t.test(
        `${name}, ${replica ? 'copied' : 'asked'}: a mark revokes what it concerns, and nothing else`,
        atOnce,
        async (t) => {
          const client = await connect(t, server.port)
          for (const [kind, each] of Object.entries(CASES)) {
            t.test(kind, (t) => tryCase(t, { client, prefix: `test:${randomUUID()}`, replica }, each))
          }
        },
      )
    }
  }
})

/** Here, and in a store that another process could have. */
async function tryCase(t: Test, options: RedisRevocationOptions, { mark, revoked, passing }: Case) {
  const store = await openStore(t, options)
  const elsewhere = await openStore(t, options)
  const say = async (store: RevocationStore, tokens: readonly RevocableToken[]) => [
    ...new Set(await Promise.all(tokens.map((each) => store.isRevoked(each)))),
  ]
  t.strictSame(await say(store, [...revoked, ...passing]), [false], 'before')
  await store.revoke(mark)
  t.strictSame(await say(store, revoked), [true], 'at once')
  const isSeen = async () => elsewhere.isRevoked(revoked[0] as RevocableToken)
  t.ok(await until(isSeen, 1000), 'elsewhere within a second')
  t.strictSame(await say(elsewhere, revoked), [true])
  t.strictSame(await say(store, passing), [false])
  t.strictSame(await say(elsewhere, passing), [false])
  t.equal(isCopied(elsewhere), options.replica)
}

/** A store that is ready; closed with the test. */
async function openStore(t: Test, options: RedisRevocationOptions): Promise<RevocationStore> {
  const store = redisRevocation(options)
  void store.open?.()
  t.teardown(() => store.close?.())
  if (options.replica) t.ok(await until(() => isCopied(store), 90_000), 'the copy is complete')
  return store
}

t.test('in Redis', withRedis, async (t) => {
  const server = await TestRedis.start(t)
  const client = connectIoredis(t, server.port)
  const prefix = () => `test:${randomUUID()}`

  t.test('all keys of a store begin with its prefix, and are in one slot of a cluster', async (t) => {
    await client.flushall()
    await redisRevocation({ client }).revoke(mark())
    const keys = await client.keys('*')
    t.strictSame(keys.sort(), [`{fastify-cognito}:marks`, `{fastify-cognito}:sub:${EU}:ada`])
    const other = redisRevocation({ client, prefix: 'other' })
    t.notOk(await other.isRevoked(token()))
  })

  t.test('a mark expires by itself, some minutes after its time: clocks differ', async (t) => {
    const store = redisRevocation({ client, prefix: 'expiry' })
    await store.revoke(mark({ expiresAt: now() + 1000 }))
    const left = await client.ttl(`{expiry}:sub:${EU}:ada`)
    t.ok(left > 1290 && left <= 1301, `${left} s`)
    await store.revoke(mark({ value: 'bob', expiresAt: now() - 298 }))
    t.ok(await store.isRevoked(token({ subject: 'bob' })))
    t.ok(await until(async () => !(await store.isRevoked(token({ subject: 'bob' }))), 4000))
    t.ok(await store.isRevoked(token()))
  })

  t.test('of several marks with one key the later times count, in any order and at once', async (t) => {
    const expiresAt = now() + DAY
    const times = Array.from({ length: 100 }, (_, index) => now() - index)
    const orders = [times, times.toReversed(), times.toSorted((a, b) => ((a * 7) % 101) - ((b * 7) % 101))]
    for (const order of orders) {
      const store = redisRevocation({ client, prefix: prefix() })
      const marks = order.map((notBefore) => mark({ notBefore, expiresAt: expiresAt - (now() - notBefore) }))
      await Promise.all(marks.map((each) => store.revoke(each)))
      t.ok(await store.isRevoked(token({ issuedAt: times[0] as number })))
      t.notOk(await store.isRevoked(token({ issuedAt: (times[0] as number) + 1 })))
    }
  })

  t.test('a mark of every token is later than any time, and lives as long as the longest', async (t) => {
    for (const marks of [
      [mark({ expiresAt: now() + 50 }), mark({ notBefore: cut, expiresAt: now() + 1000 })],
      [mark({ notBefore: cut, expiresAt: now() + 1000 }), mark({ expiresAt: now() + 50 })],
    ]) {
      const name = prefix()
      const store = redisRevocation({ client, prefix: name })
      for (const each of marks) await store.revoke(each)
      t.ok(await store.isRevoked(token({ issuedAt: now() + 30 })))
      t.ok((await client.ttl(`{${name}}:sub:${EU}:ada`)) > 1290)
    }
  })

  t.test('a value that is no mark is no answer, and is not overwritten', async (t) => {
    for (const value of [
      '',
      'garbage',
      '1',
      '1:',
      ':1',
      '-1:2',
      '1.5:2',
      '1:2:3',
      ' 1:2',
      '1:2\n',
      'null:1',
      '1e9:2',
    ]) {
      const name = prefix()
      const store = redisRevocation({ client, prefix: name })
      const key = `{${name}}:sub:${EU}:ada`
      await client.set(key, value)
      await t.rejects(
        store.isRevoked(token()) as Promise<boolean>,
        { code: 'REDIS_UNREADABLE' },
        JSON.stringify(value),
      )
      t.notOk(await store.isRevoked(token({ subject: 'bob' })), 'others are not concerned')
      await t.rejects(store.revoke(mark()) as Promise<void>, { code: 'REDIS_ERR' })
      t.equal(await client.get(key), value)
      await client.del(key)
      await store.revoke(mark())
      t.ok(await store.isRevoked(token()))
    }
  })

  t.test('a mark without whole seconds is refused, and nothing is written', async (t) => {
    const name = prefix()
    const store = redisRevocation({ client, prefix: name })
    for (const part of [
      { notBefore: Number.NaN },
      { notBefore: 1.5 },
      { notBefore: -1 },
      { expiresAt: Number.POSITIVE_INFINITY },
      { expiresAt: 0.1 },
    ]) {
      await t.rejects(store.revoke(mark(part)) as Promise<void>, TypeError, JSON.stringify(part))
    }
    t.strictSame(await client.keys(`{${name}}*`), [])
  })

  t.test(
    'the stream forgets what has expired, a few marks with each new one, and never what is alive',
    async (t) => {
      const name = prefix()
      const store = redisRevocation({ client, prefix: name })
      const stream = `{${name}}:marks`
      await store.revoke(mark({ value: 'first' }))
      for (let index = 0; index < 30; index += 1)
        await store.revoke(mark({ value: `${index}`, expiresAt: now() - 301 }))
      t.equal(await client.xlen(stream), 31, 'all stand behind one that is alive')
      const [[first] = ['']] = await client.xrange(stream, '-', '+', 'COUNT', 1)
      await client.xdel(stream, first)
      for (let index = 0; index < 3; index += 1) await store.revoke(mark({ value: `alive ${index}` }))
      t.equal(await client.xlen(stream), 30 + 3 - 3 * 9)
      await store.revoke(mark({ value: 'alive' }))
      t.equal(await client.xlen(stream), 4, 'four are alive')
      await store.revoke(mark({ value: 'dead', expiresAt: now() - 301 }))
      t.equal(await client.xlen(stream), 5)
    },
  )

  t.test('an error names its command and what Redis said, and nothing that was sent', async (t) => {
    const closed = connectIoredis(t, server.port)
    const store = redisRevocation({ client: closed, prefix: prefix() })
    await client.call('ACL', 'SETUSER', 'default', '-mget')
    const error = await (store.isRevoked(token()) as Promise<boolean>).catch((error) => error)
    await client.call('ACL', 'SETUSER', 'default', '+mget')
    t.match(error, {
      name: 'RedisFailure',
      code: 'REDIS_NOPERM',
      message: 'Redis did not answer MGET: NOPERM',
    })
    t.strictSame(Object.keys(error), ['code'])
    t.notOk(await store.isRevoked(token()))
    closed.disconnect()
    await t.rejects(store.isRevoked(token()) as Promise<boolean>, { code: 'REDIS_NO_ANSWER' })
    const socket = { host: '127.0.0.1', port: 1, reconnectStrategy: false } as const
    const unreachable = createClient({ socket }).on('error', () => undefined)
    const connected = unreachable.connect()
    const late = redisRevocation({ client: unreachable }).isRevoked(token()) as Promise<boolean>
    await t.rejects(late, { code: 'REDIS_ECONNREFUSED' })
    await t.rejects(connected)
  })

  t.test('an answer that is not of Redis is none', async (t) => {
    for (const answer of ['QUEUED', 'OK', null, undefined, [], {}, 0, 5]) {
      const other = Object.create(client, { call: { value: async () => answer } })
      const store = redisRevocation({ client: other, prefix: prefix() })
      await t.rejects(store.isRevoked(token()) as Promise<boolean>, { code: 'REDIS_UNREADABLE' })
      await t.rejects(store.revoke(mark()) as Promise<void>, { code: 'REDIS_NOT_ADDED' })
    }
  })

  t.test('memory, Redis and its copy say the same of any marks and tokens', async (t) => {
    const name = prefix()
    const asked = redisRevocation({ client, prefix: name })
    const copied = await openStore(t, { client, prefix: name, replica: true })
    const follower = await openStore(t, { client, prefix: name, replica: true })
    const base = now()
    const pool = fc.constantFrom('one', 'two')
    const value = fc.constantFrom('a', 'b', 'a:b', '')
    const seconds = fc.integer({ min: base - 3, max: base + 3 })
    const marks = fc.record({
      userPoolId: pool,
      by: fc.constantFrom('jti', 'origin_jti', 'sub', 'client_id', 'pool'),
      value,
      notBefore: fc.option(seconds),
      expiresAt: fc.integer({ min: base + 100, max: base + 200 }),
    })
    const tokens = fc.record({
      expiresAt: fc.constant(base + 100),
      userPoolId: pool,
      jti: fc.option(value, { nil: undefined }),
      originJti: fc.option(value, { nil: undefined }),
      subject: value,
      clientId: value,
      issuedAt: seconds,
    })
    let runs = 0
    async function compare(given: readonly PartOfMark[], tokens: readonly PartOfToken[]): Promise<void> {
      runs += 1
      const inRun = (id: string) => `${runs}-${id}`
      const last = mark({ userPoolId: inRun('last') })
      const marks = given.map((part) =>
        mark({ ...part, ...(part.by === 'pool' && { value: '' }), userPoolId: inRun(part.userPoolId) }),
      )
      const memory = new MarkTable(100)
      for (const [index, each] of marks.entries()) {
        memory.add(each, base)
        await [asked, copied][index % 2]?.revoke(each)
      }
      await asked.revoke(last)
      const about = token({ userPoolId: last.userPoolId })
      await until(async () => (await copied.isRevoked(about)) && follower.isRevoked(about), 5000)
      const inPool = tokens.map((each) => token({ ...each, userPoolId: inRun(each.userPoolId) }))
      const expected = inPool.map((each) => memory.concerns(each))
      for (const store of [asked, copied, follower]) {
        assert.deepEqual(await Promise.all(inPool.map((each) => store.isRevoked(each))), expected)
      }
    }
    const tokenLists = fc.array(tokens, { minLength: 20, maxLength: 40 })
    const property = fc.asyncProperty(fc.array(marks, { maxLength: 8 }), tokenLists, compare)
    await fc.assert(property, { numRuns: 100, seed: 1 })
    t.ok(isCopied(copied) && isCopied(follower))
  })
})
