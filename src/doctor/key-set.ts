/**
 * A request to one JWKS URL for all its keys, under the limits of the plugin.
 * @module
 */
import { createWakingClock, monotonicClock, timeOfDay } from '../base/clock.js'
import type { Members } from '../base/members.js'
import { type EndpointFailure, fetchDocument } from '../keys/document.js'
import { readEntries } from '../keys/key-set.js'

/** The answer of a JWKS URL. */
export interface KeySetAnswer {
  /** Time until the whole answer, or the failure; milliseconds. */
  readonly ms: number
  /** Absent where the answer is a key set. */
  readonly failure?: EndpointFailure
  /** HTTP status; absent where no answer came over HTTP. */
  readonly status?: number
  /** One word for the fault, `ECONNREFUSED`; absent where no code came. */
  readonly errorCode?: string
  /** Seconds by which this machine's clock is ahead of the endpoint's, give or take one; absent where no answer has a time. */
  readonly aheadSeconds?: number
  /** The parsed document; absent unless it is a key set. */
  readonly content?: unknown
  /** Every published key; empty unless the answer is a key set. */
  readonly keys: readonly Members[]
}

/**
 * Asks a JWKS URL once. Never rejects.
 *
 * @param url - `https:`, `http:` or `file:`; never taken from a token
 * @param timeoutMs - headers and body together
 * @param now - milliseconds since 1970
 */
export async function askKeySet(url: string, timeoutMs: number, now = timeOfDay): Promise<KeySetAnswer> {
  const startedAt = monotonicClock.now()
  const closing = new AbortController().signal
  const document = await fetchDocument(url, createWakingClock(), timeoutMs, closing)
  const { failure, code, status, headers, content } = document
  const seen = {
    ms: Math.round(monotonicClock.now() - startedAt),
    ...(status !== undefined && { status }),
    ...(code !== undefined && { errorCode: code }),
    ...(headers !== undefined && readClock(headers, now())),
  }
  const keys = readEntries(content)
  if (failure !== undefined) return { ...seen, failure, keys: [] }
  return keys === undefined ? { ...seen, failure: 'not a key set', keys: [] } : { ...seen, content, keys }
}

/** Reads the header `Date` (RFC 9110 §6.6.1). An answer from a cache was true `Age` seconds ago (RFC 9111 §5.1). */
function readClock(headers: Headers, now: number): { readonly aheadSeconds?: number } {
  const date = Date.parse(headers.get('date') ?? '')
  if (Number.isNaN(date)) return {}
  const age = Number(headers.get('age')) || 0
  // The header has whole seconds. On average the true time is half a second later.
  return { aheadSeconds: Math.round((now - date - 500) / 1000 - age) }
}
