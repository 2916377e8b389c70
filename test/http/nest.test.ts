/**
 * What NestJS answers to a refusal of the plugin without `fastify-cognito/nest`: the refusal's own status, whether a hook of
 * Fastify threw it or a guard of NestJS.
 * @module
 */
import { type ExecutionContext, Get, Module, UseGuards } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import t from 'tap'
import cognito, { CognitoError, cognitoErrorCodes } from '../../src/index.js'
import { userRouteErrorCodes } from '../../src/user-routes/fault-codes.js'
import { UserRouteError } from '../../src/user-routes/index.js'
import { controller, pluginOptions, pools } from '../support/nest-app.js'

/** One answer, and the error that it stands for where a guard of NestJS threw one. */
interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers: Readonly<Record<string, unknown>>
  readonly error?: { readonly code: string; readonly statusCode: number; readonly message: string }
}

/** What the route of NestJS's own guard throws. */
let thrown: Error

class Orders {
  hooked() {
    return ['an order']
  }
  guarded() {
    return ['an order']
  }
}

const throwing = {
  canActivate(_context: ExecutionContext): never {
    throw thrown
  },
}
controller('orders', Orders, {
  methods: { hooked: [Get('hooked')], guarded: [Get('guarded'), UseGuards(throwing)] },
})

class Shop {}
Module({ controllers: [Orders] })(Shop)

const adapter = new FastifyAdapter()
const fastify = adapter.getInstance()
await fastify.register(cognito as never, { ...pluginOptions, pools: { eu: pools.eu.options() } })
fastify.addHook('onRoute', (route) => {
  if (route.url === '/orders/hooked') route.onRequest = fastify.authRequired('eu', { scopes: 'orders/read' })
})
await fastify.register(async (scope) => {
  scope.setErrorHandler((error: Error & { code?: string; statusCode?: number }, _request, reply) => {
    const { statusCode, code, message } = error
    return scope.cognito.answer(reply, error).send({ statusCode, code, message })
  })
  scope.get('/accounts', async () => {
    throw new UserRouteError('COGNITO_USER_ERR_CODE_INVALID', { reason: 'a reason' })
  })
  scope.get('/crash', async () => {
    throw new Error('a crash')
  })
})
const app = await NestFactory.create<NestFastifyApplication>(Shop, adapter, { logger: false })
await app.init()

async function ask(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const answer = await app.inject({ url, headers })
  return { status: answer.statusCode, body: answer.json(), headers: answer.headers }
}

const send = (token: string) => ask('/orders/hooked', { authorization: `Bearer ${token}` })
const hooked = {
  permitted: await send(pools.eu.accessToken({ scope: 'orders/read' })),
  missing: await ask('/orders/hooked'),
  malformed: await send('a b'),
  invalid: await send(pools.us.accessToken()),
  insufficient: await send(pools.eu.accessToken({ scope: 'orders/write' })),
}
const guarded: Answer[] = []
for (const error of [
  ...cognitoErrorCodes.map((code) => new CognitoError(code, { reason: 'a reason' })),
  ...userRouteErrorCodes.map((code) => new UserRouteError(code, { reason: 'a reason' })),
]) {
  thrown = error
  const { code, statusCode, message } = error
  guarded.push({ ...(await ask('/orders/guarded')), error: { code, statusCode, message } })
}
t.teardown(() => app.close())

t.test('a hook of Fastify', async (t) => {
  t.match(hooked, { permitted: { status: 200, body: ['an order'] } })
  for (const [name, status, message] of [
    ['missing', 401, 'Authentication is required'],
    ['malformed', 400, 'The credentials are malformed'],
    ['invalid', 401, 'The access token is invalid'],
    ['insufficient', 403, 'A required scope is missing'],
  ] as const) {
    t.match(hooked[name], {
      status,
      body: { statusCode: status, message },
      headers: { 'www-authenticate': /^Bearer realm="api"/, 'cache-control': 'no-store' },
    })
  }
})

t.test('a guard of NestJS', async (t) => {
  t.equal(guarded.length, cognitoErrorCodes.length + userRouteErrorCodes.length)
  for (const { status, body, error } of guarded) {
    t.equal(status, error?.statusCode, `${error?.code}`)
    t.notMatch(JSON.stringify(body), 'a reason')
    if (status !== 500) t.match(body, { message: error?.message })
  }
})

t.test('a scope with an error handler of its own keeps the code of an account route', async (t) => {
  t.match(await ask('/accounts'), {
    body: { code: 'COGNITO_USER_ERR_CODE_INVALID' },
    headers: { 'cache-control': 'no-store' },
  })
  t.match(await ask('/crash'), { status: 500 })
})
