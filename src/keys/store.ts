/**
 * Stores of key sets, by which a key set outlives the process: their interface, and the checks of a stored set.
 * @module
 */
import type { Clock } from '../base/clock.js'
import { codeOf } from './cause.js'
import { startDeadline } from './deadline.js'
import { MAX_DOCUMENT_BYTES } from './document.js'
import { agree, type GoodSet } from './fetch.js'
import { type PublishedKeys, readKeySet, toKeySet } from './key-set.js'

/** A key set in a store. */
export interface StoredKeySet {
  /** The URL that published the set. */
  readonly url: string
  /** The time of the request for the set; milliseconds since 1970. */
  readonly askedAt: number
  /** The set as JSON (RFC 7517 §5). */
  readonly document: string
}

/**
 * Keeps key sets for the next start of the process, or for other processes: `fileKeyStore` and `redisKeyStore` of
 * `fastify-cognito/keys`, or a store of the application.
 *
 * **An attacker who can write to a store can sign tokens of any user.** A store must not return a set that another party may
 * have written.
 *
 * @example
 * const sets = new Map<string, StoredKeySet>()
 * const store: KeyStore = { load: async (url) => sets.get(url), save: async (set) => void sets.set(set.url, set) }
 */
export interface KeyStore {
  /**
   * Resolves to the set that was last saved for a URL; `undefined` when the store has none.
   *
   * @throws {Error} rejected, for a set that must not be believed. The `code` of the error, a word in capitals, goes to the log.
   */
  readonly load: (url: string) => Promise<StoredKeySet | undefined>
  /** Replaces the set of a URL. The `code` of a rejection goes to the log; a rejection has no other effect. */
  readonly save: (set: StoredKeySet) => Promise<void>
}

/** The store of one endpoint. */
export interface Memory {
  /** Resolves to the saved set, when the set passes all checks; else `undefined`. Never rejects. */
  readonly restore: () => Promise<GoodSet | undefined>
  /** Saves a set that is new or due. Never throws. */
  readonly keep: (set: GoodSet) => void
}

/** The settings of a memory. */
export interface MemoryPolicy {
  readonly clock: Clock
  /** Returns milliseconds since 1970. */
  readonly timeOfDay: () => number
  /** Age before which an unchanged set is not written again; milliseconds. */
  readonly refreshAfterMs: number
  /** Age above which a stored set is not believed; milliseconds. */
  readonly staleIfErrorMs: number
  /** Takes the code of a failure of the store. */
  readonly report: (code: string) => void
}

/** Deadline of an answer of the store; milliseconds. */
const LONGEST_WAIT_MS = 1000
/** Greatest difference between the clocks of two machines; milliseconds. */
const MAX_AHEAD_MS = 60_000

/** Makes the memory of one URL. */
export function createMemory(store: KeyStore, url: string, policy: MemoryPolicy): Memory {
  const { clock, timeOfDay, refreshAfterMs, report } = policy
  const saved = { document: '', askedAt: Number.NEGATIVE_INFINITY }

  async function restore(): Promise<GoodSet | undefined> {
    const stored = await withinLongestWait(clock, () => store.load(url))
    // A store that keeps JSON may return `null`.
    if (stored === undefined || stored === null) return undefined
    const ageMs = timeOfDay() - stored.askedAt
    const keys = assertBelievable(stored, url, ageMs, policy)
    if (keys === undefined) return undefined
    Object.assign(saved, { document: stored.document, askedAt: stored.askedAt })
    // The age is taken before the second reader runs, because the process may stand still meanwhile.
    const askedAt = clock.now() - Math.max(0, ageMs)
    return { keys: await agree(keys, new Map(), clock), askedAt }
  }

  return {
    restore: () =>
      restore().catch((error: unknown) => {
        report(codeOf(error).code ?? 'STORE_FAILED')
        return undefined
      }),
    keep({ keys, askedAt }) {
      const document = JSON.stringify(toKeySet(keys))
      const at = Math.round(timeOfDay() - (clock.now() - askedAt))
      if (document === saved.document && at - saved.askedAt <= refreshAfterMs) return
      Object.assign(saved, { document, askedAt: at })
      // `save` is called in a promise, so that an exception becomes a rejection.
      Promise.resolve({ url, askedAt: at, document })
        .then((set) => store.save(set))
        .catch((error: unknown) => {
          saved.askedAt = Number.NEGATIVE_INFINITY
          report(codeOf(error).code ?? 'STORE_FAILED')
        })
    },
  }
}

/** The error for a stored set that is not believed. Its `code` is for the operator. */
export class StoreRefusal extends Error {
  readonly code: string

  constructor(code: string) {
    super(`the stored key set is not believed: ${code}`)
    this.code = code
  }
}

/**
 * Checks a stored set.
 *
 * @returns `undefined` for a set that is only too old
 * @throws {StoreRefusal} for a set that must not be believed
 */
function assertBelievable(
  stored: StoredKeySet,
  url: string,
  ageMs: number,
  { staleIfErrorMs }: MemoryPolicy,
): PublishedKeys | undefined {
  const { document } = stored
  if (typeof document !== 'string' || document.length > MAX_DOCUMENT_BYTES)
    throw new StoreRefusal('MALFORMED')
  if (stored.url !== url) throw new StoreRefusal('OTHER_URL')
  if (!Number.isFinite(ageMs)) throw new StoreRefusal('MALFORMED')
  if (ageMs < -MAX_AHEAD_MS) throw new StoreRefusal('FROM_THE_FUTURE')
  if (ageMs > staleIfErrorMs) return undefined
  const keys = readKeySet(parse(document))
  if (keys === undefined || keys.size === 0) throw new StoreRefusal('NO_USABLE_KEY')
  return keys
}

function parse(document: string): unknown {
  try {
    return JSON.parse(document)
  } catch {
    throw new StoreRefusal('MALFORMED')
  }
}

/**
 * Calls `load` with a deadline.
 *
 * @throws {StoreRefusal} when `load` does not answer in time; else what `load` throws
 */
function withinLongestWait<T>(clock: Clock, load: () => Promise<T>): Promise<T> {
  let callOff: (() => void) | undefined
  const silence = new Promise<never>((_resolve, reject) => {
    const onEnd = () => reject(new StoreRefusal('TIMEOUT'))
    callOff = startDeadline(clock, LONGEST_WAIT_MS, LONGEST_WAIT_MS / 4, onEnd).callOff
  })
  // `load` is called in a promise, so that an exception becomes a rejection.
  const answer = Promise.resolve().then(load)
  return Promise.race([answer, silence]).finally(() => callOff?.())
}
