/**
 * How one JWKS URL is asked for a key, and how often it may be. The door of `get-jwks`.
 * @module
 */
import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import buildGetJwks from 'get-jwks'
import { toPublicKeyPem } from './jwk.js'

/** Why an endpoint gave no usable answer. */
export type EndpointFailure = 'timeout' | 'network' | 'status' | 'not a key set'

/** What became of one lookup. */
export type Lookup =
  | { readonly outcome: 'found'; readonly pem: string }
  /** The endpoint answered, and has no such key or an unusable one. */
  | { readonly outcome: 'absent' }
  /** The endpoint gave no usable answer; it is not asked again before `retryAfterMs` have passed. */
  | { readonly outcome: 'failed'; readonly retryAfterMs: number }
  /** The budget for unknown keys is spent; the endpoint was not asked. */
  | { readonly outcome: 'over budget' }

/** How an endpoint may be asked. Times in milliseconds. */
export interface EndpointPolicy {
  /** Of one attempt, headers and body together. */
  readonly timeoutMs: number
  /** Lookups of unknown keys at once. */
  readonly lookupBurst: number
  /** One more lookup of an unknown key each time this has passed. */
  readonly lookupIntervalMs: number
  /** Monotonic clock. */
  readonly now: () => number
  /** 0 to 1 */
  readonly random: () => number
}

/** One JWKS URL. */
export interface JwksEndpoint {
  /** Looks a key up, within the budget of unknown keys. Never rejects. */
  readonly lookUp: (kid: string) => Promise<Lookup>
  /** Asks again for a key that was found here before; needs no budget. Never rejects. */
  readonly recheck: (kid: string) => Promise<Lookup>
  readonly health: () => EndpointHealth
  /** Ends what is under way. */
  readonly close: () => void
}

/** How an endpoint has answered so far. Times are readings of the policy's clock. */
export interface EndpointHealth {
  readonly isFailing: boolean
  readonly lastSuccess: number | undefined
  readonly lastFailure: { readonly at: number; readonly reason: EndpointFailure } | undefined
}

const MIN_PAUSE_MS = 100
const MAX_PAUSE_MS = 300
const FIRST_BACK_OFF_MS = 1000
const LAST_BACK_OFF_MS = 30_000
const FIRST_ABSENCE_MS = 2000
const LAST_ABSENCE_MS = 30_000
/** Absent keys remembered; only keys really looked up enter, so a flood cannot flush them. */
const MAX_ABSENT = 256

const STILL_FAILING: Lookup = { outcome: 'failed', retryAfterMs: FIRST_BACK_OFF_MS }

/** Doubles from `first` to `last`. */
const doubled = (first: number, last: number, times: number) => Math.min(first * 2 ** times, last)

/**
 * Opens a JWKS URL without asking it.
 *
 * @param url - `https:`, or `http:` on loopback; never taken from a token
 */
export function createJwksEndpoint(url: string, policy: EndpointPolicy): JwksEndpoint {
  const closing = new AbortController()
  setMaxListeners(0, closing.signal)
  const underWay = new Map<string, Promise<Lookup>>()
  const absences = createAbsences(policy.now)
  const budget = createBudget(policy)
  const backOff = createBackOff(policy)

  async function ask(kid: string): Promise<Lookup> {
    const answer = await fetchPatiently(url, kid, policy, closing.signal)
    if (answer.failure !== undefined) {
      backOff.failed(answer.failure)
      return { outcome: 'failed', retryAfterMs: backOff.remainingMs() }
    }
    backOff.succeeded()
    absences.learn(kid, answer.pem === undefined)
    return answer.pem === undefined ? { outcome: 'absent' } : { outcome: 'found', pem: answer.pem }
  }

  async function join(kid: string, isAllowed: () => boolean): Promise<Lookup> {
    const pending = underWay.get(kid)
    if (pending) return pending
    const refusal = refuse(isAllowed)
    if (refusal) return refusal
    const lookup = ask(kid).finally(() => underWay.delete(kid))
    underWay.set(kid, lookup)
    return lookup
  }

  /** While the endpoint fails, one lookup a step tells whether it is back, and nobody is refused for want of a budget. */
  function refuse(isAllowed: () => boolean): Lookup | undefined {
    const retryAfterMs = backOff.remainingMs()
    if (retryAfterMs > 0) return { outcome: 'failed', retryAfterMs }
    const { isFailing } = backOff.health()
    if (isFailing && underWay.size > 0) return STILL_FAILING
    if (isAllowed()) return undefined
    return isFailing ? STILL_FAILING : { outcome: 'over budget' }
  }

  return {
    lookUp: async (kid) => (absences.has(kid) ? { outcome: 'absent' } : join(kid, budget.take)),
    recheck: (kid) => join(kid, () => true),
    health: backOff.health,
    close: () => closing.abort(),
  }
}

