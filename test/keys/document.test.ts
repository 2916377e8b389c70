/**
 * How one document is fetched from a real server: what each answer means, its size, its deadline, and how often it is tried.
 * The clock of the deadlines stands still until a test moves it, so that a busy machine is no slow server.
 * @module
 */
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createGzip,
  deflateSync,
  gzipSync,
} from 'node:zlib'
import t, { type Test } from 'tap'
import { codeOf } from '../../src/keys/cause.js'
import { fetchDocument, type JwksDocument, MAX_DOCUMENT_BYTES } from '../../src/keys/document.js'
import { createFetch, type JwksFetchMessage } from '../../src/keys/fetch.js'
import type { PublishedKeys } from '../../src/keys/key-set.js'
import { TestPool } from '../../src/testing/index.js'
import { TestClock } from '../support/test-clock.js'
import { watchFetches } from '../support/fetches.js'
import { makeFolder } from '../support/folder.js'
import { exposeGarbageCollector } from '../support/garbage.js'
import { until } from '../support/revocations.js'
import { startServer } from '../support/server.js'
import { createIdentity, fetchTrusting, startTlsServer } from '../support/tls.js'

// The servers of this file alone publish the pool.
const pool = new TestPool('http://127.0.0.1', {})
const keySet = JSON.stringify(pool.keySet())

const never = () => new AbortController().signal

/** Waits for what has to come, however busy the machine is. */
const untilSure = async (condition: () => boolean) => {
  if (!(await until(condition, 30_000))) throw new Error('what was waited for did not come')
}

async function serve(test: Test, listener: RequestListener) {
  const seen = { asked: [] as string[], closed: 0 }
  const origin = await startServer(test, (request, response) => {
    seen.asked.push(request.url ?? '')
    response.on('close', () => {
      seen.closed += 1
    })
    listener(request, response)
  })
  return { url: `${origin}/pool/jwks.json?v=1`, seen }
}

const json = (response: ServerResponse, body: unknown, status = 200) =>
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body))

/** Makes one attempt, and leaves its headers out. */
async function attempt(url: string, closing = never()) {
  const { headers: _, ...document } = await fetchDocument(url, new TestClock(), 2000, closing)
  return document
}

/** Replaces `fetch` as applications do in their tests. The genuine one is back when the test ends. */
function replaceFetch(test: Test, replacement: (...parameters: Parameters<typeof fetch>) => unknown): void {
  test.intercept(globalThis, 'fetch', { value: replacement, configurable: true, writable: true })
}

t.test(
  'a document is asked for at the path and query of its URL, as JSON, and comes with status and headers',
  async (t) => {
    const accepted: unknown[] = []
    const { url, seen } = await serve(t, (request, response) => {
      accepted.push(request.headers.accept, request.method)
      json(response.setHeader('x-cache', 'hit'), keySet)
    })
    const { headers, ...document } = await fetchDocument(url, new TestClock(), 2000, never())
    t.strictSame(document, { status: 200, content: pool.keySet(), wasInterrupted: false })
    t.equal(headers?.get('x-cache'), 'hit')
    t.strictSame(seen.asked, ['/pool/jwks.json?v=1'])
    t.strictSame(accepted, ['application/json', 'GET'])
  },
)

t.test('any content is passed on as it was parsed, with any status of success', async (t) => {
  for (const [body, status] of [
    ['{"keys":[]}', 200],
    ['null', 200],
    ['[7]', 201],
    [`\u{feff}${keySet}`, 200],
    [JSON.stringify({ text: 'ä€𝄞' }), 203],
  ] as const) {
    const { url } = await serve(t, (_request, response) => json(response, body, status))
    t.strictSame(await attempt(url), {
      status,
      content: JSON.parse(body.replace('\u{feff}', '')),
      wasInterrupted: false,
    })
  }
})

t.test('a character that two pieces of the body share is one character', async (t) => {
  const bytes = Buffer.from(JSON.stringify({ text: '€' }))
  const middle = bytes.indexOf(0xe2) + 1
  let isRead = () => {}
  const { url } = await serve(t, (_request, response) => {
    response.writeHead(200).write(bytes.subarray(0, middle))
    isRead = () => void response.end(bytes.subarray(middle))
  })
  onHeaders(t, () => setImmediate(() => isRead()))
  t.match(await attempt(url), { content: { text: '€' } })
})

