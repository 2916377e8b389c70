/**
 * What the account routes answer when Cognito refuses or fails, and what of it is seen by whom.
 * @module
 */
import * as sdk from '@aws-sdk/client-cognito-identity-provider'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { type Operation, toUserRouteError } from '../../src/user-routes/exceptions.js'
import userRoutes, { UserRouteError, userRouteErrorCodes } from '../../src/user-routes/index.js'
import { EXCEPTION_REASONS } from '../../src/user-routes/reasons.js'
import { connect } from '../../src/user-routes/sdk.js'
import { ask, createAccounts } from '../support/accounts.js'
import { createApp } from '../support/app.js'
import { holdTime, until } from '../support/held-time.js'
import { startServer } from '../support/server.js'

const SIGN_IN = { username: 'ada@example.com', password: 'Correct-horse-1' }

/** Status → exceptions: those that the operations of the routes declare. */
const STATUSES: Readonly<Record<number, readonly string[]>> = {
  400: [
    'CodeMismatch',
    'ExpiredCode',
    'InvalidPassword',
    'PasswordHistoryPolicyViolation',
    'InvalidParameter',
    'UserLambdaValidation',
    'UnsupportedTokenType',
    'MFAMethodNotFound',
    'SoftwareTokenMFANotFound',
    'EnableSoftwareTokenMFA',
  ],
  401: ['NotAuthorized', 'UserNotFound', 'RefreshTokenReuse', 'Unauthorized'],
  403: ['UserNotConfirmed', 'PasswordResetRequired', 'Forbidden'],
  409: ['UsernameExists', 'AliasExists', 'ConcurrentModification'],
  429: ['TooManyRequests', 'LimitExceeded', 'TooManyFailedAttempts'],
  500: [
    'ResourceNotFound',
    'InvalidUserPoolConfiguration',
    'OperationNotEnabled',
    'FeatureUnavailableInTier',
    'UnsupportedOperation',
    'InvalidSmsRoleAccessPolicy',
    'InvalidSmsRoleTrustRelationship',
    'InvalidEmailRoleAccessPolicy',
  ],
  502: ['CodeDeliveryFailure', 'UnexpectedLambda', 'InvalidLambdaResponse', 'InternalError'],
}
const ALL = Object.values(STATUSES).flat()
const OWN = ['SecretMismatch', 'FlowNotEnabled', 'UnknownOperation', 'Unsupported']

t.test('every exception that the operations declare has its answer', async (t) => {
  t.equal(ALL.length, 35)
  const known = Object.values(EXCEPTION_REASONS).map(({ exception }) => exception)
  t.strictSame(known.sort(), [...ALL, ...OWN].sort())
  for (const name of ALL) t.type(Reflect.get(sdk, `${name}Exception`), 'function', `the SDK knows ${name}`)
  const { post, wire } = await createAccounts(t)
  const answer = { challenge: 'SMS_MFA', session: 's', username: 'ada', answer: '1' }
  for (const [status, names] of Object.entries(STATUSES)) {
    for (const name of names) {
      wire.fail('RespondToAuthChallenge', `${name}Exception`, `text of ${name}`)
      const { status: got, body } = await post('/challenge', answer)
      t.equal(got, Number(status), name)
      const isShown = /^(?:InvalidPassword|PasswordHistoryPolicyViolation|UserLambdaValidation)$/.test(name)
      t.equal(JSON.stringify(body).includes(`text of ${name}`), isShown, name)
    }
  }
})

t.test('where an operation means something else by it', async (t) => {
  const expected: readonly (readonly [Operation, string, string])[] = [
    ['SignUp', 'NotAuthorized', 'SIGN_UP_NOT_PERMITTED'],
    ['ConfirmSignUp', 'NotAuthorized', 'CODE_INVALID'],
    ['ConfirmSignUp', 'UserNotFound', 'CODE_INVALID'],
    ['ConfirmForgotPassword', 'NotAuthorized', 'CODE_INVALID'],
    ['ConfirmForgotPassword', 'UserNotFound', 'CODE_INVALID'],
    ['ConfirmForgotPassword', 'UserNotConfirmed', 'CODE_INVALID'],
    ['ConfirmForgotPassword', 'InvalidPassword', 'PASSWORD_INVALID'],
    ['InitiateAuth', 'InvalidPassword', 'CREDENTIALS_INVALID'],
    ['InitiateAuth', 'UserNotFound', 'CREDENTIALS_INVALID'],
    ['RefreshTokenAuth', 'NotAuthorized', 'REFRESH_TOKEN_INVALID'],
    ['GetTokensFromRefreshToken', 'NotAuthorized', 'REFRESH_TOKEN_INVALID'],
    ['GetTokensFromRefreshToken', 'UserNotFound', 'REFRESH_TOKEN_INVALID'],
    ['RevokeToken', 'Unauthorized', 'REQUEST_INVALID'],
    ['GetUser', 'NotAuthorized', 'CREDENTIALS_INVALID'],
  ]
  for (const [operation, name, code] of expected) {
    const error = toUserRouteError(operation, { name: `${name}Exception`, message: 'text' }, 'eu')
    t.equal(error.code, `COGNITO_USER_ERR_${code}`, `${operation} ${name}`)
  }
})

