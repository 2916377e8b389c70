/**
 * An `AbortSignal` that fires at the end of a token.
 * @module
 */
import { wallClock } from '../base/clock.js'
import { assertOptions, checkedLater, closedObject } from '../base/option-schema.js'
import { compileSchema, Type } from '../base/schema.js'
import { kindOf } from '../base/value-kind.js'
import { type Expiring, FollowedToken, type ReadToken, readToken } from './token-in-use.js'

/** The options of {@link expirySignal}. */
export interface ExpirySignalOptions {
  /**
   * A signal that ends the stream anyway, such as when the client leaves. The new signal then fires with its reason, and
   * nothing is kept for the token any longer. By default the timer is kept until the token ends, and a store of
   * revocations is asked about the token once a minute until then.
   */
  readonly signal?: AbortSignal | undefined
}

/** The function {@link expirySignal}. */
export type ExpirySignal = (authentication: Expiring | null, options?: ExpirySignalOptions) => AbortSignal

const SIGNAL = 'an AbortSignal'
const compiled = compileSchema(
  closedObject({ signal: Type.Optional(checkedLater(SIGNAL)) }, 'an object of options'),
)

/** Makes {@link expirySignal} with any clock. */
export const createExpirySignal =
  (read: ReadToken, clock = wallClock): ExpirySignal =>
  (authentication, options = {}) => {
    const signal = readSignal(options)
    if (authentication === null) return signal ?? new AbortController().signal
    const token = read(authentication, 'expirySignal')
    if (signal?.aborted) return signal
    const followed = new FollowedToken(token, clock)
    if (signal !== undefined && !followed.signal.aborted) join(followed, signal)
    return followed.signal
  }

/** The tokens that another signal ends. A signal has one listener, because Node warns of a signal with more than ten. */
const joined = new WeakMap<AbortSignal, Set<FollowedToken>>()

/** Ends the token with another signal, which forgets the token when the token ends first. */
function join(followed: FollowedToken, signal: AbortSignal): void {
  const tokens = joined.get(signal) ?? listenTo(signal)
  tokens.add(followed)
  followed.signal.addEventListener('abort', () => tokens.delete(followed))
}

/** Starts a set of tokens that end with a signal. The set stays with its signal, and the signal with nothing else. */
function listenTo(signal: AbortSignal): Set<FollowedToken> {
  const tokens = new Set<FollowedToken>()
  signal.addEventListener('abort', () => {
    for (const followed of tokens) followed.end(signal.reason)
  })
  joined.set(signal, tokens)
  return tokens
}

function readSignal(options: ExpirySignalOptions): AbortSignal | undefined {
  assertOptions(compiled, options, 'expirySignal')
  const { signal } = options
  if (signal === undefined || isSignal(signal)) return signal
  throw new TypeError(`expirySignal.signal: expected ${SIGNAL}; found ${kindOf(signal)}`)
}

/** Tells a signal by its shape, because a test runner may have a class of its own. */
function isSignal(value: unknown): boolean {
  const { aborted, addEventListener }: Readonly<Partial<Record<keyof AbortSignal, unknown>>> = Object(value)
  return typeof aborted === 'boolean' && typeof addEventListener === 'function'
}

const createSignal = createExpirySignal(readToken)

/**
 * Makes a signal that fires at the time of the token's claim `exp`, without `clockTolerance`: for server-sent events,
 * generators and streams, which outlive the check of a guard. `signal.reason` is a {@link CognitoError} with the code
 * `COGNITO_ERR_TOKEN_EXPIRED`. The signal has fired already when the token has expired. The timer does not keep the process
 * alive. `app.cognito.expirySignal` is the same for revoked tokens, too.
 *
 * @param authentication - `request.cognito`, or the result of `app.cognito.verify`. With `null`, for a request without
 *   credentials, no token ends
 * @param options - see {@link ExpirySignalOptions}; by default none
 * @throws {TypeError} when an argument is anything else
 * @example
 * app.get('/ticks', { onRequest: app.authRequired('eu') }, async (request, reply) => {
 *   const leaving = new AbortController()
 *   reply.raw.once('close', () => leaving.abort())
 *   const signal = expirySignal(request.cognito, { signal: leaving.signal })
 *   return Readable.from(ticks(signal))
 * })
 */
export function expirySignal(authentication: Expiring | null, options?: ExpirySignalOptions): AbortSignal {
  return createSignal(authentication, options)
}
