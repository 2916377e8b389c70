/**
 * How long a WebSocket may outlive the token that opened it: not at all.
 * @module
 */

import { type Clock, monotonicClock } from './base/clock.js'
import type { Authentication } from './verify/authentication.js'

/** A WebSocket by its shape: that of `ws`, which `@fastify/websocket` hands out, and that of browsers. */
export interface ClosableSocket {
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number
  readonly close: (code: number, reason: string) => void
  readonly addEventListener: (type: 'close', listener: () => void) => void
  /** Ends the connection without the closing handshake; only `ws` has it. */
  readonly terminate?: () => void
}

/** What is read of an {@link Authentication}. */
type Expiring = Pick<Authentication, 'payload'>

/** Of the codes that are the application's own (RFC 6455 §7.4.2). */
const CODE = 4401
const REASON = 'The token expired'
const CLOSING = 2
/** Until the peer agrees to close, its messages go on arriving: one that does not agree is not waited for. */
const HANDSHAKE_MS = 2000
/** The clock is looked at this often, as it may be set, and as Node has no timers of more than 2^31 ms. */
const LOOK_MS = 60_000

/**
 * Closes a socket with code 4401 and the reason `The token expired` when the token that opened it does, by its claim
 * `exp`; `clockTolerance` does not count. A peer that does not agree within two seconds is cut off. A later call for
 * the same socket replaces the earlier one: the socket then lives as long as the new token. No timer keeps the process
 * alive, or outlives its socket.
 *
 * @param socket - of `@fastify/websocket`, `ws`, or of that shape. One that is closing already is left alone
 * @param authentication - `request.cognito`, or what `app.cognito.verify` resolves to; with `null`, of a request without
 * credentials, nothing happens
 * @throws {TypeError} when an argument is something else
 * @example
 * app.get('/feed', { websocket: true, onRequest: app.authRequired('eu') }, (socket, request) => {
 *   closeOnExpiry(socket, request.cognito)
 * })
 * @see RFC 6455 §7.4.2
 */
export function closeOnExpiry(socket: ClosableSocket, authentication: Expiring | null): void {
  watch(socket, authentication, timeOfDay)
}

/** A token's times are of the clock on the wall, so that is what counts. */
const timeOfDay: Clock = { now: () => Date.now(), after: monotonicClock.after }

const watches = new WeakMap<ClosableSocket, Watch>()

/**
 * What {@link closeOnExpiry} does, by any clock.
 *
 * @throws {TypeError} when an argument is something else
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

class Watch {
  readonly #socket: ClosableSocket
  readonly #clock: Clock
  #callOff = () => {}

  constructor(socket: ClosableSocket, clock: Clock) {
    this.#socket = socket
    this.#clock = clock
    socket.addEventListener('close', () => this.#callOff())
  }

  /** @param time - milliseconds since 1970 */
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
  const socket = Object(value) as Partial<ClosableSocket>
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

function readExpiry(authentication: Expiring): number {
  const exp = (authentication as Partial<Expiring> | undefined)?.payload?.['exp']
  if (typeof exp === 'number' && Number.isFinite(exp)) return exp
  throw new TypeError(
    'closeOnExpiry: expected request.cognito, what app.cognito.verify resolves to, or null where nobody is authenticated',
  )
}