t.test('an error that is no exception of Cognito is a failure, whatever it says', async (t) => {
  const thrown: readonly (readonly [unknown, number])[] = [
    [{ name: 'TimeoutError' }, 504],
    [{ name: 'AbortError' }, 504],
    [{ name: 'toStringException', message: 'x' }, 502],
    [{ name: 'Error', code: 'ECONNREFUSED' }, 502],
    [{ name: 'SyntaxError', message: '<html>' }, 502],
    [{ name: 'a name\nof somebody' }, 502],
    [undefined, 502],
    [null, 502],
    ['text', 502],
  ]
  for (const [error, status] of thrown) {
    const mapped = toUserRouteError('SignUp', error, 'eu')
    t.equal(mapped.statusCode, status, String(error))
    t.match(
      mapped.reason,
      /^SignUp (?:failed: (?:ECONNREFUSED|SyntaxError|toStringException|no known error)|was not answered in time)$/,
    )
  }
})

t.test(
  'a secret that does not fit is a fault of the configuration: 500, and said in the log alone',
  async (t) => {
    const lines: string[] = []
    const logger = { stream: { write: (line: string) => void lines.push(line) } }
    const server = { logger }
    for (const init of [
      { secret: 'the-real-one', options: { clientSecret: 'another-secret' } },
      { secret: 'the-real-one' },
      { options: { clientSecret: 'another-secret' } },
    ]) {
      const { post } = await createAccounts(t, { ...init, server })
      for (const [path, body] of [
        ['/signup', { username: 'ada', password: 'x' }],
        ['/confirm', { username: 'ada', code: '1' }],
        ['/resend', { username: 'ada' }],
        ['/signin', SIGN_IN],
        ['/refresh', { refresh_token: 'x' }],
        ['/password/forgot', { username: 'ada' }],
        ['/password/reset', { username: 'ada', code: '1', password: 'x' }],
      ] as const) {
        lines.length = 0
        const { status, body: answer } = await post(path, body)
        t.strictSame(
          { status, answer },
          {
            status: 500,
            answer: {
              statusCode: 500,
              code: 'COGNITO_USER_ERR_CONFIGURATION',
              error: 'Internal Server Error',
              message: 'Internal Server Error',
            },
          },
          path,
        )
        t.match(lines.join(''), /"level":50.*the app client has another secret than clientSecret/, path)
        t.notMatch(lines.join(''), /another-secret|the-real-one/)
      }
    }
  },
)

t.test('every call of an app client with a secret carries its hash', async (t) => {
  const secret = 'the-real-one'
  const { post, wire } = await createAccounts(t, { secret, options: { clientSecret: secret } })
  const { username } = wire.user
  for (const [path, body, status] of [
    ['/signup', { username: 'ada', password: 'x' }, 201],
    ['/confirm', { username: 'ada', code: '1' }, 204],
    ['/resend', { username: 'ada@example.com' }, 202],
    ['/signin', SIGN_IN, 200],
    ['/challenge', { challenge: 'SMS_MFA', session: 's', username, answer: '1' }, 200],
    ['/refresh', { refresh_token: wire.refreshToken }, 200],
    ['/password/forgot', { username: 'ada@example.com' }, 202],
    ['/password/reset', { username: 'ada', code: '1', password: 'x' }, 204],
  ] as const) {
    t.equal((await post(path, body)).status, status, path)
  }
})

t.test('a flow that the app client does not allow, and a client that is not there', async (t) => {
  const { post, wire } = await createAccounts(t)
  wire.fail(
    'InitiateAuth',
    'InvalidParameterException',
    'USER_PASSWORD_AUTH flow not enabled for this client',
  )
  t.match(await post('/signin', SIGN_IN), { status: 500, body: { code: 'COGNITO_USER_ERR_CONFIGURATION' } })
  wire.fail('InitiateAuth', 'InvalidParameterException', 'Missing required parameter')
  t.match(await post('/signin', SIGN_IN), { status: 400, body: { code: 'COGNITO_USER_ERR_REQUEST_INVALID' } })
})

