/**
 * Where a key set outlives the process: what a store is told and asked, and what is believed of it.
 * @module
 */
import type { Clock } from '../base/clock.js'
import { codeOf } from './cause.js'
import { startDeadline } from './deadline.js'
import { MAX_DOCUMENT_BYTES } from './document.js'
import { agree, type GoodSet } from './fetch.js'
import { type PublishedKeys, readKeySet, toKeySet } from './key-set.js'

/** A key set as a store keeps it. */
export interface StoredKeySet {
  /** Where the set was published. */
  readonly url: string
  /** When the set was asked for; milliseconds since 1970. */
  readonly askedAt: number
  /** The set as JSON (RFC 7517 §5). */
  readonly document: string
}

/**
 * Keeps key sets for the next start of the process, or for other processes: `fileKeyStore` and `redisKeyStore` of
 * `fastify-cognito/keys`, or one of your own.
 *
 * **Who can write to a store signs anybody's tokens.** A store has to return nothing that another party may have written.
 *
 * @example
 * const sets = new Map<string, StoredKeySet>()
 * const store: KeyStore = { load: async (url) => sets.get(url), save: async (set) => void sets.set(set.url, set) }
 */
export interface KeyStore {
  /**
   * Returns the set that was last saved for a URL; `undefined` where there is none.
   *
   * @throws {Error} rejected: for a set that is not to be believed. Its `code`, a word in capitals, goes to the log.
   */
  readonly load: (url: string) => Promise<StoredKeySet | undefined>
  /** Replaces the set of a URL. Whatever it rejects with goes to the log by its `code`; nothing else depends on it. */
  readonly save: (set: StoredKeySet) => Promise<void>
}

/** A store as one endpoint uses it. */
export interface Memory {
  /** The set that was saved, where it may be believed. Never rejects. */
  readonly restore: () => Promise<GoodSet | undefined>
  /** Saves a set where that is worth it. Never throws. */
  readonly keep: (set: GoodSet) => void
}

/** What a memory needs. */
export interface MemoryPolicy {
  readonly clock: Clock
  /** Milliseconds since 1970. */
  readonly timeOfDay: () => number
  /** A stored set is not written anew before it is this old, unless it changed; milliseconds. */
  readonly refreshAfterMs: number
  /** An older set is not believed; milliseconds. */
  readonly staleIfErrorMs: number
  /** Takes the code of what is wrong with the store. */
  readonly report: (code: string) => void
}

/** A store that says nothing is not waited for any longer; milliseconds. */
const PATIENCE_MS = 1000
/** Clocks of two machines differ; milliseconds. */
const MAX_AHEAD_MS = 60_000

/** Makes the memory of one URL. */
export function createMemory(store: KeyStore, url: string, policy: MemoryPolicy): Memory {
  const { clock, timeOfDay, refreshAfterMs, report } = policy
  const saved = { document: '', askedAt: Number.NEGATIVE_INFINITY }

  async function restore(): Promise<GoodSet | undefined> {
    const stored = await withinPatience(clock, () => store.load(url))
    // A store that keeps JSON may say `null`.
    if (stored === undefined || stored === null) return undefined
    const ageMs = timeOfDay() - stored.askedAt
    const keys = assertBelievable(stored, url, ageMs, policy)
    if (keys === undefined) return undefined
    Object.assign(saved, { document: stored.document, askedAt: stored.askedAt })
    // Before the second reader is asked: the process may stand still meanwhile.
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
      // Called in a promise: a store that throws is one that rejects.
      Promise.resolve({ url, askedAt: at, document })
        .then((set) => store.save(set))
        .catch((error: unknown) => {
          saved.askedAt = Number.NEGATIVE_INFINITY
          report(codeOf(error).code ?? 'STORE_FAILED')
        })
    },
  }
}

/** Why a stored set is not believed. Its `code` is for the operator. */
export class StoreRefusal extends Error {
  readonly code: string

  constructor(code: string) {
    super(`the stored key set is not believed: ${code}`)
    this.code = code
  }
}

/**
 * @returns `undefined` for a set that is only too old
 * @throws {StoreRefusal}
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

/** @throws what `load` throws; {@link StoreRefusal} where it says nothing in time */
function withinPatience<T>(clock: Clock, load: () => Promise<T>): Promise<T> {
  let callOff: (() => void) | undefined
  const silence = new Promise<never>((_resolve, reject) => {
    const onEnd = () => reject(new StoreRefusal('TIMEOUT'))
    callOff = startDeadline(clock, PATIENCE_MS, PATIENCE_MS / 4, onEnd).callOff
  })
  // Called in a promise: a store that throws is one that rejects.
  const answer = Promise.resolve().then(load)
  return Promise.race([answer, silence]).finally(() => callOff?.())
}
