/**
 * A response does not outlive its token: `closeOnExpiry` with streams of every kind, and with replies of server-sent events,
 * over HTTP.
 * @module
 */
import { once } from 'node:events'
import { type IncomingMessage, type ServerResponse, request as sendRequest } from 'node:http'
import { connect } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { PassThrough, Readable, Writable } from 'node:stream'
import Fastify, { type FastifyReply } from 'fastify'
import t, { type Test } from 'tap'
import { createCloseOnExpiry } from '../../src/expiry/close-on-expiry.js'
import { readToken } from '../../src/expiry/token-in-use.js'
import { type ClosableTarget, closeOnExpiry } from '../../src/index.js'
import { until } from '../support/held-time.js'
import { TestClock } from '../support/test-clock.js'

const SECOND = 1000

/** What a client sees of a response. */
interface Seen {
  text: string
  /** `true` when the response came to its own end, `false` when it was cut off. */
  isComplete?: boolean
}

/** Sends one request to a route, and reads its response. */
async function open(
  test: Test,
  handler: (reply: FastifyReply) => unknown,
  { reads = true } = {},
): Promise<Seen> {
  const app = Fastify()
  test.teardown(() => app.close())
  app.get('/', async (_request, reply) => handler(reply))
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const request = sendRequest({ port, host: '127.0.0.1', agent: false })
  test.teardown(() => request.destroy())
  const seen: Seen = { text: '' }
  request.on('error', () => {}).end()
  const [response]: IncomingMessage[] = await once(request, 'response')
  response
    ?.on('error', () => {})
    .on('close', () => {
      seen.isComplete = response.complete
    })
  if (reads)
    response?.on('data', (part) => {
      seen.text += part
    })
  return seen
}

/** Closes a target by a clock that the test moves, a second from now. */
function closeIn(clock: TestClock, target: ClosableTarget, ms = SECOND): void {
  createCloseOnExpiry(readToken, clock)(target, { payload: { exp: (clock.now() + ms) / 1000 } })
}

const isOver = (seen: Seen) => until(() => seen.isComplete !== undefined)

