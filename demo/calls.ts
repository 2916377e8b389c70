/**
 * What can be asked of the demo: the one table behind the printed lines and `--check`.
 * @module
 */
import { isDeepStrictEqual } from 'node:util'
import { type Answer, bearer, type Call, type Headers, type Kept, ok, perform, refusals } from './call.js'
import { forge } from './cognito-local.js'
import { listLife } from './life.js'
import type { Newcomer, Stage } from './stage.js'

/** Calls of one subject. */
export interface CallGroup {
  readonly title: string
  readonly calls: readonly Call[]
}

const get = (path: string, headers: Headers, expected: Answer, point: string): Call => ({
  point,
  method: 'GET',
  path,
  headers,
  expected,
})

const post = (path: string, headers: Headers, expected: Answer, point: string): Call => ({
  ...get(path, headers, expected, point),
  method: 'POST',
})

/** Everything that the demo shows, in the order in which it is best read. */
export function listCalls({ tokens, code, newcomer }: Stage): readonly CallGroup[] {
  return [
    { title: 'One pool', calls: listPoolCalls(tokens) },
    { title: 'ID tokens and custom attributes', calls: listIdTokenCalls(tokens) },
    { title: 'Several pools', calls: listChoiceCalls(tokens) },
    { title: 'Optional', calls: listOptionalCalls(tokens) },
    { title: 'Scopes and groups', calls: listPermissionCalls(tokens) },
    { title: 'A check of your own, the age of the sign-in, a whole scope', calls: listFurtherCalls(tokens) },
    {
      title: 'Add a tenant, and remove it, while the application runs',
      calls: listTenantCalls(tokens, newcomer),
    },
    { title: 'Bad credentials', calls: listBadCalls(tokens) },
    { title: 'The life of a user: from sign-up to sign-out', calls: listLife(code) },
    { title: 'What the emulator cannot show', calls: listForgedCalls(tokens) },
  ]
}

type People = Stage['tokens']

const ADA = { pool: 'eu', username: 'ada' }
const CAL = { pool: 'us', username: 'cal' }

function listPoolCalls({ ada, cal }: People): Call[] {
  return [
    get('/', {}, ok({ open: true }), 'a route without a guard is open'),
    get('/eu', bearer(ada.accessToken), ok(ADA), 'an access token of eu opens a route of eu'),
    get('/eu', {}, refusals.missing, 'no token'),
    get('/eu', bearer(cal.accessToken), refusals.invalid, 'a token of us does not open a route of eu'),
    get('/us', bearer(cal.accessToken), ok(CAL), 'a token of us opens a route of us'),
    get('/us', bearer(ada.accessToken), refusals.invalid, 'a token of eu does not open a route of us'),
  ]
}

function listIdTokenCalls({ ada, ben }: People): Call[] {
  const profile = ok({ tenantId: 'acme', seats: 25 })
  return [
    get('/eu/profile', bearer(ada.idToken), profile, 'custom attributes under their own names and types'),
    get(
      '/eu/profile',
      bearer(ben.idToken),
      ok({ tenantId: 'globex' }),
      'an optional attribute may be absent',
    ),
    get(
      '/eu/profile',
      bearer(ada.accessToken),
      refusals.invalid,
      'an access token on a route that takes ID tokens',
    ),
    get('/eu', bearer(ada.idToken), refusals.invalid, 'an ID token on a route that takes access tokens'),
  ]
}

function listChoiceCalls({ ada, cal }: People): Call[] {
  const inUs = { 'x-region': 'us' }
  return [
    get('/any', bearer(ada.accessToken), ok(ADA), "a list of pools: the token's issuer selects the pool"),
    get('/any', bearer(cal.accessToken), ok(CAL), 'the other pool of the list'),
    get('/here', { ...inUs, ...bearer(cal.accessToken) }, ok(CAL), 'the request chooses the pool'),
    get(
      '/here',
      { ...inUs, ...bearer(ada.accessToken) },
      refusals.invalid,
      'a token of a pool that the request did not choose',
    ),
  ]
}

function listOptionalCalls({ ada, cal }: People): Call[] {
  return [
    get('/greeting', {}, ok({ greeting: 'Hello, stranger' }), 'no token: request.cognito is null'),
    get('/greeting', bearer(ada.accessToken), ok({ greeting: 'Hello, ada' }), 'a good token'),
    get('/greeting', bearer(cal.accessToken), refusals.invalid, 'a bad token is refused, not ignored'),
  ]
}

