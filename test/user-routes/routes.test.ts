/**
 * Another password, who may call which account route, and that no stranger learns from a route who has an account.
 * @module
 */
import t from 'tap'
import { type AccountsInit, ask, createAccounts, headersOf } from '../support/accounts.js'

const PASSWORD = 'Correct-horse-1'

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
