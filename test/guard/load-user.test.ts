/**
 * `loadUser`: the application's own user, after everything else, once a request.
 * @module
 */
import type { FastifyRequest } from 'fastify'
import t from 'tap'
import type { Authentication, LoadUser } from '../../src/index.js'
import { bearer, createApp, startIssuer } from '../support/app.js'

const { eu, us } = await startIssuer(t)
const pools = () => ({ eu: eu.options(), us: us.options() })
const user = async (request: FastifyRequest) => ({
  user: (request.cognito as { user?: unknown } | null)?.user ?? null,
})

t.test('what it finds is request.cognito.user, at once or promised', async (t) => {
  const asked: unknown[] = []
  const loadUser: LoadUser = (authentication, request) => {
    asked.push(authentication.subject, request.url)
    const row = { id: authentication.subject }
    return request.url === '/later' ? Promise.resolve(row) : row
  }
  const app = await createApp(t, pools(), { loadUser })
  for (const url of ['/now', '/later']) app.get(url, { onRequest: app.authRequired('eu') }, user)
  app.get('/maybe', { onRequest: app.authOptional('eu') }, user)
  for (const url of ['/now', '/later', '/maybe']) {
    const response = await app.inject({ url, headers: bearer(eu.accessToken({ sub: 'anna' })) })
    t.strictSame(response.json(), { user: { id: 'anna' } }, url)
  }
  t.strictSame((await app.inject('/maybe')).json(), { user: null }, 'nobody is looked up for nobody')
  t.strictSame(asked, ['anna', '/now', 'anna', '/later', 'anna', '/maybe'])
})

t.test('a user of one request is none of the next, though the token is remembered', async (t) => {
  let count = 0
  const app = await createApp(t, pools(), { loadUser: () => ({ count: ++count }) })
  app.get('/', { onRequest: app.authRequired('eu') }, user)
  app.get('/plain', { onRequest: app.authRequired('eu', { loadUser: () => 'other' }) }, user)
  const headers = bearer(eu.accessToken())
  for (const expected of [1, 2, 3]) {
    t.strictSame((await app.inject({ url: '/', headers })).json(), { user: { count: expected } })
  }
  t.strictSame(
    (await app.inject({ url: '/plain', headers })).json(),
    { user: 'other' },
    'a route has its own',
  )
  t.equal(count, 3)
})

t.test('nobody found is 403, in every form of nobody, and everything else is somebody', async (t) => {
  const found: { user: unknown } = { user: null }
  const app = await createApp(t, pools(), { loadUser: () => found.user })
  app.get('/', { onRequest: app.authRequired('eu') }, user)
  const headers = bearer(eu.accessToken())
  const nobody = [null, undefined, false]
  for (const value of [...nobody, ...nobody.map(async (value) => value)]) {
    found.user = value
    const response = await app.inject({ url: '/', headers })
    t.equal(response.statusCode, 403)
    t.match(response.json(), { code: 'COGNITO_ERR_USER_UNKNOWN', message: 'The user is not known here' })
    t.equal(response.headers['www-authenticate'], 'Bearer realm="api", error="insufficient_scope"')
  }
  for (const value of [0, '', {}, true]) {
    found.user = value
    t.strictSame((await app.inject({ url: '/', headers })).json(), { user: value })
  }
})

t.test('it runs after everything else', async (t) => {
  const asked: string[] = []
  const app = await createApp(t, pools(), { loadUser: () => asked.push('loadUser') })
  const check = (authentication: Authentication) => {
    asked.push('check')
    return !('user' in authentication) && authentication.groups.has('admin')
  }
  app.get('/check', { onRequest: app.authRequired('eu', { check }) }, user)
  app.get('/scope', { onRequest: app.authRequired('eu', { scopes: 'orders/read' }) }, user)
  app.get('/pool', { onRequest: app.authRequired('us') }, user)
  const headers = bearer(eu.accessToken({ scope: 'openid' }))
  for (const url of ['/check', '/scope', '/pool']) {
    t.not((await app.inject({ url, headers })).statusCode, 200, url)
  }
  t.not((await app.inject('/check')).statusCode, 200)
  t.strictSame(asked, ['check'], 'who is refused is not looked up')
  const admin = bearer(eu.accessToken({ 'cognito:groups': ['admin'] }))
  t.equal((await app.inject({ url: '/check', headers: admin })).statusCode, 200)
  t.strictSame(asked, ['check', 'check', 'loadUser'])
})

