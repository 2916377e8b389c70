/**
 * Keys that the options have themselves: nothing is fetched, and nothing gets old. And what the options of fetched keys
 * come to.
 * @module
 */
import Fastify from 'fastify'
import t from 'tap'
import { Closing } from '../../src/keys/closing.js'
import { Endpoint } from '../../src/keys/endpoint.js'
import { readKeySet } from '../../src/keys/key-set.js'
import { createInlineSource, foreverPolicy } from '../../src/keys/sources.js'
import { resolveOptions } from '../../src/options.js'
import type { PoolOptions } from '../../src/pool/pool.js'
import type { TestPool } from '../../src/testing/index.js'
import { startIssuer } from '../support/app.js'
import { examine } from '../support/doctor.js'
import { watchFetches } from '../support/fetches.js'
import { createLoggedApp } from '../support/logged-app.js'
import { addGuards } from '../support/moved-app.js'
import { until } from '../support/revocations.js'
import { startServer } from '../support/server.js'
import { TestClock } from '../support/test-clock.js'

const { issuer, eu, us } = await startIssuer(t)

/** Longest wait for what has to happen; milliseconds. */
const WAIT_MS = 20_000
const ACCEPTED = { status: 200, code: undefined, retryAfter: undefined }
const REFUSED = { status: 401, code: 'COGNITO_ERR_TOKEN_INVALID', retryAfter: undefined }

/** The options of a pool with its keys in them. */
function inline(pool: TestPool, jwks: unknown = pool.keySet(), extra: object = {}) {
  const { jwksUrl: _, ...options } = pool.options()
  return { ...options, jwks, ...extra } as PoolOptions
}

t.test('inline keys: nothing is fetched, whoever asks, and an unknown key is 401 at once', async (t) => {
  const fetches = watchFetches(t)
  issuer.down = true
  t.teardown(() => {
    issuer.down = false
  })
  const { app, lines, ask } = createLoggedApp(t, { pools: { eu: inline(eu) }, keys: { prefetch: 'require' } })
  await app.ready()
  t.match(app.cognito.status(), {
    eu: { state: 'ok', source: 'inline', keys: [{ ageSeconds: Number }, {}], lastFailure: undefined },
  })
  t.strictSame(await ask(eu.accessToken()), ACCEPTED)
  t.strictSame(await ask(eu.accessToken({ iss: eu.issuers.updated })), ACCEPTED)
  for (let times = 0; times < 30; times += 1) {
    t.strictSame(await ask(eu.accessToken({}, { kid: `nobody${times % 20}` })), REFUSED)
  }
  t.strictSame(await ask(us.accessToken({ iss: eu.issuers.original, client_id: eu.appClientId })), REFUSED)
  t.equal(await app.cognito.refresh(), true)
  t.strictSame(await ask(eu.accessToken()), ACCEPTED)
  t.strictSame([fetches.length, issuer.fetches.size], [0, 0])
  t.strictSame(lines, [])
  t.strictSame(app.cognito.pools['eu']?.jwksUrls, [])
})

t.test('without a prefetch the first token finds the inline keys', async (t) => {
  const { app, ask } = createLoggedApp(t, { pools: { eu: inline(eu) }, keys: { prefetch: false } })
  t.strictSame(await ask(eu.accessToken()), ACCEPTED)
  t.match(app.cognito.status(), { eu: { state: 'ok', source: 'inline' } })
})

t.test('an unknown key of inline keys costs no time and no budget, and none gets old', async (t) => {
  const clock = new TestClock()
  const policy = foreverPolicy({
    ...clock,
    random: () => 0,
    refreshAfterMs: 1000,
    askFirstAfterMs: 2000,
    staleIfErrorMs: 3000,
    lookupBurst: 2,
    lookupIntervalMs: 1000,
    maxWaitMs: 3000,
  })
  const keys = readKeySet(eu.keySet()) ?? new Map()
  const source = createInlineSource(keys, clock)
  const endpoint = new Endpoint(source, (pem) => pem, policy, new Closing(new AbortController().signal))
  t.equal(source.name, 'inline')
  t.match(await endpoint.lookUp(eu.kid()), { outcome: 'found' })
  for (let times = 0; times < 30; times += 1)
    t.strictSame(await endpoint.lookUp('nobody'), { outcome: 'absent' })
  t.equal(clock.pending, 0)
  await clock.advance(10 * 365 * 86_400_000)
  t.equal(endpoint.held(eu.kid()), keys.get(eu.kid())?.pem)
  t.ok(endpoint.trusted())
})

