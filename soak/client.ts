/**
 * Requests over keep-alive connections, one at a time on each; as many connections as are needed at once.
 *
 * By hand, because the load shares two processors with what it loads: `node:http` would take the greater part of both.
 * @module
 */
import { connect, type Socket } from 'node:net'

/** An answer; status 0 where the connection ended instead. */
export interface Answer {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly body: string
}

const LOST: Answer = { status: 0, retryAfter: undefined, body: '' }
const HEAD_END = '\r\n\r\n'

/** A client of one server. */
export class Client {
  readonly #port: number
  readonly #idle: Connection[] = []
  readonly #all = new Set<Connection>()
  #pending = 0

  constructor(port: number) {
    this.#port = port
  }

  /** Requests that wait for their answers. */
  get pending(): number {
    return this.#pending
  }

  /** Never rejects. */
  async get(path: string, authorization: string): Promise<Answer> {
    const connection = this.#idle.pop() ?? this.#open()
    this.#pending += 1
    const answer = await connection.get(path, authorization)
    this.#pending -= 1
    if (answer.status !== 0) this.#idle.push(connection)
    return answer
  }

  close(): void {
    for (const connection of this.#all) connection.close()
  }

  #open(): Connection {
    const connection = new Connection(this.#port)
    this.#all.add(connection)
    return connection
  }
}

class Connection {
  readonly #socket: Socket
  #received = ''
  #answer: (answer: Answer) => void = () => {}

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.setEncoding('latin1')
    this.#socket.on('data', (part: string) => this.#read(part))
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => this.#answer(LOST))
  }

  get(path: string, authorization: string): Promise<Answer> {
    if (this.#socket.destroyed) return Promise.resolve(LOST)
    return new Promise((resolve) => {
      this.#answer = resolve
      this.#socket.write(
        `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: ${authorization}${HEAD_END}`,
        'latin1',
      )
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(part: string): void {
    this.#received += part
    const headEnd = this.#received.indexOf(HEAD_END)
    if (headEnd < 0) return
    const head = this.#received.slice(0, headEnd)
    const bodyAt = headEnd + HEAD_END.length
    const end = bodyAt + Number(field(head, 'content-length') ?? 0)
    if (this.#received.length < end) return
    const body = this.#received.slice(bodyAt, end)
    this.#received = this.#received.slice(end)
    this.#answer({ status: Number(head.slice(9, 12)), retryAfter: field(head, 'retry-after'), body })
  }
}

/** The server under test writes the names of its fields in lower case. */
function field(head: string, name: string): string | undefined {
  const at = head.indexOf(`\r\n${name}: `)
  if (at < 0) return undefined
  const start = at + name.length + 4
  const end = head.indexOf('\r\n', start)
  return head.slice(start, end < 0 ? undefined : end)
}
