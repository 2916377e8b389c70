/**
 * The entry point `fastify-cognito/revocation`: stores of revocations.
 * @module
 */

export type { RedisClient } from '../base/redis-client.js'
export { type MemoryRevocationOptions, memoryRevocation } from './memory.js'
export { type RedisRevocationOptions, redisRevocation } from './redis.js'
export {
  concerns,
  type RevocableToken,
  type RevocationClaim,
  type RevocationMark,
  type RevocationStore,
} from './store.js'
