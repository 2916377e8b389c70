/**
 * The option `revocation`.
 * @module
 */
import {
  checkedLater,
  choice,
  closedObject,
  documented,
  type Filled,
  fillDefaults,
  seconds,
  withDefault,
} from '../base/option-schema.js'
import { kindOf } from '../base/value-kind.js'
import type { RevocationStore } from './store.js'

/** The store of revocations, and what happens when the store fails. */
export interface RevocationOptions {
  /**
   * `memoryRevocation()` or `redisRevocation({ client })` of `fastify-cognito/revocation`, or a store of the application.
   */
  readonly store: RevocationStore
  /**
   * Deadline of one answer of the store; seconds, 0.001–3.
   *
   * @defaultValue 0.05
   */
  readonly timeout?: number
  /**
   * Answer to a request when the store fails. `'deny'` answers 503. `'allow'` lets the token pass, though the
   * token may be revoked, and the log has a line when the failure begins and when it ends.
   *
   * @defaultValue `'deny'`
   */
  readonly onError?: 'deny' | 'allow'
}

const STORE = 'a store of revocations: memoryRevocation(), redisRevocation({ client }), or one of your own'

/** Schema of {@link RevocationOptions}. */
export const revocationSchema = documented<RevocationOptions>()(
  closedObject(
    {
      store: checkedLater<RevocationStore>(STORE),
      timeout: withDefault(seconds(0.001, 3), 0.05),
      onError: withDefault(choice('deny', 'allow'), 'deny'),
    },
    'an object with a store',
  ),
)

/** The option `revocation` with its defaults. */
export type ResolvedRevocation = Filled<RevocationOptions, typeof revocationSchema>

/**
 * Fills in the defaults. The store stays the application's own object, and is not frozen.
 *
 * @throws {TypeError} when `store` lacks a method
 */
export function resolveRevocation(options: RevocationOptions): ResolvedRevocation {
  assertStore(options.store)
  return fillDefaults(revocationSchema, options)
}

/** Checks the methods by hand. A schema would not find the methods of a class, which are inherited members. */
function assertStore(store: unknown): void {
  if (typeof store !== 'object' || store === null)
    throw new TypeError(`revocation.store: expected ${STORE}; found ${kindOf(store)}`)
  for (const name of ['isRevoked', 'revoke', 'recall', 'watch', 'open', 'close'] as const) {
    const method: unknown = Reflect.get(store, name)
    const isOptional = name !== 'isRevoked' && name !== 'revoke'
    if (typeof method === 'function' || (isOptional && method === undefined)) continue
    throw new TypeError(`revocation.store.${name}: expected a function; ${STORE}`)
  }
}
