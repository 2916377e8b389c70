/**
 * The options of the signing keys.
 * @module
 */
import { type IsDocumented, integer, number, Type, withoutUndefined } from '../base/schema.js'
import { kindOf } from '../base/value-kind.js'
import type { KeyStore } from './store.js'

/**
 * The options for the signing keys. Times are in seconds.
 *
 * @example { refreshAfter: 300, prefetch: 'require', store: fileKeyStore('/var/cache/shop/cognito') }
 */
export interface KeysOptions {
  /**
   * Age at which a key set in use is fetched again in the background; 1–86,400.
   *
   * @defaultValue 300
   */
  readonly refreshAfter?: number
  /**
   * Age up to which a key set is trusted while its endpoint fails; 0–604,800.
   *
   * @defaultValue 86,400
   */
  readonly staleIfError?: number
  /**
   * Deadline of one attempt to fetch a key set, headers and body together; 0.05–10.
   *
   * @defaultValue 2
   */
  readonly timeout?: number
  /**
   * Number of fetches of a key set that tokens with unknown key ids can cause at once, for each URL; 2–1,000.
   *
   * @defaultValue 10
   */
  readonly lookupBurst?: number
  /**
   * Time after which one more such fetch is allowed; 0.05–3,600.
   *
   * @defaultValue 2
   */
  readonly lookupInterval?: number
  /**
   * Fetches the key set of each pool when the application is ready. With `'background'` the application does not wait,
   * and a failure is a warning in the log. With `'require'` a pool without keys stops the boot. With `false` nothing is
   * fetched.
   *
   * @defaultValue `'background'`
   */
  readonly prefetch?: 'background' | 'require' | false
  /**
   * The store that keeps key sets for the next start of the process: `fileKeyStore(path)` or
   * `redisKeyStore({ client, secret })` of `fastify-cognito/keys`, or a {@link KeyStore} of your own.
   *
   * @defaultValue none
   */
  readonly store?: KeyStore
}

/** The options with their defaults. */
export type ResolvedKeys = Required<Omit<KeysOptions, 'store'>> & { readonly store: KeyStore | undefined }

const STORE = 'a key store: fileKeyStore(path), redisKeyStore({ client, secret }), or one of your own'

const KEYS = Type.Object(
  {
    refreshAfter: number(1, 86_400, 'seconds from 1 to 86,400'),
    staleIfError: number(0, 604_800, 'seconds from 0 to 604,800'),
    timeout: number(0.05, 10, 'seconds from 0.05 to 10'),
    lookupBurst: integer(2, 1000, 'a whole number from 2 to 1,000'),
    lookupInterval: number(0.05, 3600, 'seconds from 0.05 to 3,600'),
    prefetch: Type.Optional(
      Type.Union([Type.Literal('background'), Type.Literal('require'), Type.Literal(false)], {
        expected: "'background', 'require' or false",
      }),
    ),
    store: Type.Optional(Type.Unsafe<KeyStore>({ ...Type.Any(), expected: STORE })),
  },
  { additionalProperties: false, expected: 'an object of key options' },
)

/** Does not compile when the interface and the schema differ. */
const isDocumented: IsDocumented<KeysOptions, typeof KEYS> = true
void isDocumented

/** Schema of the option `keys`. */
export const keysOption = Type.Optional(KEYS)

/** Names of all members of {@link KeysOptions}, to check the documentation. */
export const keysNames: readonly string[] = Object.keys(KEYS.properties)

/**
 * Fills in the defaults. The store is not frozen, because it is the application's object.
 *
 * @throws {TypeError} when the store has no methods `load` and `save`
 */
export function resolveKeys(options: KeysOptions = {}): ResolvedKeys {
  if ('store' in options) assertStore(options.store)
  return Object.freeze({
    refreshAfter: 300,
    staleIfError: 86_400,
    timeout: 2,
    lookupBurst: 10,
    lookupInterval: 2,
    prefetch: 'background',
    store: undefined,
    ...withoutUndefined(options),
  })
}

/**
 * Checks the methods of a store. A schema would check own members only, and the methods of a class are not own members.
 */
function assertStore(store: unknown): void {
  for (const name of ['load', 'save']) {
    if (typeof Reflect.get(Object(store), name) !== 'function')
      throw new TypeError(`keys.store: expected ${STORE}; found ${kindOf(store)}`)
  }
}
