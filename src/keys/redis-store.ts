/**
 * The store that keeps key sets in Redis for many processes, for a new process while the endpoint fails.
 * @module
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { type RedisClient, toRedis } from '../base/redis-client.js'
import {
  assertDefined,
  assertOptions,
  compileSchema,
  type IsDocumented,
  oneOrMore,
  Type,
  text,
} from '../base/schema.js'
import { MAX_DOCUMENT_BYTES } from './document.js'
import { type KeyStore, type StoredKeySet, StoreRefusal } from './store.js'

/** The options of {@link redisKeyStore}. */
export interface RedisKeyStoreOptions {
  /**
   * A client or a cluster of `ioredis` or of `@redis/client` (`redis`), version 5 or 6, or `app.redis` of
   * `@fastify/redis`. The application connects the client, listens to its errors, and closes it.
   */
  readonly client: RedisClient
  /**
   * The secret that authenticates each entry: 32–1,024 characters, the same in all processes. With a list, the store
   * writes with the first secret and accepts all of them. To replace a secret, put the new secret first.
   *
   * @example process.env.KEY_STORE_SECRET // made by `openssl rand -base64 32`
   */
  readonly secret: string | readonly string[]
  /**
   * Prefix of the keys in Redis: letters, digits, `.`, `_`, `:`, `/` and `-`.
   *
   * @defaultValue `'fastify-cognito'`
   */
  readonly prefix?: string
}

const SECRET = 'a secret of 32 to 1,024 characters, or a list of them'
const secret = Type.String({ minLength: 32, maxLength: 1024, expected: SECRET })

const OPTIONS = Type.Object(
  {
    client: Type.Unsafe<RedisClient>({ ...Type.Any(), expected: 'a client of ioredis or @redis/client' }),
    secret: oneOrMore(secret, SECRET),
    prefix: Type.Optional(text('letters, digits, . _ : / and -', '^[\\w.:/-]+$')),
  },
  { additionalProperties: false, expected: 'an object of options' },
)

/** Does not compile when the interface and the schema differ. */
const isDocumented: IsDocumented<RedisKeyStoreOptions, typeof OPTIONS> = true
void isDocumented

const schema = compileSchema(OPTIONS)

/** Largest entry, in characters. It has the document as a JSON string, whose escapes take space. */
const MAX_CHARACTERS = 2 * MAX_DOCUMENT_BYTES
/** Time after which Redis deletes a set: the longest `keys.staleIfError`; seconds. */
const EXPIRES_IN = 604_800

/**
 * Makes a store that keeps key sets in Redis or Valkey, for any number of processes.
 *
 * **An attacker who can write a key set can sign the tokens of any user**, and a cache has many writers. So each entry
 * has an HMAC (RFC 2104, SHA-256) over its URL, its time and its document. The store refuses an entry without a valid
 * HMAC.
 *
 * @throws {TypeError} for a wrong option
 * @example
 * const client = new Redis('redis://cache.internal')
 * const store = redisKeyStore({ client, secret: process.env.KEY_STORE_SECRET })
 * await app.register(cognito, { pools, keys: { store } })
 */
export function redisKeyStore(options: RedisKeyStoreOptions): KeyStore {
  assertOptions(schema, options, 'redisKeyStore')
  assertDefined(options, ['prefix'], 'redisKeyStore')
  const secrets = [options.secret].flat()
  // All sets are in one slot of a cluster, because the sets are few and are seldom read.
  const tag = `{${options.prefix ?? 'fastify-cognito'}}:keys:`
  const { send } = toRedis(options.client, tag, 'redisKeyStore.client')
  const keyOf = (url: string) => tag + createHash('sha256').update(url).digest('hex')
  return Object.freeze({
    async load(url: string) {
      const value = String(await send('GETRANGE', keyOf(url), '0', String(MAX_CHARACTERS)))
      if (value.length > MAX_CHARACTERS) throw new StoreRefusal('TOO_LARGE')
      return value === '' ? undefined : open(value, secrets)
    },
    async save(set: StoredKeySet) {
      await send('SET', keyOf(set.url), seal(set, secrets[0] as string), 'EX', String(EXPIRES_IN))
    },
  })
}

/** Writes an entry. It has the authenticated text unchanged, so that no second serialization can differ from it. */
function seal({ url, askedAt, document }: StoredKeySet, secret: string): string {
  const body = JSON.stringify([url, askedAt, document])
  return `${mac(body, secret).toString('base64url')}.${body}`
}

/**
 * Reads an entry.
 *
 * @throws {StoreRefusal} for an entry without a valid HMAC
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

/** Computes the HMAC over the purpose and the text, so that no other use of the same secret makes a valid entry. */
const mac = (body: string, secret: string) =>
  createHmac('sha256', secret).update(`fastify-cognito key set\n${body}`).digest()
