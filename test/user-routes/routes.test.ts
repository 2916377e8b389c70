/**
 * The account routes against a server that speaks Cognito's wire protocol, by the AWS SDK: what each route asks, what it
 * answers, and who may call it.
 * @module
 */
import { Type } from '@sinclair/typebox'
import t from 'tap'
import { listMarks } from '../../src/user-routes/sign-out.js'
import { type AccountsInit, ask, createAccounts, headersOf } from '../support/accounts.js'

const PASSWORD = 'Correct-horse-1'
const SIGN_IN = { username: 'ada@example.com', password: PASSWORD }
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const Member = Type.Object({
  email: Type.String(),
  tenantId: Type.Optional(Type.String({ alias: 'custom:tenant_id' })),
  seats: Type.Optional(Type.Integer({ alias: 'custom:seats' })),
  active: Type.Optional(Type.Boolean({ alias: 'custom:active' })),
  tags: Type.Optional(Type.Array(Type.String(), { alias: 'custom:tags' })),
  since: Type.Optional(Type.Date({ alias: 'custom:since' })),
  rate: Type.Optional(Type.Number({ alias: 'custom:rate' })),
  code: Type.Optional(
    Type.Transform(Type.String({ alias: 'custom:code' }))
      .Decode((text) => BigInt(text))
      .Encode(String),
  ),
})

t.test('sign-up answers who it is and where the code went', async (t) => {
  const { post, wire } = await createAccounts(t)
  const attributes = { email: 'ada@example.com', given_name: 'Ada' }
  const sub = wire.user.username
  const delivery = { destination: 'a***@e***', medium: 'EMAIL', attribute: 'email' }
  t.strictSame(await post('/signup', { username: 'ada', password: PASSWORD, attributes }), {
    status: 201,
    body: { sub, confirmed: false, delivery },
  })
  wire.answers.set('SignUp', () => ({ UserSub: sub, UserConfirmed: true }))
  t.strictSame(await post('/signup', { username: 'ada', password: PASSWORD }), {
    status: 201,
    body: { sub, confirmed: true, delivery: null },
  })
  t.match(wire.inputsOf('SignUp'), [
    {
      Username: 'ada',
      UserAttributes: [
        { Name: 'email', Value: 'ada@example.com' },
        { Name: 'given_name', Value: 'Ada' },
      ],
    },
    { UserAttributes: [] },
  ])
})

t.test(
  'custom attributes go to Cognito under their alias, as the text that they can be read from',
  async (t) => {
    const { post, wire } = await createAccounts(t, { options: { attributes: Member } })
    const attributes = {
      email: 'ada@example.com',
      tenantId: 'acme',
      seats: 7,
      active: false,
      tags: ['a', 'b'],
      since: '2026-11-21T10:00:00Z',
      rate: 0.5,
      code: '42',
    }
    t.match(await post('/signup', { username: 'ada', password: PASSWORD, attributes }), { status: 201 })
    t.strictSame(wire.inputsOf('SignUp')[0]?.['UserAttributes'], [
      { Name: 'email', Value: 'ada@example.com' },
      { Name: 'custom:tenant_id', Value: 'acme' },
      { Name: 'custom:seats', Value: '7' },
      { Name: 'custom:active', Value: 'false' },
      { Name: 'custom:tags', Value: '["a","b"]' },
      { Name: 'custom:since', Value: '2026-11-21T10:00:00Z' },
      { Name: 'custom:rate', Value: '0.5' },
      { Name: 'custom:code', Value: '42' },
    ])
  },
)

