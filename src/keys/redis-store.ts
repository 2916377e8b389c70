/**
 * The store of key sets that many processes share, in Redis: for a new process while the endpoint is away.
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

/** Options of {@link redisKeyStore}. */
export interface RedisKeyStoreOptions {
  /**
   * A client or a cluster of `ioredis` or of `@redis/client` (`redis`), 5 or 6, or `app.redis` of `@fastify/redis`. The
   * application connects it, listens to its errors, and closes it.
   */
  readonly client: RedisClient
  /**
   * The secret by which each entry is authenticated, of 32 characters or more, the same in all processes. In a list the
   * first one is written, and all are believed: put a new one first to replace the old one.
   *
   * @example process.env.KEY_STORE_SECRET // made by `openssl rand -base64 32`
   */
  readonly secret: string | readonly string[]
  /**
   * What the keys in Redis begin with: letters, digits, `.`, `_`, `:`, `/` and `-`.
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

/** Does not compile when the interface and the schema drift apart. */
const isDocumented: IsDocumented<RedisKeyStoreOptions, typeof OPTIONS> = true
void isDocumented

const schema = compileSchema(OPTIONS)

/** Besides the document, which is written as a JSON string. */
const MAX_CHARACTERS = 2 * MAX_DOCUMENT_BYTES
/** Redis forgets a set after this; seconds. It is the longest `keys.staleIfError`. */
const EXPIRES_IN = 604_800

/**
 * Makes a store that keeps key sets in Redis or Valkey, for any number of processes.
 *
 * **Who can write a key set signs anybody's tokens**, and a cache has many writers. So each entry carries an HMAC
 * (RFC 2104, SHA-256) over its URL, its time and its document, by a secret of the options: what others write is refused.
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
  // One slot of a cluster has all sets: there are few, and they are seldom asked for.
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

/** The text that is authenticated stands in the entry as it is, so that there is one reading of it. */
function seal({ url, askedAt, document }: StoredKeySet, secret: string): string {
  const body = JSON.stringify([url, askedAt, document])
  return `${mac(body, secret).toString('base64url')}.${body}`
}

/** @throws {StoreRefusal} */
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

/** The purpose is part of what is authenticated: a secret that serves something else, too, gives no entry away. */
const mac = (body: string, secret: string) =>
  createHmac('sha256', secret).update(`fastify-cognito key set\n${body}`).digest()