t.test('a change of the object that was given changes nothing', async (t) => {
  const given = structuredClone(eu.keySet())
  const { app, ask } = createLoggedApp(t, { pools: { eu: inline(eu, given) }, keys: { prefetch: false } })
  await app.ready()
  const entry = us.keySet().keys.at(-1)
  for (const [index, key] of given.keys.entries())
    given.keys[index] = Object.assign(key, entry, { kid: key['kid'] })
  given.keys.length = 1
  t.strictSame(await ask(eu.accessToken()), ACCEPTED)
  t.equal(await app.cognito.refresh(), true)
  t.strictSame(await ask(eu.accessToken()), ACCEPTED)
  const changed = createLoggedApp(t, { pools: { eu: inline(eu, given) }, keys: { prefetch: false } })
  t.strictSame(
    await changed.ask(eu.accessToken()),
    REFUSED,
    'an application that is started with the change sees it',
  )
})

t.test('an object of keys that is frozen, or has entries of no use, is taken', async (t) => {
  const { keys } = eu.keySet()
  const others = [{ kty: 'EC', kid: 'ec' }, { ...keys[0], kid: 'enc', use: 'enc' }, null]
  const frozen = Object.freeze({
    keys: Object.freeze([...keys, ...others].map((key) => key && Object.freeze({ ...key }))),
  })
  const { app, ask } = createLoggedApp(t, {
    pools: { eu: inline(eu, frozen) },
    keys: { prefetch: 'require' },
  })
  t.strictSame(await ask(eu.accessToken()), ACCEPTED)
  t.match(app.cognito.status(), { eu: { keys: [{}, {}] } })
  t.equal(app.cognito.status()['eu']?.keys.length, 2)
})

t.test('inline keys that cannot serve stop the boot', async (t) => {
  const { keys } = eu.keySet()
  const resolve = (...pool: Parameters<typeof inline>) =>
    resolveOptions({ pools: { eu: inline(...pool) } }, {})
  const many = Array.from({ length: 101 }, () => keys[0])
  for (const jwks of [
    null,
    'keys',
    7,
    [],
    keys,
    {},
    { keys: {} },
    { keys: [] },
    { keys: [null] },
    { keys: [{ kty: 'EC', kid: 'ec' }] },
    { keys: [{ ...keys[0], kid: undefined }] },
    { keys: [{ ...keys[0], n: () => 'a function' }] },
    { keys: many },
    { keys: [keys[0], { ...keys[1], kid: keys[0]?.['kid'] }] },
    Object.create({ keys }),
  ]) {
    t.throws(() => resolve(eu, jwks), {
      name: 'TypeError',
      message: /^pools\.eu\.jwks: expected a key set, .* of at most 100 public keys/,
    })
  }
  const missing = () => resolve(eu, {}, { jwks: undefined })
  t.throws(missing, { message: /^pools\.eu\.jwks: expected a value/ }, 'a missing variable')
  t.throws(() => resolve(eu, { keys }, { jwksUrl: eu.jwksUrl }), {
    message: 'pools.eu.jwks: expected no jwksUrl beside it',
  })
  const secret = { ...keys[0], d: 'c2VjcmV0LXBhcnQ' }
  for (const jwks of [
    { keys: [secret] },
    { keys: [keys[1], secret] },
    { keys: [keys[1], { kty: 'EC', d: 'x' }] },
  ]) {
    t.throws(() => resolve(eu, jwks), {
      name: 'TypeError',
      message: /^pools\.eu\.jwks: expected public keys; one of these has its private part(?!.*c2VjcmV0)/,
    })
  }
  for (const jwks of [{ keys }, { keys: many.slice(1) }, { keys: [keys[0]] }]) t.ok(resolve(eu, jwks))
})