t.test('a compressed answer is read', async (t) => {
  for (const [encoding, body] of [
    ['gzip', gzipSync(keySet)],
    ['br', brotliCompressSync(keySet)],
    ['deflate', deflateSync(keySet)],
  ] as const) {
    const { url } = await serve(t, (_request, response) =>
      json(response.setHeader('content-encoding', encoding), body),
    )
    t.match(await attempt(url), { content: pool.keySet(), failure: undefined }, encoding)
  }
})

t.test('every other answer is a failure, with its reason, its code, and whether to try again', async (t) => {
  const html: RequestListener = (_request, response) => json(response, '<html>', 200)
  const answers: readonly [RequestListener, Partial<JwksDocument>][] = [
    ...[403, 404, 400, 410].map((status): [RequestListener, Partial<JwksDocument>] => [
      (_request, response) => json(response, pool.keySet(), status),
      { failure: 'status', code: String(status), isTransient: false, status },
    ]),
    ...[429, 500, 502, 599].map((status): [RequestListener, Partial<JwksDocument>] => [
      (_request, response) => json(response, pool.keySet(), status),
      { failure: 'status', code: String(status), isTransient: true, status },
    ]),
    [
      (_request, response) => json(response, '<html>', 503),
      { failure: 'status', code: '503', isTransient: true, status: 503 },
    ],
    [html, { failure: 'not a key set', code: 'NOT_JSON', isTransient: true, status: 200 }],
    [
      (_request, response) => json(response, ''),
      { failure: 'not a key set', code: 'NOT_JSON', isTransient: true, status: 200 },
    ],
    [
      (_request, response) => json(response.setHeader('content-encoding', 'gzip'), 'no gzip'),
      { failure: 'network', code: 'Z_DATA_ERROR', isTransient: true },
    ],
  ]
  for (const [listener, expected] of answers) {
    const { url, seen } = await serve(t, listener)
    t.strictSame(await attempt(url), { ...expected, wasInterrupted: false })
    t.equal(seen.asked.length, 1)
  }
})

t.test('a redirect is not followed', async (t) => {
  const { url: target, seen: there } = await serve(t, (_request, response) => json(response, keySet))
  for (const status of [301, 302, 303, 307, 308]) {
    const { url, seen } = await serve(t, (_request, response) =>
      response.writeHead(status, { location: target }).end(),
    )
    t.strictSame(await attempt(url), { failure: 'status', code: 'REDIRECT', status, wasInterrupted: false })
    t.equal(seen.asked.length, 1)
  }
  t.equal(there.asked.length, 0)
  t.match(await attempt(target), { content: pool.keySet() }, 'where it led, there are keys')
})

t.test(
  'a connection that breaks or is refused is a failure of the network, worth a second attempt',
  async (t) => {
    const { url } = await serve(t, (request) => request.socket.destroy())
    t.match(await attempt(url), {
      failure: 'network',
      code: /^[A-Z_]+$/,
      isTransient: true,
      status: undefined,
    })
    const { url: halfway } = await serve(t, (request, response) => {
      response.writeHead(200).write('{"keys":[')
      onHeaders(t, () => request.socket.destroy())
    })
    t.match(await attempt(halfway), { failure: 'network', isTransient: true, content: undefined })
    t.strictSame(await attempt(`http://127.0.0.1:${await closedPort()}/`), {
      failure: 'network',
      code: 'ECONNREFUSED',
      isTransient: true,
      wasInterrupted: false,
    })
  },
)

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

