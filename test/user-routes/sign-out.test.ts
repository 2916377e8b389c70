/**
 * Sign-out from both sides: what Cognito is told, and which tokens this API refuses from then on.
 * @module
 */
import t, { type Test } from 'tap'
import { memoryRevocation, type RevocationStore } from '../../src/revocation/index.js'
import { listMarks } from '../../src/user-routes/sign-out.js'
import { type AccountsInit, ask, createAccounts, headersOf } from '../support/accounts.js'
import { holdTime } from '../support/held-time.js'

const NOW = () => Math.floor(Date.now() / 1000)

async function open(test: Test, store: RevocationStore, init: AccountsInit = {}) {
  const accounts = await createAccounts(test, { plugin: { revocation: { store } }, ...init })
  const statusOf = async (token: string) =>
    (await accounts.app.inject({ url: '/users/me', headers: { authorization: `Bearer ${token}` } }))
      .statusCode
  return { ...accounts, statusOf }
}

t.test('everything that the sign-in led to is refused, and nothing else', async (t) => {
  const { post, statusOf, pool, wire } = await open(t, memoryRevocation(), {
    pool: { tokenUse: ['access', 'id'] },
  })
  const signIn = { sub: 'ada', origin_jti: 'first' }
  const presented = pool.accessToken(signIn)
  const concerned = [presented, pool.accessToken(signIn), pool.idToken(signIn)]
  const others = [
    pool.accessToken({ sub: 'ada', origin_jti: 'second' }),
    pool.accessToken({ sub: 'ben' }),
    pool.machineToken({ jti: undefined }),
  ]
  const statuses = (tokens: readonly string[]) => Promise.all(tokens.map(statusOf))
  t.strictSame(await statuses([...concerned, ...others]), [200, 200, 200, 200, 200, 200])
  t.equal((await post('/signout', { refresh_token: 'r' }, presented)).status, 204)
  t.strictSame(await statuses(concerned), [401, 401, 401])
  t.strictSame(await statuses(others), [200, 200, 200])
  t.equal(wire.inputsOf('RevokeToken').length, 1)
  t.match(await post('/signout', { refresh_token: 'r' }, presented), {
    status: 401,
    body: { code: 'COGNITO_ERR_TOKEN_REVOKED' },
  })
})

t.test('everywhere covers clockTolerance and the token of the caller, and no more', async (t) => {
  const clockTolerance = 20
  const { post, statusOf, pool } = await open(t, memoryRevocation(), {
    plugin: { revocation: { store: memoryRevocation() }, clockTolerance },
  })
  const at = (iat: number) => pool.accessToken({ sub: 'ada', origin_jti: undefined, jti: undefined, iat })
  const before = NOW()
  const caller = pool.accessToken({ sub: 'ada', iat: before - 100 })
  t.equal((await post('/signout', { everywhere: true }, caller)).status, 204)
  const after = NOW()
  t.equal(await statusOf(caller), 401)
  t.equal(await statusOf(at(before + clockTolerance)), 401, 'as far ahead as the clocks may differ')
  t.equal(await statusOf(at(after + clockTolerance + 1)), 200, 'a sign-in after it works at once')
  const early = pool.accessToken({ sub: 'ben', origin_jti: undefined, iat: NOW() + 50 })
  t.equal((await post('/signout', { everywhere: true }, early)).status, 204)
  t.equal(await statusOf(early), 401, 'the token of the caller, whenever it was issued')
})

t.test('with a store, too, Cognito has to be told: marks end after a day', async (t) => {
  const { post, statusOf, pool, wire } = await open(t, memoryRevocation())
  const token = pool.accessToken()
  t.match(await post('/signout', {}, token), {
    status: 400,
    body: { code: 'COGNITO_USER_ERR_REQUEST_INVALID' },
  })
  t.equal(await statusOf(token), 200)
  t.strictSame(wire.calls, [])
})

