/**
 * What is asked at boot, and what an endpoint that does not answer means for it.
 * @module
 */
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import cognito, { type KeysOptions, type PoolSet } from '../../src/index.js'
import { fileKeyStore } from '../../src/keys/index.js'
import { startIssuer } from '../support/app.js'
import { makeFolder } from '../support/folder.js'
import { exposeGarbageCollector } from '../support/garbage.js'
import { createLoggedApp } from '../support/logged-app.js'
import { until } from '../support/revocations.js'
import { startServer } from '../support/server.js'

const { issuer, eu, us } = await startIssuer(t)

/** Longest wait for what has to happen; milliseconds. */
const WAIT_MS = 90_000
const ACCEPTED = { status: 200, code: undefined, retryAfter: undefined }
const REFUSED = { status: 401, code: 'COGNITO_ERR_TOKEN_INVALID', retryAfter: undefined }

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const fetchesOf = ({ userPoolId }: { userPoolId: string }) => issuer.fetches.get(userPoolId) ?? 0

/** An app whose log lines are kept. */
function createApp(
  test: Test,
  pools: PoolSet,
  prefetch?: NonNullable<KeysOptions['prefetch']>,
  more: KeysOptions = {},
) {
  const keys = { timeout: 10, ...more, ...(prefetch !== undefined && { prefetch }) }
  return createLoggedApp(test, { pools, keys })
}

t.test('by default every pool is asked once, nobody waits for it, and its keys are kept', async (t) => {
  const held: (() => void)[] = []
  let asked = 0
  const origin = await startServer(t, (request, response) => {
    asked += 1
    const keys = request.url === '/eu' ? eu.keySet() : us.keySet()
    held.push(() => response.end(JSON.stringify(keys)))
  })
  const pools = { eu: eu.options({ jwksUrl: `${origin}/eu` }), us: us.options({ jwksUrl: `${origin}/us` }) }
  const { app, lines, ask } = createApp(t, pools)
  await app.ready()
  t.equal(asked, 0, 'ready before an endpoint has answered')
  t.match(app.cognito.status(), { eu: { state: 'cold', keys: [] }, us: { state: 'cold', keys: [] } })
  t.ok(await until(() => asked === 2, WAIT_MS))
  for (const answer of held) answer()
  const isDone = () => Object.values(app.cognito.status()).every(({ state }) => state === 'ok')
  t.ok(await until(isDone, WAIT_MS))
  const kept = { state: 'ok', source: 'network', keys: [{}, {}], lastFailure: undefined }
  t.match(app.cognito.status(), { eu: kept, us: kept })
  t.strictSame(await ask(eu.accessToken()), ACCEPTED)
  t.equal(asked, 2, 'the first token asks nobody')
  t.strictSame(lines, [])
})

t.test('an endpoint that fails after the boot changes nothing for the keys that are kept', async (t) => {
  const { app, ask } = createApp(t, { eu: eu.options() }, 'require')
  await app.ready()
  issuer.down = true
  t.teardown(() => {
    issuer.down = false
  })
  const before = fetchesOf(eu)
  t.strictSame(await ask(eu.accessToken()), ACCEPTED)
  t.strictSame(await ask(eu.accessToken({}, { kid: eu.kid('id') })), REFUSED)
  t.equal(fetchesOf(eu), before)
})

t.test(
  'in the background a pool that nobody answers for is a warning, and its neighbours work',
  async (t) => {
    const jwksUrl = `${issuer.origin}/nobody/jwks.json`
    const { app, lines } = createApp(t, { eu: eu.options(), dead: us.options({ jwksUrl }) })
    await app.ready()
    t.ok(await until(() => lines.length > 0 && app.cognito.status()['eu']?.state === 'ok', WAIT_MS))
    t.match(lines, [{ level: 40, pool: 'dead', reason: 'status', code: '404', jwksUrls: [jwksUrl] }])
    t.equal(lines.length, 1)
    t.match(app.cognito.status(), { dead: { state: 'down', lastFailure: { reason: 'status', code: '404' } } })
  },
)

t.test('required: the boot waits for an answer, and a pool that nobody answers for stops it', async (t) => {
  const { app } = createApp(t, { eu: eu.options() }, 'require')
  await app.ready()
  t.match(app.cognito.status(), { eu: { state: 'ok', keys: [{}, {}] } })
  const jwksUrl = `${issuer.origin}/nobody/jwks.json`
  const dead = createApp(t, { eu: eu.options(), dead: us.options({ jwksUrl }) }, 'require')
  await t.rejects(async () => dead.app.ready(), {
    message: `pools.dead: expected ${jwksUrl} to answer with keys (status, 404), because keys.prefetch is 'require'`,
  })
})

