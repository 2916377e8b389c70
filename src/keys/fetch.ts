/**
 * How a whole key set is fetched from one place: attempts, the second reader, and what is published of it.
 * @module
 */
import { tracingChannel } from 'node:diagnostics_channel'
import type { Clock } from '../base/clock.js'
import { pause } from './deadline.js'
import { type EndpointFailure, fetchDocument, type JwksDocument } from './document.js'
import { type PublishedKeys, readKeySet } from './key-set.js'
import { agreesOn } from './second-reader.js'

/** What the tracing channel `fastify-cognito.jwks.fetch` publishes; of `node:diagnostics_channel`. */
export interface JwksFetchMessage {
  /** Name of the pool. */
  readonly pool: string
  readonly url: string
  /**
   * Set when the fetch ends: `'ok'`, how the endpoint failed, or `'interrupted'` where the process stood still meanwhile
   * or the application was closed, so that nothing is known of the endpoint.
   */
  outcome?: 'ok' | 'interrupted' | EndpointFailure
  /** Set where it is known: what was wrong in one word, `'ECONNREFUSED'` or `'503'`. */
  code?: string
}

const channel = tracingChannel<JwksFetchMessage>('fastify-cognito.jwks.fetch')

/** How sets are fetched. */
export interface FetchPolicy {
  /** Name of the pool, for the tracing channel. */
  readonly pool: string
  readonly clock: Clock
  /** Deadline of one attempt, headers and body together; milliseconds. */
  readonly timeoutMs: number
  /** 0 to 1 */
  readonly random: () => number
}

/** A usable set. */
export interface GoodSet {
  readonly failure?: undefined
  readonly keys: PublishedKeys
  /** When the request went out that brought the set; a reading of the clock. */
  readonly askedAt: number
}

/** A place that gave no usable set. */
export type FetchFailure = { readonly failure: EndpointFailure } & Pick<
  JwksDocument,
  'code' | 'isTransient' | 'retryAfterMs' | 'wasInterrupted'
>

/** What a fetch brought. */
export type FetchedSet = GoodSet | FetchFailure

/**
 * Fetches the set of one place. Never rejects.
 *
 * @param known - the keys that were read there before: both readers agreed on them
 * @param closing - ends the fetch
 */
export type FetchKeySet = (known: PublishedKeys, closing: AbortSignal) => Promise<FetchedSet>

/** A fetch that the application has ended says nothing of the endpoint. */
const CLOSED: FetchFailure = { failure: 'network', wasInterrupted: true }

const MIN_PAUSE_MS = 100
const MAX_PAUSE_MS = 300
/** Attempts that may be repeated because the process stood still meanwhile. */
const MAX_INTERRUPTIONS = 3

/**
 * Makes the fetch of one URL.
 *
 * @param url - `https:`, `http:` or `file:`; from the configuration, never taken from a token
 */
export function createFetch(url: string, policy: FetchPolicy): FetchKeySet {
  return async (known, closing) => {
    const message: JwksFetchMessage = { pool: policy.pool, url }
    let fetched: FetchedSet = CLOSED
    await channel.tracePromise(async () => {
      fetched = await fetchPatiently(url, policy, known, closing)
      message.outcome = outcomeOf(fetched)
      if (fetched.failure !== undefined && fetched.code !== undefined) message.code = fetched.code
    }, message)
    return fetched
  }
}

function outcomeOf(fetched: FetchedSet): NonNullable<JwksFetchMessage['outcome']> {
  if (fetched.failure === undefined) return 'ok'
  return fetched.wasInterrupted ? 'interrupted' : fetched.failure
}

/**
 * A server that closes an idle connection just as it is used again is no outage: such a failure gets a second attempt. An
 * attempt in which the process stood still is no attempt: it is repeated at once.
 */
async function fetchPatiently(
  url: string,
  policy: FetchPolicy,
  known: PublishedKeys,
  closing: AbortSignal,
): Promise<FetchedSet> {
  const left = { 'at once': MAX_INTERRUPTIONS, 'after a pause': 1, never: 0 }
  while (!closing.aborted) {
    const fetched = await attempt(url, policy, known, closing)
    if (fetched.failure === undefined) return fetched
    const retry = retryOf(fetched)
    if (left[retry] === 0 && !closing.aborted) return fetched
    left[retry] -= 1
    const pauseMs = MIN_PAUSE_MS + policy.random() * (MAX_PAUSE_MS - MIN_PAUSE_MS)
    if (retry === 'after a pause') await pause(policy.clock, pauseMs, closing)
  }
  return CLOSED
}

function retryOf({ wasInterrupted, isTransient, retryAfterMs }: FetchFailure) {
  if (wasInterrupted) return 'at once'
  // An endpoint that says when to come again is not asked before.
  return isTransient && retryAfterMs === undefined ? 'after a pause' : 'never'
}

async function attempt(
  url: string,
  { clock, timeoutMs }: FetchPolicy,
  known: PublishedKeys,
  closing: AbortSignal,
): Promise<FetchedSet> {
  const askedAt = clock.now()
  const document = await fetchDocument(url, clock, timeoutMs, closing)
  const { failure, content, wasInterrupted } = document
  if (failure !== undefined) return { ...document, failure }
  const keys = readKeySet(content)
  if (keys === undefined) return { failure: 'not a key set', code: 'NO_KEYS', wasInterrupted }
  const agreed = await agree(keys, known, clock)
  if (agreed.size > 0) return { keys: agreed, askedAt }
  return { failure: 'not a key set', code: 'NO_USABLE_KEY', wasInterrupted }
}

/** Leaves out the keys that the second reader does not read in the same way. */
export async function agree(keys: PublishedKeys, known: PublishedKeys, clock: Clock): Promise<PublishedKeys> {
  const entries = [...keys]
  const verdicts = await Promise.all(
    entries.map(([kid, key]) => known.get(kid)?.pem === key.pem || agreesOn(kid, key, clock)),
  )
  return new Map(entries.filter((_entry, index) => verdicts[index]))
}
