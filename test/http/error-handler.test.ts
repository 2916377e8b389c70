/**
 * What an application's error handler can make of a refusal, and what it cannot.
 * @module
 */
import { Readable } from 'node:stream'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import { stampRealm } from '../../src/base/errors.js'
import cognito, {
  CognitoError,
  type CognitoErrorCode,
  cognitoErrorCodes,
  type RefusalDetails,
} from '../../src/index.js'
import { type UserRouteErrorCode, userRouteErrorCodes } from '../../src/user-routes/fault-codes.js'
import { UserRouteError } from '../../src/user-routes/index.js'
import { createAccounts } from '../support/accounts.js'
import { bearer, createApp, startIssuer } from '../support/app.js'

const { eu, us } = await startIssuer(t)

type Handler = (error: Error, request: FastifyRequest, reply: FastifyReply) => unknown

const HANDLERS: readonly (readonly [name: string, handler: Handler, status: number])[] = [
  ['sends the error on', (error, _request, reply) => reply.send(error), 401],
  ['sends a body', (_error, _request, reply) => reply.send({ mine: true }), 401],
  ['returns a body', () => ({ mine: true }), 401],
  ['returns a body later', async () => ({ mine: true }), 401],
  ['sends HTML', (_error, _request, reply) => reply.type('text/html').send('<p>no</p>'), 401],
  ['sends a stream', (_error, _request, reply) => reply.send(Readable.from(['no'])), 401],
  ['redirects', (_error, _request, reply) => reply.redirect('/login'), 302],
  ['redirects with a status of its own', (_error, _request, reply) => reply.redirect('/login', 303), 303],
  ['sets a status on purpose', (_error, _request, reply) => reply.code(418).send('no'), 418],
  [
    'crashes',
    () => {
      throw new Error('boom')
    },
    500,
  ],
  [
    'crashes with a status',
    () => {
      throw Object.assign(new Error('boom'), { statusCode: 418 })
    },
    418,
  ],
  ['calls the handler for what is not found', (_error, _request, reply) => reply.callNotFound(), 404],
]

async function answerTo(test: Test, handler: Handler, headers: Readonly<Record<string, string>>) {
  const app = await createApp(test, { eu: eu.options() })
  app.setErrorHandler(handler as never)
  app.get('/', { onRequest: app.authRequired('eu') }, async () => 'in')
  return app.inject({ url: '/', headers })
}

t.test('a refusal is what the handler makes of it, and never 200 by accident', async (t) => {
  for (const [name, handler, status] of HANDLERS) {
    const anonymous = await answerTo(t, handler, {})
    t.equal(anonymous.statusCode, status, name)
    t.equal(anonymous.headers['cache-control'], 'no-store', name)
    if (status === 302 || status === 303) t.equal(anonymous.headers.location, '/login', name)
    t.equal((await answerTo(t, handler, bearer(us.accessToken()))).statusCode, status, `${name}, a bad token`)
    const { statusCode, body } = await answerTo(t, handler, bearer(eu.accessToken()))
    t.strictSame([statusCode, body], [200, 'in'], `${name}, a good token`)
  }
})

t.test('the same holds for the account routes', async (t) => {
  for (const [name, handler, status] of HANDLERS) {
    const { app } = await createAccounts(t, { prepare: (app) => void app.setErrorHandler(handler as never) })
    const post = (password: string) =>
      app.inject({ method: 'POST', url: '/users/signin', body: { username: 'ada', password } })
    t.equal((await post('wrong')).statusCode, status, name)
  }
})

const HEADERS = { 'cache-control': 'no-store' }

t.test('an error carries the headers of its answer', async (t) => {
  const headersOf = (code: CognitoErrorCode, details: Partial<RefusalDetails> = {}) =>
    new CognitoError(code, { reason: 'x', ...details }).headers
  t.strictSame(headersOf('COGNITO_ERR_INTERNAL'), HEADERS)
  t.strictSame(headersOf('COGNITO_ERR_KEYS_UNAVAILABLE', { retryAfter: 5 }), {
    ...HEADERS,
    'retry-after': '5',
  })
  t.strictSame(headersOf('COGNITO_ERR_SCOPE_INSUFFICIENT', { challenge: { scope: 'a b' } }), {
    ...HEADERS,
    'www-authenticate': 'Bearer realm="api", error="insufficient_scope", scope="a b"',
  })
  const ofRoute = (code: UserRouteErrorCode) => new UserRouteError(code, { reason: 'x' }).headers
  t.strictSame(ofRoute('COGNITO_USER_ERR_REQUEST_INVALID'), HEADERS)
  t.strictSame(ofRoute('COGNITO_USER_ERR_CREDENTIALS_INVALID'), { ...HEADERS, 'www-authenticate': 'Bearer' })
  t.match(ofRoute('COGNITO_USER_ERR_TOO_MANY_REQUESTS'), { ...HEADERS, 'retry-after': /^\d+$/ })
  t.ok(Object.isFrozen(headersOf('COGNITO_ERR_INTERNAL')))
  const error = new CognitoError('COGNITO_ERR_TOKEN_MISSING', { reason: 'x' })
  const derived: CognitoError = Object.create(error)
  t.equal(derived.headers['www-authenticate'], 'Bearer realm="api"', 'as Fastify reads an error')
  t.equal(stampRealm(derived, { realm: 'x', metadataUrl: undefined }), derived)
  t.equal(stampRealm('text', { realm: 'x', metadataUrl: undefined }), 'text')
  t.equal(derived.headers['www-authenticate'], 'Bearer realm="api"')
})

