/**
 * The targets that can be closed at the end of a token: WebSockets, replies of server-sent events, and streams of Node.
 * @module
 */
import { CognitoError } from '../base/errors.js'

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

/** A reply of server-sent events, described by its shape: `reply.sse` of `@fastify/sse`. */
export interface ClosableReply {
  readonly isConnected: boolean
  readonly close: () => void
  readonly onClose: (listener: () => void) => void
}

/** A stream of Node, described by its shape: a readable stream that is being sent, a writable stream, or `reply.raw`. */
export type ClosableStream = {
  /** Absent in a response of HTTP/2. */
  readonly destroyed?: boolean
  readonly destroy: () => unknown
  readonly on: (event: 'close' | 'error', listener: () => void) => unknown
  /** `false` for a stream that takes no data any more. */
  readonly writable?: boolean
} & ({ readonly end: () => unknown } | { readonly push: (end: null) => unknown })

/** Everything that {@link closeOnExpiry} closes. */
export type ClosableTarget = ClosableSocket | ClosableReply | ClosableStream

/** A target of any kind. */
export interface Closable {
  readonly isOpen: () => boolean
  readonly onClosed: (listener: () => void) => void
  /** Closes the target as it is done between friends: the peer sees a complete end. */
  readonly close: (reason: unknown) => void
  /** Ends what is left of the target. */
  readonly cut: () => void
}

const CLOSING = 2
/** Close codes, from the range for private use (RFC 6455 §7.4.2), and their texts. */
const EXPIRED = [4401, 'The token expired'] as const
const REVOKED = [4401, 'The token was revoked'] as const
const REMOVED = [4401, 'The tenant was removed or changed'] as const
const UNCHECKED = [4503, 'The token cannot be checked'] as const

/** Returns the close code and its text for the end of a token. */
function toCloseCode(reason: unknown): readonly [code: number, text: string] {
  const { code, reasonCode } = reason instanceof CognitoError ? reason : {}
  if (reasonCode === 'TENANT_REMOVED') return REMOVED
  if (code === 'COGNITO_ERR_TOKEN_EXPIRED') return EXPIRED
  return code === 'COGNITO_ERR_TOKEN_REVOKED' ? REVOKED : UNCHECKED
}

/** Recognises a target by its shape; `undefined` for anything else. */
export function toClosable(target: ClosableTarget): Closable | undefined {
  if (isSocket(target)) return ofSocket(target)
  if (isStream(target)) return ofStream(target)
  return isReply(target) ? ofReply(target) : undefined
}

const ofSocket = (socket: ClosableSocket): Closable => ({
  isOpen: () => socket.readyState < CLOSING,
  onClosed: (listener) => socket.addEventListener('close', listener),
  close: (reason) => socket.close(...toCloseCode(reason)),
  cut: () => socket.terminate?.(),
})

const ofReply = (reply: ClosableReply): Closable => ({
  isOpen: () => reply.isConnected,
  onClosed: (listener) => reply.onClose(listener),
  close: () => reply.close(),
  // `close` has ended the response, and no later event can be sent.
  cut: () => {},
})

const ofStream = (stream: ClosableStream): Closable => ({
  isOpen: () => stream.destroyed !== true,
  onClosed: (listener) => void stream.on('close', listener),
  close() {
    // The application may go on to write. Without a listener the error of its late write would end the process.
    stream.on('error', () => {})
    if ('end' in stream && stream.writable !== false) stream.end()
    else if ('push' in stream) stream.push(null)
  },
  cut: () => void stream.destroy(),
})

const hasMethods = (target: object, ...names: readonly string[]) =>
  names.every((name) => typeof Reflect.get(target, name) === 'function')

function isSocket(target: unknown): target is ClosableSocket {
  const shape = Object(target)
  return hasMethods(shape, 'close', 'addEventListener') && typeof shape.readyState === 'number'
}

function isStream(target: unknown): target is ClosableStream {
  const shape = Object(target)
  const canEnd = hasMethods(shape, 'end') || hasMethods(shape, 'push')
  return canEnd && hasMethods(shape, 'destroy', 'on')
}

function isReply(target: unknown): target is ClosableReply {
  const shape = Object(target)
  return hasMethods(shape, 'close', 'onClose') && typeof shape.isConnected === 'boolean'
}