t.test('nobody gives himself an attribute that is not on the list, or of another type', async (t) => {
  const { post, wire } = await createAccounts(t, { options: { attributes: Member } })
  const signUp = (attributes: object) => post('/signup', { username: 'ada', password: PASSWORD, attributes })
  const email = 'ada@example.com'
  const refused: Readonly<Record<string, object>> = {
    'an alias in place of its name': { email, 'custom:tenant_id': 'acme' },
    'an undeclared custom attribute': { email, 'custom:role': 'admin' },
    'a standard attribute that is not declared': { email, given_name: 'Ada' },
    email_verified: { email, email_verified: 'true' },
    sub: { email, sub: 'f00' },
    'text for a number': { email, seats: '7' },
    'a fraction for an integer': { email, seats: 7.5 },
    'a number that is written with an exponent': { email, rate: 1e-7 },
    'text that is no date': { email, since: 'yesterday' },
    'a list of another type': { email, tags: [7] },
    'text that a transform does not take': { email, code: 'no' },
    'a required one left out': { tenantId: 'acme' },
    null: { email, seats: null },
  }
  for (const [name, attributes] of Object.entries(refused)) {
    const { status, body } = await signUp(attributes)
    t.equal(status, 400, name)
    t.match(body, { code: 'COGNITO_USER_ERR_REQUEST_INVALID' }, name)
  }
  t.equal((await post('/signup', { username: 'ada', password: PASSWORD })).status, 400)
  t.strictSame(wire.calls, [])
  t.equal((await signUp({ email })).status, 201)
})

t.test('an attribute that has to be there, a date', async (t) => {
  const attributes = Type.Object({ since: Type.Date({ alias: 'custom:since' }) })
  const { post, wire } = await createAccounts(t, { options: { attributes } })
  const signUp = (given: object) => post('/signup', { username: 'ada', password: PASSWORD, ...given })
  t.equal((await signUp({})).status, 400)
  t.equal((await signUp({ attributes: {} })).status, 400)
  t.equal((await signUp({ attributes: { since: '2026-02-30' } })).status, 400)
  t.strictSame(wire.calls, [])
  t.equal((await signUp({ attributes: { since: '2026-02-28' } })).status, 201)
})

t.test('by default: the standard attributes that users write, and no custom one', async (t) => {
  const { post, wire } = await createAccounts(t)
  for (const name of ['custom:role', 'email_verified', 'sub', 'phone_number_verified', '__proto__']) {
    const attributes = JSON.parse(`{ "${name}": "true" }`)
    t.equal((await post('/signup', { username: 'ada', password: PASSWORD, attributes })).status, 400, name)
  }
  t.strictSame(wire.calls, [])
})

t.test('confirmation and another code', async (t) => {
  const { post, wire } = await createAccounts(t)
  t.strictSame(await post('/confirm', { username: 'ada', code: '123456' }), { status: 204, body: undefined })
  t.match(wire.inputsOf('ConfirmSignUp'), [{ Username: 'ada', ConfirmationCode: '123456' }])
  t.strictSame(await post('/resend', { username: 'ada@example.com' }), { status: 202, body: undefined })
})

t.test('sign-in answers tokens as OAuth names them', async (t) => {
  const { app, post, wire } = await createAccounts(t)
  app.get('/guarded', { onRequest: app.authRequired('eu') }, async (request) => request.cognito?.subject)
  const { status, body } = await post('/signin', SIGN_IN)
  t.equal(status, 200)
  const { access_token: token, ...rest } = body as Record<string, string>
  t.match(rest, { token_type: 'Bearer', expires_in: 3600, refresh_token: wire.refreshToken, id_token: /^ey/ })
  t.strictSame(Object.keys(rest).sort(), ['expires_in', 'id_token', 'refresh_token', 'token_type'])
  const { body: subject } = await app.inject({ url: '/guarded', headers: headersOf(token) })
  t.equal(subject, wire.user.username)
  const input = { AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME: SIGN_IN.username } }
  t.match(wire.inputsOf('InitiateAuth'), [input])
})

t.test('a wrong password and an unknown user are answered alike, to the last header', async (t) => {
  const { app, wire } = await createAccounts(t)
  const signIn = async (username: string, password: string) => {
    const answer = await app.inject({ method: 'POST', url: '/users/signin', body: { username, password } })
    const { date: _, ...headers } = answer.headers
    return { status: answer.statusCode, body: answer.body, headers }
  }
  const wrong = await signIn('ada@example.com', 'wrong')
  t.equal(wrong.status, 401)
  t.match(wrong.headers, { 'cache-control': 'no-store', 'www-authenticate': 'Bearer' })
  t.strictSame(await signIn('eve@example.com', 'wrong'), wrong)
  wire.fail('InitiateAuth', 'InvalidPasswordException', 'Invalid password')
  t.strictSame(await signIn('ada@example.com', 'wrong'), wrong, 'as an emulator says it')
})