t.test('the realm is that of the plugin that refused, in whatever scope the refusal arrives', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  let guard: ReturnType<FastifyInstance['authRequired']>
  await app.register(async (inner) => {
    await inner.register(cognito, { pools: { eu: eu.options() }, realm: 'inner', keys: { prefetch: false } })
    guard = inner.authRequired()
    inner.get('/inner', { onRequest: guard }, async () => 'in')
    inner.get('/made', async () => {
      throw new CognitoError('COGNITO_ERR_TOKEN_MISSING', { reason: 'x' })
    })
  })
  await app.register(async (other) => {
    await other.register(cognito, { pools: { eu: eu.options() }, realm: 'other', keys: { prefetch: false } })
    other.get('/other', { onRequest: guard }, async () => 'in')
  })
  const realmAt = async (url: string) => (await app.inject(url)).headers['www-authenticate']
  t.equal(await realmAt('/inner'), 'Bearer realm="inner"')
  t.equal(await realmAt('/made'), 'Bearer realm="inner"')
  t.equal(await realmAt('/other'), 'Bearer realm="inner"')
})

t.test('an application answers a caught error with its head', async (t) => {
  const app = await createApp(t, { eu: eu.options() }, { realm: 'orders' })
  const wrap = (statusCode: number) => {
    const cause = new CognitoError('COGNITO_ERR_TOKEN_MISSING', { reason: 'x' })
    return Object.assign(new Error('wrapped', { cause }), { statusCode })
  }
  const errors: Readonly<Record<string, () => unknown>> = {
    own: () => app.cognito.verify('x'),
    wrapped: () => Promise.reject(wrap(401)),
    otherwise: () => Promise.reject(wrap(502)),
    route: () => Promise.reject(new UserRouteError('COGNITO_USER_ERR_CREDENTIALS_INVALID', { reason: 'x' })),
    foreign: () => Promise.reject(new Error('boom')),
    text: () => Promise.reject('boom'),
  }
  for (const [name, run] of Object.entries(errors)) {
    app.get(`/caught/${name}`, async (_request, reply) => {
      try {
        return await run()
      } catch (error) {
        return app.cognito.answer(reply, error).send({ mine: true })
      }
    })
    app.get(`/thrown/${name}`, async () => run())
  }
  const answers = async (path: string) => {
    const { statusCode, headers, body } = await app.inject(path)
    return [statusCode, headers['www-authenticate'], headers['cache-control'], body.includes('mine')]
  }
  t.match(await answers('/caught/own'), [
    401,
    /^Bearer realm="orders", error="invalid_token"/,
    'no-store',
    true,
  ])
  t.strictSame(await answers('/caught/wrapped'), [401, 'Bearer realm="orders"', 'no-store', true])
  t.strictSame(await answers('/caught/route'), [401, 'Bearer', 'no-store', true])
  t.strictSame(await answers('/caught/otherwise'), [502, undefined, undefined, false])
  t.strictSame(await answers('/caught/foreign'), [500, undefined, undefined, false])
  t.strictSame(await answers('/caught/text'), [500, undefined, undefined, false])
  t.strictSame(await answers('/thrown/wrapped'), [401, 'Bearer realm="orders"', 'no-store', false])
  t.strictSame(await answers('/thrown/otherwise'), [502, undefined, undefined, false])
})

t.test(
  'an error says its status and whether its message is for the client, where frameworks look for it',
  async (t) => {
    const errors = [
      ...cognitoErrorCodes.map((code) => new CognitoError(code, { reason: 'x' })),
      ...userRouteErrorCodes.map((code) => new UserRouteError(code, { reason: 'x' })),
    ]
    for (const error of errors) {
      t.equal(error.status, error.statusCode, error.code)
      t.equal(error.expose, error.statusCode !== 500, error.code)
      t.notOk(
        Object.keys(error).some((name) => ['status', 'expose', 'headers'].includes(name)),
        'not in a line of the log',
      )
    }
  },
)
