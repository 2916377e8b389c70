/**
 * What a client of Redis has to be, and the options of the store of revocations.
 * @module
 */
import { createClient, createClientPool, createCluster, createSentinel } from '@redis/client'
import { Cluster, Redis } from 'ioredis'
import t from 'tap'
import { toRedis } from '../../src/base/redis-client.js'
import { type RedisRevocationOptions, redisRevocation } from '../../src/revocation/redis.js'

const client = new Redis({ lazyConnect: true })

t.test('clients of both libraries are known, and nothing is asked of them', async (t) => {
  const cluster = new Cluster([{ port: 1 }], { lazyConnect: true })
  for (const each of [
    client,
    cluster,
    createClient(),
    createCluster({ rootNodes: [{ url: 'redis://127.0.0.1' }] }),
  ]) {
    for (const replica of [false, true]) t.ok(redisRevocation({ client: each, replica }))
  }
  t.equal(client.status, 'wait')
})

const EXPECTED =
  /^redisRevocation\.client: expected a client of ioredis or @redis\/client(, or app\.redis of @fastify\/redis)?(; it is missing)?$/

t.test('what is no client is refused, and the error says what is expected', async (t) => {
  const sentinel = { name: 'main', sentinelRootNodes: [{ host: '127.0.0.1', port: 1 }] }
  const common = { duplicate() {}, connect() {}, disconnect() {}, on() {} }
  const others = {
    'no client': [null, undefined, {}, 'redis://localhost', 5, () => {}],
    'a client that cannot be asked': [common],
    'a client that cannot be duplicated': [{ call() {} }, { ...common, duplicate: 5, sendCommand() {} }],
    'a pool': [createClientPool()],
    'a sentinel': [createSentinel(sentinel)],
  }
  for (const [kind, clients] of Object.entries(others)) {
    for (const client of clients) {
      t.throws(
        () => redisRevocation({ client: client as never }),
        { name: 'TypeError', message: EXPECTED },
        kind,
      )
    }
  }
  t.ok(redisRevocation({ client: { ...common, sendCommand() {} } as never }))
  t.throws(() => redisRevocation({} as never), { name: 'TypeError', message: EXPECTED })
})

t.test('the path of the option is in the message', async (t) => {
  for (const path of ['redisKeyStore.client', 'redisRevocation.client']) {
    t.throws(() => toRedis({} as never, '{tag}', path), {
      name: 'TypeError',
      message: `${path}: expected a client of ioredis or @redis/client, or app.redis of @fastify/redis`,
    })
    t.ok(toRedis(client, '{tag}', path))
  }
})

t.test('wrong options are refused, by their path', async (t) => {
  const wrong: readonly (readonly [object, string])[] = [
    [{ prefix: '' }, 'prefix: expected letters'],
    [{ prefix: 'a b' }, 'prefix: expected letters'],
    [{ prefix: '{a}' }, 'prefix: expected letters'],
    [{ prefix: 5 }, 'prefix: expected letters'],
    [{ prefix: undefined }, 'prefix: expected a value'],
    [{ replica: 'yes' }, 'replica: expected true or false'],
    [{ replica: undefined }, 'replica: expected a value'],
    [{ replicas: true }, 'replicas: unknown name; did you mean replica\\?'],
  ]
  for (const [part, message] of wrong) {
    const options = { client, ...part } as RedisRevocationOptions
    t.throws(() => redisRevocation(options), {
      name: 'TypeError',
      message: new RegExp(`^redisRevocation\\.${message}`),
    })
  }
  t.ok(redisRevocation({ client, prefix: 'shop/eu:1.0_a-b' }))
  t.throws(() => redisRevocation(undefined as never), TypeError)
})