t.test('a certificate of an unknown authority is told by the code of OpenSSL', async (t) => {
  const authority = createIdentity('an authority of this test')
  for (const [identity, code] of [
    [authority, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    [createIdentity('127.0.0.1', authority), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ] as const) {
    const origin = await startTlsServer(t, identity, (_request, response) => json(response, keySet))
    t.strictSame(await attempt(`${origin}/jwks.json`), {
      failure: 'network',
      code,
      isTransient: true,
      wasInterrupted: false,
    })
    const document = await fetchTrusting(t, `${origin}/jwks.json`, authority)
    t.strictSame(
      document,
      { status: 200, content: pool.keySet(), wasInterrupted: false },
      'who trusts it reads',
    )
  }
})

t.test('a body is read up to half a mebibyte', async (t) => {
  const ofSize = (bytes: number) => {
    const padding = bytes - JSON.stringify({ ...pool.keySet(), padding: '' }).length
    return JSON.stringify({ ...pool.keySet(), padding: 'x'.repeat(padding) })
  }
  const tooLarge = { status: 200, failure: 'not a key set', code: 'TOO_LARGE', wasInterrupted: false }
  for (const [bytes, isTaken] of [
    [500_000, true],
    [MAX_DOCUMENT_BYTES, true],
    [MAX_DOCUMENT_BYTES + 1, false],
    [600_000, false],
  ] as const) {
    const { url } = await serve(t, (_request, response) => json(response, ofSize(bytes)))
    const document = await attempt(url)
    if (isTaken) t.match(document, { content: pool.keySet(), failure: undefined }, `${bytes} bytes`)
    else t.strictSame(document, tooLarge, `${bytes} bytes`)
  }
  const { url } = await serve(t, (_request, response) =>
    json(response.setHeader('content-encoding', 'gzip'), gzipSync(ofSize(500_000))),
  )
  t.match(await attempt(url), { content: pool.keySet() }, 'and a compressed one of that size')
})

t.test('a body that is too large is not read to its end', async (t) => {
  const { url, seen } = await serve(t, (_request, response) => {
    response.writeHead(200)
    const write = () => {
      while (!response.destroyed && response.write(' '.repeat(65_536)));
    }
    response.on('drain', write)
    write()
  })
  t.match(await attempt(url), { code: 'TOO_LARGE' })
  await untilSure(() => seen.closed === 1)
  t.equal(seen.closed, 1, 'the server sees its connection end')
})

t.test('a compressed body is measured by what comes out of it, as far as that is read', async (t) => {
  const DECODED_MB = 300
  const bombs = [
    ['gzip', createGzip({ level: 1 })],
    ['br', createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
  ] as const
  for (const [encoding, compressor] of bombs) {
    const parts: Buffer[] = []
    compressor.on('data', (part) => parts.push(part))
    const piece = Buffer.alloc(2 ** 20, ' ')
    for (let index = 0; index < DECODED_MB; index += 1) {
      if (!compressor.write(piece)) await once(compressor, 'drain')
    }
    compressor.end()
    await once(compressor, 'end')
    const bomb = Buffer.concat(parts)
    t.ok(bomb.length < 5e6, `${bomb.length} bytes of ${encoding} become ${DECODED_MB} MB`)
    const { url } = await serve(t, (_request, response) =>
      json(response.setHeader('content-encoding', encoding), bomb),
    )
    const { document, grownMb } = await measure(() => attempt(url))
    t.match(document, { failure: 'not a key set', code: 'TOO_LARGE' }, encoding)
    t.ok(grownMb < 100, `${encoding}: ${Math.round(grownMb)} MB more at the most`)
  }
})

/** Measures the highest use of memory while something runs, above the use before it. */
async function measure<T>(run: () => Promise<T>) {
  const collect = exposeGarbageCollector()
  const used = () => {
    const { heapUsed, external } = process.memoryUsage()
    return (heapUsed + external) / 1e6
  }
  collect()
  const before = used()
  const seen = { highest: before, isOver: false }
  const watch = () => {
    seen.highest = Math.max(seen.highest, used())
    if (!seen.isOver) setImmediate(watch)
  }
  watch()
  const document = await run()
  seen.isOver = true
  return { document, grownMb: seen.highest - before }
}

t.test('the connection of an answer that is not read is given up', async (t) => {
  const { fetch } = globalThis
  // The list keeps the responses, because Node gives a body up by itself once its response is collected as garbage.
  const responses: Response[] = []
  replaceFetch(t, async (url, init) => {
    const response = await fetch(url, init)
    responses.push(response)
    return response
  })
  for (const [status, code] of [
    [500, '500'],
    [404, '404'],
    [302, 'REDIRECT'],
  ] as const) {
    const { url, seen } = await serve(t, (_request, response) => {
      response.writeHead(status, { location: '/elsewhere' }).write('without end')
    })
    t.match(await attempt(url), { failure: 'status', code })
    t.ok(responses.at(-1)?.bodyUsed)
    await untilSure(() => seen.closed === 1)
    t.equal(seen.closed, 1)
  }
})

t.test('how long an endpoint wants peace is taken from 429 and 503, up to a minute', async (t) => {
  const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toUTCString()
  const ask = async (status: number, value: string) => {
    const { url } = await serve(t, (_request, response) =>
      response.writeHead(status, { 'retry-after': value }).end(),
    )
    return (await attempt(url)).retryAfterMs
  }
  for (const status of [429, 503]) {
    t.equal(await ask(status, '10'), 10_000)
    t.equal(await ask(status, '60'), 60_000)
    t.equal(await ask(status, '61'), 60_000)
    t.equal(await ask(status, '999999999'), 60_000)
    t.equal(await ask(status, inSeconds(3600)), 60_000, 'as a date')
    const soon = (await ask(status, inSeconds(45))) ?? 0
    t.ok(soon > 0 && soon <= 45_000, 'a date is seen from now on')
    for (const value of ['0', '-5', '1.5', 'soon', '', '9999999999999', inSeconds(-60), 'Tomorrow'])
      t.equal(await ask(status, value), undefined, value)
  }
  for (const status of [500, 502, 403, 301]) t.equal(await ask(status, '10'), undefined, `not of ${status}`)
})

t.test('an answer that does not come in time is a timeout, and its connection is ended', async (t) => {
  const hangs: readonly [string, RequestListener][] = [
    ['no headers', () => {}],
    ['no body', (_request, response) => response.writeHead(200).flushHeaders()],
    ['half a body', (_request, response) => void response.writeHead(200).write('{"keys":[')],
    ['a body that drips', (_request, response) => drip(response)],
  ]
  for (const [name, listener] of hangs) {
    const { url, seen } = await serve(t, listener)
    const clock = new TestClock()
    let headers = 0
    onHeaders(t, () => {
      headers += 1
    })
    let document: JwksDocument | undefined
    const attempted = fetchDocument(url, clock, 2000, never()).then((answer) => {
      document = answer
    })
    await untilSure(() => seen.asked.length === 1 && (headers === 1 || name === 'no headers'))
    await clock.advance(1999)
    t.equal(document, undefined, `${name}: waited for`)
    await clock.advance(1)
    await attempted
    t.strictSame(document, { failure: 'timeout', wasInterrupted: false })
    t.equal(clock.pending, 0)
    await untilSure(() => seen.closed === 1)
    t.equal(seen.closed, 1)
  }
})

/** Writes without end. */
function drip(response: ServerResponse): { written: number } {
  const dripped = { written: 0 }
  response.writeHead(200)
  const timer = setInterval(() => {
    response.write(' ')
    dripped.written += 1
  }, 5)
  response.on('close', () => clearInterval(timer))
  return dripped
}

/** Runs an action whenever the `fetch` of this process has read the headers of an answer. */
function onHeaders(test: Test, action: () => void): void {
  subscribe('undici:request:headers', action)
  test.teardown(() => unsubscribe('undici:request:headers', action))
}

t.test('a body without end is ended also when the request has been collected as garbage', async (t) => {
  const collect = exposeGarbageCollector()
  let dripped = { written: 0 }
  const { url, seen } = await serve(t, (_request, response) => {
    dripped = drip(response)
  })
  const clock = new TestClock()
  const attempted = fetchDocument(url, clock, 2000, never())
  for (let collected = 0; collected < 10; collected += 1) {
    const { written } = dripped
    await untilSure(() => dripped.written > written)
    collect()
  }
  await clock.advance(2000)
  t.match(await attempted, { failure: 'timeout' })
  const { written } = dripped
  await untilSure(() => seen.closed === 1 || dripped.written > written + 100)
  t.equal(seen.closed, 1, 'the server sees its connection end')
})

t.test(
  'a body is given up at the deadline also where a replaced fetch does not follow the signal',
  async (t) => {
    for (const cancel of [async () => {}, () => Promise.reject(new Error('not now'))]) {
      let canceled = 0
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode('{"keys":[')),
        cancel() {
          canceled += 1
          return cancel()
        },
      })
      replaceFetch(t, async () => new Response(body))
      const clock = new TestClock()
      const attempted = fetchDocument('https://keys.example/jwks.json', clock, 2000, never())
      await clock.advance(1999)
      t.equal(canceled, 0)
      await clock.advance(1)
      t.match(await attempted, { failure: 'timeout' })
      t.equal(canceled, 1)
    }
  },
)

