/**
 * Sign-out from both sides: what Cognito is told, and which tokens this API refuses from then on.
 * @module
 */
import t, { type Test } from 'tap'
import { memoryRevocation, type RevocationStore } from '../src/revocation/index.js'
import { type AccountsInit, createAccounts } from './support/accounts.js'

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
  t.match(await post('/signout', {}, presented), { status: 401, body: { code: 'COGNITO_ERR_TOKEN_REVOKED' } })
})

t.test('with a store, a sign-out needs no refresh token', async (t) => {
  const { post, statusOf, pool, wire } = await open(t, memoryRevocation())
  const token = pool.accessToken()
  t.equal((await post('/signout', {}, token)).status, 204)
  t.equal(await statusOf(token), 401)
  t.strictSame(wire.calls, [])
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
    t.equal((await post('/signout', {}, one)).status, 204)
    t.strictSame(await Promise.all([one, other].map(statusOf)), [401, 200])
    const bare = pool.accessToken({ ...ids, jti: undefined })
    t.equal((await post('/signout', {}, bare)).status, 204)
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

t.test('where one side fails the other is done all the same, and the failure is answered', async (t) => {
  const down = await open(t, memoryRevocation())
  down.wire.fail('RevokeToken', 'InternalErrorException', 'x', 500)
  const token = down.pool.accessToken()
  t.equal((await down.post('/signout', { refresh_token: 'r' }, token)).status, 502)
  t.equal(await down.statusOf(token), 401, 'marked, though Cognito failed')

  const full = await open(t, memoryRevocation({ max: 1 }))
  await full.app.cognito.revoke({ by: 'sub', value: 'somebody' })
  const other = full.pool.accessToken()
  t.match(await full.post('/signout', { refresh_token: 'r' }, other), {
    status: 503,
    body: { code: 'COGNITO_ERR_REVOCATION_UNAVAILABLE' },
  })
  t.equal(full.wire.inputsOf('RevokeToken').length, 1, 'Cognito was told, though the store was full')
})
