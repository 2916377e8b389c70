/**
 * How one JWKS document is fetched or read, once: its deadline, its size, and what each failure means.
 * @module
 */
import type { Clock } from '../base/clock.js'
import { codeOf } from './cause.js'
import { startDeadline } from './deadline.js'
import { readJwksFile } from './file.js'

/** Why a place gave no usable answer. `'file'`: the file of a `file:` URL cannot be read. */
export type EndpointFailure = 'timeout' | 'network' | 'status' | 'not a key set' | 'file'

/** What one attempt brought. */
export interface JwksDocument {
  /** The parsed document; present where there is no failure. */
  readonly content?: unknown
  readonly failure?: EndpointFailure
  /** What was wrong in one word, `'ECONNREFUSED'` or `'503'`, for the operator; absent where nothing tells. */
  readonly code?: string
  /** Whether a second attempt at once is worth it. */
  readonly isTransient?: boolean
  /** For how long the endpoint asked not to be asked again; milliseconds. */
  readonly retryAfterMs?: number
  /** Whether the process stood still meanwhile: then a failure says nothing of the endpoint. */
  readonly wasInterrupted: boolean
  /** HTTP status; absent where nothing was answered over HTTP. */
  readonly status?: number
  /** Of the HTTP answer. */
  readonly headers?: Headers
}

/** A document before it is known whether the process stood still. */
type Answer = Omit<JwksDocument, 'wasInterrupted'>

/** A set of two keys has about 1 kB. Decoded bytes, so that a compressed answer is no bomb. */
export const MAX_DOCUMENT_BYTES = 512 * 1024
const LONGEST_RETRY_AFTER_MS = 60_000

/**
 * Fetches a document once. Never rejects. Redirects are not followed.
 *
 * @param url - `https:`, `http:` or `file:`; from the configuration, never taken from a token
 * @param timeoutMs - headers and body together, in time that the process lives through; milliseconds
 * @param closing - ends the attempt
 * @param timeOfDay - for a `Retry-After` that is a date; milliseconds since 1970
 */
export async function fetchDocument(
  url: string,
  clock: Clock,
  timeoutMs: number,
  closing: AbortSignal,
  timeOfDay = Date.now,
): Promise<JwksDocument> {
  const ending = new AbortController()
  const end = () => ending.abort()
  const ended = new Promise<Answer>((resolve) => {
    ending.signal.addEventListener('abort', () => resolve({ failure: 'timeout' }))
  })
  // What arrived while the process was frozen is read within the grace. What did not is not on its way.
  const deadline = startDeadline(clock, timeoutMs, timeoutMs / 4, end)
  closing.addEventListener('abort', end)
  const answer = await Promise.race([ask(url, ending.signal, timeOfDay), ended])
  const wasInterrupted = deadline.hadGap()
  deadline.callOff()
  closing.removeEventListener('abort', end)
  return { ...answer, wasInterrupted }
}

async function ask(url: string, signal: AbortSignal, timeOfDay: () => number): Promise<Answer> {
  const isFile = url.startsWith('file:')
  try {
    if (isFile) return parse(await readJwksFile(url, MAX_DOCUMENT_BYTES))
    const headers = { accept: 'application/json' }
    const response = await fetch(url, { redirect: 'manual', signal, headers })
    return await readResponse(response, signal, timeOfDay)
  } catch (error) {
    return { failure: isFile ? 'file' : 'network', ...codeOf(error), isTransient: !isFile }
  }
}

async function readResponse(
  response: Response,
  signal: AbortSignal,
  timeOfDay: () => number,
): Promise<Answer> {
  const { ok, status, headers, body } = response
  const seen = { status, headers }
  if (ok) return { ...seen, ...(await readContent(response, signal)) }
  // A body that nobody reads would hold its connection.
  body?.cancel?.().catch(() => undefined)
  if (status < 400) return { ...seen, failure: 'status', code: 'REDIRECT' }
  const retryAfterMs = retryAfterOf(response, timeOfDay)
  const isTransient = status === 429 || status >= 500
  return { ...seen, failure: 'status', code: String(status), isTransient, ...retryAfterMs }
}

/** RFC 9110 §10.2.3 */
function retryAfterOf(
  { status, headers }: Response,
  timeOfDay: () => number,
): { readonly retryAfterMs?: number } {
  const value = status === 429 || status === 503 ? headers?.get('retry-after') : undefined
  if (!value) return {}
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - timeOfDay()
  return ms > 0 ? { retryAfterMs: Math.min(ms, LONGEST_RETRY_AFTER_MS) } : {}
}

/** A `fetch` that a test has replaced may give an object with nothing but `ok` and `json`. */
async function readContent(response: Response, signal: AbortSignal): Promise<Answer> {
  if (typeof response.body?.getReader !== 'function') return { content: await response.json() }
  const text = await readText(response.body.getReader(), signal)
  return text === undefined ? { failure: 'not a key set', code: 'TOO_LARGE' } : parse(text)
}

/** An error page in HTML may pass. */
function parse(text: string): Answer {
  try {
    return { content: JSON.parse(text) }
  } catch {
    return { failure: 'not a key set', code: 'NOT_JSON', isTransient: true }
  }
}

/**
 * The reader is canceled by hand. `fetch` may follow its signal by a weak reference alone, so that the signal does not end a
 * body any more once the request object is collected as garbage (measured with other options on Node 20 and 22).
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
