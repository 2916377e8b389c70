/**
 * The entry point `fastify-cognito/keys`: stores of key sets.
 * @module
 */
export type { RedisClient } from '../base/redis-client.js'
export { fileKeyStore } from './file-store.js'
export { type RedisKeyStoreOptions, redisKeyStore } from './redis-store.js'
export type { KeyStore, StoredKeySet } from './store.js'
