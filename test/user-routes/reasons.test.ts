/**
 * The reasons of the account routes: each has its code, its error code and its text, at the place that raises it.
 * @module
 */
import { Type } from '@sinclair/typebox'
import t from 'tap'
import { toUserRouteError } from '../../src/user-routes/exceptions.js'
import { type UserRouteError, userRouteReasonCodes } from '../../src/user-routes/index.js'
import { EXCEPTION_REASONS, OWN_REASONS } from '../../src/user-routes/reasons.js'
import { createAccounts, headersOf } from '../support/accounts.js'

/** Makes the code of a reason of an exception's name. */
const toReasonCode = (exception: string) =>
  exception.replace(/([a-z])(?=[A-Z])|([A-Z])(?=[A-Z][a-z])/g, '$&_').toUpperCase()

t.test('the code of a reason is the name of its exception in capitals, and the error has both', async (t) => {
  t.equal(toReasonCode('EnableSoftwareTokenMFA'), 'ENABLE_SOFTWARE_TOKEN_MFA')
  for (const [reasonCode, { exception, meaning, code, text }] of Object.entries(EXCEPTION_REASONS)) {
    t.equal(reasonCode, toReasonCode(exception))
    t.equal(code, `COGNITO_USER_ERR_${meaning}`)
    const error = toUserRouteError('GetUser', { name: `${exception}Exception`, message: 'words' }, 'eu')
    t.match(error, {
      reasonCode,
      code,
      exception,
      pool: 'eu',
      reason: text.replace('{operation}', 'GetUser'),
    })
    t.match(error.reason, new RegExp(`^GetUser was answered ${exception}(?:: [^{}]+)?$`))
  }
  t.match(toUserRouteError('SignUp', { name: 'NotAuthorizedException', message: 'Secret hash' }, 'eu'), {
    reasonCode: 'SECRET_MISMATCH',
    exception: 'SecretMismatch',
    reason: /^SignUp was answered SecretMismatch: the app client has another secret/,
  })
  const meant = toUserRouteError('SignUp', { name: 'NotAuthorizedException' }, 'eu')
  t.match(meant, { reasonCode: 'NOT_AUTHORIZED', code: 'COGNITO_USER_ERR_SIGN_UP_NOT_PERMITTED' })
})

t.test('every reason of the routes is raised with its code and its text', async (t) => {
  const seen: UserRouteError[] = []
  const { app, wire, pool } = await createAccounts(t, {
    secret: 'the-real-one',
    options: {
      clientSecret: 'the-real-one',
      attributes: Type.Object({ size: Type.Number({ alias: 'custom:size' }) }),
    },
    prepare: (app) => {
      app.addHook('onError', async (_request, _reply, error) => void seen.push(error as never))
    },
  })
  const headers = headersOf(pool.accessToken())
  const send = (path: string, payload: object | string, type = 'application/json') =>
    app.inject({
      method: 'POST',
      url: `/users/${path}`,
      payload,
      headers: { ...headers, 'content-type': type },
    })
  const form = (text: string) => send('signin', text, 'application/x-www-form-urlencoded')
  const signIn = { username: 'ada@example.com', password: 'Correct-horse-1' }

  await send('signin', '{')
  await send('signin', { username: 'ada' })
  await form('grant_type=password&username=a&username=b')
  await form('username=a&password=b')
  await form('grant_type=client_credentials')
  await send('signout', {})
  await send('signup', { username: 'ada', password: 'x', attributes: { size: 1e21 } })
  wire.answers.set('InitiateAuth', () => ({ ChallengeName: 'SMS_MFA', Session: 's' }))
  await form('grant_type=password&username=ada&password=x')
  wire.answers.set('InitiateAuth', () => ({}))
  await send('signin', signIn)
  wire.fail('GetTokensFromRefreshToken', 'UnsupportedOperationException')
  await send('refresh', { refresh_token: 'x' })
  wire.fail('InitiateAuth', 'SomethingElse')
  await send('signin', signIn)
  seen.push(toUserRouteError('SignUp', { name: 'TimeoutError' }, 'eu'))

  const expected: Readonly<Record<keyof typeof OWN_REASONS, string>> = {
    BODY_NOT_JSON: 'the body is no JSON',
    REQUEST_MISFIT: 'the body does not fit its schema: password',
    FORM_PARAMETER_REPEATED: 'the form has a parameter twice',
    GRANT_TYPE_MISSING: 'the form has no grant_type',
    GRANT_TYPE_NOT_PASSWORD: 'the form has a grant_type that is not password',
    SIGN_OUT_WITHOUT_EFFECT: 'nothing would be revoked: neither refresh_token nor everywhere was sent',
    ATTRIBUTE_NOT_READABLE: 'attributes.size has no text that could be read back',
    CHALLENGE_IN_FORM: 'the sign-in takes a further step, which a form cannot show',
    ANSWER_EMPTY: 'Cognito answered neither tokens nor a challenge',
    USERNAME_MISSING:
      'GetTokensFromRefreshToken is not offered, and REFRESH_TOKEN_AUTH takes a hash over the username',
    CALL_FAILED: 'InitiateAuth failed: SomethingElse',
    CALL_TIMED_OUT: 'SignUp was not answered in time',
  }
  t.strictSame(
    seen.map(({ reasonCode, code, reason }) => [reasonCode, code, reason]),
    Object.entries(expected).map(([reasonCode, reason]) => [
      reasonCode,
      OWN_REASONS[reasonCode as keyof typeof OWN_REASONS].code,
      reason,
    ]),
  )
})

t.test('the list has every code of a reason, frozen', async (t) => {
  t.ok(Object.isFrozen(userRouteReasonCodes))
  t.strictSame(userRouteReasonCodes, [...Object.keys(OWN_REASONS), ...Object.keys(EXCEPTION_REASONS)])
})