t.test('a form signs in, as an OAuth 2.0 client sends it', async (t) => {
  const { app } = await createAccounts(t)
  const send = async (body: string, headers: Record<string, string> = FORM) => {
    const { statusCode: status, body: text } = await app.inject({
      method: 'POST',
      url: '/users/signin',
      headers,
      body,
    })
    return { status, body: JSON.parse(text) }
  }
  const good = 'grant_type=password&username=ada%40example.com&password=Correct-horse-1'
  t.match(await send(good), { status: 200, body: { token_type: 'Bearer' } })
  t.match(
    await send(`${good}&client_id=&scope=openid`, {
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    }),
    { status: 200 },
    'what is not known is ignored',
  )
  for (const [name, body, error, code] of [
    ['wrong password', good.replace('horse', 'cow'), 'invalid_grant', 'CREDENTIALS_INVALID'],
    ['a password twice', `${good}&password=x`, 'invalid_request', 'REQUEST_INVALID'],
    ['an unknown parameter twice', `${good}&x=1&x=2`, 'invalid_request', 'REQUEST_INVALID'],
    ['no grant type', good.replace('grant_type', 'grant'), 'invalid_request', 'REQUEST_INVALID'],
    [
      'another grant',
      good.replace('=password&', '=refresh_token&'),
      'unsupported_grant_type',
      'GRANT_TYPE_UNSUPPORTED',
    ],
    ['no user name', good.replace('username', 'user'), 'invalid_request', 'REQUEST_INVALID'],
    ['no password', good.replace('&password', '&pass'), 'invalid_request', 'REQUEST_INVALID'],
  ] as const) {
    const answer = await send(body)
    t.match(answer, { status: 400, body: { error, code: `COGNITO_USER_ERR_${code}` } }, name)
    t.match(answer.body.error_description, /^[\x20\x21\x23-\x5B\x5D-\x7E]+$/, name)
  }
})

t.test('a form that meets a further step says so; throttling and outages keep their status', async (t) => {
  const { app, wire } = await createAccounts(t)
  const send = async () => {
    const body = 'grant_type=password&username=ada%40example.com&password=Correct-horse-1'
    const answer = await app.inject({ method: 'POST', url: '/users/signin', headers: FORM, body })
    return { status: answer.statusCode, headers: answer.headers, body: answer.json() }
  }
  wire.answers.set('InitiateAuth', () => ({ ChallengeName: 'SMS_MFA', Session: 'the-session' }))
  const challenged = await send()
  t.match(challenged, {
    status: 400,
    body: { error: 'invalid_grant', code: 'COGNITO_USER_ERR_CHALLENGE_REQUIRED' },
  })
  t.notMatch(JSON.stringify(challenged.body), 'the-session')
  wire.fail('InitiateAuth', 'TooManyRequestsException')
  t.match(await send(), {
    status: 429,
    headers: { 'retry-after': '2' },
    body: { error: 'temporarily_unavailable' },
  })
  wire.fail('InitiateAuth', 'UserLambdaValidationException', 'Not "you" \\ é')
  t.match(await send(), { status: 400, body: { error_description: 'Not  you    ' } }, 'RFC 6749 §5.2')
  wire.fail('InitiateAuth', 'InternalErrorException', 'secret text', 500)
  t.match(await send(), { status: 502, body: { error: 'server_error' } })
})

t.test('errors of a form that are not ours say nothing but their kind', async (t) => {
  for (const [statusCode, status, error] of [
    [429, 429, 'temporarily_unavailable'],
    [403, 400, 'invalid_request'],
    [undefined, 500, 'server_error'],
  ] as const) {
    const onRequest = async () => {
      throw Object.assign(new Error('text of a hook'), { statusCode })
    }
    const { app } = await createAccounts(t, { options: { hooks: { onRequest } } })
    const answer = await app.inject({ method: 'POST', url: '/users/signin', headers: FORM, body: 'a=b' })
    t.equal(answer.statusCode, status)
    t.equal(answer.json().error, error)
    t.notMatch(answer.body, 'text of a hook')
  }
})