t.test('an attempt leaves nothing that listens to the end of the application', async (t) => {
  const { url } = await serve(t, (_request, response) => json(response, keySet))
  const closing = new AbortController()
  const listeners = { added: 0, removed: 0 }
  t.intercept(closing.signal, 'addEventListener', {
    value: (...parameters: Parameters<AbortSignal['addEventListener']>) => {
      listeners.added += 1
      AbortSignal.prototype.addEventListener.apply(closing.signal, parameters)
    },
  })
  t.intercept(closing.signal, 'removeEventListener', {
    value: (...parameters: Parameters<AbortSignal['removeEventListener']>) => {
      listeners.removed += 1
      AbortSignal.prototype.removeEventListener.apply(closing.signal, parameters)
    },
  })
  t.match(await attempt(url, closing.signal), { content: pool.keySet() })
  t.strictSame(listeners, { added: 1, removed: 1 })
})

t.test('closing ends an attempt at once', async (t) => {
  const { url, seen } = await serve(t, () => {})
  const closing = new AbortController()
  const attempted = attempt(url, closing.signal)
  await untilSure(() => seen.asked.length === 1)
  closing.abort()
  t.match(await attempted, { failure: 'timeout', content: undefined })
  await untilSure(() => seen.closed === 1)
  t.equal(seen.closed, 1)
})

