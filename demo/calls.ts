/**
 * What can be asked of the demo, and what it has to answer: the one table behind the printed lines and `--check`.
 * @module
 */
import { isDeepStrictEqual } from 'node:util'
import type { CognitoErrorCode } from '../src/index.js'
import { forge } from './cognito-local.js'
import type { Stage } from './stage.js'

/** An answer, as far as it is compared. */
export interface Answer {
  readonly status: number
  /** The JSON body of a success, the `code` of a refusal. */
  readonly content: unknown
  /** The header `www-authenticate`; `null` where there is none. */
  readonly challenge: string | null
}

/** A request and the answer it has to get. */
export interface Call {
  /** What it shows. */
  readonly point: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly expected: Answer
}

/** Calls of one subject. */
export interface CallGroup {
  readonly title: string
  readonly calls: readonly Call[]
}

/** A success that answers JSON. */
export const ok = (content: unknown): Answer => ({ status: 200, content, challenge: null })

function refusal(status: number, code: CognitoErrorCode, parameters = ''): Answer {
  return { status, content: code, challenge: `Bearer realm="api"${parameters}` }
}

const INVALID_TOKEN = ', error="invalid_token", error_description='
const TOO_OLD = ', error="insufficient_user_authentication"'
const INSUFFICIENT = ', error="insufficient_scope"'

/** How requests are refused. */
export const refusals = {
  missing: refusal(401, 'COGNITO_ERR_TOKEN_MISSING'),
  malformed: refusal(400, 'COGNITO_ERR_REQUEST_INVALID', ', error="invalid_request"'),
  invalid: refusal(401, 'COGNITO_ERR_TOKEN_INVALID', `${INVALID_TOKEN}"The access token is invalid"`),
  expired: refusal(401, 'COGNITO_ERR_TOKEN_EXPIRED', `${INVALID_TOKEN}"The access token expired"`),
  tooOld: refusal(401, 'COGNITO_ERR_AUTHENTICATION_TOO_OLD', `${TOO_OLD}, max_age="43200"`),
  noScope: refusal(403, 'COGNITO_ERR_SCOPE_INSUFFICIENT', `${INSUFFICIENT}, scope="orders/read"`),
  noGroup: refusal(403, 'COGNITO_ERR_GROUP_INSUFFICIENT', INSUFFICIENT),
  notPermitted: refusal(403, 'COGNITO_ERR_CHECK_FAILED', INSUFFICIENT),
} as const

type Headers = Call['headers']

/** Headers with a token. */
export const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` })

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
export function listCalls({ tokens }: Stage): readonly CallGroup[] {
  return [
    { title: 'One pool', calls: listPoolCalls(tokens) },
    { title: 'ID tokens and custom attributes', calls: listIdTokenCalls(tokens) },
    { title: 'Several pools', calls: listChoiceCalls(tokens) },
    { title: 'Optional', calls: listOptionalCalls(tokens) },
    { title: 'Scopes and groups', calls: listPermissionCalls(tokens) },
    { title: 'A check of your own, the age of the sign-in, a whole scope', calls: listFurtherCalls(tokens) },
    { title: 'Bad credentials', calls: listBadCalls(tokens) },
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
      'an access token where an ID token is asked for',
    ),
    get('/eu', bearer(ada.idToken), refusals.invalid, 'an ID token where an access token is asked for'),
  ]
}

function listChoiceCalls({ ada, cal }: People): Call[] {
  const inUs = { 'x-region': 'us' }
  return [
    get('/any', bearer(ada.accessToken), ok(ADA), "a list of pools: the token's issuer picks one"),
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
    get('/support', bearer(ben.accessToken), refusals.noGroup, 'none of the groups'),
  ]
}

function listFurtherCalls({ ada, ben }: People): Call[] {
  const stale = forge(ada.accessToken, { auth_time: Math.floor(Date.now() / 1000) - 13 * 3600 })
  return [
    get('/tenants/acme', bearer(ada.idToken), ok({ tenantId: 'acme' }), 'check: her own tenant'),
    get('/tenants/globex', bearer(ada.idToken), refusals.notPermitted, "check: somebody else's tenant"),
    post('/transfers', bearer(ada.accessToken), ok({ by: 'ada' }), 'maxAge: she signed in lately'),
    post('/transfers', bearer(stale), refusals.tooOld, 'maxAge: a sign-in of 13 hours ago'),
    get('/staff/me', bearer(ada.accessToken), ok(ADA), 'a scope behind one guard'),
    get('/staff/me', bearer(ben.accessToken), refusals.noGroup, 'its guard asks for a group'),
    get('/staff/me', {}, refusals.missing, 'its guard asks for a token'),
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
    get('/eu', bearer('undefined'), refusals.invalid, 'what a client without a token often sends'),
  ]
}

function listForgedCalls({ ben }: People): Call[] {
  const forged = forge(ben.accessToken, { 'cognito:groups': ['admin', 'staff'] })
  const groups = ok({ groups: ['admin', 'staff'] })
  return [
    get('/admin', bearer(forged), groups, "ben's token, forged with the key that cognito-local publishes"),
  ]
}

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

/** Writes a call as a line for a POSIX shell. */
export function toCurl(origin: string, { method, path, headers }: Call): string {
  const words = ['curl -i', ...(method === 'GET' ? [] : [`-X ${method}`]), origin + path]
  for (const [name, value] of Object.entries(headers)) words.push(`-H ${quote(`${name}: ${value}`)}`)
  return words.join(' ')
}

/** Makes a call over HTTP. */
export async function perform(origin: string, { method, path, headers }: Call): Promise<Answer> {
  const response = await fetch(origin + path, { method, headers, redirect: 'manual' })
  const body = (await response.json()) as { readonly code?: unknown }
  return {
    status: response.status,
    content: response.ok ? body : body.code,
    challenge: response.headers.get('www-authenticate'),
  }
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
  for (const call of groups.flatMap(({ calls }) => calls)) {
    const got = await perform(origin, call)
    verdicts.push({ call, got, isAsExpected: isDeepStrictEqual(got, call.expected) })
  }
  return verdicts
}
