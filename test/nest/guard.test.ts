/**
 * Marks outside of routes: on handlers that NestJS runs for GraphQL, for gateways and for messages.
 * @module
 */
import { type ExecutionContext, Get, type Type, UseGuards } from '@nestjs/common'
import { ExternalContextCreator } from '@nestjs/core'
import t, { type Test } from 'tap'
import {
  Cognito,
  CognitoException,
  CognitoGuard,
  type CognitoModuleExtras,
  CognitoOptional,
  Identity,
  Public,
} from '../../src/nest/index.js'
import { bearer } from '../support/app.js'
import { controller, decorate, pools, startNest } from '../support/nest-app.js'

class Resolver {
  orders(subject: unknown) {
    return subject
  }
  users(subject: unknown) {
    return subject
  }
  open() {
    return 'open'
  }
  maybe(identity: unknown) {
    return identity
  }
}
decorate(Resolver, {
  type: [Cognito('eu')],
  methods: {
    users: [Cognito('us', { scopes: 'users/read' })],
    open: [Public()],
    maybe: [CognitoOptional('eu')],
  },
  parameters: {
    orders: [Identity('subject')],
    users: [Identity('subject')],
    maybe: [Identity('pool')],
  },
})

/** Starts what NestJS hands to its own drivers of GraphQL and others: a function that runs guards, parameters and handler. */
async function start(
  t: Test,
  type: string,
  extras: CognitoModuleExtras = {},
  provider: Type<object> = Resolver,
) {
  const { app, errors } = await startNest(t, { providers: [provider], extras })
  const instance = app.get(provider)
  const parameters = { exchangeKeyForValue: (_key: unknown, data: unknown) => data }
  const run = (name: string, ...given: unknown[]) =>
    app
      .get(ExternalContextCreator)
      .create(
        instance,
        Reflect.get(instance, name),
        name,
        '__routeArguments__',
        parameters,
        undefined,
        undefined,
        undefined,
        type,
      )(...given)
  return { run, errors }
}

const request = (token?: string) => ({
  headers: token === undefined ? {} : bearer(token),
  raw: {},
  cognito: null,
  setDecorator() {},
})

t.test('a resolver of GraphQL', async (t) => {
  const { run, errors } = await start(t, 'graphql')
  const ask = (name: string, token?: string) => run(name, {}, {}, { req: request(token) }, {})
  t.equal(await ask('orders', pools.eu.accessToken({ sub: 'f00' })), 'f00')
  t.equal(await ask('users', pools.us.accessToken({ sub: 'ba5', scope: 'users/read' })), 'ba5')
  t.equal(await ask('open'), 'open')
  t.equal(await ask('maybe'), null)
  t.equal(await ask('maybe', pools.eu.accessToken()), 'eu')
  for (const [name, token, code] of [
    ['orders', undefined, 'COGNITO_ERR_TOKEN_MISSING'],
    ['orders', pools.us.accessToken(), 'COGNITO_ERR_TOKEN_INVALID'],
    ['users', pools.us.accessToken(), 'COGNITO_ERR_SCOPE_INSUFFICIENT'],
    ['maybe', 'a.b.c', 'COGNITO_ERR_TOKEN_INVALID'],
  ] as const) {
    await t.rejects(ask(name, token), { constructor: CognitoException, code, extensions: { code } }, code)
  }
  t.strictSame(errors(), [])
})

t.test('handlers of one request have each the identity of their own mark', async (t) => {
  const ofUsers = pools.us.accessToken({ sub: 'ba5', scope: 'users/read' })
  const ofOrders = pools.eu.accessToken({ sub: 'f00' })
  const { run } = await start(t, 'graphql', {
    // The pool of the token is not the same, so that the identities differ.
    requestOf: (context) =>
      request(context.getHandler() === Resolver.prototype.users ? ofUsers : ofOrders) as never,
  })
  const shared = {}
  const answers = await Promise.all([run('orders', {}, {}, shared, {}), run('users', {}, {}, shared, {})])
  t.strictSame(answers, ['f00', 'ba5'])
})

t.test('classes that inherit a resolver have each the identity of their own mark', async (t) => {
  class Base {
    me(user: unknown) {
      return user
    }
  }
  decorate(Base, { parameters: { me: [Identity('user')] } })
  class Customers extends Base {}
  class Staff extends Base {}
  class Bare extends Base {}
  decorate(Customers, { type: [Cognito('eu', { loadUser: () => 'customer' })] })
  decorate(Staff, { type: [Cognito('eu', { loadUser: () => 'staff' })] })
  decorate(Bare, { parameters: { me: [Identity('user')] } })
  const { app } = await startNest(t, { providers: [Customers, Staff, Bare] })
  const parameters = { exchangeKeyForValue: (_key: unknown, data: unknown) => data }
  const shared = { req: request(pools.eu.accessToken()) }
  const ask = (type: Type<Base>) => {
    const instance = app.get(type)
    return app
      .get(ExternalContextCreator)
      .create(
        instance,
        instance.me,
        'me',
        '__routeArguments__',
        parameters,
        undefined,
        undefined,
        undefined,
        'graphql',
      )({}, {}, shared, {})
  }
  t.strictSame(await Promise.all([ask(Customers), ask(Staff)]), ['customer', 'staff'])
  await t.rejects(ask(Bare), { name: 'TypeError', message: /^Bare\.me: @Identity expected @Cognito/ })
})

