/**
 * The account routes against the unmodified emulator cognito-local, from sign-up to sign-out.
 * @module
 */
import { Type } from '@sinclair/typebox'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import {
  callCognito,
  createClient,
  createPool,
  createUser,
  type LocalPool,
  startCognitoLocal,
} from '../../demo/cognito-local.js'
import cognito from '../../src/index.js'
import userRoutes, { type UserRoutesOptions } from '../../src/user-routes/index.js'
import { type Answer, ask, headersOf } from '../support/accounts.js'

const CODE = '424242'
const emulator = await startCognitoLocal(undefined, CODE)
t.teardown(() => emulator.stop())
const local = await createPool(emulator, { name: 'eu', attributes: { tenant_id: 'String', seats: 'Number' } })

const Member = Type.Object({
  email: Type.String(),
  tenantId: Type.Optional(Type.String({ alias: 'custom:tenant_id' })),
  seats: Type.Optional(Type.Integer({ alias: 'custom:seats' })),
})

interface Accounts {
  readonly app: FastifyInstance
  readonly post: (path: string, body: object, token?: string) => Promise<Answer>
}

async function createAccounts(test: Test, options: Partial<UserRoutesOptions> = {}): Promise<Accounts> {
  const app = Fastify()
  test.teardown(() => app.close())
  const { userPoolId, issuer, appClientId, endpoint } = local
  await app.register(cognito, {
    pools: { eu: { userPoolId, issuer, appClientId, tokenUse: ['access', 'id'] } },
  })
  await app.register(userRoutes, { prefix: '/users', endpoint, attributes: Member, ...options })
  const post = (path: string, body: object, token?: string) =>
    ask(app, { method: 'POST', url: `/users${path}`, body, headers: headersOf(token) })
  return { app, post }
}

const credentials = (username: string) => ({ username, password: 'Correct-horse-1' })

t.test('from sign-up to sign-out', async (t) => {
  const { app, post } = await createAccounts(t)
  const ada = credentials('ada')
  const attributes = { email: 'ada@example.com', tenantId: 'acme', seats: 7 }
  const signedUp = await post('/signup', { ...ada, attributes })
  t.match(signedUp, { status: 201, body: { confirmed: false, sub: /^[\w-]{36}$/ } })
  t.match(await post('/signup', { ...ada, attributes }), {
    status: 409,
    body: { code: 'COGNITO_USER_ERR_USERNAME_EXISTS' },
  })
  t.match(await post('/signin', ada), { status: 403, body: { code: 'COGNITO_USER_ERR_NOT_CONFIRMED' } })
  t.match(await post('/confirm', { username: 'ada', code: '000000' }), {
    status: 400,
    body: { code: 'COGNITO_USER_ERR_CODE_INVALID' },
  })
  t.equal((await post('/confirm', { username: 'ada', code: CODE })).status, 204)
  t.match(await post('/signin', { ...ada, password: 'wrong' }), {
    status: 401,
    body: { code: 'COGNITO_USER_ERR_CREDENTIALS_INVALID' },
  })
  const { status, body } = await post('/signin', ada)
  t.equal(status, 200)
  const { access_token: access, id_token: id, refresh_token } = body as Record<string, string>
  const me = await ask(app, { url: '/users/me', headers: headersOf(access) })
  t.match(me, { status: 200, body: { username: 'ada', sub: (signedUp.body as { sub: string }).sub } })
  const fresh = await ask(app, { url: '/users/me?fresh=1', headers: headersOf(access) })
  t.match(fresh, { status: 200, body: { attributes } })
  t.match(await ask(app, { url: '/users/me', headers: headersOf(id) }), {
    status: 200,
    body: { claims: { email: 'ada@example.com', token_use: 'id' } },
  })
  const refreshed = await post('/refresh', { refresh_token })
  t.match(
    refreshed,
    { status: 200, body: { token_type: 'Bearer' } },
    'the old way: the emulator has no other',
  )
  t.equal((await post('/signout', { refresh_token }, access)).status, 204)
  t.match(await post('/refresh', { refresh_token }), {
    status: 401,
    body: { code: 'COGNITO_USER_ERR_REFRESH_TOKEN_INVALID' },
  })
})

