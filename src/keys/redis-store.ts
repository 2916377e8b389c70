/**
 * The store of key sets that many processes share, in Redis: for a new process while the endpoint fails.
 * @module
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import {
  assertDefined,
  assertOptions,
  closedObject,
  documented,
  fillDefaults,
  oneOrMore,
  spell,
} from '../base/option-schema.js'
import { type RedisClient, toRedis } from '../base/redis-client.js'
import { clientOption, prefixOption } from '../base/redis-options.js'
import { compileSchema, Type } from '../base/schema.js'
import { MAX_DOCUMENT_BYTES } from './document.js'
import { MAX_STALE } from './options.js'
import { type KeyStore, type StoredKeySet, StoreRefusal } from './store.js'

/** The options of {@link redisKeyStore}. */
export interface RedisKeyStoreOptions {
  /**
   * A client or a cluster of `ioredis` or of `@redis/client` (`redis`), 5 or 6, or `app.redis` of `@fastify/redis`. The
   * application connects the client, listens to its errors, and closes it.
   */
  readonly client: RedisClient
  /**
   * The secret that authenticates each entry, of 32–1,024 characters, the same in all processes; or a list of secrets. The
   * store writes with the first secret of a list, and believes all of them: put a new secret first to replace the old one.
   *
   * @example process.env.KEY_STORE_SECRET // made by `openssl rand -base64 32`
   */
  readonly secret: string | readonly string[]
  /**
   * Beginning of the keys in Redis: letters, digits, `.`, `_`, `:`, `/` and `-`.
   *
   * @defaultValue `'fastify-cognito'`
   */
  readonly prefix?: string
}

/** The lengths of a secret; characters. */
const SECRET = { minLength: 32, maxLength: 1024 }
const EXPECTED = `a secret of ${spell(SECRET.minLength, SECRET.maxLength)} characters, or a list of them`

/** Schema of {@link RedisKeyStoreOptions}. */
export const redisKeySchema = documented<RedisKeyStoreOptions>()(
  closedObject(
    {
      client: clientOption,
      secret: oneOrMore(Type.String({ ...SECRET, expected: EXPECTED }), EXPECTED),
      prefix: prefixOption,
    },
    'an object of options',
  ),
)

const compiled = compileSchema(redisKeySchema)

/** Length of the longest entry; characters. The document is a JSON string in the entry, where escapes make it longer. */
const MAX_CHARACTERS = 2 * MAX_DOCUMENT_BYTES

/**
 * Makes a store that keeps key sets in Redis or Valkey, for any number of processes. Redis removes an entry when the key set
 * is older than the longest `keys.staleIfError`.
 *
 * **An attacker who can write a key set can sign tokens of any user**, and a cache has many writers. So each entry carries an
 * HMAC (RFC 2104, SHA-256) over its URL, its time and its document, by a secret of the options. The store refuses an entry
 * with any other HMAC.
 *
 * @throws {TypeError} for a wrong option
 * @example
 * const client = new Redis('redis://cache.internal')
 * const store = redisKeyStore({ client, secret: process.env.KEY_STORE_SECRET })
 * await app.register(cognito, { pools, keys: { store } })
 */
export function redisKeyStore(options: RedisKeyStoreOptions): KeyStore {
  assertOptions(compiled, options, 'redisKeyStore')
  assertDefined(options, ['prefix'], 'redisKeyStore')
  const { client, secret, prefix } = fillDefaults(redisKeySchema, options)
  const secrets = [secret].flat()
  // One slot of a cluster has all key sets. Key sets are few, and seldom read.
  const tag = `{${prefix}}:keys:`
  const { send } = toRedis(client, tag, 'redisKeyStore.client')
  const keyOf = (url: string) => tag + createHash('sha256').update(url).digest('hex')
  return Object.freeze({
    async load(url: string) {
      const value = String(await send('GETRANGE', keyOf(url), '0', String(MAX_CHARACTERS)))
      if (value.length > MAX_CHARACTERS) throw new StoreRefusal('TOO_LARGE')
      return value === '' ? undefined : open(value, secrets)
    },
    async save(set: StoredKeySet) {
      await send('SET', keyOf(set.url), seal(set, secrets[0] as string), 'EX', String(MAX_STALE))
    },
  })
}

/** Makes an entry. The entry has the authenticated text itself, so that the text has one reading only. */
function seal({ url, askedAt, document }: StoredKeySet, secret: string): string {
  const body = JSON.stringify([url, askedAt, document])
  return `${mac(body, secret).toString('base64url')}.${body}`
}

/**
 * Reads an entry.
 *
 * @throws {StoreRefusal} when no secret made the HMAC of the entry
 */
function open(value: string, secrets: readonly string[]): StoredKeySet {
  const dot = value.indexOf('.')
  const given = Buffer.from(value.slice(0, Math.max(0, dot)), 'base64url')
  const body = value.slice(dot + 1)
  const isGenuine = secrets.some((secret) => {
    const expected = mac(body, secret)
    return given.length === expected.length && timingSafeEqual(given, expected)
  })
  if (!isGenuine) throw new StoreRefusal('NOT_AUTHENTIC')
  const [url, askedAt, document] = JSON.parse(body)
  return { url, askedAt, document }
}

/** Makes an HMAC over the purpose and the text, so that an HMAC of the same secret for another purpose makes no entry. */
const mac = (body: string, secret: string) =>
  createHmac('sha256', secret).update(`fastify-cognito key set\n${body}`).digest()
