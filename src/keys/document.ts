/**
 * Fetches or reads one JWKS document once: with a deadline, with a limit of size, and with a meaning for each failure.
 * @module
 */
import { type Clock, timeOfDay } from '../base/clock.js'
import { codeOf } from './cause.js'
import { startDeadline } from './deadline.js'
import { readJwksFile } from './file.js'

/**
 * Why an endpoint gave no usable key set.
 *
 * - `'timeout'`: the endpoint did not answer within `keys.timeout`
 * - `'network'`: the connection failed
 * - `'status'`: the HTTP status was not 2xx
 * - `'not a key set'`: the document has no usable key (RFC 7517 §5)
 * - `'file'`: the file of a `file:` URL cannot be read
 */
export type EndpointFailure = 'timeout' | 'network' | 'status' | 'not a key set' | 'file'

/** The result of one attempt. */
export interface JwksDocument {
  /** The parsed document; absent after a failure. */
  readonly content?: unknown
  readonly failure?: EndpointFailure
  /** Cause of the failure in one word for the operator, such as `'ECONNREFUSED'` or `'503'`; absent when unknown. */
  readonly code?: string
  /** `true` when a second attempt soon may succeed. */
  readonly isTransient?: boolean
  /** Time from the header `Retry-After`; milliseconds. */
  readonly retryAfterMs?: number
  /** `true` when the process stood still meanwhile. A failure then says nothing about the endpoint. */
  readonly wasInterrupted: boolean
  /** HTTP status; absent without an HTTP response. */
  readonly status?: number
  /** Headers of the HTTP response. */
  readonly headers?: Headers
}

/** A document without the information whether the process stood still. */
type Answer = Omit<JwksDocument, 'wasInterrupted'>

/** Largest document, in bytes after decompression. A set of two keys has about 1 kB. */
export const MAX_DOCUMENT_BYTES = 512 * 1024
/** Longest `Retry-After` that is obeyed; milliseconds. */
const LONGEST_RETRY_AFTER_MS = 60_000

/**
 * Fetches a document once. Never rejects. Redirects are not followed.
 *
 * @param url - `https:`, `http:` or `file:`; from the configuration, never from a token
 * @param timeoutMs - deadline for headers and body together, gaps not counted; milliseconds
 * @param closing - ends the attempt
 * @param readTime - milliseconds since 1970, for a `Retry-After` that is a date
 */
export async function fetchDocument(
  url: string,
  clock: Clock,
  timeoutMs: number,
  closing: AbortSignal,
  readTime = timeOfDay,
): Promise<JwksDocument> {
  const ending = new AbortController()
  const end = () => ending.abort()
  const ended = new Promise<Answer>((resolve) => {
    ending.signal.addEventListener('abort', () => resolve({ failure: 'timeout' }))
  })
  // A response that arrived while the process stood still can be read within the grace.
  const deadline = startDeadline(clock, timeoutMs, timeoutMs / 4, end)
  closing.addEventListener('abort', end)
  const answer = await Promise.race([ask(url, ending.signal, readTime), ended])
  const wasInterrupted = deadline.hadGap()
  deadline.callOff()
  closing.removeEventListener('abort', end)
  return { ...answer, wasInterrupted }
}

async function ask(url: string, signal: AbortSignal, readTime: () => number): Promise<Answer> {
  const isFile = url.startsWith('file:')
  try {
    if (isFile) return parse(await readJwksFile(url, MAX_DOCUMENT_BYTES))
    const headers = { accept: 'application/json' }
    const response = await fetch(url, { redirect: 'manual', signal, headers })
    return await readResponse(response, signal, readTime)
  } catch (error) {
    return { failure: isFile ? 'file' : 'network', ...codeOf(error), isTransient: !isFile }
  }
}

async function readResponse(
  response: Response,
  signal: AbortSignal,
  readTime: () => number,
): Promise<Answer> {
  const { ok, status, headers, body } = response
  const head = { status, headers }
  if (ok) return { ...head, ...(await readContent(response, signal)) }
  // An unread body would keep its connection.
  body?.cancel?.().catch(() => undefined)
  if (status < 400) return { ...head, failure: 'status', code: 'REDIRECT' }
  const retryAfterMs = retryAfterOf(response, readTime)
  const isTransient = status === 429 || status >= 500
  return { ...head, failure: 'status', code: String(status), isTransient, ...retryAfterMs }
}

/** Reads `Retry-After` (RFC 9110 §10.2.3) of a 429 or 503. */
function retryAfterOf(
  { status, headers }: Response,
  readTime: () => number,
): { readonly retryAfterMs?: number } {
  const value = status === 429 || status === 503 ? headers?.get('retry-after') : undefined
  if (!value) return {}
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - readTime()
  return ms > 0 ? { retryAfterMs: Math.min(ms, LONGEST_RETRY_AFTER_MS) } : {}
}

/** Reads the document of a response. A test's replacement of `fetch` may return an object with only `ok` and `json`. */
async function readContent(response: Response, signal: AbortSignal): Promise<Answer> {
  if (typeof response.body?.getReader !== 'function') return { content: await response.json() }
  const text = await readText(response.body.getReader(), signal)
  return text === undefined ? { failure: 'not a key set', code: 'TOO_LARGE' } : parse(text)
}

/** Parses JSON. Other text is a transient failure, because it may be the error page of a proxy. */
function parse(text: string): Answer {
  try {
    return { content: JSON.parse(text) }
  } catch {
    return { failure: 'not a key set', code: 'NOT_JSON', isTransient: true }
  }
}

/**
 * Reads a body, and cancels the reader itself when `signal` is aborted. `fetch` may hold its signal by a weak reference
 * only. The signal then no longer ends the body once the request object is garbage (measured on Node 20 and 22).
 *
 * @returns `undefined` for a body that is too large
 */
async function readText(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const cancel = () => void reader.cancel().catch(() => undefined)
  signal.addEventListener('abort', cancel)
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    bytes += part.value.length
    if (bytes > MAX_DOCUMENT_BYTES) {
      cancel()
      return undefined
    }
    text += decoder.decode(part.value, { stream: true })
  }
  return text + decoder.decode()
}