t.test('a message of Cognito that is shown is one line of a sane length', async (t) => {
  const { post, wire } = await createAccounts(t)
  const message = `PreSignUp failed:\r\n\u2028\u202e${'x'.repeat(1000)}`
  wire.fail('SignUp', 'UserLambdaValidationException', message)
  const { status, body } = await post('/signup', { username: 'ada', password: 'x' })
  t.equal(status, 400)
  const shown = (body as { message: string }).message
  t.match(shown, /^PreSignUp failed: x+$/)
  t.equal(shown.length, 300)
})

t.test('an outage of Cognito is 502, and nothing of it is repeated', async (t) => {
  const html = await startServer(t, (_request, response) => {
    response.writeHead(503, { 'content-type': 'text/html' }).end('<html>upstream text</html>')
  })
  const reset = await startServer(t, (request) => void request.socket.destroy())
  const closed = 'http://127.0.0.1:1'
  for (const endpoint of [html, reset, closed]) {
    const { post } = await createAccounts(t, { options: { endpoint } })
    const { status, body } = await post('/signin', SIGN_IN)
    t.equal(status, 502)
    t.strictSame(body, {
      statusCode: 502,
      code: 'COGNITO_USER_ERR_UPSTREAM_FAILED',
      error: 'Bad Gateway',
      message: 'The user pool cannot be reached at the moment',
    })
  }
})

t.test(
  'within three seconds: a Cognito that never answers, one that does so twice, and one that is too busy',
  async (t) => {
    using time = holdTime()
    const begun = time.now()
    /** Seconds that a request took, and its status. */
    const timed = async (run: () => Promise<{ readonly status: number }>) => {
      const { status } = await run()
      return { status, seconds: (time.now() - begun) / 1000 }
    }
    const silent = await startServer(t, () => {})
    const throttling = await createAccounts(t)
    throttling.wire.fail('InitiateAuth', 'TooManyRequestsException')
    const { endpoint } = throttling
    const patient = new sdk.CognitoIdentityProviderClient({ region: 'eu-west-1', maxAttempts: 20, endpoint })
    t.teardown(() => patient.destroy())
    const app = await createApp(t, { eu: throttling.pool.options() })
    await app.register(userRoutes, { prefix: '/users', client: patient })
    const requests = [
      await createAccounts(t, { options: { endpoint: silent } }),
      { post: (path: string, body: object) => ask(app, { method: 'POST', url: `/users${path}`, body }) },
    ]
    const old = await createAccounts(t)
    old.wire.fail('GetTokensFromRefreshToken', 'UnsupportedOperationException')
    const late = (ms: number) => new Promise<object>((resolve) => setTimeout(resolve, ms, {}).unref())
    const [unsupported] = [old.wire.answers.get('GetTokensFromRefreshToken')]
    old.wire.answers.set('GetTokensFromRefreshToken', async (input) => {
      await late(1500)
      return unsupported?.(input) ?? {}
    })
    old.wire.answers.set('InitiateAuth', () => late(2000))
    const answers = Promise.all([
      ...requests.map(({ post }) => timed(() => post('/signin', SIGN_IN))),
      // Two calls, and one deadline.
      timed(() => old.post('/refresh', { refresh_token: 'x', username: 'ada' })),
    ])
    await until(() => old.wire.inputsOf('GetTokensFromRefreshToken').length === 1)
    await time.advance(1500)
    await until(() => old.wire.inputsOf('InitiateAuth').length === 1)
    await time.advance(1500)
    for (const { status, seconds } of await answers) {
      t.equal(status, 504)
      t.ok(seconds < 3, `${seconds} s`)
    }
    const calls = throttling.wire.calls.length
    const moment = time.now()
    const throttled = await throttling.post('/signin', SIGN_IN)
    t.equal(throttled.status, 429)
    t.equal(throttling.wire.calls.length, calls + 1)
    t.equal(time.now(), moment, 'it is tried once')
  },
)

t.test('a client that heeds no signal is not waited for either', async (t) => {
  const client = { send: () => new Promise(() => {}) }
  const { call } = await connect({ pool: 'eu', region: 'eu-west-1', endpoint: undefined, client })
  const expired = call('GetUser', { AccessToken: 'x' }, AbortSignal.abort())
  await t.rejects(expired, { code: 'COGNITO_USER_ERR_UPSTREAM_TIMEOUT' })
})