t.test('no two pools have an inline key in common, whatever they call it', async (t) => {
  const { keys } = eu.keySet()
  const pools = (jwks: unknown) => ({ pools: { eu: inline(eu), us: inline(us, jwks) } })
  for (const shared of [{ keys }, { keys: [...us.keySet().keys, { ...keys[0], kid: 'another' }] }]) {
    t.throws(() => resolveOptions(pools(shared), {}), {
      name: 'TypeError',
      message: 'pools.us.jwks: expected keys of its own; pools.eu has one of them',
    })
  }
  const sameId = us.keySet().keys.map((key, index) => ({ ...key, kid: keys[index]?.['kid'] }))
  for (const apart of [us.keySet(), { keys: sameId }]) t.ok(resolveOptions(pools(apart), {}))
})

t.test('AWS_COGNITO_KEYS_URL does not replace inline keys', async (t) => {
  const env = { AWS_COGNITO_KEYS_URL: 'https://keys.example/jwks.json' }
  const { pools } = resolveOptions({ pools: { eu: inline(eu), us: inline(us) } }, env)
  t.strictSame(
    [...pools.values()].map(({ jwksUrls, jwks }) => [jwksUrls.size, jwks?.size]),
    [
      [0, 2],
      [0, 2],
    ],
  )
})

t.test('the doctor asks nobody for inline keys, and judges a token by them', async (t) => {
  const { code, report } = await examine(t, { pools: { eu: inline(eu) } }, eu.accessToken())
  t.equal(code, 0)
  t.match(report.pools, [
    {
      name: 'eu',
      ok: true,
      checks: [{ name: 'ids' }, { name: 'keys', found: '2 usable with RS256, in the option jwks' }],
    },
  ])
  t.equal(report.pools[0]?.checks.length, 2)
  const other = await examine(t, { pools: { eu: inline(eu, us.keySet()) } }, eu.accessToken())
  t.strictSame([other.code, other.report.token?.ok], [1, false])
})

t.test('a set that a slow endpoint has sent is not old when it comes', async (t) => {
  const answers: (() => void)[] = []
  const origin = await startServer(t, (_request, response) => {
    answers.push(() => response.end(JSON.stringify(eu.keySet())))
  })
  const clock = new TestClock()
  const app = Fastify()
  t.teardown(() => app.close())
  const { authRequired } = addGuards(
    app,
    {
      pools: { eu: eu.options({ jwksUrl: `${origin}/jwks.json` }) },
      keys: { prefetch: false, refreshAfter: 1, timeout: 10 },
    },
    { clock, random: () => 0.5 },
  )
  app.get('/', { onRequest: authRequired('eu') }, async () => 'in')
  const get = async () =>
    (await app.inject({ url: '/', headers: { authorization: `Bearer ${eu.accessToken()}` } })).statusCode
  const first = get()
  t.ok(await until(() => answers.length === 1, WAIT_MS))
  await clock.advance(2300)
  answers[0]?.()
  t.equal(await first, 200)
  // The second fetch, if any, is not answered, and the clock stands still.
  t.equal(await get(), 200, 'at once')
})

t.test('a set is trusted until it is due, however short the trust of old ones is', async (t) => {
  const pool = issuer.createPool()
  const { app, ask } = createLoggedApp(t, {
    pools: { eu: pool.options() },
    keys: { prefetch: false, staleIfError: 0 },
  })
  for (let times = 0; times < 5; times += 1) t.strictSame(await ask(pool.accessToken()), ACCEPTED)
  t.equal(issuer.fetches.get(pool.userPoolId), 1)
  t.match(app.cognito.status(), { eu: { state: 'ok', source: 'network' } })
})

t.test('the URL of the other issuer serves while that of the token fails', async (t) => {
  const issuers = [`${issuer.origin}/nobody`, `${issuer.origin}/${eu.userPoolId}`]
  const { jwksUrl: _, ...pool } = eu.options({ issuer: issuers })
  const { app, ask } = createLoggedApp(t, { pools: { eu: pool }, keys: { prefetch: false } })
  for (const iss of issuers) t.strictSame(await ask(eu.accessToken({ iss })), ACCEPTED)
  t.match(app.cognito.status(), { eu: { state: 'ok', lastFailure: { reason: 'status', code: '404' } } })
  t.strictSame(
    app.cognito.pools['eu']?.jwksUrls,
    issuers.map((iss) => `${iss}/.well-known/jwks.json`),
  )
})