t.test('passwords: forgotten, reset and changed', async (t) => {
  const { post } = await createAccounts(t)
  const ben = { ...credentials('ben'), attributes: { email: 'ben@example.com' } }
  await createUser(local, ben)
  t.strictSame(await post('/password/forgot', { username: 'ben' }), { status: 202, body: undefined })
  t.strictSame(await post('/password/forgot', { username: 'eve' }), { status: 202, body: undefined })
  const reset = { username: 'ben', code: CODE, password: 'Another-horse-2' }
  t.equal((await post('/password/reset', { ...reset, code: '000000' })).status, 400)
  t.equal((await post('/password/reset', { ...reset, username: 'eve' })).status, 400)
  t.equal((await post('/password/reset', reset)).status, 204)
  t.equal((await post('/signin', credentials('ben'))).status, 401)
  const { body } = await post('/signin', { username: 'ben', password: 'Another-horse-2' })
  const { access_token: token } = body as Record<string, string>
  const change = { password: 'Another-horse-2', new_password: 'Correct-horse-1' }
  t.equal((await post('/password/change', change, token)).status, 204)
  t.equal((await post('/signin', credentials('ben'))).status, 200)
})

t.test('a temporary password has to be replaced', async (t) => {
  const { post } = await createAccounts(t)
  const create = { UserPoolId: local.userPoolId, Username: 'cal', TemporaryPassword: 'Temporary-1' }
  await callCognito(local.endpoint, 'AdminCreateUser', { ...create, MessageAction: 'SUPPRESS' })
  const { status, body } = await post('/signin', { username: 'cal', password: 'Temporary-1' })
  t.match({ status, body }, { status: 200, body: { challenge: 'NEW_PASSWORD_REQUIRED', username: 'cal' } })
  const { challenge, session, username } = body as Record<string, string>
  const answer = await post('/challenge', { challenge, session, username, answer: 'Correct-horse-1' })
  t.match(answer, { status: 200, body: { token_type: 'Bearer' } })
  t.equal((await post('/signin', credentials('cal'))).status, 200)
})

t.test('a form signs in', async (t) => {
  const { app } = await createAccounts(t)
  await createUser(local, credentials('dot'))
  const send = (password: string) =>
    app.inject({
      method: 'POST',
      url: '/users/signin',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ grant_type: 'password', username: 'dot', password }).toString(),
    })
  t.equal((await send('Correct-horse-1')).statusCode, 200)
  const refused = await send('wrong')
  t.equal(refused.statusCode, 400)
  t.match(refused.json(), { error: 'invalid_grant' })
})

t.test('what the emulator does not do is a failure of Cognito', async (t) => {
  const { post } = await createAccounts(t)
  await createUser(local, credentials('fay'))
  const { body } = await post('/signin', credentials('fay'))
  const { access_token: token } = body as Record<string, string>
  t.match(await post('/signout', { everywhere: true }, token), {
    status: 502,
    body: {
      code: 'COGNITO_USER_ERR_UPSTREAM_FAILED',
      message: 'The user pool cannot be reached at the moment',
    },
  })
  t.equal((await post('/resend', { username: 'fay' })).status, 502)
})

t.test('two pools side by side', async (t) => {
  const other = await createPool(emulator, { name: 'us' })
  const second = await createClient(other, 'mobile')
  const app = Fastify()
  t.teardown(() => app.close())
  const toOptions = ({ userPoolId, issuer }: LocalPool, appClientId: readonly string[]) => ({
    userPoolId,
    issuer,
    appClientId,
  })
  await app.register(cognito, {
    pools: { eu: toOptions(local, [local.appClientId]), us: toOptions(other, [other.appClientId, second]) },
  })
  const { endpoint } = emulator
  await app.register(userRoutes, { prefix: '/eu', pool: 'eu', endpoint })
  await app.register(userRoutes, { prefix: '/us', pool: 'us', clientId: second, endpoint })
  await createUser(other, credentials('gus'))
  const signIn = (url: string) => ask(app, { method: 'POST', url, body: credentials('gus') })
  t.equal((await signIn('/eu/signin')).status, 401)
  const { body } = await signIn('/us/signin')
  const headers = headersOf((body as Record<string, string>)['access_token'])
  t.match(await ask(app, { url: '/us/me', headers }), { status: 200, body: { pool: 'us', username: 'gus' } })
  t.equal((await ask(app, { url: '/eu/me', headers })).status, 401)
})
