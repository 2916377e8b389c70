/**
 * Fetches a key set from one endpoint: attempts, the check by the second reader, and the tracing channel.
 * @module
 */
import { tracingChannel } from 'node:diagnostics_channel'
import type { Clock } from '../base/clock.js'
import { pause } from './deadline.js'
import { type EndpointFailure, fetchDocument, type JwksDocument } from './document.js'
import { type PublishedKeys, readKeySet } from './key-set.js'
import { agreesOn } from './second-reader.js'

/**
 * The message on the tracing channel `fastify-cognito.jwks.fetch` of `node:diagnostics_channel`: one fetch of a key set.
 *
 * @example tracingChannel('fastify-cognito.jwks.fetch').asyncEnd.subscribe((message) => log(message as JwksFetchMessage))
 */
export interface JwksFetchMessage {
  /** Name of the pool; for a tenant, the user pool id, because tenants may share a user pool. */
  readonly pool: string
  /** URL of the key set. */
  readonly url: string
  /**
   * Set when the fetch ends: `'ok'`, or how the endpoint failed. `'interrupted'` means that the process stood still or
   * the application was closed meanwhile, so that the outcome says nothing about the endpoint.
   */
  outcome?: 'ok' | 'interrupted' | EndpointFailure
  /** Cause of a failure in one word, such as `'ECONNREFUSED'` or `'503'`; absent when unknown. */
  code?: string
}

const channel = tracingChannel<JwksFetchMessage>('fastify-cognito.jwks.fetch')

/** The policy for one fetch of a key set. */
interface FetchPolicy {
  /** Name of the pool, for the tracing channel. */
  readonly pool: string
  readonly clock: Clock
  /** Deadline of one attempt, headers and body together; milliseconds. */
  readonly timeoutMs: number
  /** Returns a number from 0 to 1. */
  readonly random: () => number
}

/** A usable key set. */
export interface GoodSet {
  readonly failure?: undefined
  readonly keys: PublishedKeys
  /** Time of the request that brought the set; a reading of the clock. */
  readonly askedAt: number
}

/** The failure of an endpoint that gave no usable key set. */
export type FetchFailure = { readonly failure: EndpointFailure } & Pick<
  JwksDocument,
  'code' | 'isTransient' | 'retryAfterMs' | 'wasInterrupted'
>

/** The result of a fetch. */
export type FetchedSet = GoodSet | FetchFailure

/**
 * Fetches the key set of one endpoint. Never rejects.
 *
 * @param known - the keys that this endpoint published before, on which both readers agreed
 * @param closing - ends the fetch
 */
export type FetchKeySet = (known: PublishedKeys, closing: AbortSignal) => Promise<FetchedSet>

/** The result of a fetch that the closing application ended. It says nothing about the endpoint. */
const CLOSED: FetchFailure = { failure: 'network', wasInterrupted: true }

/** Shortest and longest pause before the second attempt; milliseconds. */
const MIN_PAUSE_MS = 100
const MAX_PAUSE_MS = 300
/** Number of attempts that are repeated because the process stood still meanwhile. */
const MAX_INTERRUPTIONS = 3

/**
 * Makes the fetch of one URL.
 *
 * @param url - `https:`, `http:` or `file:`; from the configuration, never from a token
 */
export function createFetch(url: string, policy: FetchPolicy): FetchKeySet {
  return async (known, closing) => {
    const message: JwksFetchMessage = { pool: policy.pool, url }
    let fetched: FetchedSet = CLOSED
    await channel.tracePromise(async () => {
      fetched = await fetchWithRetries(url, policy, known, closing)
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
 * Makes a second attempt after a transient failure: a server may close an idle connection just as the plugin uses it. An
 * attempt in which the process stood still does not count and is repeated at once.
 */
async function fetchWithRetries(
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
  // The plugin obeys `Retry-After`.
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

/** Keeps the keys that the second reader reads in the same way. */
export async function agree(keys: PublishedKeys, known: PublishedKeys, clock: Clock): Promise<PublishedKeys> {
  const entries = [...keys]
  const verdicts = await Promise.all(
    entries.map(([kid, key]) => known.get(kid)?.pem === key.pem || agreesOn(kid, key, clock)),
  )
  return new Map(entries.filter((_entry, index) => verdicts[index]))
}
