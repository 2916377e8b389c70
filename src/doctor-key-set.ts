/**
 * How one JWKS URL answers when it is asked for all its keys, under the limits of the plugin.
 * @module
 */
import { type EndpointFailure, limitFetch } from './jwks-fetch.js'
import type { Members } from './members.js'

/** How a JWKS URL answered. */
export interface KeySetAnswer {
  /** Milliseconds until the whole answer was there, or the failure. */
  readonly ms: number
  /** Absent where the answer is a key set. */
  readonly failure?: EndpointFailure
  /** Of HTTP; absent where nothing was answered. */
  readonly status?: number
  /** Code of a network error, `ECONNREFUSED`. */
  readonly errorCode?: string
  /** Seconds by which this machine's clock is ahead of the endpoint's, give or take one; absent where that told no time. */
  readonly aheadSeconds?: number
  /** Every published key; empty unless the answer is a key set. */
  readonly keys: readonly Members[]
}

/**
 * Asks a JWKS URL once. Never rejects.
 *
 * @param url - `https:`, or `http:` on loopback; never taken from a token
 * @param timeoutMs - headers and body together
 * @param now - milliseconds since 1970
 */
export async function askKeySet(url: string, timeoutMs: number, now = Date.now): Promise<KeySetAnswer> {
  const limited = limitFetch(timeoutMs, new AbortController().signal)
  const startedAt = performance.now()
  const answer = await fetchKeySet(url, limited.options, now).catch(
    (error): Answer => ({ failure: limited.failure() ?? 'network', ...readErrorCode(error), keys: [] }),
  )
  limited.release()
  return { ...answer, ms: Math.round(performance.now() - startedAt) }
}

type Answer = Omit<KeySetAnswer, 'ms'>

async function fetchKeySet(url: string, options: RequestInit, now: () => number): Promise<Answer> {
  // Unlike the plugin, which takes one for an outage, the doctor can tell that it was a redirect. Nobody follows it.
  const response = await fetch(url, { ...options, redirect: 'manual' })
  const body = await response.text()
  const seen = { status: response.status, ...readClock(response.headers, now()) }
  const keys = readKeys(body)
  if (!response.ok) return { ...seen, failure: 'status', keys: [] }
  return keys === undefined ? { ...seen, failure: 'not a key set', keys: [] } : { ...seen, keys }
}

/** RFC 9110 §6.6.1; what comes from a cache was true `Age` seconds ago (RFC 9111 §5.1). */
function readClock(headers: Headers, now: number): { readonly aheadSeconds?: number } {
  const date = Date.parse(headers.get('date') ?? '')
  if (Number.isNaN(date)) return {}
  const age = Number(headers.get('age')) || 0
  // The header has whole seconds: on the average it was half a second later.
  return { aheadSeconds: Math.round((now - date - 500) / 1000 - age) }
}

/** What the plugin takes for a key set (RFC 7517 §5): at least one entry, all of them objects. */
function readKeys(body: string): readonly Members[] | undefined {
  try {
    const { keys }: { readonly keys?: unknown } = JSON.parse(body)
    return Array.isArray(keys) && keys.length > 0 && keys.every(isObject) ? keys : undefined
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Members => typeof value === 'object' && value !== null

/** `fetch` hides the reason in the error's cause. */
function readErrorCode(error: unknown): { readonly errorCode?: string } {
  const code = (error as { readonly cause?: { readonly code?: unknown } }).cause?.code
  return typeof code === 'string' ? { errorCode: code } : {}
}
