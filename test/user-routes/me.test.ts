/**
 * `GET /me`: what the token says, what Cognito says now, and the user of the application.
 * @module
 */
import { Type } from '@sinclair/typebox'
import t from 'tap'
import { ask, createAccounts, headersOf } from '../support/accounts.js'
import { Member } from '../support/member.js'

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