function listPermissionCalls({ ada, ben, cal }: People): Call[] {
  const scopes = ['aws.cognito.signin.user.admin']
  return [
    get('/account', bearer(ada.accessToken), ok({ scopes }), 'the scope of a sign-in through the API'),
    get('/orders', bearer(ada.accessToken), refusals.noScope, 'a scope is missing'),
    get('/admin', bearer(ada.accessToken), ok({ groups: ['admin', 'staff'] }), 'every group of the list'),
    get('/admin', bearer(ben.accessToken), refusals.noGroup, 'groups are missing'),
    get('/support', bearer(cal.accessToken), ok(CAL), 'any group of the list, in either pool'),
    get('/support', bearer(ben.accessToken), refusals.noGroup, 'every group is missing'),
  ]
}

function listFurtherCalls({ ada, ben }: People): Call[] {
  const stale = forge(ada.accessToken, { auth_time: Math.floor(Date.now() / 1000) - 13 * 3600 })
  return [
    get('/tenants/acme', bearer(ada.idToken), ok({ tenantId: 'acme' }), "check: ada's own tenant"),
    get('/tenants/globex', bearer(ada.idToken), refusals.notPermitted, 'check: the tenant of another user'),
    post('/transfers', bearer(ada.accessToken), ok({ by: 'ada' }), 'maxAge: a recent sign-in'),
    post('/transfers', bearer(stale), refusals.tooOld, 'maxAge: a sign-in 13 hours ago'),
    get('/staff/me', bearer(ada.accessToken), ok(ADA), 'a scope behind one guard'),
    get('/staff/me', bearer(ben.accessToken), refusals.noGroup, 'the guard of the scope asks for a group'),
    get('/staff/me', {}, refusals.missing, 'the guard of the scope asks for a token'),
  ]
}

function listTenantCalls({ ada, ben }: People, { row, accessToken }: Newcomer): Call[] {
  const me = (token: string, expected: Answer, point: string, name = 'initech') =>
    get(`/t/${name}/me`, bearer(token), expected, point)
  const change = (token: string, path: string, expected: Answer, point: string, body: object): Call => ({
    ...post(path, { 'content-type': 'application/json', ...bearer(token) }, expected, point),
    body: { ...body },
  })
  const { name } = row
  const eve = ok({ tenant: name, username: 'eve' })
  return [
    me(accessToken, refusals.invalid, 'a token of a user pool that the application does not know'),
    change(ben.accessToken, '/staff/tenants/add', refusals.noGroup, 'only staff adds tenants', row),
    change(ada.accessToken, '/staff/tenants/add', ok({ tenants: 1 }), 'ada adds the tenant initech', row),
    me(accessToken, eve, 'the same token is accepted, without a restart'),
    me(accessToken, refusals.invalid, 'it does not open the routes of another tenant', 'globex'),
    me(ada.accessToken, refusals.invalid, 'a token of eu does not open the routes of a tenant'),
    get('/eu', bearer(accessToken), refusals.invalid, "the tenant's token does not open a route of eu"),
    change(ada.accessToken, '/staff/tenants/remove', ok({ tenants: 0 }), 'ada removes the tenant', { name }),
    me(accessToken, refusals.invalid, 'its token is refused at once'),
  ]
}

function listBadCalls({ ada }: People): Call[] {
  const now = Math.floor(Date.now() / 1000)
  const expired = forge(ada.accessToken, { iat: now - 7200, exp: now - 3600 })
  const basic = `Basic ${Buffer.from('ada:secret').toString('base64')}`
  return [
    get('/eu', bearer(ada.accessToken.slice(0, -4)), refusals.invalid, 'a signature that was cut off'),
    get('/eu', bearer(expired), refusals.expired, 'a token that expired an hour ago'),
    get('/eu', { authorization: basic }, refusals.missing, 'another scheme carries no token'),
    get('/eu', { authorization: 'Bearer' }, refusals.malformed, 'the scheme alone'),
    get('/eu', bearer('two words'), refusals.malformed, 'more than one token'),
    get('/eu', bearer('undefined'), refusals.invalid, 'the text that a client without a token often sends'),
  ]
}

function listForgedCalls({ ben }: People): Call[] {
  const forged = forge(ben.accessToken, { 'cognito:groups': ['admin', 'staff'] })
  const groups = ok({ groups: ['admin', 'staff'] })
  return [
    get('/admin', bearer(forged), groups, "ben's token, forged with the key that cognito-local publishes"),
  ]
}

/** What became of a call. */
export interface Verdict {
  readonly call: Call
  readonly got: Answer
  readonly isAsExpected: boolean
}

/** Makes all calls, one after the other, and compares the answers. */
export async function checkCalls(origin: string, groups: readonly CallGroup[]): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = []
  const kept: Kept = new Map()
  for (const call of groups.flatMap(({ calls }) => calls)) {
    const got = await perform(origin, call, kept)
    verdicts.push({ call, got, isAsExpected: isDeepStrictEqual(got, call.expected) })
  }
  return verdicts
}
