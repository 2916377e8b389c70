/**
 * The schemas of the options that all stores in Redis have.
 * @module
 */
import { checkedLater, text, withDefault } from './option-schema.js'
import type { RedisClient } from './redis-client.js'

/** Schema of the option `client`. */
export const clientOption = checkedLater<RedisClient>('a client of ioredis or @redis/client')

/** Schema of the option `prefix`, with which the keys in Redis begin. */
export const prefixOption = withDefault(
  text('letters, digits, . _ : / and -', '^[\\w.:/-]+$'),
  'fastify-cognito',
)
