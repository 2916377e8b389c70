/**
 * What is asked at boot, and what an endpoint that does not answer means for it.
 * @module
 */
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import cognito, { type KeysOptions, type PluginOptions } from '../src/index.js'
import { startIssuer } from './support/app.js'
import { exposeGarbageCollector } from './support/garbage.js'
import { startServer } from './support/server.js'

const { issuer, eu, us } = await startIssuer(t)

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const fetchesOf = ({ userPoolId }: { userPoolId: string }) => issuer.fetches.get(userPoolId) ?? 0

/** An app whose log lines are kept. */
function createLoggedApp(
  test: Test,
  pools: PluginOptions['pools'],
  prefetch?: NonNullable<KeysOptions['prefetch']>,
) {
  const lines: Record<string, unknown>[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const app = Fastify({ logger: { stream } })
  test.teardown(() => app.close())
  app.register(cognito, { pools, keys: { timeout: 1, ...(prefetch !== undefined && { prefetch }) } })
  return { app, lines }
}

t.test('by default every pool is asked once, nobody waits for it, and no key is loaded', async (t) => {
  const { app, lines } = createLoggedApp(t, { eu: eu.options(), us: us.options() })
  issuer.delay = 200
  const start = performance.now()
  await app.ready()
  t.ok(performance.now() - start < 190, 'ready before the endpoint answers')
  t.match(app.cognito.status(), { eu: { state: 'cold' }, us: { state: 'cold' } })
  await pause(600)
  issuer.delay = 0
  t.strictSame([fetchesOf(eu), fetchesOf(us)], [1, 1])
  t.match(app.cognito.status(), { eu: { state: 'ok', keys: [] }, us: { state: 'ok', keys: [] } })
  t.strictSame(lines, [])
})

t.test(
  'in the background a pool that nobody answers for is a warning, and its neighbours work',
  async (t) => {
    const jwksUrl = `${issuer.origin}/nobody/jwks.json`
    const { app, lines } = createLoggedApp(t, { eu: eu.options(), dead: us.options({ jwksUrl }) })
    await app.ready()
    for (let waits = 0; lines.length === 0 && waits < 100; waits += 1) await pause(100)
    await pause(200)
    t.match(lines, [{ level: 40, pool: 'dead', reason: 'status', jwksUrls: [jwksUrl] }])
    t.equal(lines.length, 1)
    t.match(app.cognito.status(), { eu: { state: 'ok' }, dead: { state: 'down' } })
  },
)

t.test('required: the boot waits for an answer, and a pool that nobody answers for stops it', async (t) => {
  const { app } = createLoggedApp(t, { eu: eu.options() }, 'require')
  await app.ready()
  t.match(app.cognito.status(), { eu: { state: 'ok' } })
  const jwksUrl = `${issuer.origin}/nobody/jwks.json`
  const dead = createLoggedApp(t, { eu: eu.options(), dead: us.options({ jwksUrl }) }, 'require')
  await t.rejects(async () => dead.app.ready(), {
    message: `pools.dead: expected ${jwksUrl} to answer with keys (status), because keys.prefetch is 'require'`,
  })
})

t.test('one of the two URLs of a pool is enough', async (t) => {
  const issuers = [`${issuer.origin}/nobody`, `${issuer.origin}/${eu.userPoolId}`]
  const { jwksUrl: _, ...pool } = eu.options({ issuer: issuers })
  const { app } = createLoggedApp(t, { eu: pool }, 'require')
  await app.ready()
  t.match(app.cognito.status(), { eu: { state: 'ok', lastFailure: { reason: 'status' } } })
})

t.test('switched off, nothing is asked', async (t) => {
  const before = fetchesOf(eu)
  const { app } = createLoggedApp(t, { eu: eu.options() }, false)
  await app.ready()
  await pause(300)
  t.equal(fetchesOf(eu), before)
  t.match(app.cognito.status(), { eu: { state: 'cold' } })
})

t.test('many pools are asked eight at a time', async (t) => {
  let underWay = 0
  let most = 0
  let asked = 0
  const origin = await startServer(t, (_request, response) => {
    asked += 1
    underWay += 1
    most = Math.max(most, underWay)
    setTimeout(() => {
      underWay -= 1
      response.end(JSON.stringify(eu.keySet()))
    }, 20)
  })
  const pools = Array.from({ length: 40 }, (_, index) => [
    `p${index}`,
    {
      userPoolId: `eu-west-1_pool${index}`,
      appClientId: eu.appClientId,
      jwksUrl: `${origin}/${index}/jwks.json`,
    },
  ])
  const { app } = createLoggedApp(t, Object.fromEntries(pools), 'require')
  await app.ready()
  t.equal(asked, 40)
  t.equal(most, 8)
})

t.test('an application that is closed meanwhile warns of nothing', async (t) => {
  let asked = 0
  const origin = await startServer(t, () => {
    asked += 1
  })
  for (const ms of [0, 200]) {
    const { app, lines } = createLoggedApp(t, { eu: eu.options({ jwksUrl: `${origin}/jwks.json` }) })
    await app.ready()
    await pause(ms)
    await app.close()
    await pause(400)
    t.strictSame(lines, [])
    t.match(app.cognito.status(), { eu: { state: 'cold', lastFailure: undefined } })
    t.equal(asked, ms === 0 ? 0 : 1)
  }
})

t.test('an application that is closed before anything was asked is kept by no timer', async (t) => {
  const collect = exposeGarbageCollector()
  const closed: WeakRef<object>[] = []
  for (let index = 0; index < 3; index += 1) closed.push(await registerAndClose())
  // What an await leaves on the stack goes with the next turn.
  await new Promise((resolve) => setImmediate(resolve))
  collect()
  t.ok(closed.slice(0, 2).every((app) => app.deref() === undefined))
})

async function registerAndClose(): Promise<WeakRef<object>> {
  const app = Fastify()
  app.register(cognito, { pools: { eu: { userPoolId: 'eu-west-1_AbCdEf123', appClientId: 'client' } } })
  await app.ready()
  await app.close()
  return new WeakRef(app)
}

t.test('closing in the middle of many pools asks no further one, nor their second URLs', async (t) => {
  let asked = 0
  const origin = await startServer(t, () => {
    asked += 1
  })
  const issuers = (index: number) => [`${origin}/${index}/a`, `${origin}/${index}/b`]
  const pools = Array.from({ length: 20 }, (_, index) => [
    `p${index}`,
    { userPoolId: `eu-west-1_pool${index}`, appClientId: 'client', issuer: issuers(index) },
  ])
  const { app, lines } = createLoggedApp(t, Object.fromEntries(pools))
  await app.ready()
  await pause(200)
  t.equal(asked, 8)
  await app.close()
  await pause(500)
  t.equal(asked, 8)
  t.strictSame(lines, [])
})

t.test('required: the first pool that nobody answers for is enough', async (t) => {
  const jwksUrl = (index: number) => `${issuer.origin}/nobody${index}/jwks.json`
  const pools = Array.from({ length: 40 }, (_, index) => [
    `p${index}`,
    { userPoolId: `eu-west-1_pool${index}`, appClientId: 'client', jwksUrl: jwksUrl(index) },
  ])
  const { app } = createLoggedApp(t, Object.fromEntries(pools), 'require')
  await t.rejects(async () => app.ready(), { message: /^pools\.p\d: expected / })
  const asked = [...issuer.fetches.keys()].filter((id) => /^nobody\d+$/.test(id))
  t.ok(asked.length < 40, `${asked.length} of 40 were asked`)
})