t.test('no route but the sign-in reads a form, and none reads anything else', async (t) => {
  const { app } = await createAccounts(t)
  const body = 'username=ada&code=1&refresh_token=x&everywhere=true'
  for (const url of ['/signup', '/confirm', '/resend', '/challenge', '/refresh', '/password/forgot']) {
    const answer = await app.inject({ method: 'POST', url: `/users${url}`, headers: FORM, body })
    t.equal(answer.statusCode, 415, url)
  }
  const headers = { 'content-type': 'text/plain' }
  const answer = await app.inject({ method: 'POST', url: '/users/signin', headers, body: '{}' })
  t.equal(answer.statusCode, 415)
})

t.test('a challenge is answered under the real user name', async (t) => {
  const secret = 'the-secret'
  const { post, wire } = await createAccounts(t, { secret, options: { clientSecret: secret } })
  wire.answers.set('InitiateAuth', () => ({
    ChallengeName: 'SOFTWARE_TOKEN_MFA',
    Session: 'the-session',
    ChallengeParameters: { USER_ID_FOR_SRP: wire.user.username, userAttributes: '{"email":"x"}' },
  }))
  const { status, body } = await post('/signin', SIGN_IN)
  t.equal(status, 200)
  const username = wire.user.username
  t.strictSame(body, {
    challenge: 'SOFTWARE_TOKEN_MFA',
    session: 'the-session',
    username,
    parameters: { USER_ID_FOR_SRP: username },
  })
  const { challenge, session } = body as Record<string, string>
  const answered = await post('/challenge', { challenge, session, username, answer: '123456' })
  t.match(answered, { status: 200, body: { token_type: 'Bearer' } })
  t.match(wire.inputsOf('RespondToAuthChallenge'), [
    {
      ChallengeName: 'SOFTWARE_TOKEN_MFA',
      Session: 'the-session',
      ChallengeResponses: { USERNAME: username, SOFTWARE_TOKEN_MFA_CODE: '123456' },
    },
  ])
  const alias = { challenge, session, username: 'ada@example.com', answer: '123456' }
  t.match(await post('/challenge', alias), {
    status: 401,
    body: { code: 'COGNITO_USER_ERR_CREDENTIALS_INVALID' },
  })
})

t.test('each challenge has its own parameter, and one may lead to the next', async (t) => {
  const { post, wire } = await createAccounts(t, { options: { attributes: Member } })
  const expected = {
    SMS_MFA: 'SMS_MFA_CODE',
    SMS_OTP: 'SMS_OTP_CODE',
    EMAIL_OTP: 'EMAIL_OTP_CODE',
    SOFTWARE_TOKEN_MFA: 'SOFTWARE_TOKEN_MFA_CODE',
    NEW_PASSWORD_REQUIRED: 'NEW_PASSWORD',
    PASSWORD: 'PASSWORD',
    WEB_AUTHN: 'CREDENTIAL',
    SELECT_CHALLENGE: 'ANSWER',
    SELECT_MFA_TYPE: 'ANSWER',
    CUSTOM_CHALLENGE: 'ANSWER',
  }
  const given = { session: 's', username: 'ada', answer: 'the-answer' }
  for (const [challenge, parameter] of Object.entries(expected)) {
    t.equal((await post('/challenge', { ...given, challenge })).status, 200, challenge)
    const [input] = wire.inputsOf('RespondToAuthChallenge').slice(-1)
    t.strictSame(input?.ChallengeResponses, { USERNAME: 'ada', [parameter]: 'the-answer' }, challenge)
  }
  for (const challenge of ['PASSWORD_VERIFIER', 'MFA_SETUP', 'toString']) {
    t.equal((await post('/challenge', { ...given, challenge })).status, 400, challenge)
  }
  wire.answers.set('RespondToAuthChallenge', () => ({
    ChallengeName: 'SELECT_CHALLENGE',
    Session: 's2',
    AvailableChallenges: ['EMAIL_OTP', 'WEB_AUTHN'],
  }))
  const attributes = { tenantId: 'acme' }
  const next = await post('/challenge', { ...given, challenge: 'NEW_PASSWORD_REQUIRED', attributes })
  t.strictSame(next.body, {
    challenge: 'SELECT_CHALLENGE',
    session: 's2',
    username: 'ada',
    parameters: {},
    available: ['EMAIL_OTP', 'WEB_AUTHN'],
  })
  const [input] = wire.inputsOf('RespondToAuthChallenge').slice(-1)
  t.equal(input?.ChallengeResponses?.['userAttributes.custom:tenant_id'], 'acme')
  wire.answers.set('RespondToAuthChallenge', () => ({}))
  const neither = await post('/challenge', { ...given, challenge: 'EMAIL_OTP' })
  t.match(neither, { status: 502, body: { code: 'COGNITO_USER_ERR_UPSTREAM_FAILED' } })
})

