/**
 * What NestJS answers to a refusal: the refusal's own status, whether a hook of Fastify threw it or a guard of NestJS.
 * @module
 */
import 'reflect-metadata'
import { Controller, type ExecutionContext, Get, Module, UseGuards } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import t, { type Test } from 'tap'
import cognito, { CognitoError, type CognitoErrorCode, cognitoErrorCodes } from '../src/index.js'
import { userRouteErrorCodes } from '../src/user-routes/errors.js'
import { UserRouteError } from '../src/user-routes/index.js'
import { bearer, startIssuer } from './support/app.js'

const { eu, us } = await startIssuer(t)

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

/** Decorators are functions: so this file needs no option of the compiler. */
function decorate(decorator: MethodDecorator, name: keyof Orders): void {
  decorator(Orders.prototype, name, Object.getOwnPropertyDescriptor(Orders.prototype, name) as never)
}

Controller('orders')(Orders)
decorate(Get('hooked'), 'hooked')
decorate(Get('guarded'), 'guarded')
decorate(
  UseGuards({
    canActivate(_context: ExecutionContext): never {
      throw thrown
    },
  }),
  'guarded',
)

class Shop {}
Module({ controllers: [Orders] })(Shop)

async function startNest(test: Test): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter()
  const fastify = adapter.getInstance()
  await fastify.register(cognito as never, { pools: { eu: eu.options() }, keys: { prefetch: false } })
  fastify.addHook('onRoute', (route) => {
    if (route.url === '/orders/hooked')
      route.onRequest = fastify.authRequired('eu', { scopes: 'orders/read' })
  })
  const app = await NestFactory.create<NestFastifyApplication>(Shop, adapter, { logger: false })
  test.teardown(() => app.close())
  await app.init()
  return app
}

t.test('a hook of Fastify', async (t) => {
  const app = await startNest(t)
  const get = (headers: Readonly<Record<string, string>>) => app.inject({ url: '/orders/hooked', headers })
  const permitted = await get(bearer(eu.accessToken({ scope: 'orders/read' })))
  t.strictSame([permitted.statusCode, permitted.json()], [200, ['an order']])
  for (const [headers, status, message] of [
    [{}, 401, 'Authentication is required'],
    [{ authorization: 'Bearer a b' }, 400, 'The credentials are malformed'],
    [bearer(us.accessToken()), 401, 'The access token is invalid'],
    [bearer(eu.accessToken({ scope: 'orders/write' })), 403, 'A required scope is missing'],
  ] as const) {
    const answer = await get(headers)
    t.equal(answer.statusCode, status)
    t.match(answer.json(), { statusCode: status, message })
    t.match(answer.headers['www-authenticate'], /^Bearer realm="api"/)
    t.equal(answer.headers['cache-control'], 'no-store')
  }
})

t.test('a guard of NestJS', async (t) => {
  const app = await startNest(t)
  const errors = [
    ...cognitoErrorCodes.map((code: CognitoErrorCode) => new CognitoError(code, { reason: 'a reason' })),
    ...userRouteErrorCodes.map((code) => new UserRouteError(code, { reason: 'a reason' })),
  ]
  for (const error of errors) {
    thrown = error
    const { statusCode, body } = await app.inject('/orders/guarded')
    t.equal(statusCode, error.statusCode, error.code)
    t.notMatch(body, 'a reason')
    if (error.statusCode !== 500) t.match(body, error.message, error.code)
  }
})
