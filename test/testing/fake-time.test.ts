/**
 * Fake time of a test runner moves the plugin and the issuer together, and freezes neither. The runner is that of Node;
 * `examples/` has vitest and jest.
 * @module
 */
import { mock } from 'node:test'
import Fastify from 'fastify'
import t from 'tap'
import cognito, { type PluginOptions } from '../../src/index.js'
import { TestIssuer } from '../../src/testing/index.js'

const APIS = ['setTimeout', 'setInterval', 'setImmediate', 'Date'] as const
const HOUR = 3_600_000

const issuer = await TestIssuer.start()
t.teardown(() => issuer.close())
const pool = issuer.createPool()

/** Holds the time of the process until it is disposed of. */
function hold(now = Date.now()): Disposable {
  mock.timers.enable({ apis: [...APIS], now })
  return { [Symbol.dispose]: () => mock.timers.reset() }
}

async function createApp(options: Omit<PluginOptions, 'pools'> = {}) {
  const app = Fastify()
  await app.register(cognito, { pools: { eu: pool.options() }, ...options })
  app.get('/', { onRequest: app.authRequired() }, async ({ cognito }) => cognito.subject)
  const get = async (headers: { authorization: string }) =>
    (await app.inject({ url: '/', headers })).statusCode
  return { get, [Symbol.asyncDispose]: () => app.close() }
}

t.test('keys are fetched while the time stands still', async (t) => {
  using _ = hold()
  await using app = await createApp({ keys: { prefetch: false } })
  t.equal(await app.get(pool.authorization()), 200)
})

t.test('a time that is moved on ends a token', async (t) => {
  using _ = hold()
  await using app = await createApp()
  const headers = pool.authorization()
  t.equal(await app.get(headers), 200)
  mock.timers.tick(2 * HOUR)
  t.equal(await app.get(headers), 401, 'the token has expired')
  t.equal(await app.get(pool.authorization()), 200, 'a token of the new time')
})

t.test('an application of real time sees the time that a test sets later', async (t) => {
  await using app = await createApp()
  const headers = pool.authorization()
  t.equal(await app.get(headers), 200)
  using _ = hold(Date.now() + 2 * HOUR)
  t.equal(await app.get(headers), 401)
  t.equal(await app.get(pool.authorization()), 200)
})

t.test('an application of another year', async (t) => {
  const real = pool.authorization()
  {
    using _ = hold(Date.UTC(2024, 1, 29))
    await using app = await createApp()
    t.equal(await app.get(pool.authorization()), 200)
    t.equal(await app.get(real), 401, 'a token of the real time lies in its future')
    mock.timers.reset()
    t.equal(await app.get(real), 200, 'until the time is the real one again')
  }
})

t.test('deadlines count real time: a hanging issuer is given up', async (t) => {
  issuer.delay = 60_000
  t.teardown(() => {
    issuer.delay = 0
  })
  using _ = hold()
  await using app = await createApp({ keys: { prefetch: false, timeout: 0.3 } })
  t.equal(await app.get(pool.authorization()), 503)
})

t.test('the delay of the issuer passes in real time', async (t) => {
  issuer.delay = 30
  t.teardown(() => {
    issuer.delay = 0
  })
  using _ = hold()
  await using app = await createApp({ keys: { prefetch: false } })
  t.equal(await app.get(pool.authorization()), 200)
})