t.test('a challenge takes no attribute that is not on the list', async (t) => {
  const { post, wire } = await createAccounts(t)
  const given = { challenge: 'NEW_PASSWORD_REQUIRED', session: 's', username: 'ada', answer: 'p' }
  for (const name of ['custom:role', 'email_verified', 'USERNAME']) {
    t.equal((await post('/challenge', { ...given, attributes: { [name]: 'x' } })).status, 400, name)
  }
  t.strictSame(wire.calls, [])
})

t.test('attributes of a challenge cannot take the place of its own parameters', async (t) => {
  const { post, wire } = await createAccounts(t)
  const attributes = { name: 'Eve' }
  const given = { challenge: 'NEW_PASSWORD_REQUIRED', session: 's', username: 'ada', answer: 'p' }
  await post('/challenge', { ...given, attributes })
  t.strictSame(wire.inputsOf('RespondToAuthChallenge')[0]?.ChallengeResponses, {
    'userAttributes.name': 'Eve',
    USERNAME: 'ada',
    NEW_PASSWORD: 'p',
  })
})

t.test('a refresh token is exchanged, with rotation', async (t) => {
  const secret = 'the-secret'
  const { post, wire } = await createAccounts(t, { secret, options: { clientSecret: secret } })
  const first = wire.refreshToken
  const { status, body } = await post('/refresh', { refresh_token: first })
  t.equal(status, 200)
  t.match(body, { token_type: 'Bearer', refresh_token: wire.refreshToken })
  t.not(wire.refreshToken, first)
  t.match(await post('/refresh', { refresh_token: first }), {
    status: 401,
    body: { code: 'COGNITO_USER_ERR_REFRESH_TOKEN_INVALID' },
  })
  t.equal((await post('/refresh', { refresh_token: wire.refreshToken })).status, 200)
  t.strictSame(wire.inputsOf('InitiateAuth'), [])
})

t.test('where that operation is not offered, a refresh goes the old way', async (t) => {
  const secret = 'the-secret'
  for (const exception of ['UnsupportedOperationException', 'OperationNotEnabledException', 'Unsupported']) {
    const { post, wire } = await createAccounts(t, { secret, options: { clientSecret: secret } })
    wire.fail('GetTokensFromRefreshToken', exception)
    const given = { refresh_token: wire.refreshToken }
    t.match(await post('/refresh', given), {
      status: 400,
      body: { code: 'COGNITO_USER_ERR_USERNAME_REQUIRED' },
    })
    const { status } = await post('/refresh', { ...given, username: wire.user.username })
    t.equal(status, 200, exception)
    t.match(await post('/refresh', { refresh_token: 'x', username: wire.user.username }), {
      status: 401,
      body: { code: 'COGNITO_USER_ERR_REFRESH_TOKEN_INVALID' },
    })
  }
  const { post, wire } = await createAccounts(t)
  wire.fail('GetTokensFromRefreshToken', 'UnsupportedOperationException')
  t.equal((await post('/refresh', { refresh_token: wire.refreshToken })).status, 200, 'without a secret')
})

t.test('sign-out revokes the refresh token, and everywhere all of them', async (t) => {
  const secret = 'the-secret'
  const { post, wire, pool } = await createAccounts(t, { secret, options: { clientSecret: secret } })
  const token = pool.accessToken()
  t.strictSame(await post('/signout', { refresh_token: 'r' }, token), { status: 204, body: undefined })
  t.match(wire.inputsOf('RevokeToken'), [{ Token: 'r', ClientId: pool.appClientId, ClientSecret: secret }])
  t.strictSame(wire.inputsOf('GlobalSignOut'), [])
  t.equal((await post('/signout', { everywhere: true }, token)).status, 204)
  t.strictSame(wire.inputsOf('GlobalSignOut'), [{ AccessToken: token }])
  t.equal(wire.inputsOf('RevokeToken').length, 1)
  wire.fail('RevokeToken', 'UnsupportedTokenTypeException')
  t.equal((await post('/signout', { refresh_token: 'x' }, token)).status, 204, 'RFC 7009 §2.2')
  wire.fail('RevokeToken', 'UnauthorizedException')
  t.equal((await post('/signout', { refresh_token: 'x' }, token)).status, 400, 'of another app client')
  wire.answers.delete('RevokeToken')
  wire.fail('GlobalSignOut', 'InternalErrorException', 'x', 500)
  t.equal((await post('/signout', { refresh_token: 'x', everywhere: true }, token)).status, 502)
})

