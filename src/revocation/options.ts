/**
 * The option `revocation`.
 * @module
 */
import { type IsDocumented, number, Type } from '../base/schema.js'
import { kindOf } from '../base/value-kind.js'
import type { RevocationStore } from './store.js'

/** Where revoked tokens are remembered, and what happens when that cannot be asked. */
export interface RevocationOptions {
  /** `memoryRevocation()` or `redisRevocation({ client })` of `fastify-cognito/revocation`, or one of your own. */
  readonly store: RevocationStore
  /**
   * Deadline of one answer of the store; seconds, 0.001–3.
   *
   * @defaultValue 0.05
   */
  readonly timeout?: number
  /**
   * What becomes of a request when the store fails: `'deny'` answers 503, `'allow'` lets a token pass that may be a
   * revoked one, with a line in the log when that begins and when it ends.
   *
   * @defaultValue `'deny'`
   */
  readonly onError?: 'deny' | 'allow'
}

const STORE = 'a store of revocations: memoryRevocation(), redisRevocation({ client }), or one of your own'

const REVOCATION = Type.Object(
  {
    store: Type.Unsafe<RevocationStore>({ ...Type.Any(), expected: STORE }),
    timeout: number(0.001, 3, 'seconds from 0.001 to 3'),
    onError: Type.Optional(
      Type.Union([Type.Literal('deny'), Type.Literal('allow')], { expected: "'deny' or 'allow'" }),
    ),
  },
  { additionalProperties: false, expected: 'an object with a store' },
)

/** Does not compile when the interface and the schema drift apart. */
const isDocumented: IsDocumented<RevocationOptions, typeof REVOCATION> = true
void isDocumented

/** Schema of the option. */
export const revocationOption = Type.Optional(REVOCATION)

/** Names of all members of {@link RevocationOptions}, for the documentation to be held against. */
export const revocationNames: readonly string[] = Object.keys(REVOCATION.properties)

/** The option with its defaults. */
export type ResolvedRevocation = Required<RevocationOptions>

/**
 * Fills in the defaults. The store is the application's own object, and is not frozen.
 *
 * @throws {TypeError} when the store is none
 */
export function resolveRevocation({
  store,
  timeout = 0.05,
  onError = 'deny',
}: RevocationOptions): ResolvedRevocation {
  assertStore(store)
  return Object.freeze({ store, timeout, onError })
}

/** By hand: the methods of a class are not members of its own, as a schema would have them. */
function assertStore(store: unknown): void {
  if (typeof store !== 'object' || store === null)
    throw new TypeError(`revocation.store: expected ${STORE}; found ${kindOf(store)}`)
  for (const name of ['isRevoked', 'revoke', 'recall', 'open', 'close'] as const) {
    const method: unknown = Reflect.get(store, name)
    const isOptional = name !== 'isRevoked' && name !== 'revoke'
    if (typeof method === 'function' || (isOptional && method === undefined)) continue
    throw new TypeError(`revocation.store.${name}: expected a function; ${STORE}`)
  }
}
