import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
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
import t from 'tap'
import { codeOf } from '../../src/keys/cause.js'
import { fetchDocument, type JwksDocument, MAX_DOCUMENT_BYTES } from '../../src/keys/document.js'
import { json, keySet, never, onHeaders, pool, replaceFetch, serve, untilSure } from '../support/documents.js'
import { makeFolder } from '../support/folder.js'
import { exposeGarbageCollector } from '../support/garbage.js'
import { TestClock } from '../support/test-clock.js'
import { createIdentity, fetchTrusting, startTlsServer } from '../support/tls.js'

/** Makes one attempt, and leaves its headers out. */
async function attempt(url: string, closing = never()) {
  const { headers: _, ...document } = await fetchDocument(url, new TestClock(), 2000, closing)
  return document
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
