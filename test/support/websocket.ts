/**
 * A WebSocket client of Node, which tells what a browser hides: the answer that refused it.
 * @module
 */
import { connect } from 'node:net'
import { type ClientOptions, WebSocket } from 'ws'

/** How a socket ended. */
export interface Closing {
  readonly code: number
  readonly reason: string
}

/** What became of an attempt to open a socket. */
export interface Dialled {
  /** 101 where it opened. */
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly socket: WebSocket
  /** Messages so far, as text. */
  readonly messages: readonly string[]
  /** When the socket has closed. */
  readonly closed: Promise<Closing>
}

/** Tries to open a socket. */
export async function dial(
  url: string,
  { protocols = [], ...options }: ClientOptions & { readonly protocols?: string[] } = {},
): Promise<Dialled> {
  const socket = new WebSocket(url, protocols, options)
  const messages: string[] = []
  socket.on('message', (data) => messages.push(String(data)))
  // A refusal is an error for `ws`; it is told by the answer here.
  socket.on('error', () => {})
  const closed = new Promise<Closing>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }))
  })
  const { status, headers } = await new Promise<Pick<Dialled, 'status' | 'headers'>>((resolve) => {
    socket.once('upgrade', ({ headers }) => socket.once('open', () => resolve({ status: 101, headers })))
    socket.once('unexpected-response', (request, { statusCode = 0, headers }) => {
      request.destroy()
      resolve({ status: statusCode, headers })
    })
  })
  return { status, headers, socket, messages, closed }
}

/**
 * A request for an upgrade, byte for byte.
 *
 * @param lines - header lines besides those that it has to have
 */
export function toUpgrade(path: string, lines: readonly string[] = []): string {
  const head = [
    `GET ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ...lines,
  ]
  return `${head.join('\r\n')}\r\n\r\n`
}

/** Asks for an upgrade, and reads until the server closes. */
export function upgradeRaw(port: number, path: string, lines?: readonly string[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => socket.write(toUpgrade(path, lines)))
    socket.on('data', (part) => parts.push(part))
    socket.on('error', reject)
    socket.on('close', () => resolve(Buffer.concat(parts)))
  })
}