/** A source that never ends by itself. */
async function* tick() {
  for (let index = 0; ; index += 1) {
    yield `${index}\n`
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

t.test('a stream that is pushed ends completely', async (t) => {
  const clock = new TestClock()
  const stream = new Readable({ read() {} })
  stream.push('first\n')
  const seen = await open(t, (reply) => {
    closeIn(clock, stream)
    return reply.type('text/plain').send(stream)
  })
  await until(() => seen.text !== '')
  await clock.advance(SECOND - 1)
  t.equal(stream.destroyed, false)
  await clock.advance(1)
  await isOver(seen)
  t.strictSame(seen, { text: 'first\n', isComplete: true })
  await until(() => clock.pending === 0)
})

t.test('a generator ends completely', async (t) => {
  const clock = new TestClock()
  let stream: Readable | undefined
  const seen = await open(t, (reply) => {
    stream = Readable.from(tick())
    closeIn(clock, stream)
    return reply.type('text/plain').send(stream)
  })
  await until(() => seen.text.includes('3'))
  await clock.advance(SECOND)
  await isOver(seen)
  t.match(seen, { text: /^0\n1\n2\n3/, isComplete: true })
  await until(() => stream?.destroyed === true && clock.pending === 0)
})

t.test('a stream between two others, and the raw response, end completely', async (t) => {
  const clock = new TestClock()
  const between = new PassThrough()
  between.write('between')
  const one = await open(t, (reply) => {
    closeIn(clock, between)
    return reply.type('text/plain').send(between)
  })
  let raw: ServerResponse | undefined
  const two = await open(t, (reply) => {
    raw = reply.hijack().raw
    raw.writeHead(200).write('raw')
    closeIn(clock, raw)
  })
  await until(() => one.text !== '' && two.text !== '')
  await clock.advance(SECOND)
  await isOver(one)
  await isOver(two)
  t.strictSame(
    [one, two],
    [
      { text: 'between', isComplete: true },
      { text: 'raw', isComplete: true },
    ],
  )
  await until(() => clock.pending === 0)
})

t.test('a raw response of HTTP/2 ends completely', async (t) => {
  const clock = new TestClock()
  const app = Fastify({ http2: true })
  app.get('/', async (_request, reply) => {
    const { raw } = reply.hijack()
    raw.writeHead(200)
    raw.write('raw')
    closeIn(clock, raw)
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const client = connect(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`)
  const stream = client.request({ ':path': '/' })
  let text = ''
  stream.on('data', (part) => {
    text += part
  })
  await until(() => text !== '')
  const ended = once(stream, 'end')
  await clock.advance(SECOND)
  await ended
  t.strictSame([text, stream.rstCode], ['raw', 0])
  await until(() => clock.pending === 0)
  client.close()
  await app.close()
})

t.test('a client that does not read is cut off after two seconds', async (t) => {
  const clock = new TestClock()
  const chunk = Buffer.alloc(1 << 20)
  const stream = new Readable({ read() {} })
  for (let index = 0; index < 64; index += 1) stream.push(chunk)
  const seen = await open(
    t,
    (reply) => {
      closeIn(clock, stream)
      return reply.type('text/plain').send(stream)
    },
    { reads: false },
  )
  await clock.advance(SECOND)
  t.equal(stream.destroyed, false)
  await clock.advance(1999)
  t.equal(stream.destroyed, false)
  await clock.advance(1)
  t.equal(stream.destroyed, true)
  t.equal(seen.isComplete, undefined)
  await until(() => clock.pending === 0)
})

t.test('an application that writes too late does not end its process', async (t) => {
  const clock = new TestClock()
  const readable = new Readable({ read() {} })
  const writable = new Writable({ write: () => {} })
  const passing = new PassThrough()
  for (const stream of [readable, writable, passing]) closeIn(clock, stream)
  await clock.advance(SECOND)
  readable.push('late')
  writable.write('late')
  passing.write('late')
  await clock.advance(2 * SECOND)
  t.strictSame(
    [readable, writable, passing].map(({ destroyed }) => destroyed),
    [true, true, true],
  )
})

t.test('a stream that takes no data any more ends nevertheless', async (t) => {
  const clock = new TestClock()
  const stream = new PassThrough()
  stream.write(Buffer.alloc(10))
  stream.end()
  await new Promise((resolve) => setImmediate(resolve))
  closeIn(clock, stream)
  await clock.advance(3 * SECOND)
  t.equal(stream.destroyed, true)
})

t.test('a stream that has ended is left alone, and so is one that is ending', async (t) => {
  const clock = new TestClock()
  const gone = new Readable({ read() {} }).destroy()
  closeIn(clock, gone)
  t.equal(clock.pending, 0)
  const ending = new Readable({ read() {} })
  closeIn(clock, ending)
  await clock.advance(SECOND)
  closeIn(clock, ending, 60 * SECOND)
  await clock.advance(2 * SECOND)
  t.equal(ending.destroyed, true, 'a new token comes too late')
})

t.test('a later token replaces the earlier one', async (t) => {
  const clock = new TestClock()
  const stream = new PassThrough()
  closeIn(clock, stream)
  closeIn(clock, stream, 3 * SECOND)
  await clock.advance(2 * SECOND)
  t.equal(stream.writableEnded, false)
  await clock.advance(SECOND)
  t.equal(stream.writableEnded, true)
})

t.test('a client that leaves takes the timer with it', async (t) => {
  const clock = new TestClock()
  const stream = new Readable({ read() {} })
  closeIn(clock, stream)
  t.equal(clock.pending, 1)
  stream.destroy()
  await until(() => clock.pending === 0)
  t.pass('no timer is left')
})

/** The shape of `reply.sse` of `@fastify/sse`. */
function createReply() {
  const listeners: (() => void)[] = []
  const calls: string[] = []
  const reply = {
    isConnected: true,
    close() {
      calls.push('close')
      reply.isConnected = false
      for (const listener of listeners) listener()
    },
    onClose: (listener: () => void) => void listeners.push(listener),
  }
  return { reply, calls }
}

t.test('a reply of server-sent events is closed once, and takes its timer with it', async (t) => {
  const clock = new TestClock()
  const { reply, calls } = createReply()
  closeIn(clock, reply)
  await clock.advance(SECOND - 1)
  t.strictSame(calls, [])
  await clock.advance(1)
  t.strictSame(calls, ['close'])
  await clock.advance(10 * SECOND)
  t.strictSame([calls, clock.pending], [['close'], 0])
  closeIn(clock, reply)
  t.equal(clock.pending, 0, 'one that is closed is left alone')
  const left = createReply()
  closeIn(clock, left.reply)
  left.reply.close()
  t.equal(clock.pending, 0, 'a client that leaves')
  const stubborn = { ...createReply().reply, close() {} }
  closeIn(clock, stubborn)
  await clock.advance(3 * SECOND)
  t.equal(clock.pending, 0, 'one that tells nothing of its end')
})

t.test('anything else is no target', async (t) => {
  const close = closeOnExpiry as (...values: unknown[]) => void
  const app = Fastify()
  const stream = new PassThrough()
  for (const wrong of [
    app,
    app.server,
    { close() {} },
    { ...createReply().reply, isConnected: 'yes' },
    { ...createReply().reply, onClose: undefined },
    { destroy() {}, on() {}, destroyed: false },
    { push() {}, on() {}, destroyed: false },
    { push() {}, destroy() {}, destroyed: false },
  ]) {
    t.throws(() => close(wrong, null), {
      name: 'TypeError',
      message: /^closeOnExpiry: expected a WebSocket/,
    })
  }
  close(stream, null)
  await app.close()
})
