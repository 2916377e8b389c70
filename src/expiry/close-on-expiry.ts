/**
 * Closes a WebSocket, a reply of server-sent events or a stream at the end of a token.
 * @module
 */
import { type Clock, wallClock } from '../base/clock.js'
import { type Closable, type ClosableTarget, toClosable } from './closable.js'
import { type Expiring, FollowedToken, type ReadToken, readToken } from './token-in-use.js'

/** The function {@link closeOnExpiry}. */
export type CloseOnExpiry = (target: ClosableTarget, authentication: Expiring | null) => void

/** Longest wait for the peer to close the connection, because its messages arrive until then; milliseconds. */
const HANDSHAKE_MS = 2000

/** The targets, whichever instance of the plugin closes them, because another token may replace the first. */
const closings = new WeakMap<object, Closing>()

/** Makes {@link closeOnExpiry} with any clock. */
export const createCloseOnExpiry =
  (read: ReadToken, clock: Clock = wallClock): CloseOnExpiry =>
  (target, authentication) => {
    const closable = toClosable(target)
    if (closable === undefined) throw new TypeError(`closeOnExpiry: expected ${TARGET}`)
    if (authentication === null) return
    const token = read(authentication, 'closeOnExpiry')
    if (!closable.isOpen()) return
    const closing = closings.get(target) ?? new Closing(closable)
    closings.set(target, closing)
    closing.endWith(() => new FollowedToken(token, clock), clock)
  }

const TARGET =
  'a WebSocket, with close(code, reason), addEventListener and readyState; a reply of server-sent events, with close, onClose and isConnected; or a stream of Node'

/** The closing of one target. */
class Closing {
  readonly #target: Closable
  #isClosing = false
  #callOff = () => {}

  constructor(target: Closable) {
    this.#target = target
    target.onClosed(() => this.#callOff())
  }

  /**
   * Closes the target at the end of a token, in place of an earlier token. A target that is closing stays so. The earlier
   * token still counts when the new one cannot be followed.
   */
  endWith(follow: () => FollowedToken, clock: Clock): void {
    if (this.#isClosing) return
    const { signal, release } = follow()
    this.#callOff()
    this.#callOff = release
    const close = () => this.#close(signal.reason, clock)
    if (signal.aborted) close()
    else signal.addEventListener('abort', close)
  }

  /** Cuts a target whose `close` throws. Nobody could catch that error, so it would end the process. */
  #close(reason: unknown, clock: Clock): void {
    this.#isClosing = true
    this.#callOff = clock.after(HANDSHAKE_MS, () => this.#cut())
    try {
      this.#target.close(reason)
    } catch {
      this.#callOff()
      this.#cut()
    }
  }

  #cut(): void {
    try {
      this.#target.cut()
    } catch {
      // A target that can neither be closed nor cut is the application's.
    }
  }
}

const close = createCloseOnExpiry(readToken)

/**
 * Closes a target at the time of the token's claim `exp`, without `clockTolerance`.
 *
 * A WebSocket gets the code 4401 and the reason `The token expired`. The response of a stream or of server-sent events ends
 * as if it were complete. A connection whose peer does not let go within two seconds is cut. A later call for the same target
 * replaces the earlier call, so that the target lives as long as the new token. The timer does not keep the process alive
 * and ends with its target. `app.cognito.closeOnExpiry` is the same for revoked tokens, too.
 *
 * @param target - a socket of `@fastify/websocket` or `ws`, `reply.sse` of `@fastify/sse`, a stream of Node such as
 *   `reply.raw`, or an object of the same shape; a target that is closing is left alone
 * @param authentication - `request.cognito`, or the result of `app.cognito.verify`. With `null`, for a request without
 *   credentials, nothing happens
 * @throws {TypeError} when an argument is anything else
 * @example
 * app.get('/feed', { websocket: true, onRequest: app.authRequired('eu') }, (socket, request) => {
 *   closeOnExpiry(socket, request.cognito)
 * })
 * @see RFC 6455 §7.4.2
 */
export function closeOnExpiry(target: ClosableTarget, authentication: Expiring | null): void {
  close(target, authentication)
}
