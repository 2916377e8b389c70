import type { RequestListener } from 'node:http'
import t from 'tap'
import { fetchDocument, type JwksDocument } from '../../src/keys/document.js'
import {
  drip,
  json,
  keySet,
  never,
  onHeaders,
  pool,
  replaceFetch,
  serve,
  untilSure,
} from '../support/documents.js'
import { exposeGarbageCollector } from '../support/garbage.js'
import { TestClock } from '../support/test-clock.js'

/** Makes one attempt, and leaves its headers out. */
async function attempt(url: string, closing = never()) {
  const { headers: _, ...document } = await fetchDocument(url, new TestClock(), 2000, closing)
  return document
}

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

t.test('a fetch that never settles is a timeout', async (t) => {
  replaceFetch(t, () => new Promise(() => {}))
  const clock = new TestClock()
  const attempted = fetchDocument('https://keys.example/jwks.json', clock, 2000, never())
  await clock.advance(2000)
  t.strictSame(await attempted, { failure: 'timeout', wasInterrupted: false })
})