t.test('the error handler of the application sees every error, and the headers stay', async (t) => {
  const seen: UserRouteError[] = []
  const prepare = (app: FastifyInstance) => {
    app.setErrorHandler((error, _request, reply) => {
      seen.push(error as UserRouteError)
      return reply.send({ mine: true })
    })
  }
  const { app, wire } = await createAccounts(t, { prepare })
  const send = (body: object) => app.inject({ method: 'POST', url: '/users/signin', body })
  const refused = await send({ ...SIGN_IN, password: 'wrong' })
  t.match(refused, {
    statusCode: 401,
    headers: { 'cache-control': 'no-store', 'www-authenticate': 'Bearer' },
  })
  t.strictSame(refused.json(), { mine: true })
  for (const [exception, seconds] of [
    ['TooManyRequests', '2'],
    ['LimitExceeded', '300'],
  ] as const) {
    wire.fail('InitiateAuth', `${exception}Exception`)
    t.match(await send(SIGN_IN), { statusCode: 429, headers: { 'retry-after': seconds } })
  }
  t.equal((await send({ username: 'ada' })).statusCode, 400)
  t.match(
    seen.map(({ name, code, pool, exception }) => ({ name, code, pool, exception })),
    [
      { name: 'UserRouteError', code: /CREDENTIALS_INVALID$/, pool: 'eu', exception: 'NotAuthorized' },
      { code: /TOO_MANY_REQUESTS$/ },
      { code: /ATTEMPTS_EXCEEDED$/ },
      { code: /REQUEST_INVALID$/, pool: undefined },
    ],
  )
})

t.test('nothing is stored on the way: every answer says so', async (t) => {
  const { app, wire, pool } = await createAccounts(t)
  const headers = { authorization: `Bearer ${pool.accessToken()}` }
  for (const [url, body] of [
    ['signin', SIGN_IN],
    ['signin', { username: 'ada', password: 'x' }],
    ['signin', {}],
    ['refresh', { refresh_token: wire.refreshToken }],
    ['signout', { everywhere: true }],
    ['signup', { username: 'ada', password: 'x' }],
  ] as const) {
    const answer = await app.inject({ method: 'POST', url: `/users/${url}`, headers, body })
    t.equal(answer.headers['cache-control'], 'no-store', `${url} ${answer.statusCode}`)
  }
  const me = await app.inject({ url: '/users/me', headers })
  t.equal(me.headers['cache-control'], 'no-store')
})

t.test('a body that does not fit is refused by names of the schema alone', async (t) => {
  const { post, app, wire } = await createAccounts(t)
  const send = async (path: string, body: object) => {
    const answer = await post(path, body)
    t.match(answer, { status: 400, body: { code: 'COGNITO_USER_ERR_REQUEST_INVALID' } })
    return (answer.body as { message: string }).message.replace('The request is malformed', '')
  }
  t.equal(await send('/signin', {}), ': username')
  t.equal(await send('/signin', { username: 'ada' }), ': password')
  t.equal(await send('/signin', { username: 'a b', password: 'x' }), ': username')
  t.equal(await send('/signin', { username: 'ada', password: 7 }), ': password')
  t.equal(await send('/signin', { username: 'ada', password: 'x'.repeat(257) }), ': password')
  t.equal(await send('/signin', { ...SIGN_IN, evil: 1 }), ': unknown member')
  const signUp = { username: 'ada', password: 'x' }
  t.equal(await send('/signup', { ...signUp, attributes: { evil: 1 } }), ': unknown member in attributes')
  t.equal(await send('/signup', { ...signUp, attributes: { email: 1 } }), ': attributes.email')
  t.equal(await send('/signup', { ...signUp, attributes: [] }), ': attributes')
  t.equal(await send('/signup', []), '')
  for (const body of ['{"password":"hunter2', 'null', '"hunter2"', '7', '{"__proto__":{"username":"x"}}']) {
    const headers = { 'content-type': 'application/json' }
    const answer = await app.inject({ method: 'POST', url: '/users/signin', headers, body })
    t.equal(answer.statusCode, 400, body)
    t.notMatch(answer.body, 'hunter2')
  }
  t.strictSame(wire.calls, [])
})

t.test('an error is made by hand to test an error handler', async (t) => {
  for (const code of userRouteErrorCodes) {
    const error = new UserRouteError(code, { reason: 'a test' })
    t.match(error, { code, name: 'UserRouteError', reason: 'a test', pool: undefined, exception: undefined })
    t.equal(error.reasonCode, undefined)
    t.ok([400, 401, 403, 409, 429, 500, 502, 504].includes(error.statusCode))
    t.equal(error.retryAfter !== undefined, error.statusCode === 429, code)
  }
})
