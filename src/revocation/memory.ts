/**
 * A store of revocations in the memory of one process.
 * @module
 */
import { assertOptions, compileSchema, type IsDocumented, integer, Type } from '../base/schema.js'
import { MarkTable } from './mark-table.js'
import type { RevocationStore } from './store.js'

/** Options of {@link memoryRevocation}. */
export interface MemoryRevocationOptions {
  /**
   * Greatest number of marks, 1–10,000,000. A mark takes about 200 bytes.
   *
   * @defaultValue 100,000
   */
  readonly max?: number
}

const OPTIONS = Type.Object(
  { max: integer(1, 10_000_000, 'a whole number from 1 to 10,000,000') },
  { additionalProperties: false, expected: 'an object of options' },
)

/** Does not compile when the interface and the schema drift apart. */
const isDocumented: IsDocumented<MemoryRevocationOptions, typeof OPTIONS> = true
void isDocumented

const schema = compileSchema(OPTIONS)

/**
 * Makes a store that keeps its marks in the memory of this process: for one process, and for tests. Another process does
 * not see the marks, and the marks end with the process.
 *
 * The store never drops a mark before the mark expires. When the store is full, `revoke` throws and the existing marks
 * stay. A full store still takes marks by `'client_id'` and `'pool'`: revoke by one of these, and make `max` larger.
 *
 * @throws {TypeError} for a wrong option
 * @example
 * await app.register(cognito, { pools, revocation: { store: memoryRevocation() } })
 */
export function memoryRevocation(options: MemoryRevocationOptions = {}): RevocationStore {
  return createMemoryStore(options, Date.now)
}

/**
 * Makes the store of {@link memoryRevocation} with a clock of the caller.
 *
 * @param now - returns milliseconds since 1970
 */
export function createMemoryStore(options: MemoryRevocationOptions, now: () => number) {
  assertOptions(schema, options, 'memoryRevocation')
  const table = new MarkTable(options.max ?? 100_000)
  // The marks that the error below advises. Their number is that of pools and app clients.
  const urgent = new MarkTable(Number.POSITIVE_INFINITY)
  return Object.freeze({
    isRevoked: (token) => table.concerns(token) || (urgent.size > 0 && urgent.concerns(token)),
    revoke(mark) {
      const chosen = mark.by === 'pool' || mark.by === 'client_id' ? urgent : table
      if (!chosen.add(mark, now() / 1000)) throw new RevocationStoreFullError()
    },
  } satisfies RevocationStore)
}

/** The error of a full store. The mark was not added, because no mark in the store has expired. */
class RevocationStoreFullError extends Error {
  readonly code = 'REVOCATION_STORE_FULL'

  constructor() {
    super('the store of revocations is full; revoke by client_id or pool, and make its option max larger')
  }
}

Object.defineProperty(RevocationStoreFullError.prototype, 'name', { value: 'RevocationStoreFullError' })
