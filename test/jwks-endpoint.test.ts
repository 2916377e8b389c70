/**
 * One JWKS URL on a real server: what each answer means, how long it is waited for, how often it is asked.
 * @module
 */
import { tracingChannel } from 'node:diagnostics_channel'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { monotonicClock } from '../src/clock.js'
import { createFetchLimits, findDispatcher } from '../src/fetch-limits.js'
import { type EndpointPolicy, JwksEndpoint } from '../src/jwks-endpoint.js'
import { TestIssuer } from '../src/testing.js'
import { exposeGarbageCollector } from './support/garbage.js'
import { startServer } from './support/server.js'

const issuer = await TestIssuer.start()
const pool = issuer.createPool()
const kid = pool.kid()
t.teardown(() => issuer.close())

/** An endpoint under a clock that stands still until the test moves it. */
function open(url: string, extra: Partial<EndpointPolicy> = {}) {
  const clock = { ms: 1000 }
  const policy = {
    after: monotonicClock.after,
    pool: 'eu',
    maxWaitMs: 100,
    timeoutMs: 300,
    lookupBurst: 3,
    lookupIntervalMs: 2000,
    now: () => clock.ms,
    random: () => 1,
    ...extra,
  }
  return { endpoint: new JwksEndpoint(url, policy), clock }
}

async function serve(test: Test, listener: RequestListener) {
  const asked: string[] = []
  const origin = await startServer(test, (request, response) => {
    asked.push(request.url ?? '')
    listener(request, response)
  })
  return { ...open(`${origin}/pool/jwks.json?v=1`), asked }
}

const json = (response: ServerResponse, body: unknown, status = 200) =>
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(typeof body === 'string' ? body : JSON.stringify(body))

t.test('a published key is found, at the path and query of the URL', async (t) => {
  const { endpoint, asked } = await serve(t, (_request, response) => json(response, pool.keySet()))
  const announced: unknown[] = []
  endpoint.onAnswer((id, pem) => announced.push(id, pem))
  t.match(await endpoint.lookUp(kid), { outcome: 'found' })
  t.match(announced, [kid, /^-----BEGIN PUBLIC KEY-----/])
  t.strictSame(asked, ['/pool/jwks.json?v=1'])
  t.match(endpoint.health(), { isFailing: false, lastSuccess: 1000, lastFailure: undefined })
})

t.test(
  'a key that is absent or unusable is a definite answer, and remembered for longer each time',
  async (t) => {
    const unusable = pool.keySet().keys.map((key) => ({ ...key, use: 'enc' }))
    for (const keys of [[{ kid: 'other' }], unusable]) {
      const { endpoint, asked, clock } = await serve(t, (_request, response) => json(response, { keys }))
      for (const remembered of [2000, 4000, 8000, 16_000, 30_000, 30_000]) {
        t.match(await endpoint.lookUp(kid), { outcome: 'absent' })
        const count = asked.length
        clock.ms += remembered - 1
        t.match(await endpoint.lookUp(kid), { outcome: 'absent' })
        t.equal(asked.length, count, `not asked again within ${remembered} ms`)
        clock.ms += 1
      }
      t.equal(asked.length, 6)
      t.equal(endpoint.health().isFailing, false)
    }
  },
)

t.test('absent keys are remembered up to a bound, the oldest forgotten first', async (t) => {
  const { endpoint, asked } = await serve(t, (_request, response) => json(response, pool.keySet()))
  for (let index = 0; index < 257; index += 1) {
    t.match(await endpoint.recheck(`unknown-${index}`), { outcome: 'absent' })
  }
  const count = asked.length
  t.match(await endpoint.lookUp('unknown-256'), { outcome: 'absent' })
  t.equal(asked.length, count)
  await endpoint.lookUp('unknown-0')
  t.equal(asked.length, count + 1)
})

