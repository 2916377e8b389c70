/**
 * The options of the signing keys.
 * @module
 */
import {
  checkedLater,
  choice,
  closedObject,
  documented,
  type Filled,
  fillDefaults,
  integer,
  seconds,
  withDefault,
} from '../base/option-schema.js'
import { Type } from '../base/schema.js'
import { kindOf } from '../base/value-kind.js'
import type { KeyStore } from './store.js'

/** The options by which the signing keys are fetched and kept. Times in seconds. */
export interface KeysOptions {
  /**
   * Age at which a key set in use is fetched again in the background; seconds, 1–86,400.
   *
   * @defaultValue 300
   */
  readonly refreshAfter?: number
  /**
   * Age up to which a key set is trusted while its endpoint fails; seconds, 0–604,800.
   *
   * @defaultValue 86,400
   */
  readonly staleIfError?: number
  /**
   * Deadline of one attempt to fetch a key set, headers and body together; seconds, 0.05–10.
   *
   * @defaultValue 2
   */
  readonly timeout?: number
  /**
   * Greatest number of fetches that tokens of unknown keys may cause at once, per URL; 2–1,000.
   *
   * @defaultValue 10
   */
  readonly lookupBurst?: number
  /**
   * Time after which tokens of unknown keys may cause one more fetch; seconds, 0.05–3,600.
   *
   * @defaultValue 2
   */
  readonly lookupInterval?: number
  /**
   * How the key sets of all pools are fetched when the application is ready. `'background'` does not wait for the fetch, and
   * a failure is a warning in the log. With `'require'` a pool without keys stops the boot.
   *
   * @defaultValue `'background'`
   */
  readonly prefetch?: 'background' | 'require' | false
  /**
   * Keeps key sets for the next start of the process: `fileKeyStore(path)` or `redisKeyStore({ client, secret })` of
   * `fastify-cognito/keys`, or a store of the application.
   *
   * @defaultValue none
   */
  readonly store?: KeyStore
}

const STORE = 'a key store: fileKeyStore(path), redisKeyStore({ client, secret }), or one of your own'

/** The longest `staleIfError`; seconds. */
export const MAX_STALE = 604_800

/** Schema of {@link KeysOptions}. */
export const keysSchema = documented<KeysOptions>()(
  closedObject(
    {
      refreshAfter: withDefault(seconds(1, 86_400), 300),
      staleIfError: withDefault(seconds(0, MAX_STALE), 86_400),
      timeout: withDefault(seconds(0.05, 10), 2),
      lookupBurst: withDefault(integer(2, 1000), 10),
      lookupInterval: withDefault(seconds(0.05, 3600), 2),
      prefetch: withDefault(choice('background', 'require', false), 'background'),
      store: Type.Optional(checkedLater<KeyStore>(STORE)),
    },
    'an object of key options',
  ),
)

/** The options of the signing keys with their defaults. */
export type ResolvedKeys = Filled<KeysOptions, typeof keysSchema>

/**
 * Fills in the defaults. The store stays the application's own object, and is not frozen.
 *
 * @throws {TypeError} when `store` lacks a method
 */
export function resolveKeys(options: KeysOptions): ResolvedKeys {
  if ('store' in options) assertStore(options.store)
  return fillDefaults(keysSchema, options)
}

/** Checks the methods by hand. A schema would not find the methods of a class, which are inherited members. */
function assertStore(store: unknown): void {
  for (const name of ['load', 'save']) {
    if (typeof Reflect.get(Object(store), name) !== 'function')
      throw new TypeError(`keys.store: expected ${STORE}; found ${kindOf(store)}`)
  }
}