t.test('a sign-out that would revoke nothing says so', async (t) => {
  const { app, post, wire, pool } = await createAccounts(t)
  const refusal = { status: 400, body: { code: 'COGNITO_USER_ERR_REQUEST_INVALID', message: /everywhere/ } }
  for (const body of [{}, { everywhere: false }]) {
    t.match(await post('/signout', body, pool.accessToken()), refusal)
  }
  const headers = headersOf(pool.accessToken())
  const url = '/users/signout'
  t.match(await ask(app, { method: 'POST', url, headers }), refusal, 'without a body')
  const json = { ...headers, 'content-type': 'application/json' }
  t.match(await ask(app, { method: 'POST', url, headers: json }), refusal, 'with an empty one')
  t.strictSame(wire.calls, [])
})

t.test('a sign-out marks the sign-in as narrowly as its token names it', async (t) => {
  const token = (payload: object) => ({
    pool: 'eu',
    subject: 'ada',
    payload: { iat: 100, exp: 200, ...payload },
  })
  const signIn = { pool: 'eu', by: 'origin_jti', value: 'o' }
  const one = { pool: 'eu', by: 'jti', value: 'j', exp: 200 }
  const user = { pool: 'eu', by: 'sub', value: 'ada', notBefore: 150 }
  t.strictSame(listMarks(token({ origin_jti: 'o', jti: 'j' }), false, 150), [signIn])
  t.strictSame(listMarks(token({ jti: 'j' }), false, 150), [one])
  t.strictSame(listMarks(token({}), false, 150), [user])
  t.strictSame(listMarks(token({ jti: 7 }), false, 150), [user])
  t.strictSame(listMarks(token({ origin_jti: 'o', jti: 'j' }), true, 150), [signIn, user])
  t.strictSame(listMarks(token({}), true, 150), [user])
  t.strictSame(
    listMarks(token({ iat: 160 }), true, 150),
    [{ ...user, notBefore: 160 }],
    'of a clock that is ahead',
  )
})

t.test('another password: by a code, and by the one that there is', async (t) => {
  const { post, wire, pool } = await createAccounts(t)
  const given = { username: 'ada', code: '123456', password: 'Another-horse-1' }
  t.strictSame(await post('/password/reset', given), { status: 204, body: undefined })
  const input = { Username: 'ada', ConfirmationCode: '123456', Password: 'Another-horse-1' }
  t.match(wire.inputsOf('ConfirmForgotPassword'), [input])
  const token = pool.accessToken()
  const change = { password: PASSWORD, new_password: 'Another-horse-1' }
  t.strictSame(await post('/password/change', change, token), { status: 204, body: undefined })
  t.match(wire.inputsOf('ChangePassword'), [{ AccessToken: token }])
  t.match(await post('/password/change', change, token), {
    status: 401,
    body: { code: 'COGNITO_USER_ERR_CREDENTIALS_INVALID' },
  })
})

