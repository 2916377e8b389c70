/**
 * How one key is fetched from a JWKS URL: attempts, deadline, and what each answer means. The door of `get-jwks`.
 * @module
 */
import { tracingChannel } from 'node:diagnostics_channel'
import { setTimeout as sleep } from 'node:timers/promises'
import buildGetJwks from 'get-jwks'
import { createFetchLimits, findDispatcher } from './fetch-limits.js'
import { toPublicKeyPem } from './jwk.js'

/** Why an endpoint gave no usable answer. */
export type EndpointFailure = 'timeout' | 'network' | 'status' | 'not a key set'

/** What the tracing channel `fastify-cognito.jwks.fetch` publishes; of `node:diagnostics_channel`. */
export interface JwksFetchMessage {
  /** Name of the pool. */
  readonly pool: string
  readonly url: string
  /** Set when the fetch ends. */
  outcome?: 'found' | 'absent' | EndpointFailure
}

const channel = tracingChannel<JwksFetchMessage>('fastify-cognito.jwks.fetch')

/** How a key is fetched. */
export interface FetchPolicy {
  /** Name of the pool, for the tracing channel. */
  readonly pool: string
  /** Of one attempt, headers and body together; milliseconds. */
  readonly timeoutMs: number
  /** 0 to 1 */
  readonly random: () => number
}

/** What a fetch brought: the key in PEM, `undefined` for a key that is not published or unusable, or a failure. */
export type Fetched =
  | { readonly failure?: undefined; readonly pem: string | undefined }
  | { readonly failure: EndpointFailure; readonly pem?: undefined }

/** What one attempt brought. */
type Answer = Fetched & { readonly isTransient?: boolean }

/** A set of two keys has about 1 kB. */
const MAX_BYTES = 512 * 1024
const MIN_PAUSE_MS = 100
const MAX_PAUSE_MS = 300

/**
 * Fetches one key, with a second attempt after a failure of the moment. Never rejects.
 *
 * @param url - `https:`, or `http:` on loopback; never taken from a token
 * @param closing - ends the fetch
 */
export async function fetchKey(
  url: string,
  kid: string,
  policy: FetchPolicy,
  closing: AbortSignal,
): Promise<Fetched> {
  const message: JwksFetchMessage = { pool: policy.pool, url }
  let fetched: Fetched = { pem: undefined }
  await channel.tracePromise(async () => {
    fetched = await fetchPatiently(url, kid, policy, closing)
    message.outcome = fetched.failure ?? (fetched.pem === undefined ? 'absent' : 'found')
  }, message)
  return fetched
}

/** A server that closes an idle connection just as it is used again is no outage: such failures get a second attempt. */
async function fetchPatiently(
  url: string,
  kid: string,
  { timeoutMs, random }: FetchPolicy,
  closing: AbortSignal,
): Promise<Answer> {
  const answer = await attempt(url, kid, timeoutMs, closing)
  if (!answer.isTransient) return answer
  const pauseMs = MIN_PAUSE_MS + random() * (MAX_PAUSE_MS - MIN_PAUSE_MS)
  await sleep(pauseMs, undefined, { signal: closing, ref: false }).catch(() => undefined)
  return closing.aborted ? answer : attempt(url, kid, timeoutMs, closing)
}

/** One request by a client of its own: a `get-jwks` client that lives on keeps removed keys, and its signal fires once. */
async function attempt(url: string, kid: string, timeoutMs: number, closing: AbortSignal): Promise<Answer> {
  const { origin, pathname, search } = new URL(url)
  const limited = limitFetch(timeoutMs, closing)
  const client = buildGetJwks({
    max: 1,
    issuersWhitelist: [origin],
    jwksPath: pathname + search,
    fetchOptions: limited.options as never,
  })
  const answer = await client
    .getJwk({ domain: origin, alg: 'RS256', kid })
    .then((jwk): Answer => ({ pem: toPublicKeyPem(jwk, kid) }))
    .catch((error): Answer => {
      const failure = limited.failure()
      return failure === undefined ? toAnswer(error) : { failure }
    })
  limited.release()
  return answer
}

/** The limits of one fetch from a JWKS URL. */
export interface LimitedFetch {
  /** What `fetch` has to be called with. */
  readonly options: RequestInit
  /** Which limit has ended it, as a failure of the endpoint; `undefined` where none has. */
  readonly failure: () => EndpointFailure | undefined
  /** Has to be called once it has ended. */
  readonly release: () => void
}

/**
 * Makes the limits of one fetch from a JWKS URL: its deadline, its size, and no redirects.
 *
 * @param timeoutMs - headers and body together
 * @param closing - ends the fetch
 */
export function limitFetch(timeoutMs: number, closing: AbortSignal): LimitedFetch {
  const request = new AbortController()
  const limits = createFetchLimits(findDispatcher(), MAX_BYTES)
  const end = () => {
    request.abort()
    limits.stop()
  }
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    end()
  }, timeoutMs).unref()
  closing.addEventListener('abort', end)
  const options = {
    redirect: 'error',
    signal: request.signal,
    headers: { accept: 'application/json' },
    ...limits.options,
  }
  return {
    options: options as unknown as RequestInit,
    failure: () => (isLate ? 'timeout' : limits.isTooLarge() ? 'not a key set' : undefined),
    release() {
      clearTimeout(timer)
      closing.removeEventListener('abort', end)
    },
  }
}

/** What `get-jwks` and the `fetch` below it throw, as far as it is looked at. */
interface GetJwksFailure {
  readonly code?: unknown
  readonly name?: unknown
  readonly cause?: unknown
  readonly response?: { readonly status: number }
}

/** Nothing of the error leaves this room: `get-jwks` attaches the response and its body. */
function toAnswer({ code, name, cause, response }: GetJwksFailure): Answer {
  if (code === 'JWK_NOT_FOUND') return { pem: undefined }
  if (response) return { failure: 'status', isTransient: response.status === 429 || response.status >= 500 }
  // `fetch` fails with a TypeError that has a cause; a document of another shape gives one that has none.
  const isDocument = code === 'NO_JWKS' || name === 'SyntaxError' || (name === 'TypeError' && !cause)
  // An error page in HTML fails as JSON before its status is seen.
  if (isDocument) return { failure: 'not a key set', isTransient: name === 'SyntaxError' }
  return { failure: 'network', isTransient: true }
}
