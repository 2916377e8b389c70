/**
 * How a whole key set is fetched from a real server: how often it is tried, what is published of it, and what is told of it.
 * The clock stands still until a test moves it, so that a busy machine is no slow server.
 * @module
 */
import { tracingChannel } from 'node:diagnostics_channel'
import type { RequestListener, ServerResponse } from 'node:http'
import t from 'tap'
import { createFetch, type JwksFetchMessage } from '../../src/keys/fetch.js'
import type { PublishedKeys } from '../../src/keys/key-set.js'
import { json, keySet, pool, replaceFetch, serve, untilSure } from '../support/documents.js'
import { watchFetches } from '../support/fetches.js'
import { TestClock } from '../support/test-clock.js'

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