t.test('silence while the process stood still says nothing of an endpoint', async (t) => {
  let answer = () => {}
  const { url, seen } = await serve(t, (_request, response) => {
    answer = () => void json(response, keySet)
  })
  const clock = new TestClock()
  const attempted = fetchDocument(url, clock, 2000, never())
  await untilSure(() => seen.asked.length === 1)
  await clock.freeze(60_000)
  await clock.advance(499)
  answer()
  t.match(
    await attempted,
    { content: pool.keySet(), wasInterrupted: true },
    'what comes in the grace is read',
  )

  const later = fetchDocument(url, clock, 2000, never())
  await untilSure(() => seen.asked.length === 2)
  await clock.freeze(60_000)
  await clock.advance(500)
  t.match(await later, { failure: 'timeout', wasInterrupted: true })
})

t.test('a document is read from a file, with the code of what is wrong with it', async (t) => {
  const folder = makeFolder(t)
  const read = (name: string) => attempt(pathToFileURL(join(folder, name)).href)
  for (const [name, content] of [
    ['jwks.json', keySet],
    ['no.json', '<html>'],
    ['large.json', ' '.repeat(600_000)],
  ] as const) {
    writeFileSync(join(folder, name), content, { mode: 0o600 })
  }
  t.strictSame(await read('jwks.json'), { content: pool.keySet(), wasInterrupted: false })
  const failed = { failure: 'file', isTransient: false, wasInterrupted: false }
  t.strictSame(await read('none.json'), { ...failed, code: 'ENOENT' })
  t.strictSame(await read('large.json'), { ...failed, code: 'TOO_LARGE' })
  t.match(await read('no.json'), { failure: 'not a key set', code: 'NOT_JSON' })
})

t.test('a fetch that an application has replaced may give less than a response', async (t) => {
  const content = pool.keySet()
  const failed = { wasInterrupted: false }
  const answers: readonly [unknown, object][] = [
    [{ ok: true, json: async () => content }, { content }],
    [
      { ok: true, status: 200, body: null, json: async () => content },
      { content, status: 200 },
    ],
    [{ ok: true, body: {}, json: async () => content }, { content }],
    [{ ok: true, json: () => Promise.reject(new SyntaxError('no')) }, { failure: 'network' }],
    [
      { ok: false, status: 503 },
      { failure: 'status', code: '503', isTransient: true, status: 503 },
    ],
    [
      { ok: false, status: 404, body: {} },
      { failure: 'status', code: '404', isTransient: false },
    ],
    [
      { ok: false, status: 302, body: null },
      { failure: 'status', code: 'REDIRECT' },
    ],
    [undefined, { failure: 'network' }],
  ]
  for (const [response, expected] of answers) {
    replaceFetch(t, async () => response)
    t.match(await attempt('https://keys.example/jwks.json'), { ...failed, ...expected })
  }
  replaceFetch(t, () => {
    throw Object.assign(new Error('refused'), { code: 'ENOT_MOCKED' })
  })
  t.match(await attempt('https://keys.example/jwks.json'), { failure: 'network', code: 'ENOT_MOCKED' })
})

t.test('a fetch that never settles is a timeout', async (t) => {
  replaceFetch(t, () => new Promise(() => {}))
  const clock = new TestClock()
  const attempted = fetchDocument('https://keys.example/jwks.json', clock, 2000, never())
  await clock.advance(2000)
  t.strictSame(await attempted, { failure: 'timeout', wasInterrupted: false })
})

