/**
 * A store of revocations in Redis, which many processes share.
 * @module
 */
import { type Clock, createWakingClock } from '../base/clock.js'
import { type Redis, type RedisClient, toRedis } from '../base/redis-client.js'
import { assertDefined, assertOptions, compileSchema, type IsDocumented, Type, text } from '../base/schema.js'
import { assertAdded, listOf, parseStored, toAddCommand, toStreamKey, toTag } from './redis-marks.js'
import { createReplica, type Replica } from './redis-replica.js'
import { concerns, type RevocableToken, type RevocationStore } from './store.js'

/** Options of {@link redisRevocation}. */
export interface RedisRevocationOptions {
  /**
   * A client or a cluster of `ioredis` or of `@redis/client` (`redis`), 5 or 6, or `app.redis` of `@fastify/redis`. The
   * application connects the client, listens to its errors, and closes it.
   */
  readonly client: RedisClient
  /**
   * Prefix of the keys in Redis, of letters, digits, `.`, `_`, `:`, `/` and `-`. All processes need the same prefix.
   *
   * @defaultValue `'fastify-cognito'`
   */
  readonly prefix?: string
  /**
   * `true` for a copy of all marks in the memory of this process, so that a request needs no command to Redis. The copy
   * has its own connection, gets a mark within milliseconds, and counts for a minute without Redis.
   *
   * @defaultValue `false`
   */
  readonly replica?: boolean
}

const OPTIONS = Type.Object(
  {
    client: Type.Unsafe<RedisClient>({ ...Type.Any(), expected: 'a client of ioredis or @redis/client' }),
    prefix: Type.Optional(text('letters, digits, . _ : / and -', '^[\\w.:/-]+$')),
    replica: Type.Optional(Type.Boolean({ expected: 'true or false' })),
  },
  { additionalProperties: false, expected: 'an object of options' },
)

/** Does not compile when the interface and the schema drift apart. */
const isDocumented: IsDocumented<RedisRevocationOptions, typeof OPTIONS> = true
void isDocumented

const schema = compileSchema(OPTIONS)

/**
 * Makes a store that keeps its marks in Redis 6.2 or later, or Valkey, for any number of processes. A lookup takes one
 * command to Redis, and with `replica` none. When `revoke` resolves, Redis has the mark. Redis drops an expired mark.
 *
 * A value that is no mark counts as no answer. The application then answers 503, unless its option `revocation.onError`
 * is `'allow'`.
 *
 * @throws {TypeError} for a wrong option
 * @example
 * const client = new Redis('redis://cache.internal')
 * await app.register(cognito, { pools, revocation: { store: redisRevocation({ client, replica: true }) } })
 */
export function redisRevocation(options: RedisRevocationOptions): RevocationStore {
  return createRedisStore(options, createWakingClock(), Date.now, Math.random)
}

/**
 * Makes the store of {@link redisRevocation} with clocks and randomness of the caller.
 *
 * @param clock - the clock for the age of a copy
 * @param timeOfDay - the clock for the expiry of marks; returns milliseconds since 1970
 * @param random - returns 0 to 1, for the pause before another connection
 */
export function createRedisStore(
  options: RedisRevocationOptions,
  clock: Clock,
  timeOfDay: () => number,
  random: () => number,
): RevocationStore {
  assertOptions(schema, options, 'redisRevocation')
  assertDefined(options, ['prefix', 'replica'], 'redisRevocation')
  const tag = toTag(options.prefix ?? 'fastify-cognito')
  const redis = toRedis(options.client, tag, 'redisRevocation.client')
  const store = createDirectStore(redis, tag)
  return Object.freeze(
    options.replica
      ? withReplica(store, createReplica(redis, toStreamKey(tag), clock, timeOfDay, random))
      : store,
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
 * Adds a copy to a store. Redis is asked while the copy is not current: at the beginning, and after a minute without
 * contact. A mark of the copy always counts, even when Redis has lost it.
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
    open: replica.open,
    close: replica.close,
  }
}
