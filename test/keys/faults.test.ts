/**
 * A JWKS endpoint that misbehaves in every way, behind a running application: what is answered, how soon, and whether
 * it recovers. Nothing of it outlives the application. The clock of the keys moves only when the test moves it.
 * @module
 */
import type { RequestListener } from 'node:http'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import type { KeysOptions } from '../../src/index.js'
import { TestIssuer } from '../../src/testing/index.js'
import { bearer } from '../support/app.js'
import { addGuards } from '../support/moved-app.js'
import { until } from '../support/revocations.js'
import { startServer } from '../support/server.js'
import { TestClock } from '../support/test-clock.js'

const issuer = await TestIssuer.start()
const pool = issuer.createPool()
const token = pool.accessToken()
t.teardown(() => issuer.close())

const keySet = () => JSON.stringify(pool.keySet())
const MEBIBYTE = Buffer.alloc(1024 * 1024, ' ')
/** The deadline of an attempt at a fetch; milliseconds. */
const TIMEOUT_MS = 500
/** The pause before a second attempt; milliseconds. */
const PAUSE_MS = 200
/** Longest wait for what has to happen, however busy the machine is; milliseconds. */
const WAIT_MS = 90_000

/** Ways of failing that are over only with the deadline. */
const ENDLESS: Readonly<Record<string, RequestListener>> = {
  'hangs before the headers': () => {},
  'hangs after the headers': (_request, response) => response.writeHead(200).flushHeaders(),
  'drips a byte at a time': (_request, response) => {
    const timer = setInterval(() => response.write(' '), 50)
    response.on('close', () => clearInterval(timer))
  },
}

/** Every way of failing. */
const FAULTS: Readonly<Record<string, RequestListener>> = {
  ...ENDLESS,
  'never ends': (_request, response) => {
    const timer = setInterval(() => response.write(MEBIBYTE), 10)
    response.on('close', () => clearInterval(timer))
  },
  'sends 64 MiB that are no key set': (_request, response) =>
    response.end(Buffer.alloc(64 * 1024 * 1024, 'x')),
  redirects: (_request, response) => response.writeHead(302, { location: pool.jwksUrl }).end(),
  'sends HTML': (_request, response) => response.end('<html>'),
  'sends nothing': (_request, response) => response.end(),
  'sends no keys': (_request, response) => response.end('{"keys":[]}'),
  'answers 403': (_request, response) => response.writeHead(403).end('{}'),
  'answers 500': (_request, response) => response.writeHead(500).end(keySet()),
  'resets the connection': (request) => request.socket.resetAndDestroy(),
  'breaks off': (_request, response) => {
    response.writeHead(200, { 'content-length': 1000 })
    response.write('{"keys":', () => response.destroy())
  },
}

async function setUp(test: Test, name: string, keys: KeysOptions = {}) {
  const state = { isFaulty: false, fetches: 0, faults: 0, pauses: 0 }
  const origin = await startServer(test, (request, response) => {
    state.fetches += 1
    if (!state.isFaulty) {
      response.end(keySet())
      return
    }
    state.faults += 1
    FAULTS[name]?.(request, response)
  })
  const moved = new TestClock()
  const after = (ms: number, action: () => void) => {
    if (ms === PAUSE_MS) state.pauses += 1
    return moved.after(ms, action)
  }
  const app = Fastify()
  test.teardown(() => app.close())
  const { authRequired, status } = addGuards(
    app,
    {
      pools: { eu: pool.options({ jwksUrl: `${origin}/jwks.json` }) },
      keys: { prefetch: false, timeout: TIMEOUT_MS / 1000, ...keys },
    },
    { clock: { now: moved.now, after }, random: () => 0.5 },
  )
  app.get('/', { onRequest: authRequired('eu') }, async () => 'in')
  const wait = async (isSo: () => boolean) =>
    test.ok(await until(isSo, WAIT_MS), `${name}: what was waited for`)
  return {
    app,
    state,
    status,
    advance: (ms: number) => moved.advance(ms),
    wait,
    get: () => app.inject({ url: '/', headers: bearer(token) }),
    /** Lets the endpoint fail for the first time: no more time passes than the deadline, or the pause before a second attempt. */
    async fail(isOver: () => boolean) {
      if (name in ENDLESS) {
        await wait(() => state.faults > 0)
        await moved.advance(TIMEOUT_MS)
      } else {
        await wait(() => isOver() || state.pauses > 0)
        if (!isOver()) await moved.advance(PAUSE_MS)
      }
      await wait(isOver)
    },
  }
}

/** Runs a scenario for every fault at once. */
const forEachFault = (scenario: (name: string) => Promise<void>) =>
  Promise.all(Object.keys(FAULTS).map(scenario))

t.test(
  'cold, every fault is 503 in time, at once during the back-off, and 200 once the endpoint answers',
  async (t) => {
    await forEachFault(async (name) => {
      const { get, state, status, fail, advance } = await setUp(t, name)
      state.isFaulty = true
      let answered = 0
      const waiting = [get(), get(), get()].map(async (answer) => {
        const { statusCode, headers } = await answer
        answered += 1
        return { statusCode, ...headers }
      })
      await fail(() => answered === waiting.length)
      for (const answer of await Promise.all(waiting)) {
        t.match(answer, { statusCode: 503, 'retry-after': /^[1-9]\d?$/, 'www-authenticate': undefined })
      }
      t.ok(state.fetches <= 2, `${name}: one lookup, of at most two attempts`)
      const before = state.fetches
      t.equal((await get()).statusCode, 503, name)
      t.equal(state.fetches, before, `${name}: nobody is asked during the back-off`)
      t.match(status(), { eu: { state: 'down', keys: [] } })
      state.isFaulty = false
      await advance(1000)
      t.equal((await get()).statusCode, 200, name)
      t.match(status(), { eu: { state: 'ok', keys: [{}] } })
    })
  },
)

t.test('known keys serve through every fault, and nobody waits', async (t) => {
  await forEachFault(async (name) => {
    const { get, state, status, fail, advance } = await setUp(t, name, { refreshAfter: 1 })
    t.equal((await get()).statusCode, 200)
    state.isFaulty = true
    await advance(1001)
    // The clock stands still meanwhile, so that an answer that had to be waited for would not come.
    t.equal((await get()).statusCode, 200, name)
    await fail(() => status()['eu']?.state === 'degraded')
    for (let index = 0; index < 4; index += 1) {
      t.equal((await get()).statusCode, 200, name)
      await advance(200)
    }
    t.match(status(), { eu: { state: 'degraded', keys: [{}] } }, name)
    t.ok(state.fetches <= 5, `${name}: ${state.fetches} fetches`)
  })
})

t.test('an application that is closed in the middle of a lookup ends at once', async (t) => {
  const { app, get, state, wait } = await setUp(t, 'hangs before the headers')
  state.isFaulty = true
  const answer = get()
  await wait(() => state.fetches === 1)
  // The clock stands still, so that no deadline ends the lookup.
  await app.close()
  t.equal((await answer).statusCode, 503)
})