t.test('an unknown user cannot be told from a known one by forgot and resend', async (t) => {
  const { app, wire } = await createAccounts(t)
  const send = async (url: string, username: string) => {
    const answer = await app.inject({ method: 'POST', url: `/users${url}`, body: { username } })
    const { date: _, ...headers } = answer.headers
    return { status: answer.statusCode, body: answer.body, headers }
  }
  for (const [url, operation] of [
    ['/password/forgot', 'ForgotPassword'],
    ['/resend', 'ResendConfirmationCode'],
  ] as const) {
    const known = await send(url, 'ada@example.com')
    t.match(known, { status: 202, body: '' })
    t.strictSame(await send(url, 'eve@example.com'), known, url)
    for (const exception of [
      'NotAuthorized',
      'InvalidParameter',
      'LimitExceeded',
      'CodeDeliveryFailure',
      'InvalidEmailRoleAccessPolicy',
      'InvalidSmsRoleAccessPolicy',
      'InvalidSmsRoleTrustRelationship',
      'UserLambdaValidation',
      'UnexpectedLambda',
      'InvalidLambdaResponse',
      'UserNotConfirmed',
      'PasswordResetRequired',
    ]) {
      wire.fail(operation, `${exception}Exception`, `text of ${exception}`)
      t.strictSame(await send(url, 'ada@example.com'), known, `${url} ${exception}`)
    }
    for (const [exception, status] of [
      ['TooManyRequests', 429],
      ['Forbidden', 403],
      ['ResourceNotFound', 500],
      ['InternalError', 502],
    ] as const) {
      wire.fail(operation, `${exception}Exception`)
      t.equal((await send(url, 'ada@example.com')).status, status, `${url} ${exception}`)
    }
  }
})

t.test('an unknown user cannot be told from a wrong code', async (t) => {
  const { post, wire } = await createAccounts(t)
  for (const [url, operation] of [
    ['/confirm', 'ConfirmSignUp'],
    ['/password/reset', 'ConfirmForgotPassword'],
  ] as const) {
    const given = { username: 'ada', code: '1', ...(url !== '/confirm' && { password: 'Another-horse-1' }) }
    const exceptions = ['CodeMismatch', 'ExpiredCode', 'UserNotFound', 'NotAuthorized']
    for (const exception of exceptions) {
      wire.fail(operation, `${exception}Exception`, exception)
      t.strictSame(await post(url, given), {
        status: 400,
        body: {
          statusCode: 400,
          code: 'COGNITO_USER_ERR_CODE_INVALID',
          error: 'Bad Request',
          message: 'The code is wrong or no longer valid',
        },
      })
    }
  }
})

t.test('me: what the token says, and what Cognito says now', async (t) => {
  const { app, wire, pool } = await createAccounts(t, { options: { attributes: Member } })
  const claims = { sub: 'ada', username: 'ada', 'cognito:groups': ['staff'] }
  const token = pool.accessToken(claims)
  const { status, body } = await ask(app, { url: '/users/me', headers: headersOf(token) })
  t.equal(status, 200)
  const { claims: read, ...rest } = body as Record<string, unknown>
  t.strictSame(rest, {
    pool: 'eu',
    sub: 'ada',
    username: 'ada',
    groups: ['staff'],
    scopes: ['aws.cognito.signin.user.admin'],
  })
  t.match(read, { sub: 'ada', token_use: 'access', client_id: pool.appClientId })
  t.strictSame(wire.calls, [])
  const fresh = await ask(app, { url: '/users/me?fresh=1', headers: headersOf(token) })
  t.match(fresh, {
    status: 200,
    body: { sub: 'ada', attributes: { sub: wire.user.username, email: 'ada@example.com', seats: 7 } },
  })
  t.strictSame(wire.inputsOf('GetUser'), [{ AccessToken: token }])
  for (const query of ['fresh=true', 'fresh=1&fresh=1', 'x=1']) {
    t.equal((await ask(app, { url: `/users/me?${query}`, headers: headersOf(token) })).status, 400, query)
  }
  t.equal((await ask(app, { url: '/users/me?fresh=0', headers: headersOf(token) })).status, 200)
})

t.test('me: what Cognito stores need not fit the schema', async (t) => {
  const { app, wire, pool } = await createAccounts(t, { options: { attributes: Member } })
  wire.answers.set('GetUser', () => ({
    UserAttributes: [
      { Name: 'custom:seats', Value: 'many' },
      { Name: 'custom:since', Value: '2026-11-21' },
      { Name: 'custom:unknown', Value: 'x' },
      { Name: 'address' },
    ],
  }))
  const url = '/users/me?fresh=1'
  const { body } = await ask(app, { url, headers: headersOf(pool.accessToken()) })
  const since = '2026-11-21T00:00:00.000Z'
  const attributes = { seats: 'many', since, 'custom:unknown': 'x', address: '' }
  t.match(body, { attributes })
  wire.answers.set('GetUser', () => ({}))
  const none = await ask(app, { url, headers: headersOf(pool.accessToken()) })
  t.strictSame((none.body as { attributes: object }).attributes, {})
})

