/**
 * Keeps key sets in a store that outlives the process, and checks the sets that the store returns.
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
  /** URL where the set was published. */
  readonly url: string
  /** Time of the request for the set; milliseconds since 1970. */
  readonly askedAt: number
  /** The set as JSON (RFC 7517 §5). */
  readonly document: string
}

/**
 * A store that keeps key sets for the next start of the process, or for other processes: `fileKeyStore` or
 * `redisKeyStore` of `fastify-cognito/keys`, or one of your own.
 *
 * **An attacker who can write to a store can sign the tokens of any user.** A store must return nothing that another
 * party may have written.
 *
 * @example
 * const sets = new Map<string, StoredKeySet>()
 * const store: KeyStore = { load: async (url) => sets.get(url), save: async (set) => void sets.set(set.url, set) }
 */
export interface KeyStore {
  /**
   * Resolves to the set that was last saved for a URL; to `undefined` when there is none.
   *
   * @throws {Error} rejected with: for a set that cannot be trusted. Its `code`, one word in capitals, goes to the log.
   */
  readonly load: (url: string) => Promise<StoredKeySet | undefined>
  /** Replaces the set of a URL. The `code` of a rejection goes to the log; a rejection has no other effect. */
  readonly save: (set: StoredKeySet) => Promise<void>
}

/** The use of a store by one endpoint. */
export interface Memory {
  /** Resolves to the saved set; to `undefined` when there is none that can be trusted. Never rejects. */
  readonly restore: () => Promise<GoodSet | undefined>
  /** Saves a set that is new or has become older than `refreshAfterMs`. Never throws. */
  readonly keep: (set: GoodSet) => void
}

/** The policy of a {@link Memory}. */
export interface MemoryPolicy {
  readonly clock: Clock
  /** Milliseconds since 1970. */
  readonly timeOfDay: () => number
  /** Age from which on an unchanged set is written again; milliseconds. */
  readonly refreshAfterMs: number
  /** Age up to which a stored set is trusted; milliseconds. */
  readonly staleIfErrorMs: number
  /** Called with the code of a fault of the store. */
  readonly report: (code: string) => void
}

/** Longest wait for a store; milliseconds. */
const PATIENCE_MS = 1000
/** Largest difference between the clocks of two machines that is accepted; milliseconds. */
const MAX_AHEAD_MS = 60_000

/** Makes the memory of one URL. */
export function createMemory(store: KeyStore, url: string, policy: MemoryPolicy): Memory {
  const { clock, timeOfDay, refreshAfterMs, report } = policy
  const saved = { document: '', askedAt: Number.NEGATIVE_INFINITY }

  async function restore(): Promise<GoodSet | undefined> {
    const stored = await withinPatience(clock, () => store.load(url))
    // A store that keeps JSON may return `null`.
    if (stored === undefined || stored === null) return undefined
    const ageMs = timeOfDay() - stored.askedAt
    const keys = assertBelievable(stored, url, ageMs, policy)
    if (keys === undefined) return undefined
    Object.assign(saved, { document: stored.document, askedAt: stored.askedAt })
    // The time is read before the second reader is asked, because the process may stand still meanwhile.
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
      // `save` is called inside a promise, so that a store that throws is handled like one that rejects.
      Promise.resolve({ url, askedAt: at, document })
        .then((set) => store.save(set))
        .catch((error: unknown) => {
          saved.askedAt = Number.NEGATIVE_INFINITY
          report(codeOf(error).code ?? 'STORE_FAILED')
        })
    },
  }
}

/** The error for a stored set that cannot be trusted. Its `code` is for the operator. */
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
 * @returns the keys; `undefined` for a set whose only fault is its age
 * @throws {StoreRefusal} for a set that cannot be trusted
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
 * Waits for `load`, up to {@link PATIENCE_MS}.
 *
 * @throws {Error} rejected with: what `load` throws, or {@link StoreRefusal} after the longest wait
 */
function withinPatience<T>(clock: Clock, load: () => Promise<T>): Promise<T> {
  let callOff: (() => void) | undefined
  const silence = new Promise<never>((_resolve, reject) => {
    const onEnd = () => reject(new StoreRefusal('TIMEOUT'))
    callOff = startDeadline(clock, PATIENCE_MS, PATIENCE_MS / 4, onEnd).callOff
  })
  // `load` is called inside a promise, so that a store that throws is handled like one that rejects.
  const answer = Promise.resolve().then(load)
  return Promise.race([answer, silence]).finally(() => callOff?.())
}