t.test('every other answer is a failure of the endpoint, with its reason', async (t) => {
  const answers: readonly [string, RequestListener][] = [
    ['status', (_request, response) => json(response, { message: 'no' }, 403)],
    ['status', (_request, response) => json(response, pool.keySet(), 500)],
    ['not a key set', (_request, response) => json(response, '<html>', 200)],
    ['not a key set', (_request, response) => json(response, '<html>', 503)],
    ['not a key set', (_request, response) => json(response, { keys: [] })],
    ['not a key set', (_request, response) => json(response, {})],
    ['not a key set', (_request, response) => json(response, 'null')],
    ['not a key set', (_request, response) => json(response, { keys: [null] })],
    [
      'network',
      (_request, response) =>
        response
          .writeHead(302, { location: `${issuer.origin}/${pool.userPoolId}/.well-known/jwks.json` })
          .end(),
    ],
    ['network', (request) => request.socket.destroy()],
    ['timeout', () => {}],
    ['timeout', (_request, response) => response.writeHead(200).flushHeaders()],
    ['timeout', (_request, response) => response.writeHead(200).write('{"keys":[')],
  ]
  for (const [reason, listener] of answers) {
    const { endpoint, clock } = await serve(t, listener)
    t.strictSame(await endpoint.lookUp(kid), { outcome: 'failed', retryAfterMs: 1000 }, reason)
    t.match(endpoint.health(), {
      isFailing: true,
      lastSuccess: undefined,
      lastFailure: { at: clock.ms, reason },
    })
  }
})

t.test('a refused connection is a failure of the network', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  const { endpoint } = open(`http://127.0.0.1:${port}/jwks.json`)
  t.match(await endpoint.lookUp(kid), { outcome: 'failed' })
  t.match(endpoint.health().lastFailure, { reason: 'network' })
})

t.test('a deadline holds for a body that drips, and the next lookup starts afresh', async (t) => {
  let drips = true
  const { endpoint, clock } = await serve(t, (_request, response) => {
    if (!drips) return json(response, pool.keySet())
    response.writeHead(200)
    const timer = setInterval(() => response.write(' '), 20)
    response.on('close', () => clearInterval(timer))
    return undefined
  })
  const start = performance.now()
  t.match(await endpoint.lookUp(kid), { outcome: 'failed' })
  t.ok(performance.now() - start < 1500)
  drips = false
  clock.ms += 1000
  t.match(await endpoint.lookUp(kid), { outcome: 'found' })
})

t.test('a failure of the moment gets one more attempt, any other none', async (t) => {
  const moments: readonly [number, RequestListener][] = [
    [2, (request) => request.socket.destroy()],
    [2, (_request, response) => json(response, {}, 500)],
    [2, (_request, response) => json(response, {}, 429)],
    [1, (_request, response) => json(response, {}, 403)],
    [1, (_request, response) => json(response, {}, 404)],
    [2, (_request, response) => json(response, '<html>', 503)],
    [1, (_request, response) => json(response, {})],
    [1, () => {}],
  ]
  for (const [requests, listener] of moments) {
    const { endpoint, asked } = await serve(t, listener)
    t.match(await endpoint.lookUp(kid), { outcome: 'failed' })
    t.equal(asked.length, requests)
  }
  let attempts = 0
  const { endpoint } = await serve(t, (request, response) => {
    attempts += 1
    return attempts === 1 ? request.socket.destroy() : json(response, pool.keySet())
  })
  t.match(await endpoint.lookUp(kid), { outcome: 'found' })
  t.equal(endpoint.health().isFailing, false)
})

t.test('any number of requests for one key are one lookup', async (t) => {
  const { endpoint, asked } = await serve(t, (_request, response) =>
    setTimeout(() => json(response, pool.keySet()), 30),
  )
  const lookups = await Promise.all(Array.from({ length: 200 }, () => endpoint.lookUp(kid)))
  t.ok(lookups.every(({ outcome }) => outcome === 'found'))
  t.equal(asked.length, 1)
})