t.test('required: an answer without a usable key is none', async (t) => {
  const origin = await startServer(t, (_request, response) =>
    response.end('{"keys":[{"kty":"EC","kid":"x"}]}'),
  )
  const { app } = createApp(t, { eu: eu.options({ jwksUrl: `${origin}/jwks.json` }) }, 'require')
  await t.rejects(async () => app.ready(), { message: /\(not a key set, NO_USABLE_KEY\)/ })
})

t.test('required: an outage does not stop a boot with a store that has a usable set', async (t) => {
  const pool = issuer.createPool()
  const store = fileKeyStore(join(makeFolder(t), 'keys'))
  const boot = async (options: KeysOptions) => {
    const { app, ask } = createApp(t, { pool: pool.options() }, 'require', options)
    await app.ready()
    return { app, ask }
  }
  await boot({ store })
  t.ok(await until(async () => (await store.load(pool.jwksUrl)) !== undefined, WAIT_MS))
  issuer.down = true
  t.teardown(() => {
    issuer.down = false
  })
  const before = fetchesOf(pool)
  await t.rejects(boot({}), { message: /^pools\.pool: expected .* \(status, 503\)/ })
  t.ok(fetchesOf(pool) > before)
  const asked = fetchesOf(pool)
  const { app, ask } = await boot({ store })
  t.match(app.cognito.status(), { pool: { state: 'ok', source: 'store', keys: [{}, {}] } })
  t.strictSame(await ask(pool.accessToken()), ACCEPTED)
  t.equal(fetchesOf(pool), asked, 'a set that is young is enough')
  const old = await store.load(pool.jwksUrl)
  t.ok(old)
  if (old) await store.save({ ...old, askedAt: Date.now() - 1_200_000 })
  const late = await boot({ store })
  t.match(late.app.cognito.status(), { pool: { state: 'degraded', source: 'store' } })
  t.ok(fetchesOf(pool) > asked, 'one of twenty minutes is fetched again')
})

t.test('one of the two URLs of a pool is enough', async (t) => {
  const issuers = [`${issuer.origin}/nobody`, `${issuer.origin}/${eu.userPoolId}`]
  const { jwksUrl: _, ...pool } = eu.options({ issuer: issuers })
  const { app } = createApp(t, { eu: pool }, 'require')
  await app.ready()
  t.match(app.cognito.status(), {
    eu: { state: 'ok', keys: [{}, {}], lastFailure: { reason: 'status', code: '404' } },
  })
})

t.test('switched off, nothing is asked', async (t) => {
  const before = fetchesOf(eu)
  const { app } = createApp(t, { eu: eu.options() }, false)
  await app.ready()
  await pause(300)
  t.equal(fetchesOf(eu), before)
  t.match(app.cognito.status(), { eu: { state: 'cold' } })
})

t.test('many pools are asked eight at a time', async (t) => {
  const underWay: ServerResponse[] = []
  let most = 0
  let asked = 0
  const answer = () => {
    for (const response of underWay.splice(0)) response.end(JSON.stringify(eu.keySet()))
  }
  const origin = await startServer(t, (_request, response) => {
    asked += 1
    underWay.push(response)
    most = Math.max(most, underWay.length)
    // A ninth that is asked beside the eight comes meanwhile.
    if (underWay.length === 8) setTimeout(answer, 20)
  })
  const pools = Array.from({ length: 40 }, (_, index) => [
    `p${index}`,
    {
      userPoolId: `eu-west-1_pool${index}`,
      appClientId: eu.appClientId,
      jwksUrl: `${origin}/${index}/jwks.json`,
    },
  ])
  const { app } = createApp(t, Object.fromEntries(pools), 'require')
  await app.ready()
  t.equal(asked, 40)
  t.equal(most, 8)
})

t.test('an application that is closed meanwhile warns of nothing', async (t) => {
  let asked = 0
  const origin = await startServer(t, () => {
    asked += 1
  })
  for (const expected of [0, 1]) {
    const { app, lines } = createApp(t, { eu: eu.options({ jwksUrl: `${origin}/jwks.json` }) })
    await app.ready()
    t.ok(await until(() => asked === expected, WAIT_MS))
    await app.close()
    await pause(400)
    t.strictSame(lines, [])
    t.match(app.cognito.status(), { eu: { state: 'cold', lastFailure: undefined } })
    t.equal(asked, expected)
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
  const { app, lines } = createApp(t, Object.fromEntries(pools))
  await app.ready()
  t.ok(await until(() => asked === 8, WAIT_MS))
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
  const { app } = createApp(t, Object.fromEntries(pools), 'require')
  await t.rejects(async () => app.ready(), { message: /^pools\.p\d: expected / })
  const asked = [...issuer.fetches.keys()].filter((id) => /^nobody\d+$/.test(id))
  t.ok(asked.length < 40, `${asked.length} of 40 were asked`)
})