t.test('a code is the first word of the chain of causes, and nothing else of an error', async (t) => {
  const nest = (depth: number): object => (depth === 0 ? { code: 'DEEP' } : { cause: nest(depth - 1) })
  const circular: { cause?: object } = {}
  circular.cause = circular
  for (const [error, code] of [
    [{ code: 'ECONNREFUSED' }, 'ECONNREFUSED'],
    [Object.assign(new Error('text'), { code: 'E_1' }), 'E_1'],
    [{ code: 'FIRST', cause: { code: 'SECOND' } }, 'FIRST'],
    [{ code: 20, cause: { code: 'SECOND' } }, 'SECOND'],
    [{ code: 'UnexpectedRedirect' }, 'UnexpectedRedirect'],
    [{ code: 'lower', cause: { code: 'SECOND' } }, 'SECOND'],
    [{ code: 'ABC' }, 'ABC'],
    [{ code: `A${'B'.repeat(63)}` }, `A${'B'.repeat(63)}`],
    [{ code: `A${'B'.repeat(64)}` }, undefined],
    [{ code: 'AB' }, undefined],
    [{ code: 'https://keys.example' }, undefined],
    [{ code: 'NO SPACE' }, undefined],
    [{ code: 'LINE\n' }, undefined],
    [{ code: '1ST' }, undefined],
    [new TypeError('ECONNREFUSED'), undefined],
    ['ECONNREFUSED', undefined],
    [null, undefined],
    [undefined, undefined],
    [nest(5), 'DEEP'],
    [nest(6), undefined],
    [circular, undefined],
  ] as const) {
    t.strictSame(codeOf(error), code === undefined ? {} : { code })
  }
})

/** The fetch of a URL; `timers` has the length of each timer that was begun. */
function open(url: string) {
  const clock = new TestClock()
  const timers: number[] = []
  const closing = new AbortController()
  const fetch = createFetch(url, {
    pool: 'eu',
    clock: {
      now: clock.now,
      after(ms, action) {
        timers.push(ms)
        return clock.after(ms, action)
      },
    },
    timeoutMs: 2000,
    random: () => 1,
  })
  return { clock, timers, closing, run: (known: PublishedKeys = new Map()) => fetch(known, closing.signal) }
}

/** Lets the pause before the second attempt pass. */
async function passPause({ clock, timers }: ReturnType<typeof open>): Promise<void> {
  await untilSure(() => timers.includes(300))
  await clock.advance(300)
}

t.test('a usable set comes with the time at which it was asked for', async (t) => {
  const { url } = await serve(t, (_request, response) => json(response, keySet))
  const { run, clock } = open(url)
  const askedAt = clock.now()
  const fetched = await run()
  t.match(fetched, { failure: undefined, askedAt })
  t.strictSame('keys' in fetched && [...fetched.keys.keys()], [pool.kid('id'), pool.kid('access')])
})

t.test('the time of the answer does not count, nor that of an attempt before it', async (t) => {
  const answers: (() => void)[] = []
  const { url, seen } = await serve(t, (_request, response) => {
    answers.push(
      () => void json(response, seen.asked.length === 1 ? {} : keySet, seen.asked.length === 1 ? 500 : 200),
    )
  })
  const opened = open(url)
  const { run, clock } = opened
  const begun = clock.now()
  const fetched = run()
  await untilSure(() => answers.length === 1)
  await clock.advance(700)
  answers[0]?.()
  await passPause(opened)
  await untilSure(() => answers.length === 2)
  await clock.advance(900)
  answers[1]?.()
  t.match(await fetched, { askedAt: begun + 1000 })
})

t.test('a document without usable keys is a failure, and asked for once', async (t) => {
  const unusable = pool.keySet().keys.map((key) => ({ ...key, use: 'enc' }))
  for (const [body, code] of [
    [{}, 'NO_KEYS'],
    ['null', 'NO_KEYS'],
    [[pool.keySet()], 'NO_KEYS'],
    [{ keys: [] }, 'NO_KEYS'],
    [{ keys: { length: 1 } }, 'NO_KEYS'],
    [{ keys: Array.from({ length: 101 }, () => pool.keySet().keys[0]) }, 'NO_KEYS'],
    [{ keys: [null] }, 'NO_USABLE_KEY'],
    [{ keys: unusable }, 'NO_USABLE_KEY'],
  ] as const) {
    const { url, seen } = await serve(t, (_request, response) => json(response, body))
    t.strictSame(await open(url).run(), { failure: 'not a key set', code, wasInterrupted: false })
    t.equal(seen.asked.length, 1)
  }
})