t.test(
  'after a failure nobody asks before the back-off ends, which doubles up to half a minute',
  async (t) => {
    let works = false
    const { endpoint, asked, clock } = await serve(t, (_request, response) =>
      json(response, works ? pool.keySet() : {}, works ? 200 : 403),
    )
    for (const [index, backOff] of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000].entries()) {
      t.strictSame(await endpoint.lookUp(kid), { outcome: 'failed', retryAfterMs: backOff })
      clock.ms += backOff - 1
      t.strictSame(await endpoint.lookUp('another'), { outcome: 'failed', retryAfterMs: 1 })
      t.strictSame(await endpoint.recheck(kid), { outcome: 'failed', retryAfterMs: 1 })
      t.equal(asked.length, index + 1)
      clock.ms += 1
    }
    works = true
    t.match(await endpoint.lookUp(kid), { outcome: 'found' })
    t.match(endpoint.health(), { isFailing: false, lastFailure: { reason: 'status' } })
  },
)

t.test('lookups that fail together count as one failure', async (t) => {
  const { endpoint } = await serve(t, (_request, response) => json(response, {}, 403))
  await Promise.all(['a', 'b', 'c'].map((name) => endpoint.lookUp(name)))
  t.strictSame(await endpoint.lookUp('d'), { outcome: 'failed', retryAfterMs: 1000 })
})

t.test('unknown keys have a budget, which refills with time; a re-check needs none', async (t) => {
  const { endpoint, asked, clock } = await serve(t, (_request, response) => json(response, pool.keySet()))
  const outcomes = await Promise.all(
    Array.from({ length: 50 }, (_, index) => endpoint.lookUp(`unknown-${index}`)),
  )
  t.equal(outcomes.filter(({ outcome }) => outcome === 'absent').length, 3)
  t.equal(outcomes.filter(({ outcome }) => outcome === 'over budget').length, 47)
  t.match(await endpoint.recheck(kid), { outcome: 'found' })
  clock.ms += 1999
  t.match(await endpoint.lookUp('x'), { outcome: 'over budget' })
  clock.ms += 1
  t.match(await endpoint.lookUp('x'), { outcome: 'absent' })
  clock.ms += 1_000_000
  const later = await Promise.all(Array.from({ length: 5 }, (_, index) => endpoint.lookUp(`later-${index}`)))
  t.equal(later.filter(({ outcome }) => outcome === 'absent').length, 3, 'never more than the burst')
  t.equal(asked.length, 8)
})

t.test(
  'while the endpoint fails, one lookup a step asks, and nobody is refused for want of a budget',
  async (t) => {
    const { endpoint, asked, clock } = await serve(t, (_request, response) => json(response, {}, 403))
    await endpoint.lookUp(kid)
    for (const step of [1000, 2000]) {
      clock.ms += step
      const lookups = await Promise.all(
        Array.from({ length: 20 }, (_, index) => endpoint.lookUp(`unknown-${index}`)),
      )
      t.ok(lookups.every(({ outcome }) => outcome === 'failed'))
    }
    t.equal(asked.length, 3)
    const origin = await startServer(t, (_request, response) => json(response, {}, 403))
    const spent = open(`${origin}/jwks.json`, { lookupBurst: 2, lookupIntervalMs: 1_000_000 })
    for (const backOff of [1000, 2000, 4000]) {
      t.match(
        await spent.endpoint.lookUp(kid),
        { outcome: 'failed', retryAfterMs: backOff },
        'a spent budget too',
      )
      spent.clock.ms += backOff
    }
  },
)

t.test('a key that appears is no longer counted as missing', async (t) => {
  let isPublished = false
  const { endpoint, clock } = await serve(t, (_request, response) =>
    json(response, isPublished ? pool.keySet() : { keys: [{ kid: 'x' }] }),
  )
  for (const published of [false, true, false]) {
    isPublished = published
    clock.ms += 2000
    t.match(await endpoint.recheck(kid), { outcome: published ? 'found' : 'absent' })
  }
  clock.ms += 2000
  isPublished = true
  t.match(await endpoint.lookUp(kid), { outcome: 'found' }, 'remembered for two seconds, not four')
})

