/**
 * The life of a user, from sign-up to sign-out: calls that each need what an earlier one answered.
 * @module
 */
import { type Answer, bearer, type Call, FORM, ok, refusals } from './call.js'

const USERNAME = 'dora'
const PASSWORD = 'Correct-horse-8'
const JSON_BODY = { 'content-type': 'application/json' }

/** Without a body. */
const done: Answer = { status: 204, content: null, challenge: null }
const refused = (status: number, code: string, challenge: string | null = null): Answer => ({
  status,
  content: code,
  challenge,
})

function post(
  path: string,
  body: Readonly<Record<string, unknown>>,
  expected: Answer,
  point: string,
  more: Partial<Call> = {},
): Call {
  return { point, method: 'POST', path, body, expected, ...more, headers: { ...JSON_BODY, ...more.headers } }
}

const get = (path: string, token: string, expected: Answer, point: string): Call => ({
  point,
  method: 'GET',
  path,
  headers: token === '' ? {} : bearer(token),
  expected,
})

/**
 * The calls in their order.
 *
 * @param code - what the emulator sends to everybody
 */
export function listLife(code: string): readonly Call[] {
  return [...listBeginning(code), ...listMiddle(), ...listEnd()]
}

function listBeginning(code: string): Call[] {
  const login = { username: USERNAME, password: PASSWORD }
  const attributes = { email: 'dora@example.com', tenantId: 'initech' }
  return [
    post(
      '/users/signup',
      { ...login, attributes },
      { ...ok({ sub: '…', confirmed: false, delivery: null }), status: 201 },
      'dora signs up; tenantId becomes custom:tenant_id',
      { keeps: ['sub'] },
    ),
    post(
      '/users/signin',
      login,
      refused(403, 'COGNITO_USER_ERR_NOT_CONFIRMED'),
      'no sign-in before the account is confirmed',
    ),
    post(
      '/users/confirm',
      { username: USERNAME, code: '000000' },
      refused(400, 'COGNITO_USER_ERR_CODE_INVALID'),
      'a wrong code',
    ),
    post('/users/confirm', { username: USERNAME, code }, done, 'the code that was sent'),
    post(
      '/users/signin',
      { username: 'nobody', password: PASSWORD },
      refused(401, 'COGNITO_USER_ERR_CREDENTIALS_INVALID', 'Bearer'),
      'an unknown user',
    ),
    post(
      '/users/signin',
      { ...login, password: 'wrong-Horse-8' },
      refused(401, 'COGNITO_USER_ERR_CREDENTIALS_INVALID', 'Bearer'),
      'a wrong password gets the same answer as an unknown user',
    ),
  ]
}

const TOKENS = ['access_token', 'id_token', 'refresh_token']
const signedIn = (members: object) =>
  ok({ access_token: '…', id_token: '…', token_type: 'Bearer', ...members })

function listMiddle(): Call[] {
  const login = { username: USERNAME, password: PASSWORD }
  const dora = { pool: 'eu', username: USERNAME }
  return [
    post('/users/signin', login, signedIn({ refresh_token: '…' }), 'dora signs in', { keeps: TOKENS }),
    get('/eu', '$ACCESS_TOKEN', ok(dora), "dora's access token opens a route"),
    get('/eu/profile', '$ID_TOKEN', ok({ tenantId: 'initech' }), "dora's ID token has her attributes"),
    post(
      '/users/refresh',
      { refresh_token: '$REFRESH_TOKEN', username: USERNAME },
      signedIn({}),
      'a new access token for the refresh token',
      { keeps: ['access_token', 'id_token'] },
    ),
    get('/eu', '$ACCESS_TOKEN', ok(dora), 'the new access token opens the route too'),
    post(
      '/users/signin',
      { grant_type: 'password', ...login },
      signedIn({ refresh_token: '…' }),
      'the form by which Swagger UI signs in',
      { keeps: TOKENS, headers: { 'content-type': FORM } },
    ),
    {
      ...get(
        '/documentation/json',
        '',
        ok({ tokenUrl: '/users/signin', scopes: {} }),
        'the document has the URL for that form',
      ),
      picks: ['components', 'securitySchemes', 'eu', 'flows', 'password'],
    },
  ]
}

function listEnd(): Call[] {
  const { challenge } = refusals.invalid
  return [
    post('/users/signout', { refresh_token: '$REFRESH_TOKEN' }, done, 'dora signs out', {
      headers: bearer('$ACCESS_TOKEN'),
    }),
    get(
      '/eu',
      '$ACCESS_TOKEN',
      refused(401, 'COGNITO_ERR_TOKEN_REVOKED', challenge),
      "dora's access token is refused, hours before it expires",
    ),
    post(
      '/users/refresh',
      { refresh_token: '$REFRESH_TOKEN', username: USERNAME },
      refused(401, 'COGNITO_USER_ERR_REFRESH_TOKEN_INVALID', 'Bearer'),
      'Cognito refuses the refresh token',
    ),
  ]
}
