/**
 * What an application's error handler can make of a refusal, and what it cannot.
 * @module
 */
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import { CognitoError, cognitoErrorCodes } from '../../src/index.js'
import { userRouteErrorCodes } from '../../src/user-routes/fault-codes.js'
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
        Object.keys(error).some((name) => name === 'status' || name === 'expose'),
        'not in a line of the log',
      )
    }
  },
)
