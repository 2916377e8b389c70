/**
 * A store of revocations in the memory of one process.
 * @module
 */
import { timeOfDay } from '../base/clock.js'
import {
  assertOptions,
  closedObject,
  documented,
  fillDefaults,
  integer,
  withDefault,
} from '../base/option-schema.js'
import { compileSchema } from '../base/schema.js'
import { MarkListeners } from './listeners.js'
import { MarkTable } from './mark-table.js'
import type { RevocationStore } from './store.js'

/** The options of {@link memoryRevocation}. */
export interface MemoryRevocationOptions {
  /**
   * Greatest number of marks, of about 200 bytes each; 1–10,000,000.
   *
   * @defaultValue 100,000
   */
  readonly max?: number
}

/** Schema of {@link MemoryRevocationOptions}. */
export const memorySchema = documented<MemoryRevocationOptions>()(
  closedObject({ max: withDefault(integer(1, 10_000_000), 100_000) }, 'an object of options'),
)

const compiled = compileSchema(memorySchema)

/**
 * Makes a store that keeps its marks in the memory of this process: for one process, and for tests. Another process does
 * not see the marks, and the marks end with the process.
 *
 * The store never forgets a mark before the mark expires. When the store is full, `revoke` throws, and the marks in the
 * store still count. Revoke by `'client_id'` or `'pool'` then, because the store always has room for such marks, and make
 * `max` larger.
 *
 * @throws {TypeError} for a wrong option
 * @example
 * await app.register(cognito, { pools, revocation: { store: memoryRevocation() } })
 */
export function memoryRevocation(options: MemoryRevocationOptions = {}): RevocationStore {
  return createMemoryStore(options, timeOfDay)
}

/**
 * Makes the store of {@link memoryRevocation} with any clock.
 *
 * @param now - returns the time of day; milliseconds since 1970
 */
export function createMemoryStore(options: MemoryRevocationOptions, now: () => number) {
  assertOptions(compiled, options, 'memoryRevocation')
  const table = new MarkTable(fillDefaults(memorySchema, options).max)
  // Marks by pool and by app client need no limit: their number is bounded by the number of pools and app clients.
  const urgent = new MarkTable(Number.POSITIVE_INFINITY)
  const listeners = new MarkListeners()
  return Object.freeze({
    isRevoked: (token) => table.concerns(token) || (urgent.size > 0 && urgent.concerns(token)),
    revoke(mark) {
      const chosen = mark.by === 'pool' || mark.by === 'client_id' ? urgent : table
      if (!chosen.add(mark, now() / 1000)) throw new RevocationStoreFullError()
      listeners.tell(mark)
    },
    watch: listeners.add,
  } satisfies RevocationStore)
}

/** The error of a full store: no mark was added, because no mark in the store has expired. */
class RevocationStoreFullError extends Error {
  readonly code = 'REVOCATION_STORE_FULL'

  constructor() {
    super('the store of revocations is full; revoke by client_id or pool, and make its option max larger')
  }
}

Object.defineProperty(RevocationStoreFullError.prototype, 'name', { value: 'RevocationStoreFullError' })
