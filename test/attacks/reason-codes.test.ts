/**
 * Each reason is raised where it belongs: a request with its cause gets its code, its error code and its words.
 * @module
 */
import cookie from '@fastify/cookie'
import Fastify, { type FastifyInstance, type InjectOptions } from 'fastify'
import t, { type Test } from 'tap'
import { REASONS } from '../../src/base/reasons.js'
import cognito, {
  anyTenant,
  CognitoError,
  fromCookie,
  fromHeader,
  fromQuery,
  fromSubprotocol,
  type PluginOptions,
  type ReasonCode,
  type RevocationStore,
  reasonCodes,
  type StandardSchema,
  type TenantRow,
  type TokenRequirement,
  tenant,
} from '../../src/index.js'
import { createAccounts } from '../support/accounts.js'
import { bearer, createApp, startIssuer } from '../support/app.js'
import { forge } from '../support/forge.js'
import { createTenantApp, toRow, useKeysOf } from '../support/tenants.js'

const { issuer, eu, us } = await startIssuer(t)
const api = issuer.createPool()
const lonely = issuer.createPool()
const token = eu.accessToken()
const [header = '', payload = '', signature = ''] = token.split('.')
const now = Math.floor(Date.now() / 1000)
const day = 86_400

/** Codes of the reasons that were raised so far. */
const raised = new Set<ReasonCode>()