type Answer =
  | { readonly failure?: undefined; readonly pem: string | undefined }
  | { readonly failure: EndpointFailure; readonly isTransient: boolean }

/** A server that closes an idle connection just as it is used again is no outage: such failures get a second attempt. */
async function fetchPatiently(
  url: string,
  kid: string,
  { timeoutMs, random }: EndpointPolicy,
  closing: AbortSignal,
): Promise<Answer> {
  const answer = await fetchKey(url, kid, timeoutMs, closing)
  if (answer.failure === undefined || !answer.isTransient) return answer
  const pauseMs = MIN_PAUSE_MS + random() * (MAX_PAUSE_MS - MIN_PAUSE_MS)
  await sleep(pauseMs, undefined, { signal: closing, ref: false }).catch(() => undefined)
  return closing.aborted ? answer : fetchKey(url, kid, timeoutMs, closing)
}

/** One request by a client of its own: a `get-jwks` client that lives on keeps removed keys, and its signal fires once. */
async function fetchKey(url: string, kid: string, timeoutMs: number, closing: AbortSignal): Promise<Answer> {
  const { origin, pathname, search } = new URL(url)
  const request = new AbortController()
  const abort = () => request.abort()
  closing.addEventListener('abort', abort)
  const timer = setTimeout(() => request.abort(new DOMException('', 'TimeoutError')), timeoutMs).unref()
  const client = buildGetJwks({
    max: 1,
    issuersWhitelist: [origin],
    jwksPath: pathname + search,
    fetchOptions: { redirect: 'error', signal: request.signal, headers: { accept: 'application/json' } },
  })
  const answer = await client
    .getJwk({ domain: origin, alg: 'RS256', kid })
    .then((jwk): Answer => ({ pem: toPublicKeyPem(jwk, kid) }))
    .catch(toAnswer)
  clearTimeout(timer)
  closing.removeEventListener('abort', abort)
  return answer
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
  if (name === 'TimeoutError') return { failure: 'timeout', isTransient: false }
  // `fetch` fails with a TypeError that has a cause; a document of another shape gives one that has none.
  const isDocument = code === 'NO_JWKS' || name === 'SyntaxError' || (name === 'TypeError' && !cause)
  // An error page in HTML fails as JSON before its status is seen.
  if (isDocument) return { failure: 'not a key set', isTransient: name === 'SyntaxError' }
  return { failure: 'network', isTransient: true }
}

/** Keys known to be absent, each for a time that doubles with every further miss. */
function createAbsences(now: () => number) {
  const absent = new Map<string, { readonly until: number; readonly misses: number }>()
  return {
    has: (kid: string) => now() < (absent.get(kid)?.until ?? 0),
    learn(kid: string, isAbsent: boolean) {
      const misses = absent.get(kid)?.misses ?? 0
      absent.delete(kid)
      if (!isAbsent) return
      absent.set(kid, {
        until: now() + doubled(FIRST_ABSENCE_MS, LAST_ABSENCE_MS, misses),
        misses: misses + 1,
      })
      const [oldest] = absent.keys()
      if (absent.size > MAX_ABSENT && oldest !== undefined) absent.delete(oldest)
    },
  }
}

/** A token bucket for lookups of unknown keys. */
function createBudget({ lookupBurst, lookupIntervalMs, now }: EndpointPolicy) {
  let slots = lookupBurst
  let filledAt = now()
  return {
    take() {
      const earned = Math.floor((now() - filledAt) / lookupIntervalMs)
      slots = Math.min(lookupBurst, slots + earned)
      filledAt += earned * lookupIntervalMs
      if (slots === 0) return false
      slots -= 1
      return true
    },
  }
}

/** One schedule for all that ask: a failure delays the next lookup, doubling up to half a minute. */
function createBackOff({ now, random }: EndpointPolicy) {
  let failures = 0
  let until = 0
  let lastSuccess: number | undefined
  let lastFailure: EndpointHealth['lastFailure']
  return {
    remainingMs: () => Math.max(0, until - now()),
    succeeded() {
      failures = 0
      until = 0
      lastSuccess = now()
    },
    failed(reason: EndpointFailure) {
      lastFailure = { at: now(), reason }
      // Lookups that were under way together count as one failure.
      if (now() < until) return
      until = now() + doubled(FIRST_BACK_OFF_MS, LAST_BACK_OFF_MS, failures) * (0.5 + random() / 2)
      failures += 1
    },
    health: (): EndpointHealth => ({ isFailing: failures > 0, lastSuccess, lastFailure }),
  }
}
