/**
 * Clients of each library that `redisRevocation` takes, connected as their documentation says.
 * @module
 */
import fastifyRedis from '@fastify/redis'
import { createClient, createCluster } from '@redis/client'
import Fastify from 'fastify'
import { Cluster, Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis-5'
import { createClient as createClient5 } from 'redis-client-5'
import type { Test } from 'tap'
import type { RedisClient } from '../../src/base/redis-client.js'
import type { TestRedis } from './redis.js'

/** A Redis that needs no further nodes to be a cluster. */
export const CLUSTER = ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1']

/** Gives a cluster of one node all slots. */
export async function formCluster(test: Test, { port }: TestRedis): Promise<void> {
  const node = connectIoredis(test, port)
  await node.call(
    'CLUSTER',
    Array.from({ length: 16_385 }, (_, index) => (index === 0 ? 'ADDSLOTS' : `${index - 1}`)),
  )
  while (!String(await node.call('CLUSTER', 'INFO')).includes('cluster_state:ok')) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/**
 * A client of ioredis; closed with the test.
 *
 * @param commandTimeout - the deadline of a command; milliseconds
 */
export function connectIoredis(test: Test, port: number, commandTimeout = 1000): Redis {
  const client = new Redis({ port, host: '127.0.0.1', enableAutoPipelining: true, commandTimeout })
  client.on('error', () => undefined)
  test.teardown(() => client.disconnect())
  return client
}

async function connectNodeRedis(test: Test, port: number, RESP: 2 | 3) {
  const client = createClient({ url: `redis://127.0.0.1:${port}`, RESP })
  client.on('error', () => undefined)
  test.teardown(() => client.destroy())
  await client.connect()
  return client
}

function connectIoredisWithPrefix(test: Test, port: number) {
  const client = new Redis({ port, host: '127.0.0.1', keyPrefix: 'app:' })
  client.on('error', () => undefined)
  test.teardown(() => client.disconnect())
  return client
}

function connectIoredis5(test: Test, port: number) {
  const client = new Redis5({ port, host: '127.0.0.1' })
  client.on('error', () => undefined)
  test.teardown(() => client.disconnect())
  return client
}

async function connectNodeRedis5(test: Test, port: number) {
  const client = createClient5({ url: `redis://127.0.0.1:${port}` })
  client.on('error', () => undefined)
  test.teardown(() => client.destroy())
  await client.connect()
  return client
}

async function connectFastifyRedis(test: Test, port: number) {
  const app = Fastify()
  test.teardown(() => app.close())
  await app.register(fastifyRedis, { port, host: '127.0.0.1' })
  app.redis.on('error', () => undefined)
  return app.redis
}

function connectIoredisCluster(test: Test, port: number) {
  const client = new Cluster([{ port, host: '127.0.0.1' }], { redisOptions: { commandTimeout: 1000 } })
  client.on('error', () => undefined)
  test.teardown(() => client.disconnect())
  return client
}

async function connectNodeRedisCluster(test: Test, port: number) {
  const client = createCluster({ rootNodes: [{ url: `redis://127.0.0.1:${port}` }] })
  client.on('error', () => undefined)
  test.teardown(() => client.destroy())
  await client.connect()
  return client
}

type Connect = (test: Test, port: number) => RedisClient | Promise<RedisClient>

/** Clients of one server; closed with the test. */
export const CLIENTS: Readonly<Record<string, Connect>> = {
  ioredis: connectIoredis,
  'ioredis with a prefix of keys': connectIoredisWithPrefix,
  '@redis/client': (test, port) => connectNodeRedis(test, port, 2),
  '@redis/client with RESP3': (test, port) => connectNodeRedis(test, port, 3),
  'ioredis 5': connectIoredis5,
  '@redis/client 5': connectNodeRedis5,
  '@fastify/redis': connectFastifyRedis,
}

/** Clients of a cluster; closed with the test. */
export const CLUSTER_CLIENTS: Readonly<Record<string, Connect>> = {
  'a cluster of ioredis': connectIoredisCluster,
  'a cluster of @redis/client': connectNodeRedisCluster,
}
