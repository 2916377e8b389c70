/**
 * A store of revocations in Redis, which many processes share.
 * @module
 */
import { type Clock, createWakingClock, timeOfDay } from '../base/clock.js'
import {
  assertDefined,
  assertOptions,
  closedObject,
  documented,
  fillDefaults,
  flag,
  withDefault,
} from '../base/option-schema.js'
import { type Redis, type RedisClient, toRedis } from '../base/redis-client.js'
import { clientOption, prefixOption } from '../base/redis-options.js'
import { compileSchema } from '../base/schema.js'
import { assertAdded, listOf, parseStored, toAddCommand, toStreamKey, toTag } from './redis-marks.js'
import { createReplica, type Replica } from './redis-replica.js'
import { concerns, type RevocableToken, type RevocationStore } from './store.js'

/** The options of {@link redisRevocation}. */
export interface RedisRevocationOptions {
  /**
   * A client or a cluster of `ioredis` or of `@redis/client` (`redis`), 5 or 6, or `app.redis` of `@fastify/redis`. The
   * application connects the client, listens to its errors, and closes it.
   */
  readonly client: RedisClient
  /**
   * Beginning of the keys in Redis, the same in all processes: letters, digits, `.`, `_`, `:`, `/` and `-`.
   *
   * @defaultValue `'fastify-cognito'`
   */
  readonly prefix?: string
  /**
   * `true` keeps a copy of all marks in the memory of this process, so that no request has to wait for Redis. The copy has a
   * connection of its own, learns of a mark within milliseconds, and counts for a minute without Redis.
   *
   * @defaultValue `false`
   */
  readonly replica?: boolean
}

/** Schema of {@link RedisRevocationOptions}. */
export const redisSchema = documented<RedisRevocationOptions>()(
  closedObject(
    { client: clientOption, prefix: prefixOption, replica: withDefault(flag(), false) },
    'an object of options',
  ),
)

const compiled = compileSchema(redisSchema)

/**
 * Makes a store that keeps its marks in Redis 6.2 or later, or Valkey, for any number of processes. A check asks Redis
 * once; with `replica` a check asks the copy alone. When `revoke` resolves, Redis has the mark. Redis removes expired marks.
 *
 * A value in Redis that is no mark counts as a failure of the store. The plugin answers 503 then, unless the option
 * `revocation.onError` says otherwise.
 *
 * @throws {TypeError} for a wrong option
 * @example
 * const client = new Redis('redis://cache.internal')
 * await app.register(cognito, { pools, revocation: { store: redisRevocation({ client, replica: true }) } })
 */
export function redisRevocation(options: RedisRevocationOptions): RevocationStore {
  return createRedisStore(options, createWakingClock(), timeOfDay, Math.random)
}

/**
 * Makes the store of {@link redisRevocation} with any clocks and any randomness.
 *
 * @param clock - tells the age of the copy
 * @param readTime - tells when marks expire; milliseconds since 1970
 * @param random - returns 0 to 1, for the pause before another connection
 */
export function createRedisStore(
  given: RedisRevocationOptions,
  clock: Clock,
  readTime: () => number,
  random: () => number,
): RevocationStore {
  assertOptions(compiled, given, 'redisRevocation')
  assertDefined(given, ['prefix', 'replica'], 'redisRevocation')
  const { client, prefix, replica } = fillDefaults(redisSchema, given)
  const tag = toTag(prefix)
  const redis = toRedis(client, tag, 'redisRevocation.client')
  const store = createDirectStore(redis, tag)
  return Object.freeze(
    replica ? withReplica(store, createReplica(redis, toStreamKey(tag), clock, readTime, random)) : store,
  )
}

function createDirectStore({ send }: Redis, tag: string) {
  return {
    async isRevoked({ keys, issuedAt }) {
      const values = listOf(await send('MGET', ...keys.map((key) => tag + key)))
      return keys.some((_key, index) => {
        const value = values[index]
        return value !== null && concerns(parseStored(value), issuedAt)
      })
    },
    async revoke(mark) {
      assertAdded(await send(...toAddCommand(tag, mark)))
    },
  } satisfies RevocationStore
}

/**
 * Makes a store that asks the copy first. The store asks Redis while the copy is not current: at the beginning, and after a
 * minute without contact. A mark in the copy counts even when the copy is not current.
 */
function withReplica(store: RevocationStore, replica: Replica): RevocationStore {
  const recall = (token: RevocableToken) =>
    replica.concerns(token) || (replica.isCurrent() ? false : undefined)
  return {
    recall,
    isRevoked: (token) => recall(token) ?? store.isRevoked(token),
    async revoke(mark) {
      await store.revoke(mark)
      replica.add(mark)
    },
    watch: replica.watch,
    open: replica.open,
    close: replica.close,
  }
}