t.test('me: values that JSON has no form for', async (t) => {
  const Code = Type.Transform(Type.String({ alias: 'custom:code' }))
    .Decode((text) => BigInt(text))
    .Encode(String)
  const plugin = { loadUser: () => ({ id: 2n, roles: new Set(['admin']) }) }
  const { app, pool, wire } = await createAccounts(t, {
    options: { attributes: Type.Object({ code: Code }) },
    plugin,
  })
  wire.answers.set('GetUser', () => ({
    Username: 'x',
    UserAttributes: [{ Name: 'custom:code', Value: '9' }],
  }))
  t.match(await ask(app, { url: '/users/me?fresh=1', headers: headersOf(pool.accessToken()) }), {
    status: 200,
    body: { attributes: { code: '9' }, user: { id: '2', roles: ['admin'] } },
  })
})

t.test('me: with the user of the application', async (t) => {
  const plugin = { loadUser: ({ subject }: { subject: string }) => subject === 'ada' && { id: 7 } }
  const { app, pool } = await createAccounts(t, { plugin })
  for (const url of ['/users/me', '/users/me?fresh=1']) {
    const ada = await ask(app, { url, headers: headersOf(pool.accessToken({ sub: 'ada' })) })
    t.match(ada, { status: 200, body: { user: { id: 7 } } }, url)
    t.equal((await ask(app, { url, headers: headersOf(pool.accessToken()) })).status, 403, url)
  }
})

t.test('a pool of ID tokens: me takes them, and Cognito itself gets access tokens', async (t) => {
  const claims = Type.Object({ tenantId: Type.String({ alias: 'custom:tenant_id' }) })
  const { app, post, pool } = await createAccounts(t, { pool: { tokenUse: 'id', claims } })
  const me = (token: string, query = '') => ask(app, { url: `/users/me${query}`, headers: headersOf(token) })
  const idToken = pool.idToken({ 'custom:tenant_id': 'acme' })
  t.match(await me(idToken), { status: 200, body: { claims: { tenantId: 'acme' } } })
  t.equal((await me(idToken, '?fresh=1')).status, 401)
  t.equal((await me(pool.accessToken())).status, 401)
  t.equal((await me(pool.accessToken(), '?fresh=1')).status, 200)
  t.equal((await post('/signout', { everywhere: true }, pool.accessToken())).status, 204)
  t.equal((await post('/signout', { everywhere: true }, idToken)).status, 401)
})

t.test('guards: who may sign out, change a password, and see who it is', async (t) => {
  const init: AccountsInit = { plugin: { loadUser: () => false } }
  const { app, post, pool, wire } = await createAccounts(t, init)
  const change = { password: PASSWORD, new_password: 'Another-horse-1' }
  const tokens = {
    none: undefined,
    forged: `${pool.accessToken().slice(0, -4)}AAAA`,
    'an ID token': pool.idToken(),
    'of another client': pool.accessToken({ client_id: 'another' }),
  }
  for (const [name, token] of Object.entries(tokens)) {
    t.equal((await post('/signout', { everywhere: true }, token)).status, 401, name)
    t.equal((await post('/password/change', change, token)).status, 401, name)
    t.equal((await ask(app, { url: '/users/me', headers: headersOf(token) })).status, 401, name)
    t.equal((await ask(app, { url: '/users/me?fresh=1', headers: headersOf(token) })).status, 401, name)
  }
  const machine = pool.machineToken({ scope: 'aws.cognito.signin.user.admin' })
  t.equal((await post('/signout', { everywhere: true }, machine)).status, 403)
  t.equal((await post('/password/change', change, machine)).status, 403)
  t.equal((await post('/password/change', change, pool.accessToken({ scope: 'orders/read' }))).status, 403)
  t.strictSame(wire.calls, [])
  t.equal((await post('/signout', { everywhere: true }, pool.accessToken())).status, 204, 'known here or not')
  t.equal((await post('/password/change', change, pool.accessToken())).status, 204, 'known here or not')
})