t.test('a failure of the moment gets one more attempt after a pause, any other none', async (t) => {
  const moments: readonly [number, RequestListener][] = [
    [2, (request) => request.socket.destroy()],
    [2, (_request, response) => json(response, {}, 500)],
    [2, (_request, response) => json(response, {}, 429)],
    [2, (_request, response) => json(response, '<html>', 503)],
    [2, (_request, response) => json(response, '<html>', 200)],
    [1, (_request, response) => json(response.setHeader('retry-after', '5'), {}, 503)],
    [1, (_request, response) => json(response.setHeader('retry-after', '5'), {}, 429)],
    [2, (_request, response) => json(response.setHeader('retry-after', 'soon'), {}, 503)],
    [1, (_request, response) => json(response, {}, 403)],
    [1, (_request, response) => json(response, {}, 404)],
    [1, (_request, response) => response.writeHead(302, { location: '/' }).end()],
    [1, (_request, response) => json(response, {})],
  ]
  for (const [requests, listener] of moments) {
    const { url, seen } = await serve(t, listener)
    const { run, clock, timers } = open(url)
    let failure: string | undefined
    const fetched = run().then((answer) => {
      failure = answer.failure
    })
    await untilSure(() => failure !== undefined || timers.includes(300))
    t.equal(timers.includes(300), requests === 2, 'whether there is a pause')
    await clock.advance(300)
    await fetched
    t.type(failure, 'string')
    t.equal(seen.asked.length, requests)
  }
})

t.test('what comes of the second attempt counts', async (t) => {
  const { url, seen } = await serve(t, (request, response) =>
    seen.asked.length === 1 ? request.socket.destroy() : json(response, keySet),
  )
  const opened = open(url)
  const fetched = opened.run()
  await passPause(opened)
  t.match(await fetched, { failure: undefined })
  t.equal(seen.asked.length, 2)
})

t.test('a timeout is not tried again', async (t) => {
  const { url, seen } = await serve(t, () => {})
  const { run, clock } = open(url)
  const fetched = run()
  await untilSure(() => seen.asked.length === 1)
  await clock.advance(2000)
  t.match(await fetched, { failure: 'timeout', wasInterrupted: false })
  t.equal(seen.asked.length, 1)
})

t.test(
  'an attempt in which the process stood still is repeated at once, three times at the most',
  async (t) => {
    let works = false
    const { url, seen } = await serve(t, (_request, response) => {
      if (works) json(response, keySet)
    })
    const { run, clock, timers } = open(url)
    const fetched = run()
    for (const attempts of [1, 2, 3, 4]) {
      await untilSure(() => seen.asked.length === attempts)
      await clock.freeze(60_000)
      await clock.advance(500)
    }
    t.match(await fetched, { failure: 'timeout', wasInterrupted: true })
    t.equal(seen.asked.length, 4)
    t.notOk(timers.includes(300), 'without a pause')

    const again = run()
    await untilSure(() => seen.asked.length === 5)
    works = true
    await clock.freeze(60_000)
    const thawed = clock.now()
    await clock.advance(500)
    t.match(await again, { failure: undefined, askedAt: thawed + 500 }, 'the repetition counts')
    t.equal(seen.asked.length, 6)
  },
)

t.test('a repetition does not use up the second attempt, nor the other way round', async (t) => {
  let works = false
  const { url, seen } = await serve(t, (request) => {
    if (works) request.socket.destroy()
  })
  const opened = open(url)
  const { run, clock } = opened
  const fetched = run()
  await untilSure(() => seen.asked.length === 1)
  await clock.freeze(60_000)
  works = true
  await clock.advance(500)
  await passPause(opened)
  t.match(await fetched, { failure: 'network', wasInterrupted: false })
  t.equal(seen.asked.length, 3)
})

t.test('closing ends a fetch in an attempt, in a pause, and before it begins', async (t) => {
  const closed = { failure: 'network', wasInterrupted: true }
  const { url: silent, seen: ofSilent } = await serve(t, () => {})
  const attempting = open(silent)
  const attempted = attempting.run()
  await untilSure(() => ofSilent.asked.length === 1)
  attempting.closing.abort()
  t.strictSame(await attempted, closed)
  t.equal(attempting.clock.pending, 0)

  const { url, seen } = await serve(t, (request) => request.socket.destroy())
  const pausing = open(url)
  const paused = pausing.run()
  await untilSure(() => pausing.timers.includes(300))
  pausing.closing.abort()
  t.strictSame(await paused, closed)
  t.equal(seen.asked.length, 1, 'no second attempt')
  t.equal(pausing.clock.pending, 0)

  t.strictSame(await pausing.run(), closed)
  t.equal(seen.asked.length, 1, 'and nobody is asked any more')
})

