/**
 * A JWKS endpoint that misbehaves in every way, behind a running application: what is answered, how soon, and whether
 * it recovers. Nothing of it outlives the application.
 * @module
 */
import type { RequestListener } from 'node:http'
import t, { type Test } from 'tap'
import type { KeysOptions } from '../../src/index.js'
import { TestIssuer } from '../../src/testing/index.js'
import { bearer, createApp } from '../support/app.js'
import { startServer } from '../support/server.js'

const issuer = await TestIssuer.start()
const pool = issuer.createPool()
const token = pool.accessToken()
t.teardown(() => issuer.close())

const keySet = () => JSON.stringify(pool.keySet())
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const MEBIBYTE = Buffer.alloc(1024 * 1024, ' ')

/** Every way of failing. */
const FAULTS: Readonly<Record<string, RequestListener>> = {
  'hangs before the headers': () => {},
  'hangs after the headers': (_request, response) => response.writeHead(200).flushHeaders(),
  'drips a byte at a time': (_request, response) => {
    const timer = setInterval(() => response.write(' '), 50)
    response.on('close', () => clearInterval(timer))
  },
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

async function setUp(test: Test, fault: RequestListener, keys: KeysOptions = {}) {
  const state = { isFaulty: false, fetches: 0 }
  const origin = await startServer(test, (request, response) => {
    state.fetches += 1
    if (state.isFaulty) fault(request, response)
    else response.end(keySet())
  })
  const app = await createApp(
    test,
    { eu: pool.options({ jwksUrl: `${origin}/jwks.json` }) },
    { keys: { timeout: 0.5, ...keys } },
  )
  app.get('/', { onRequest: app.authRequired('eu') }, async () => 'in')
  const get = () => app.inject({ url: '/', headers: bearer(token) })
  return { app, get, state }
}

/** Runs a scenario for every fault at once. */
const forEachFault = (scenario: (name: string, fault: RequestListener) => Promise<void>) =>
  Promise.all(Object.entries(FAULTS).map(([name, fault]) => scenario(name, fault)))

t.test(
  'cold, every fault is 503 in time, at once during the back-off, and 200 once the endpoint answers',
  async (t) => {
    await forEachFault(async (name, fault) => {
      const { app, get, state } = await setUp(t, fault)
      state.isFaulty = true
      const start = performance.now()
      const answers = await Promise.all([get(), get(), get()])
      t.ok(performance.now() - start < 3100, name)
      for (const { statusCode, headers } of answers) {
        t.match(
          { statusCode, ...headers },
          { statusCode: 503, 'retry-after': /^[1-9]\d?$/, 'www-authenticate': undefined },
        )
      }
      t.ok(state.fetches <= 2, `${name}: one lookup, of at most two attempts`)
      const before = state.fetches
      t.equal((await get()).statusCode, 503, name)
      t.equal(state.fetches, before, `${name}: nobody is asked during the back-off`)
      t.match(app.cognito.status(), { eu: { state: 'down', keys: [] } })
      state.isFaulty = false
      await pause(1050)
      t.equal((await get()).statusCode, 200, name)
      t.match(app.cognito.status(), { eu: { state: 'ok', keys: [{}] } })
    })
  },
)

t.test('known keys serve through every fault, and nobody waits', async (t) => {
  await forEachFault(async (name, fault) => {
    const { app, get, state } = await setUp(t, fault, { refreshAfter: 1 })
    t.equal((await get()).statusCode, 200)
    state.isFaulty = true
    await pause(1150)
    for (let index = 0; index < 5; index += 1) {
      t.equal((await get()).statusCode, 200, name)
      await pause(200)
    }
    t.match(app.cognito.status(), { eu: { state: 'degraded', keys: [{}] } }, name)
    t.ok(state.fetches <= 5, `${name}: ${state.fetches} fetches`)
  })
})

t.test('an application that is closed in the middle of a lookup ends at once', async (t) => {
  const { app, get, state } = await setUp(t, () => {}, { timeout: 3 })
  state.isFaulty = true
  const answer = get()
  await pause(50)
  const start = performance.now()
  await app.close()
  t.ok(performance.now() - start < 500)
  t.equal((await answer).statusCode, 503)
})