t.test(
  'a body without end is ended at the deadline, even when the request has been collected as garbage',
  async (t) => {
    const collect = exposeGarbageCollector()
    const { endpoint } = await serve(t, (_request, response) => {
      const timer = setInterval(() => response.write(' '), 5)
      response.on('close', () => clearInterval(timer))
    })
    const lookup = endpoint.lookUp(kid)
    const timer = setInterval(collect, 20)
    t.teardown(() => clearInterval(timer))
    t.match(await lookup, { outcome: 'failed' })
    t.match(endpoint.health().lastFailure, { reason: 'timeout' })
  },
)

t.test('a body is read up to half a mebibyte', async (t) => {
  let ended = 0
  const padding = (bytes: number) => JSON.stringify({ ...pool.keySet(), padding: 'x'.repeat(bytes) })
  for (const [bytes, outcome] of [
    [400_000, 'found'],
    [600_000, 'failed'],
  ] as const) {
    const { endpoint } = await serve(t, (_request, response) => {
      response.on('close', () => (ended += 1))
      json(response, padding(bytes))
    })
    t.match(await endpoint.lookUp(kid), { outcome })
    if (outcome === 'failed') t.match(endpoint.health().lastFailure, { reason: 'not a key set' })
  }
  t.equal(ended, 2)
})

t.test('a Node without the dispatcher fetches all the same', async (t) => {
  t.strictSame(createFetchLimits(undefined, 1).options, {})
  t.ok(findDispatcher(), 'this Node has one')
})

t.test('each lookup is on the tracing channel, with the pool, the URL and what came of it', async (t) => {
  const messages: Record<string, unknown>[] = []
  const subscriber = { asyncEnd: (message: unknown) => void messages.push({ ...(message as object) }) }
  const channel = tracingChannel('fastify-cognito.jwks.fetch')
  channel.subscribe(subscriber as never)
  t.teardown(() => channel.unsubscribe(subscriber as never))
  let status = 200
  const { endpoint } = await serve(t, (_request, response) => json(response, pool.keySet(), status))
  await endpoint.lookUp(kid)
  await endpoint.lookUp('unknown')
  status = 403
  await endpoint.recheck(kid)
  t.match(messages, [
    { pool: 'eu', outcome: 'found' },
    { pool: 'eu', outcome: 'absent' },
    { pool: 'eu', outcome: 'status' },
  ])
  t.notOk(JSON.stringify(messages).includes(kid), 'and no key')
})

t.test('a key is asked for in any case, by a fetch that begins then', async (t) => {
  const works = { now: false }
  const { endpoint, asked } = await serve(t, (_request, response) =>
    setTimeout(() => json(response, pool.keySet(), works.now ? 200 : 403), 20),
  )
  const pending = endpoint.lookUp(kid)
  const after = endpoint.ask(kid)
  t.match(await pending, { outcome: 'failed' })
  t.match(await after, { outcome: 'failed' }, 'not the one that was under way, and in spite of the back-off')
  t.equal(asked.length, 2)
  works.now = true
  t.match(await endpoint.ask(kid), { outcome: 'found' })
})

t.test('closing ends what is under way', async (t) => {
  const { endpoint } = await serve(t, () => {})
  const lookup = endpoint.lookUp(kid)
  await new Promise((resolve) => setTimeout(resolve, 50))
  const start = performance.now()
  endpoint.close()
  t.match(await lookup, { outcome: 'failed' })
  t.ok(performance.now() - start < 200)
  t.match(await endpoint.lookUp('another'), { outcome: 'failed' }, 'and nobody is asked any more')
  const { endpoint: between, asked } = await serve(t, (request) => request.socket.destroy())
  const retried = between.lookUp(kid)
  await new Promise((resolve) => setTimeout(resolve, 50))
  between.close()
  t.match(await retried, { outcome: 'failed' })
  t.equal(asked.length, 1, 'no second attempt')
})