t.test('a key on which the second reader does not agree is left out', async (t) => {
  const access = pool.kid()
  const { fetch } = globalThis
  // The replacement stands for a library that does not find a key of the set.
  replaceFetch(t, async (url, init) => {
    const [, base64 = ''] = String(url).split('base64,')
    const isRefused = Buffer.from(base64, 'base64').toString().includes(access)
    return isRefused ? Response.json({ keys: [{ kid: 'another' }] }) : fetch(url, init)
  })
  const { url } = await serve(t, (_request, response) => json(response, keySet))
  const fetched = await open(url).run()
  t.strictSame('keys' in fetched && [...fetched.keys.keys()], [pool.kid('id')])
  const { url: alone } = await serve(t, (_request, response) =>
    json(response, { keys: pool.keySet().keys.filter(({ kid }) => kid === access) }),
  )
  t.match(await open(alone).run(), { failure: 'not a key set', code: 'NO_USABLE_KEY' })
})

t.test('the second reader is asked once a key, not for those that are known', async (t) => {
  const read: string[] = []
  const { fetch } = globalThis
  replaceFetch(t, (url, init) => {
    if (String(url).startsWith('data:')) read.push(String(url))
    return fetch(url, init)
  })
  const { url } = await serve(t, (_request, response) => json(response, keySet))
  const { run } = open(url)
  const fetched = await run()
  t.equal(read.length, 2)
  const known = 'keys' in fetched ? fetched.keys : new Map()
  t.strictSame(await run(known), fetched)
  t.equal(read.length, 2, 'both are known')
  const changed = new Map([...known].map(([kid, key]) => [kid, { ...key, pem: 'another' }]))
  await run(changed)
  t.equal(read.length, 4, 'a key with another material is not')
})

t.test('each fetch is on the tracing channel, with the pool, the URL and what came of it', async (t) => {
  const started: JwksFetchMessage[] = []
  const ended: JwksFetchMessage[] = []
  const channel = tracingChannel<JwksFetchMessage>('fastify-cognito.jwks.fetch')
  const subscriber = {
    start: (message: JwksFetchMessage) => void started.push({ ...message }),
    asyncEnd: (message: JwksFetchMessage) => void ended.push({ ...message }),
  }
  channel.subscribe(subscriber as never)
  t.teardown(() => channel.unsubscribe(subscriber as never))

  const answers: RequestListener[] = [
    (_request, response) => json(response, keySet),
    (_request, response) => json(response, {}, 403),
    (_request, response) => json(response, { keys: [null] }),
    () => {},
    () => {},
    () => {},
  ]
  const { url, seen } = await serve(t, (request, response) =>
    answers[seen.asked.length - 1]?.(request, response),
  )
  const { run, clock, closing } = open(url)
  for (const _ of [1, 2, 3]) await run()
  const hanging = run()
  await untilSure(() => seen.asked.length === 4)
  await clock.advance(2000)
  await hanging
  const closed = run()
  await untilSure(() => seen.asked.length === 5)
  closing.abort()
  await closed

  const common = { pool: 'eu', url }
  t.strictSame(
    ended.map(({ pool, url, outcome, code }) => ({ pool, url, outcome, code })),
    [
      { ...common, outcome: 'ok', code: undefined },
      { ...common, outcome: 'status', code: '403' },
      { ...common, outcome: 'not a key set', code: 'NO_USABLE_KEY' },
      { ...common, outcome: 'timeout', code: undefined },
      { ...common, outcome: 'interrupted', code: undefined },
    ],
  )
  t.strictSame(
    started,
    Array.from({ length: 5 }, () => common),
  )
  t.notOk(JSON.stringify(ended).includes(pool.kid()), 'and no key')
})

t.test('an outcome that the process slept through is told as interrupted, with its code', async (t) => {
  const ended = watchFetches(t)
  const responses: ServerResponse[] = []
  const { url } = await serve(t, (_request, response) => void responses.push(response))
  const { run, clock } = open(url)
  const fetched = run()
  for (const attempts of [1, 2, 3, 4]) {
    await untilSure(() => responses.length === attempts)
    await clock.freeze(60_000)
    json(responses[attempts - 1] as ServerResponse, {}, 403)
  }
  t.match(await fetched, { failure: 'status', code: '403', wasInterrupted: true })
  t.match(ended, [{ outcome: 'interrupted', code: '403' }])
})
