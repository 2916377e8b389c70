/**
 * Sends header lines over HTTP/2 as they are. Node's client refuses several `authorization` lines, so it sends the first
 * one, and the further ones join its frame on the way to the socket.
 * @module
 */
import { once } from 'node:events'
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2'
import { connect as connectSocket } from 'node:net'
import { Duplex, Transform } from 'node:stream'
import type { Test } from 'tap'
import type { RawAnswer } from './raw-http.js'

// RFC 9113 §3.4, §4.1, §6.2
const PREFACE_BYTES = 24
const FRAME_HEADER_BYTES = 9
const TYPE_HEADERS = 1

/** RFC 9113 §8.2.1: a value may not begin or end with a blank, which HTTP/1.1 takes off. */
export const isExpressible = (line: string): boolean => {
  const [, value] = split(line)
  return !/^[\t ]|[\t ]$/.test(value)
}

/**
 * Makes one session, which is closed with the test. The function sends a request and reads the answer; one that has
 * several lines has to wait for its answer before the next is sent.
 */
export async function openSession(test: Test, port: number) {
  const wire = new Wire()
  const socket = connectSocket(port, '127.0.0.1')
  wire.pipe(socket)
  const session = connect(`http://127.0.0.1:${port}`, {
    createConnection: () => Duplex.from({ readable: socket, writable: wire }),
  })
  test.teardown(() => session.destroy())
  await once(session, 'connect')
  return (path: string, [first, ...further]: readonly string[] = [], method = 'GET'): Promise<RawAnswer> => {
    wire.fields = Buffer.concat(further.map(toField))
    return exchange(session, {
      ':method': method,
      ':path': path,
      ...(first && Object.fromEntries([split(first)])),
    })
  }
}

async function exchange(session: ClientHttp2Session, request: Record<string, string>): Promise<RawAnswer> {
  const stream = session.request(request)
  const [response] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status'?: number }]
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(part)
  const body = Buffer.concat(parts).toString('latin1')
  const headers = new Map(Object.entries(response).map(([name, value]) => [name, String(value)]))
  const lines = [...headers].map(([name, value]) => `${name}: ${value}`)
  return { status: Number(response[':status']), headers, body, text: [...lines, '', body].join('\r\n') }
}

function split(line: string): [name: string, value: string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).replace(/^ /, '')]
}

/** RFC 7541 §6.2.2: a literal field without indexing, which leaves the tables of both sides as they are. */
function toField(line: string): Buffer {
  const strings = split(line).flatMap((text) => [toInteger(text.length), Buffer.from(text, 'latin1')])
  return Buffer.concat([Buffer.of(0), ...strings])
}

/** RFC 7541 §5.1, with a prefix of 7 bits; below it the bit that says that there is no Huffman code. */
function toInteger(value: number): Buffer {
  if (value < 127) return Buffer.of(value)
  const bytes = [127]
  let rest = value - 127
  for (; rest > 127; rest >>= 7) bytes.push((rest & 127) | 128)
  return Buffer.of(...bytes, rest)
}

/** Hands frames on, and puts `fields` at the end of the next one that begins a request. */
class Wire extends Transform {
  fields = Buffer.alloc(0)
  #pending = Buffer.alloc(0)
  #isBegun = false

  override _transform(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#pending = Buffer.concat([this.#pending, chunk])
    for (let bytes = this.#next(); bytes <= this.#pending.length; bytes = this.#next()) {
      this.push(this.#complete(this.#pending.subarray(0, bytes)))
      this.#pending = this.#pending.subarray(bytes)
      this.#isBegun = true
    }
    done()
  }

  #next(): number {
    if (!this.#isBegun) return PREFACE_BYTES
    return this.#pending.length < 3 ? Infinity : FRAME_HEADER_BYTES + this.#pending.readUIntBE(0, 3)
  }

  #complete(frame: Buffer): Buffer {
    if (!this.#isBegun || frame[3] !== TYPE_HEADERS) return frame
    const longer = Buffer.concat([frame, this.fields])
    longer.writeUIntBE(longer.length - FRAME_HEADER_BYTES, 0, 3)
    this.fields = Buffer.alloc(0)
    return longer
  }
}
