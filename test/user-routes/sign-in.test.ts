/**
 * The sign-in by JSON and by form, the challenges that follow it, and the refresh of its tokens.
 * @module
 */
import t from 'tap'
import { createAccounts, headersOf } from '../support/accounts.js'
import { Member } from '../support/member.js'

const PASSWORD = 'Correct-horse-1'
const SIGN_IN = { username: 'ada@example.com', password: PASSWORD }
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

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
