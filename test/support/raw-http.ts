/**
 * Sends requests byte for byte, for everything that an HTTP client or `inject` would tidy up.
 * @module
 */
import { connect } from 'node:net'

/** An answer as it came over the socket. */
export interface RawAnswer {
  readonly status: number
  /** Names in lower case; several lines of one name are joined by a newline. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  /** The whole answer. */
  readonly text: string
}

/**
 * Sends one request and reads until the server closes.
 *
 * @param lines - header lines besides `host` and `connection`, one character a byte
 */
export async function sendRaw(
  port: number,
  path: string,
  lines: readonly string[],
  method = 'GET',
): Promise<RawAnswer> {
  const head = [`${method} ${path} HTTP/1.1`, 'host: 127.0.0.1', 'connection: close', ...lines]
  const text = await exchange(port, `${head.join('\r\n')}\r\n\r\n`)
  const [top = '', ...rest] = text.split('\r\n\r\n')
  const [statusLine = '', ...fields] = top.split('\r\n')
  const headers = new Map<string, string>()
  for (const field of fields) {
    const name = field.slice(0, field.indexOf(':')).toLowerCase()
    const value = field.slice(field.indexOf(':') + 1).trim()
    headers.set(name, headers.has(name) ? `${headers.get(name)}\n${value}` : value)
  }
  return { status: Number(statusLine.split(' ')[1]), headers, body: rest.join('\r\n\r\n'), text }
}

function exchange(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => socket.write(request, 'latin1'))
    socket.on('data', (part) => parts.push(part))
    socket.on('error', reject)
    socket.on('close', () => resolve(Buffer.concat(parts).toString('latin1')))
  })
}