/** Tells whether a text is that of a reason, with a detail for each of its words in braces. */
function isTextOf(reasonCode: ReasonCode, reason: string): boolean {
  const parts = REASONS[reasonCode].text.split(/\{\w+\}/).map((part) => part.replace(/[^\w ]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^{}]+')}$`).test(reason)
}

function assertReason(test: Test, error: unknown, reasonCode: ReasonCode): void {
  if (!(error instanceof CognitoError)) throw new Error(`${reasonCode}: no refusal`)
  test.equal(error.reasonCode, reasonCode)
  test.equal(error.code, REASONS[reasonCode].code, reasonCode)
  test.ok(isTextOf(reasonCode, error.reason), `${reasonCode}: ${error.reason}`)
  test.notOk(/secretly/.test(`${error.reason} ${error.message}`), `${reasonCode} repeats nothing`)
  raised.add(reasonCode)
}

type TokenCase = readonly [
  ReasonCode,
  text: string,
  pool?: 'eu' | 'us' | 'api',
  requirement?: TokenRequirement,
]

const TOKENS: readonly TokenCase[] = [
  ['CREDENTIALS_EMPTY', ''],
  ['SCHEME_IN_TOKEN', `Bearer ${token}`],
  ['TOKEN_IN_QUOTES', `"${token}"`],
  ['SPACE_IN_CREDENTIALS', `${token} `],
  ['OBJECT_INSTEAD_OF_TOKEN', '[object Object]'],
  ['CREDENTIALS_MALFORMED', `${token},${token}`],
  ['TOKEN_TOO_LONG', 'x'.repeat(16_385)],
  ['WORD_INSTEAD_OF_TOKEN', 'undefined'],
  ['PART_COUNT_INVALID', `${header}.${payload}`],
  ['TOKEN_ENCRYPTED', 'a.b.c.d.e'],
  ['PART_MALFORMED', `${header}..${signature}`],
  ['SIGNATURE_LENGTH_INVALID', `${header}.${payload}.AAAA`],
  ['HEADER_TOO_LONG', eu.accessToken({}, { padding: 'x'.repeat(1024) })],
  ['HEADER_NOT_AN_OBJECT', forge(eu, { header: '[]' })],
  ['PAYLOAD_NOT_AN_OBJECT', forge(eu, { payload: '[]' })],
  ['HEADER_HAS_PROTO', forge(eu, { header: '{"__proto__":1}' })],
  ['PAYLOAD_HAS_PROTO', forge(eu, { payload: '{"__proto__":1}' })],
  ['HEADER_MEMBER_REPEATED', forge(eu, { header: '{"alg":"RS256","alg":"RS256"}' })],
  ['ALG_NOT_RS256', eu.accessToken({}, { alg: 'HS256' })],
  ['HEADER_MEMBER_FORBIDDEN', eu.accessToken({}, { crit: ['x'] })],
  ['TYP_NOT_JWT', eu.accessToken({}, { typ: 'logout+jwt' })],
  ['KID_MALFORMED', eu.accessToken({}, { kid: '' })],
  ['ISSUER_UNKNOWN', eu.accessToken({ iss: 'https://issuer.example' })],
  ['TOKEN_USE_UNKNOWN', eu.accessToken({ token_use: 'refresh' })],
  ['SUB_MISSING', eu.accessToken({ sub: '' })],
  ['SCOPE_NOT_TEXT', eu.accessToken({ scope: null })],
  ['GROUPS_NOT_A_LIST', eu.accessToken({ 'cognito:groups': 'admin' })],
  ['TOKEN_SENDER_CONSTRAINED', eu.accessToken({ cnf: {} })],
  ['CLIENT_ID_MISSING', eu.accessToken({ client_id: undefined })],
  ['CLIENT_ID_NOT_ACCEPTED', eu.accessToken({ client_id: 'another' })],
  ['AUDIENCE_NOT_ACCEPTED', api.accessToken({ aud: 'https://other.example' }), 'api'],
  ['AUD_NOT_A_CLIENT_ID', eu.idToken({ aud: ['a', 'b'] })],
  ['AUD_NOT_ACCEPTED', eu.idToken({ aud: 'another' })],
  ['ID_TOKEN_NOT_ACCEPTED', eu.idToken()],
  ['ACCESS_TOKEN_NOT_ACCEPTED', token, 'eu', { tokenUse: 'id' }],
  ['POOL_NOT_ACCEPTED', us.accessToken()],
  ['EXP_MISSING', eu.accessToken({ exp: undefined })],
  ['EXP_NOT_SECONDS', eu.accessToken({ exp: 'tomorrow' })],
  ['EXP_IN_MILLISECONDS', eu.accessToken({ exp: now * 1000 })],
  ['IAT_MISSING', eu.accessToken({ iat: undefined })],
  ['IAT_NOT_SECONDS', eu.accessToken({ iat: -1 })],
  ['IAT_IN_MILLISECONDS', eu.accessToken({ iat: now * 1000 })],
  ['IAT_IN_FUTURE', eu.accessToken({ iat: now + day, exp: now + 2 * day })],
  ['NBF_NOT_SECONDS', eu.accessToken({ nbf: 'now' })],
  ['NBF_IN_MILLISECONDS', eu.accessToken({ nbf: now * 1000 })],
  ['NBF_IN_FUTURE', eu.accessToken({ nbf: now + day })],
  ['LIFETIME_INVALID', eu.accessToken({ iat: now, exp: now + 2 * day })],
  ['TOKEN_EXPIRED', eu.accessToken({ iat: now - 3600, exp: now - 1800 })],
  ['KEY_ABSENT', eu.accessToken({}, { kid: 'unknown' })],
  ['SIGNATURE_MISMATCH', `${header}.${eu.accessToken({ sub: 'other' }).split('.')[1]}.${signature}`],
  ['CLAIMS_MISFIT', eu.accessToken({ username: 7 })],
  ['SCOPES_MISSING', token, 'eu', { scopes: ['orders/read', 'orders/write'] }],
  ['GROUPS_MISSING', token, 'eu', { groups: { anyOf: ['admin', 'staff'] } }],
  [
    'GROUPS_PROHIBITED',
    eu.accessToken({ 'cognito:groups': ['suspended'] }),
    'eu',
    { groups: { noneOf: ['suspended', 'left'] } },
  ],
  ['ACR_MISSING', token, 'eu', { acr: { atLeast: 1 } }],
  ['ACR_UNKNOWN', eu.accessToken({ acr: 'gold' }), 'eu', { acr: { atLeast: 1 } }],
  ['ACR_NOT_ACCEPTED', eu.accessToken({ acr: 'urn:cognito:loa:2' }), 'eu', { acr: { atLeast: 3 } }],
  ['AMR_MISSING', token, 'eu', { amr: 'mfa' }],
  ['AMR_NOT_ACCEPTED', eu.accessToken({ amr: ['pwd'] }), 'eu', { amr: { anyOf: ['mfa', 'hwk'] } }],
  ['MACHINE_WITHOUT_SIGN_IN', eu.machineToken(), 'eu', { amr: 'mfa' }],
  ['SIGN_IN_TOO_OLD', eu.accessToken({ auth_time: now - day }), 'eu', { maxAge: 60 }],
]

/** The refusal of a token; `undefined` where it is accepted. */
const refusalOf = (verified: Promise<unknown>): Promise<unknown> =>
  verified.then(
    () => undefined,
    (error) => error,
  )

t.test('a token', async (t) => {
  const audience = 'https://api.example'
  const app = await createApp(t, { eu: eu.options(), us: us.options(), api: api.options({ audience }) })
  t.equal(await refusalOf(app.cognito.verify(token, 'eu')), undefined)
  t.equal(await refusalOf(app.cognito.verify(api.accessToken({ aud: audience }), 'api')), undefined)
  for (const [reasonCode, text, pool = 'eu', requirement = {}] of TOKENS) {
    assertReason(t, await refusalOf(app.cognito.verify(text, pool, requirement)), reasonCode)
  }
})

t.test('keys that cannot be had', async (t) => {
  const keys = { lookupBurst: 2, lookupInterval: 3600 }
  const app = await createApp(t, { lonely: lonely.options() }, { keys })
  issuer.down = true
  assertReason(t, await refusalOf(app.cognito.verify(lonely.accessToken())), 'KEY_ENDPOINTS_FAILED')
  issuer.down = false
  const other = await createApp(t, { eu: eu.options() }, { keys })
  await other.cognito.verify(token)
  const refusals = []
  for (const kid of ['a', 'b', 'c', 'd']) {
    refusals.push(await refusalOf(other.cognito.verify(eu.accessToken({}, { kid }))))
  }
  assertReason(t, refusals.at(-1), 'KEY_LOOKUP_POSTPONED')
})

t.test('a store of revocations', async (t) => {
  const store = (isRevoked: () => boolean): RevocationStore => ({
    isRevoked,
    revoke: () => Promise.reject(new RangeError('full')),
  })
  const failing = () => {
    throw new TypeError('broken')
  }
  const revoked = await createApp(t, { eu: eu.options() }, { revocation: { store: store(() => true) } })
  assertReason(t, await refusalOf(revoked.cognito.verify(token)), 'TOKEN_REVOKED')
  const broken = await createApp(t, { eu: eu.options() }, { revocation: { store: store(failing) } })
  assertReason(t, await refusalOf(broken.cognito.verify(token)), 'REVOCATION_STORE_FAILED')
  const mark = broken.cognito.revoke({ by: 'sub', value: 'x' } as never)
  assertReason(t, await refusalOf(mark), 'REVOCATION_NOT_STORED')
})

/** An app whose refusals are kept, the last one first. */
async function createWatched(options: Partial<PluginOptions>, prepare?: (app: FastifyInstance) => unknown) {
  const app = Fastify()
  t.teardown(() => app.close())
  const refusals: unknown[] = []
  app.setErrorHandler((error, _request, reply) => {
    refusals.unshift(error)
    return reply.code(418).send()
  })
  await prepare?.(app)
  await app.register(cognito, { pools: { eu: eu.options() }, ...options, keys: { prefetch: false } })
  app.get('/', { onRequest: app.authRequired() }, async () => 'in')
  app.get('/check', { onRequest: app.authRequired('eu', { check: () => false }) }, async () => 'in')
  app.get('/user', { onRequest: app.authRequired('eu', { loadUser: () => null }) }, async () => 'in')
  app.get('/pool', { onRequest: app.authRequired(() => 'nobody' as never) }, async () => 'in')
  const check = () => {
    throw 'text'
  }
  app.get('/throws', { onRequest: app.authRequired('eu', { check }) }, async () => 'in')
  return async (request: InjectOptions | string) => {
    const { body } = await app.inject(request)
    return body === 'in' ? body : refusals.shift()
  }
}

t.test('a request', async (t) => {
  const ask = await createWatched({ tokenFrom: [fromHeader(), fromSubprotocol(), fromQuery('token')] })
  const at = (headers: Record<string, string | string[]>, url = '/'): InjectOptions => ({ url, headers })
  t.equal(await ask(at(bearer(token))), 'in')
  const cases: readonly (readonly [ReasonCode, InjectOptions])[] = [
    ['BEARER_TOKEN_MISSING', at({})],
    ['SCHEME_MISSING', at({ authorization: token })],
    ['SCHEME_NOT_ACCEPTED', at({ authorization: 'Basic eDp5' })],
    ['HEADER_EMPTY', at({ authorization: ' ' })],
    ['TOKEN_IN_HEADER_AND_QUERY', at(bearer(token), `/?token=${token}`)],
    ['QUERY_PARAMETER_REPEATED', at({}, '/?token=a&token=b')],
    ['TOKEN_IN_SEVERAL_SUBPROTOCOLS', at({ 'sec-websocket-protocol': 'bearer.a, bearer.b' })],
    ['CHECK_NOT_TRUE', at(bearer(token), '/check')],
    ['USER_NOT_FOUND', at(bearer(token), '/user')],
    ['POOL_CHOICE_INVALID', at(bearer(token), '/pool')],
    ['NO_ERROR_THROWN', at(bearer(token), '/throws')],
  ]
  for (const [reasonCode, request] of cases) assertReason(t, await ask(request), reasonCode)
})

t.test('a schema of claims that cannot work', async (t) => {
  const app = await createApp(t, { eu: eu.options() })
  const schema = (validate: () => unknown) =>
    ({ '~standard': { version: 1, vendor: 'own', validate } }) as StandardSchema<unknown, object>
  for (const [reasonCode, claims] of [
    ['CLAIMS_SCHEMA_ASYNCHRONOUS', schema(async () => ({ value: {} }))],
    ['CLAIMS_OUTPUT_NOT_PLAIN', schema(() => ({ value: new Map() }))],
    ['STANDARD_CLAIM_CHANGED', schema(() => ({ value: { sub: 'admin' } }))],
  ] as const) {
    const error: unknown = await app.cognito.verify(token, 'eu', { claims }).catch((error) => error)
    assertReason(t, error, reasonCode)
  }
})

t.test('a tenant', async (t) => {
  useKeysOf(t, issuer)
  const [acme, unlisted] = [issuer.createPool(), issuer.createPool()]
  const rows = [toRow('acme', acme)]
  let load: () => TenantRow[] | Promise<TenantRow[]> = () => rows
  const app = await createTenantApp(t, {
    load: () => load(),
    claim: 'tenant',
    unknownInterval: 0.05,
    refreshAfter: 3600,
  })
  await app.ready()
  const [byHeader, acmes] = [tenant.header('x-tenant'), acme.accessToken({ tenant: 'acme' })]
  const ask = (text: string, name?: string) => {
    const headers = { ...bearer(text), ...(name !== undefined && { 'x-tenant': name }) }
    const raw = { rawHeaders: ['authorization', headers.authorization] }
    return refusalOf(app.cognito.verifyRequest({ headers, raw } as never, byHeader))
  }
  t.equal(await ask(acmes, 'acme'), undefined)
  assertReason(t, await ask(acmes), 'TENANT_NOT_NAMED')
  assertReason(t, await ask(acmes, 'secretly'), 'TENANT_NOT_ACCEPTED')
  assertReason(t, await ask(acme.accessToken({ tenant: 'secretly' }), 'acme'), 'TENANT_CLAIM_MISMATCH')
  await app.cognito.tenants.reload()
  assertReason(t, await ask(unlisted.accessToken(), 'secretly'), 'TENANT_UNKNOWN')
  const authentication = await app.cognito.verify(acmes, anyTenant)
  rows.pop()
  await app.cognito.tenants.reload()
  const signal = app.cognito.expirySignal(authentication)
  await new Promise((resolve) => signal.addEventListener('abort', resolve))
  assertReason(t, signal.reason, 'TENANT_REMOVED')
  load = () => Promise.reject(new RangeError('secretly'))
  await app.cognito.tenants.reload()
  assertReason(t, await ask(unlisted.accessToken(), 'secretly'), 'TENANT_LIST_FAILED')
})

t.test('more requests of unknown tenants than may wait', async (t) => {
  useKeysOf(t, issuer)
  const [acme, unlisted] = [issuer.createPool(), issuer.createPool()]
  const rows = [toRow('acme', acme)]
  let answer = Promise.resolve(rows)
  const app = await createTenantApp(t, { load: () => answer, unknownInterval: 0.05, refreshAfter: 3600 })
  await app.ready()
  const stranger = unlisted.accessToken()
  let finish = () => {}
  answer = new Promise((resolve) => {
    finish = () => resolve(rows)
  })
  const reading = app.cognito.tenants.reload()
  await new Promise(setImmediate)
  const asked = Array.from({ length: 1001 }, () => refusalOf(app.cognito.verify(stranger, anyTenant)))
  const last = await asked.at(-1)
  assertReason(t, last, 'TENANT_LOOKUP_POSTPONED')
  t.equal(await refusalOf(app.cognito.verify(acme.accessToken(), anyTenant)), undefined)
  finish()
  t.equal(await reading, true)
  assertReason(t, await asked[0], 'TENANT_UNKNOWN')
})

t.test('a request to a source of the application, with cookies, and with two headers', async (t) => {
  const nothing = await createWatched({ tokenFrom: { kind: 'custom', read: () => null } })
  assertReason(t, await nothing('/'), 'CREDENTIALS_OF_ANOTHER_KIND')
  const promising = await createWatched({ tokenFrom: (async () => token) as never })
  assertReason(t, await promising('/'), 'TOKEN_SOURCE_INVALID')
  const late = await createWatched({ tokenFrom: fromCookie('t') }, (app) =>
    app.register(cookie, { hook: 'preHandler' }),
  )
  assertReason(t, await late({ url: '/', cookies: { t: token } }), 'COOKIES_NOT_PARSED')
  const twice = fromHeader().read
  const rawHeaders = ['authorization', 'Bearer a', 'Authorization', 'Bearer a']
  try {
    twice({ headers: { authorization: 'Bearer a' }, raw: { rawHeaders } } as never)
  } catch (error) {
    assertReason(t, error, 'HEADER_REPEATED')
  }
})

t.test('a sign-out everywhere without the scope of Cognito', async (t) => {
  const refusals: unknown[] = []
  const { post, pool } = await createAccounts(t, {
    prepare: (app) => app.addHook('onError', async (_request, _reply, error) => void refusals.push(error)),
  })
  await post('/signout', { everywhere: true }, pool.accessToken({ scope: 'openid' }))
  assertReason(t, refusals[0], 'SIGN_OUT_SCOPE_MISSING')
})

t.test('every reason was raised', async (t) => {
  t.strictSame(
    reasonCodes.filter((reasonCode) => !raised.has(reasonCode)),
    [],
  )
  t.ok(Object.isFrozen(reasonCodes) && Object.isFrozen(REASONS))
  t.strictSame(reasonCodes, Object.keys(REASONS))
  for (const reasonCode of reasonCodes) t.match(reasonCode, /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/)
})
