/**
 * A program that prints what an application of NestJS answers to refusals, as JSON. It runs by itself: the loader of tap does
 * not find the modules of NestJS.
 * @module
 */
import 'reflect-metadata'
import { Controller, type ExecutionContext, Get, Module, UseGuards } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import cognito, { CognitoError, cognitoErrorCodes } from '../../src/index.js'
import { TestIssuer } from '../../src/testing/index.js'
import { userRouteErrorCodes } from '../../src/user-routes/fault-codes.js'
import { UserRouteError } from '../../src/user-routes/index.js'

/** One answer, and the error that it stands for where a guard of NestJS threw one. */
export interface NestAnswer {
  readonly status: number
  readonly body: unknown
  readonly headers: Readonly<Record<string, unknown>>
  readonly error?: { readonly code: string; readonly statusCode: number; readonly message: string }
}

/** What the program prints. */
export interface NestAnswers {
  /** Refusals of a guard in a hook of Fastify, and what it lets pass. */
  readonly hooked: Readonly<Record<string, NestAnswer>>
  /** What NestJS makes of each error that its own guard throws. */
  readonly guarded: readonly NestAnswer[]
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

const issuer = await TestIssuer.start()
const [eu, us] = [issuer.createPool({ region: 'eu-west-1' }), issuer.createPool({ region: 'us-east-1' })]
const adapter = new FastifyAdapter()
const fastify = adapter.getInstance()
await fastify.register(cognito as never, { pools: { eu: eu.options() }, keys: { prefetch: false } })
fastify.addHook('onRoute', (route) => {
  if (route.url === '/orders/hooked') route.onRequest = fastify.authRequired('eu', { scopes: 'orders/read' })
})
const app = await NestFactory.create<NestFastifyApplication>(Shop, adapter, { logger: false })
await app.init()

async function ask(url: string, headers: Readonly<Record<string, string>> = {}): Promise<NestAnswer> {
  const answer = await app.inject({ url, headers })
  return { status: answer.statusCode, body: answer.json(), headers: answer.headers }
}

const send = (token: string) => ask('/orders/hooked', { authorization: `Bearer ${token}` })
const hooked = {
  permitted: await send(eu.accessToken({ scope: 'orders/read' })),
  missing: await ask('/orders/hooked'),
  malformed: await send('a b'),
  invalid: await send(us.accessToken()),
  insufficient: await send(eu.accessToken({ scope: 'orders/write' })),
}
const guarded: NestAnswer[] = []
for (const error of [
  ...cognitoErrorCodes.map((code) => new CognitoError(code, { reason: 'a reason' })),
  ...userRouteErrorCodes.map((code) => new UserRouteError(code, { reason: 'a reason' })),
]) {
  thrown = error
  const { code, statusCode, message } = error
  guarded.push({ ...(await ask('/orders/guarded')), error: { code, statusCode, message } })
}
await app.close()
await issuer.close()
process.stdout.write(JSON.stringify({ hooked, guarded } satisfies NestAnswers))
