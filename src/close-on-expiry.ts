/**
 * Closes a WebSocket when the token that opened it expires.
 * @module
 */
import { type Clock, monotonicClock } from './base/clock.js'
import type { Authentication } from './verify/authentication.js'

/** A WebSocket, described by its shape: a socket of `ws`, as `@fastify/websocket` passes it, or of the browser API. */
export interface ClosableSocket {
  /** State of the socket: 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number
  /** Starts the closing handshake (RFC 6455 §7.1.2). */
  readonly close: (code: number, reason: string) => void
  readonly addEventListener: (type: 'close', listener: () => void) => void
  /** Ends the connection without the closing handshake. Only `ws` has this method. */
  readonly terminate?: () => void
}

/** The part of an {@link Authentication} that is read. */
type Expiring = Pick<Authentication, 'payload'>

/** Close code, from the range for private use (RFC 6455 §7.4.2). */
const CODE = 4401
const REASON = 'The token expired'
const CLOSING = 2
/** Longest wait for the peer to close the connection, because its messages arrive until then; milliseconds. */
const HANDSHAKE_MS = 2000
/** Time between two looks at the clock, which may be set. A timer of Node cannot exceed 2^31 ms; milliseconds. */
const LOOK_MS = 60_000

/**
 * Closes a socket with code 4401 and reason `The token expired` at the time of the token's claim `exp`, without
 * `clockTolerance`. The connection is cut when the peer does not answer the closing handshake within two seconds. A later
 * call for the same socket replaces the earlier call, so that the socket lives as long as the new token. The timer does
 * not keep the process alive and ends with its socket.
 *
 * @param socket - a socket of `@fastify/websocket` or `ws`, or an object of the same shape; a closing socket is left
 *   alone
 * @param authentication - `request.cognito`, or the result of `app.cognito.verify`. With `null`, for a request without
 *   credentials, nothing happens
 * @throws {TypeError} when an argument is anything else
 * @example
 * app.get('/feed', { websocket: true, onRequest: app.authRequired('eu') }, (socket, request) => {
 *   closeOnExpiry(socket, request.cognito)
 * })
 * @see RFC 6455 §7.4.2
 */
export function closeOnExpiry(socket: ClosableSocket, authentication: Expiring | null): void {
  watch(socket, authentication, timeOfDay)
}

/** The clock of the times in a token: milliseconds since 1970. */
const timeOfDay: Clock = { now: () => Date.now(), after: monotonicClock.after }

const watches = new WeakMap<ClosableSocket, Watch>()

/**
 * Does the same as {@link closeOnExpiry}, with any clock.
 *
 * @throws {TypeError} when an argument is anything else
 */
export function watch(socket: ClosableSocket, authentication: Expiring | null, clock: Clock): void {
  assertSocket(socket)
  if (authentication === null) return
  const exp = readExpiry(authentication)
  if (socket.readyState >= CLOSING) return
  const known = watches.get(socket) ?? new Watch(socket, clock)
  watches.set(socket, known)
  known.closeAt(exp * 1000)
}

/** The timer of one socket. */
class Watch {
  readonly #socket: ClosableSocket
  readonly #clock: Clock
  #callOff = () => {}

  constructor(socket: ClosableSocket, clock: Clock) {
    this.#socket = socket
    this.#clock = clock
    socket.addEventListener('close', () => this.#callOff())
  }

  /**
   * Closes the socket at a time, and cancels an earlier one.
   *
   * @param time - milliseconds since 1970
   */
  closeAt(time: number): void {
    const left = time - this.#clock.now()
    if (left <= 0) this.#close()
    else this.#then(Math.min(left, LOOK_MS), () => this.closeAt(time))
  }

  #close(): void {
    const socket = this.#socket
    this.#then(HANDSHAKE_MS, () => socket.terminate?.())
    socket.close(CODE, REASON)
  }

  #then(ms: number, action: () => void): void {
    this.#callOff()
    this.#callOff = this.#clock.after(ms, action)
  }
}

function assertSocket(value: unknown): void {
  const socket: Readonly<Partial<Record<keyof ClosableSocket, unknown>>> = Object(value)
  const isSocket =
    typeof socket.close === 'function' &&
    typeof socket.addEventListener === 'function' &&
    typeof socket.readyState === 'number'
  if (!isSocket) {
    throw new TypeError(
      'closeOnExpiry: expected a WebSocket, with close(code, reason), addEventListener and readyState',
    )
  }
}

function readExpiry(authentication: unknown): number {
  const { payload }: { readonly payload?: unknown } = Object(authentication)
  const { exp }: { readonly exp?: unknown } = Object(payload)
  if (typeof exp === 'number' && Number.isFinite(exp)) return exp
  throw new TypeError(
    'closeOnExpiry: expected request.cognito, the result of app.cognito.verify, or null for a request without credentials',
  )
}