t.test('once a request, however many guards there are', async (t) => {
  let count = 0
  const app = await createApp(t, pools(), { loadUser: async () => ({ count: ++count }) })
  app.get(
    '/twice',
    { onRequest: app.authRequired('eu'), preHandler: app.authRequired(['eu', 'us']) as never },
    user,
  )
  app.get(
    '/both',
    {
      onRequest: app.authRequired('eu'),
      preHandler: app.authRequired('eu', { loadUser: () => 'the route’s' }) as never,
    },
    user,
  )
  const headers = bearer(eu.accessToken())
  t.strictSame((await app.inject({ url: '/twice', headers })).json(), { user: { count: 1 } })
  t.strictSame((await app.inject({ url: '/both', headers })).json(), { user: 'the route’s' })
  t.equal(count, 2)
})

t.test('a later guard without one keeps what an earlier one found, for the same token only', async (t) => {
  const tokens: string[] = []
  const app = await createApp(t, pools(), { tokenFrom: () => tokens.shift() })
  app.get(
    '/',
    {
      onRequest: app.authRequired('eu', { loadUser: ({ subject }) => subject }),
      preHandler: app.authRequired('eu') as never,
    },
    user,
  )
  const [anna, bert] = [eu.accessToken({ sub: 'anna' }), eu.accessToken({ sub: 'bert' })]
  tokens.push(anna, anna)
  t.strictSame((await app.inject('/')).json(), { user: 'anna' })
  tokens.push(anna, bert)
  t.strictSame((await app.inject('/')).json(), { user: null })
})

t.test('two tokens in one request are two users, of one loader', async (t) => {
  const tokens = [eu.accessToken({ sub: 'anna' }), eu.accessToken({ sub: 'bert' })]
  const app = await createApp(t, pools(), {
    tokenFrom: () => tokens.shift(),
    loadUser: ({ subject }) => subject,
  })
  app.get(
    '/',
    { onRequest: app.authRequired('eu'), preHandler: app.authRequired(['eu', 'us']) as never },
    user,
  )
  t.strictSame((await app.inject('/')).json(), { user: 'bert' })
})

t.test('what it throws goes to the application as it is, and never lets anybody in', async (t) => {
  const thrown: { value: unknown } = { value: undefined }
  const app = await createApp(t, pools(), {
    loadUser: (_authentication, request) => {
      if (request.url === '/now') throw thrown.value
      return Promise.reject(thrown.value)
    },
  })
  for (const url of ['/now', '/later']) app.get(url, { onRequest: app.authRequired('eu') }, user)
  const headers = bearer(eu.accessToken())
  for (const url of ['/now', '/later']) {
    thrown.value = Object.assign(new Error('the database is gone'), { statusCode: 502 })
    const own = await app.inject({ url, headers })
    t.equal(own.statusCode, 502)
    t.equal(own.json().message, 'the database is gone')
    t.equal(own.headers['www-authenticate'], undefined)
    for (const value of [undefined, null, 0, 'text']) {
      thrown.value = value
      t.equal((await app.inject({ url, headers })).statusCode, 500, `${url} ${value}`)
    }
  }
})

t.test('what is no function is refused at boot', async (t) => {
  for (const loadUser of [undefined, null, true, {}]) {
    await t.rejects(createApp(t, pools(), { loadUser } as never), {
      name: 'TypeError',
      message: /^loadUser: expected a/,
    })
    const app = await createApp(t, pools())
    t.throws(() => app.authRequired('eu', { loadUser } as never), {
      name: 'TypeError',
      message: /^authRequired\.loadUser: expected a/,
    })
  }
})

t.test('app.cognito.verify has no request, and looks nobody up', async (t) => {
  const app = await createApp(t, pools(), { loadUser: () => t.fail('asked') })
  t.notOk('user' in (await app.cognito.verify(eu.accessToken(), 'eu')))
})