t.test('messages of one client with tokens of their own have each their identity', async (t) => {
  const requestOf = (context: ExecutionContext) => request(tokenOf(context.getArgByIndex(1))) as never
  const tokenOf = (message: { token?: string } | string) =>
    typeof message === 'string' ? message : message.token
  const { run } = await start(t, 'ws', { requestOf })
  const [ada, bob] = ['ada', 'bob'].map((sub) => pools.eu.accessToken({ sub }))
  const client = {}
  const answers = [run('orders', client, { token: ada }), run('orders', client, { token: bob })]
  t.strictSame(await Promise.all(answers), ['ada', 'bob'])
  const message = /^Resolver\.orders: expected requestOf to return one token for one call/
  for (const shared of [{}, { request: {} }]) {
    t.equal(await run('orders', shared, ada), 'ada')
    t.equal(await run('orders', shared, ada), 'ada', 'the same token again')
    await t.rejects(run('orders', shared, bob), { name: 'TypeError', message })
  }
  const renewed = { request: {} }
  t.equal(await run('orders', renewed, ada), 'ada')
  renewed.request = {}
  t.equal(await run('orders', renewed, bob), 'bob', 'a client with another request')
  t.equal(await run('maybe', client, {}), null)
})

t.test('a handler of a gateway finds the request at the client', async (t) => {
  const { run } = await start(t, 'ws')
  t.equal(await run('orders', { request: request(pools.eu.accessToken({ sub: 'f00' })) }, {}), 'f00')
  await t.rejects(run('orders', { request: request() }, {}), { code: 'COGNITO_ERR_TOKEN_MISSING' })
})

t.test('a handler of messages needs requestOf', async (t) => {
  const message = /^Resolver\.orders: @Cognito found no HTTP request in this context; give CognitoModule/
  for (const type of ['rpc', 'ws', 'graphql', 'other']) {
    const { run } = await start(t, type)
    for (const given of [{}, null]) {
      await t.rejects(run('orders', given, given, given, {}), { name: 'TypeError', message }, type)
    }
  }
  const requestOf = (context: ExecutionContext) => context.switchToRpc().getContext<{ from: never }>().from
  const { run } = await start(t, 'rpc', { requestOf })
  t.equal(await run('orders', {}, { from: request(pools.eu.accessToken({ sub: 'f00' })) }), 'f00')
  await t.rejects(run('orders', {}, { from: request() }), { code: 'COGNITO_ERR_TOKEN_MISSING' })
})

t.test('a handler of a route whose hook has not run is guarded all the same', async (t) => {
  const { run } = await start(t, 'http')
  t.equal(await run('orders', request(pools.eu.accessToken({ sub: 'f00' })), {}), 'f00')
  await t.rejects(run('orders', request(), {}), { code: 'COGNITO_ERR_TOKEN_MISSING' })
})

t.test('a request that passed the mark of its route passes no other mark', async (t) => {
  class Desk {
    read() {
      return 'in'
    }
    admin() {
      return 'admin'
    }
  }
  controller('desk', Desk, {
    methods: { read: [Get(), Cognito('eu')], admin: [Cognito('eu', { groups: 'admins' })] },
  })
  const seen: unknown[] = []
  // NestJS runs no guards of a controller here, unless the class is a provider, too.
  const { app, ask } = await startNest(t, {
    controllers: [Desk],
    providers: [Desk],
    before: (app) =>
      app
        .getHttpAdapter()
        .getInstance()
        .addHook('preHandler', async (request) => void seen.push(request)),
  })
  const desk = app.get(Desk)
  const run = (name: 'read' | 'admin', request: unknown) =>
    app.get(ExternalContextCreator).create(desk, Desk.prototype[name], name)(request)
  t.equal((await ask('/desk', pools.eu.accessToken())).body, 'in')
  t.equal((await ask('/desk', pools.eu.accessToken({ 'cognito:groups': ['admins'] }))).body, 'in')
  t.equal(await run('read', seen[0]), 'in')
  await t.rejects(run('admin', seen[0]), { code: 'COGNITO_ERR_GROUP_INSUFFICIENT' })
  t.equal(await run('admin', seen[1]), 'admin')
})

t.test('the guard alone lets nothing pass', async (t) => {
  class Unmarked {
    read() {
      return 'in'
    }
  }
  decorate(Unmarked, { methods: { read: [UseGuards(CognitoGuard)] } })
  const { app } = await startNest(t, { providers: [Unmarked] })
  const unmarked = app.get(Unmarked)
  const run = app.get(ExternalContextCreator).create(unmarked, unmarked.read, 'read')
  const message = 'Unmarked.read: CognitoGuard expected @Cognito on the method or its class'
  await t.rejects(run(request(pools.eu.accessToken())), { name: 'TypeError', message })
})

t.test('a handler of GraphQL without a mark gets no identity', async (t) => {
  class Greeter {
    greet(identity: unknown) {
      return identity
    }
  }
  decorate(Greeter, { parameters: { greet: [Identity()] } })
  const { run } = await start(t, 'graphql', {}, Greeter)
  const message = /^Greeter\.greet: @Identity expected @Cognito/
  await t.rejects(run('greet', {}, {}, { req: request() }, {}), { name: 'TypeError', message })
})
