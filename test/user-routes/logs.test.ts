/**
 * Nothing secret that the account routes are sent or send gets into a log line, whatever becomes of the request.
 * @module
 */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { type AccountsApp, createAccounts } from '../support/accounts.js'

const secrets: string[] = []

/** A text that no log line may have. */
function secret(): string {
  const text = `S3cret-${randomUUID()}`
  secrets.push(text)
  return text
}

const JSON_BODIES = () =>
  [
    ['/signup', { username: secret(), password: secret(), attributes: { email: secret() } }],
    ['/signup', { username: secret(), password: 7, [secret()]: secret() }],
    ['/signup', { username: secret(), password: secret(), attributes: { [secret()]: secret() } }],
    ['/confirm', { username: secret(), code: secret() }],
    ['/resend', { username: secret() }],
    ['/signin', { username: secret(), password: secret() }],
    ['/signin', { username: `${secret()} ${secret()}`, password: secret() }],
    ['/challenge', { challenge: 'SMS_MFA', session: secret(), username: secret(), answer: secret() }],
    ['/challenge', { challenge: secret(), session: secret(), username: secret(), answer: secret() }],
    ['/refresh', { refresh_token: secret(), username: secret() }],
    ['/signout', { refresh_token: secret(), everywhere: true }],
    ['/password/forgot', { username: secret() }],
    ['/password/reset', { username: secret(), code: secret(), password: secret() }],
    ['/password/change', { password: secret(), new_password: secret() }],
  ] as const

/** As a sign-in gets them. */
const TEXT_BODIES = () =>
  [
    ['application/x-www-form-urlencoded', `grant_type=password&username=${secret()}&password=${secret()}`],
    ['application/x-www-form-urlencoded', `grant_type=${secret()}&username=${secret()}&password=${secret()}`],
    [
      'application/x-www-form-urlencoded',
      `${secret()}=${secret()}&password=${secret()}&password=${secret()}`,
    ],
    ['application/json', `{"password":"${secret()}`],
    ['application/json', `"${secret()}"`],
    ['application/json', `{"${secret()}":"${secret()}"}`],
  ] as const

async function sendEverything({ app, post, wire }: AccountsApp, token: string): Promise<number[]> {
  const { alias: username, password } = wire.user
  secrets.push(password, wire.refreshToken)
  const statuses = [
    (await post('/signin', { username, password })).status,
    (await post('/refresh', { refresh_token: wire.refreshToken })).status,
  ]
  for (const [path, body] of JSON_BODIES()) statuses.push((await post(path, body, token)).status)
  for (const [type, body] of TEXT_BODIES()) {
    const headers = { 'content-type': type }
    statuses.push((await app.inject({ method: 'POST', url: '/users/signin', headers, body })).statusCode)
  }
  await app.inject({ url: '/users/me?fresh=1', headers: { authorization: `Bearer ${token}` } })
  return statuses
}

const OPERATIONS = [
  'SignUp',
  'ConfirmSignUp',
  'ResendConfirmationCode',
  'InitiateAuth',
  'RespondToAuthChallenge',
  'GetTokensFromRefreshToken',
  'RevokeToken',
  'GlobalSignOut',
  'ForgotPassword',
  'ConfirmForgotPassword',
  'ChangePassword',
  'GetUser',
]

t.test('no password, code, session, token or attribute is logged, even at level trace', async (t) => {
  const lines: string[] = []
  const server = { logger: { level: 'trace', stream: { write: (line: string) => void lines.push(line) } } }
  const clientSecret = secret()
  const accounts = await createAccounts(t, { server, secret: clientSecret, options: { clientSecret } })
  const { wire, pool } = accounts
  const token = pool.accessToken()
  const statuses = await sendEverything(accounts, token)
  for (const exception of [
    'InvalidParameter',
    'NotAuthorized',
    'ResourceNotFound',
    'InternalError',
    'InvalidPassword',
    'PasswordHistoryPolicyViolation',
    'UserLambdaValidation',
    'Nobody',
  ]) {
    // What Cognito says in a refusal may repeat what it was sent.
    for (const operation of OPERATIONS) {
      wire.fail(operation, `${exception}Exception`, `Value '${secret()}' at 'password' failed`)
    }
    statuses.push(...(await sendEverything(accounts, token)))
  }
  t.strictSame([...new Set(statuses)].sort(), [200, 201, 202, 204, 400, 401, 403, 500, 502])
  t.ok(lines.length > 300, `${lines.length} lines`)
  t.ok(secrets.length > 200, `${secrets.length} secrets`)
  const log = lines.join('')
  const [, payload = '', signature = ''] = token.split('.')
  const leaked = [...secrets, payload, signature].filter((text) => log.includes(text))
  t.strictSame(leaked, [])
  t.match(log, 'ForgotPassword was answered InvalidParameter', 'the operator learns what the client does not')
})