t.test('everywhere takes the scope that Cognito asks for, and says so before anything is done', async (t) => {
  const { post, statusOf, pool, wire } = await open(t, memoryRevocation())
  const token = pool.accessToken({ scope: 'openid orders/read' })
  t.match(await post('/signout', { refresh_token: 'r', everywhere: true }, token), {
    status: 403,
    body: { code: 'COGNITO_ERR_SCOPE_INSUFFICIENT' },
  })
  t.equal(await statusOf(token), 200)
  t.strictSame(wire.calls, [])
  t.equal(
    (await post('/signout', { refresh_token: 'r' }, token)).status,
    204,
    'without it, no scope is asked for',
  )
  t.equal(await statusOf(token), 401)
})

t.test(
  'a token that names no sign-in is refused alone, and one that names nothing with all of its user',
  async (t) => {
    const { post, statusOf, pool } = await open(t, memoryRevocation())
    const ids = { sub: 'ada', origin_jti: undefined }
    const [one, other] = [
      pool.accessToken({ ...ids, jti: 'one' }),
      pool.accessToken({ ...ids, jti: 'other' }),
    ]
    t.equal((await post('/signout', { refresh_token: 'r' }, one)).status, 204)
    t.strictSame(await Promise.all([one, other].map(statusOf)), [401, 200])
    const bare = pool.accessToken({ ...ids, jti: undefined })
    t.equal((await post('/signout', { refresh_token: 'r' }, bare)).status, 204)
    t.strictSame(await Promise.all([bare, other].map(statusOf)), [401, 401])
    t.equal(await statusOf(pool.accessToken({ ...ids, iat: NOW() + 30 })), 200, 'but no later one')
  },
)

t.test('everywhere refuses all tokens of the user up to now, one of a clock ahead included', async (t) => {
  const { post, statusOf, pool, wire } = await open(t, memoryRevocation())
  const presented = pool.accessToken({ sub: 'ada', iat: NOW() + 20 })
  const tokens = [
    presented,
    pool.accessToken({ sub: 'ada' }),
    pool.accessToken({ sub: 'ada', iat: NOW() + 20 }),
  ]
  const others = [pool.accessToken({ sub: 'ben' }), pool.accessToken({ sub: 'ada', iat: NOW() + 50 })]
  t.equal((await post('/signout', { everywhere: true }, presented)).status, 204)
  t.strictSame(await Promise.all(tokens.map(statusOf)), [401, 401, 401])
  t.strictSame(await Promise.all(others.map(statusOf)), [200, 200])
  t.strictSame(wire.inputsOf('GlobalSignOut'), [{ AccessToken: presented }])
})

t.test('a sign-out that failed can be repeated', async (t) => {
  const down = await open(t, memoryRevocation())
  const token = down.pool.accessToken()
  const body = { refresh_token: 'r', everywhere: true }
  down.wire.fail('RevokeToken', 'InternalErrorException', 'x', 500)
  t.equal((await down.post('/signout', body, token)).status, 502)
  t.equal(down.wire.inputsOf('GlobalSignOut').length, 1, 'each is done whatever becomes of the other')
  t.equal(await down.statusOf(token), 200, 'and the token is good to try again')
  down.wire.answers.delete('RevokeToken')
  // What Cognito says of an access token that it has revoked.
  down.wire.fail('GlobalSignOut', 'NotAuthorizedException', 'Access Token has been revoked')
  t.equal((await down.post('/signout', body, token)).status, 204)
  t.equal(await down.statusOf(token), 401)

  const full = await open(t, memoryRevocation({ max: 1 }))
  await full.app.cognito.revoke({ by: 'sub', value: 'somebody' })
  t.match(await full.post('/signout', { refresh_token: 'r' }, full.pool.accessToken()), {
    status: 503,
    body: { code: 'COGNITO_ERR_REVOCATION_UNAVAILABLE' },
  })
  t.equal(full.wire.inputsOf('RevokeToken').length, 1)
})

t.test('what is refreshed while Cognito signs out everywhere is refused, too', async (t) => {
  using time = holdTime()
  const { post, statusOf, pool, wire } = await open(t, memoryRevocation())
  let refreshed = ''
  wire.answers.set('GlobalSignOut', async () => {
    await time.advance(1200)
    refreshed = pool.accessToken({ sub: 'ada', origin_jti: 'stolen' })
    return {}
  })
  t.equal((await post('/signout', { everywhere: true }, pool.accessToken({ sub: 'ada' }))).status, 204)
  t.equal(await statusOf(refreshed), 401)
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
