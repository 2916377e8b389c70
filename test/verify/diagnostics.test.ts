/**
 * What can be observed of verifications, and that nothing of a token is.
 * @module
 */
import diagnostics from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import type { FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import { anyTenant, CognitoError, type VerificationMessage } from '../../src/index.js'
import { bearer, createApp, startIssuer } from '../support/app.js'
import { watchFetches } from '../support/fetches.js'
import { createTenantApp, toRow, useKeysOf } from '../support/tenants.js'

const { issuer, eu, us } = await startIssuer(t)
const pools = () => ({ eu: eu.options(), us: us.options() })

interface Seen {
  readonly events: string[]
  readonly messages: VerificationMessage[]
  readonly rejected: VerificationMessage[]
}

/** Subscribes to everything; the messages are those of verifications that have ended. */
function watch(test: Test): Seen {
  const seen: Seen = { events: [], messages: [], rejected: [] }
  const verification = diagnostics.tracingChannel<VerificationMessage>('fastify-cognito.verify')
  const subscribers = {
    start: () => void seen.events.push('start'),
    end: () => void seen.events.push('end'),
    asyncStart: (message: VerificationMessage) => {
      seen.events.push('asyncStart')
      seen.messages.push({ ...message })
    },
    asyncEnd: () => void seen.events.push('asyncEnd'),
    error: () => void seen.events.push('error'),
  }
  verification.subscribe(subscribers as never)
  const onRejected = (message: unknown) => void seen.rejected.push({ ...(message as VerificationMessage) })
  diagnostics.subscribe('fastify-cognito.rejected', onRejected)
  test.teardown(() => {
    verification.unsubscribe(subscribers as never)
    diagnostics.unsubscribe('fastify-cognito.rejected', onRejected)
  })
  return seen
}

t.test('every verification is told, with its pool, its outcome, and whether it was remembered', async (t) => {
  const seen = watch(t)
  const app = await createApp(t, pools())
  app.get('/', { onRequest: app.authRequired('eu', { scopes: 'orders/read' }) }, async () => 'ok')
  app.get('/maybe', { onRequest: app.authOptional('eu') }, async () => 'ok')
  const token = eu.accessToken({ scope: 'orders/read' })
  const ask = async (url: string, value?: string) => {
    const headers = value === undefined ? {} : bearer(value)
    const { statusCode } = await app.inject({ url, headers })
    return [statusCode, seen.messages.pop()] as const
  }
  const accepted = { outcome: 'accepted', pool: 'eu', code: undefined }
  t.match(await ask('/', token), [200, { ...accepted, cached: false }])
  t.match(await ask('/', token), [200, { ...accepted, cached: true }])
  t.match(await ask('/maybe', token), [200, { ...accepted, cached: true }])
  t.match(await ask('/maybe'), [200, { outcome: 'anonymous', pool: undefined, cached: undefined }])
  t.strictSame(seen.rejected, [])
  const refused = { outcome: 'refused' } as const
  t.match(await ask('/'), [401, { ...refused, code: 'COGNITO_ERR_TOKEN_MISSING', cached: undefined }])
  t.match(await ask('/', us.accessToken()), [
    401,
    { ...refused, code: 'COGNITO_ERR_TOKEN_INVALID', pool: 'us' },
  ])
  const poor = eu.accessToken()
  t.match(await ask('/', poor), [
    403,
    { ...refused, code: 'COGNITO_ERR_SCOPE_INSUFFICIENT', pool: 'eu', cached: false },
  ])
  t.match(await ask('/', poor), [403, { ...refused, pool: 'eu', cached: true }])
  t.strictSame(
    seen.rejected.map(({ code, reasonCode }) => [code, reasonCode]),
    [
      ['COGNITO_ERR_TOKEN_MISSING', 'BEARER_TOKEN_MISSING'],
      ['COGNITO_ERR_TOKEN_INVALID', 'POOL_NOT_ACCEPTED'],
      ['COGNITO_ERR_SCOPE_INSUFFICIENT', 'SCOPES_MISSING'],
      ['COGNITO_ERR_SCOPE_INSUFFICIENT', 'SCOPES_MISSING'],
    ],
  )
  for (const { durationMs, reason } of seen.rejected) {
    t.ok(durationMs !== undefined && durationMs >= 0)
    t.type(reason, 'string')
  }
})

t.test('verifyRequest is told as a guard is', async (t) => {
  const seen = watch(t)
  const app = await createApp(t, pools())
  app.get('/', async (request) => {
    const caller = await app.cognito.verifyRequest.optional(request, 'eu', { scopes: 'orders/read' })
    return { subject: caller?.subject ?? null }
  })
  const ask = async (headers = {}) => {
    const { statusCode } = await app.inject({ url: '/', headers })
    return [statusCode, seen.messages.pop()] as const
  }
  const token = bearer(eu.accessToken({ scope: 'orders/read' }))
  t.match(await ask(token), [200, { outcome: 'accepted', pool: 'eu', cached: false }])
  t.match(await ask(token), [200, { outcome: 'accepted', pool: 'eu', cached: true }])
  t.match(await ask(), [200, { outcome: 'anonymous', pool: undefined }])
  t.match(await ask(bearer(eu.accessToken())), [
    403,
    { outcome: 'refused', code: 'COGNITO_ERR_SCOPE_INSUFFICIENT', pool: 'eu', cached: false },
  ])
  t.equal(seen.rejected.length, 1)
})

t.test('the order of the events, with and without waiting, for guards and for verify', async (t) => {
  const app = await createApp(t, { eu: issuer.createPool().options(), us: us.options() })
  app.get('/', { onRequest: app.authRequired('us') }, async () => 'ok')
  await app.inject({ url: '/', headers: bearer(us.accessToken()) })
  const seen = watch(t)
  await app.inject({ url: '/', headers: bearer(us.accessToken()) })
  t.strictSame(seen.events.splice(0), ['start', 'asyncStart', 'asyncEnd', 'end'])
  await app.inject('/')
  t.strictSame(seen.events.splice(0), ['start', 'error', 'asyncStart', 'asyncEnd', 'end'])
  await app.cognito.verify(us.accessToken(), 'us')
  t.strictSame(seen.events.splice(0), ['start', 'end', 'asyncStart', 'asyncEnd'])
  t.match(seen.messages.pop(), { outcome: 'accepted', pool: 'us', cached: false })
  await t.rejects(app.cognito.verify(us.accessToken(), 'eu'))
  t.strictSame(seen.events.splice(0), ['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
  t.match(seen.messages.pop(), { outcome: 'refused', pool: 'us', code: 'COGNITO_ERR_TOKEN_INVALID' })
  t.match(seen.rejected.pop(), { pool: 'us' })
})

t.test('request.cognito is there when the verification ends', async (t) => {
  const app = await createApp(t, pools())
  const verification = diagnostics.tracingChannel('fastify-cognito.verify')
  const requests: FastifyRequest[] = []
  const known: unknown[] = []
  const subscribers = { end: () => known.push(requests.at(-1)?.cognito?.pool) }
  app.addHook('onRequest', async (request) => void requests.push(request))
  app.get('/', { onRequest: app.authRequired('eu') }, async () => 'ok')
  await app.inject({ url: '/', headers: bearer(eu.accessToken()) })
  verification.subscribe(subscribers as never)
  t.teardown(() => verification.unsubscribe(subscribers as never))
  await app.inject({ url: '/', headers: bearer(eu.accessToken()) })
  t.strictSame(known, ['eu'])
})

t.test('an application’s function that throws is a failure, not a refusal', async (t) => {
  const seen = watch(t)
  const app = await createApp(t, pools())
  const check = () => {
    throw new Error('the database is gone')
  }
  app.get('/', { onRequest: app.authRequired('eu', { check }) }, async () => 'ok')
  t.equal((await app.inject({ url: '/', headers: bearer(eu.accessToken()) })).statusCode, 500)
  t.match(seen.messages.pop(), { outcome: 'failed', pool: 'eu', code: undefined })
  t.strictSame(seen.rejected, [])
})

t.test('nothing of a token is in a message, whichever event it comes with', async (t) => {
  const app = await createApp(t, pools())
  app.get('/', { onRequest: app.authRequired('eu') }, async () => 'ok')
  const token = eu.accessToken({ sub: 'a-subject-that-nobody-may-see' })
  const shown: string[] = []
  const keys = new Set<string>()
  const look = (message: unknown) => {
    shown.push(inspect(message, { depth: 10, showHidden: true, getters: true }))
    for (const key of Object.keys(message as object)) keys.add(key)
  }
  const events = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const
  const names = [
    ...events.map((name) => `tracing:fastify-cognito.verify:${name}`),
    'fastify-cognito.rejected',
  ]
  for (const name of names) diagnostics.subscribe(name, look)
  t.teardown(() => names.forEach((name) => void diagnostics.unsubscribe(name, look)))
  await app.inject({ url: '/', headers: bearer(token) })
  await app.inject({ url: '/', headers: bearer(`${token}x`) })
  const { subject } = await app.cognito.verify(token, 'eu')
  t.equal(subject, 'a-subject-that-nobody-may-see')
  await t.rejects(app.cognito.verify(token, 'us'))
  t.ok(shown.length > 15)
  const told = shown.join()
  t.notMatch(told, subject)
  for (let at = 0; at + 20 <= token.length; at += 20) t.notOk(told.includes(token.slice(at, at + 20)))
  t.strictSame([...keys].sort(), [
    'cached',
    'code',
    'durationMs',
    'error',
    'outcome',
    'pool',
    'reason',
    'reasonCode',
    'result',
  ])
})

t.test('each fetch of a key set is told, with its pool, URL, outcome and code', async (t) => {
  const fetches = watchFetches(t)
  const pool = issuer.createPool()
  const app = await createApp(t, { shop: pool.options() })
  issuer.down = true
  await t.rejects(app.cognito.verify(pool.accessToken()), { code: 'COGNITO_ERR_KEYS_UNAVAILABLE' })
  issuer.down = false
  const told = { pool: 'shop', url: pool.jwksUrl }
  t.match(fetches, [{ ...told, outcome: 'status', code: '503' }])
  const other = await createApp(t, { shop: pool.options() })
  await other.cognito.verify(pool.accessToken())
  await other.cognito.verify(pool.idToken(), 'shop', { tokenUse: 'id' })
  t.equal(await other.cognito.refresh(), true)
  t.match(fetches.slice(1), [
    { ...told, outcome: 'ok', code: undefined },
    { ...told, outcome: 'ok' },
  ])
  t.equal(fetches.length, 3, 'one for both keys')
})

t.test('a refusal that the application has made has its own reason, and no code of a reason', async (t) => {
  const seen = watch(t)
  const app = await createApp(t, pools(), {
    tokenFrom: () => {
      throw new CognitoError('COGNITO_ERR_REQUEST_INVALID', { reason: 'two cookies' })
    },
  })
  app.get('/', { onRequest: app.authRequired('eu') }, async () => 'ok')
  t.equal((await app.inject('/')).statusCode, 400)
  t.match(seen.rejected, [{ code: 'COGNITO_ERR_REQUEST_INVALID', reason: 'two cookies' }])
  t.notOk(Object.hasOwn(seen.rejected[0] ?? {}, 'reasonCode'))
})

t.test('rejections can be watched alone', async (t) => {
  const codes: unknown[] = []
  const onRejected = (message: unknown) => void codes.push((message as VerificationMessage).code)
  diagnostics.subscribe('fastify-cognito.rejected', onRejected)
  t.teardown(() => diagnostics.unsubscribe('fastify-cognito.rejected', onRejected))
  const app = await createApp(t, pools())
  app.get('/', { onRequest: app.authRequired('eu') }, async () => 'ok')
  t.equal((await app.inject('/')).statusCode, 401)
  t.equal((await app.inject({ url: '/', headers: bearer(eu.accessToken()) })).statusCode, 200)
  t.strictSame(codes, ['COGNITO_ERR_TOKEN_MISSING'])
})

t.test('a tenant has its name in a verification, and its user pool id in a fetch', async (t) => {
  const acme = issuer.createPool()
  useKeysOf(t, issuer)
  const app = await createTenantApp(t, { load: () => [toRow('acme', acme)] })
  app.get('/', { onRequest: app.authRequired(anyTenant) }, async () => 'in')
  await app.ready()
  const seen = watch(t)
  const fetches = watchFetches(t)
  t.equal((await app.inject({ url: '/', headers: bearer(acme.accessToken()) })).statusCode, 200)
  t.equal((await app.inject({ url: '/', headers: bearer(eu.accessToken()) })).statusCode, 401)
  t.match(seen.messages[0], { outcome: 'accepted', pool: 'tenant:acme' })
  t.match(seen.rejected, [{ reasonCode: 'TENANT_UNKNOWN', pool: 'tenant:*' }])
  t.match(fetches, [{ pool: acme.userPoolId, outcome: 'ok' }])
})
