/**
 * Marks on the controllers of NestJS: which requests reach a handler, in whatever way its route is declared.
 * @module
 */
import swagger from '@fastify/swagger'
import {
  All,
  Get,
  type MiddlewareConsumer,
  Module,
  Post,
  Scope,
  Sse,
  Version,
  VersioningType,
} from '@nestjs/common'
import { NestFactory, RouterModule } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication, RouteConfig } from '@nestjs/platform-fastify'
import { of } from 'rxjs'
import t from 'tap'
import { Cognito, CognitoHost, CognitoModule, CognitoOptional, Public } from '../../src/nest/index.js'
import { controller, decorate, keepLines, pluginOptions, pools, startNest } from '../support/nest-app.js'

const eu = pools.eu.accessToken({ scope: 'orders/read' })
const us = pools.us.accessToken({ scope: 'orders/read' })

/** One handler for each way to declare a route. */
class Ways {
  plain() {
    return 'in'
  }
  parameter() {
    return 'in'
  }
  wildcard() {
    return 'in'
  }
  paths() {
    return 'in'
  }
  every() {
    return 'in'
  }
  versioned() {
    return 'in'
  }
  events() {
    return of({ data: 'in' })
  }
}
controller('ways', Ways, {
  methods: {
    plain: [Get(), Cognito('eu')],
    parameter: [Cognito('eu'), Get('one/:id')],
    wildcard: [Get('files/*'), Cognito('eu')],
    paths: [Get(['first', 'second/:id']), Cognito('eu')],
    every: [All('every'), Cognito('eu')],
    versioned: [Version(['1', '2']), Get('versioned'), Cognito('eu')],
    events: [Sse('events'), Cognito('eu')],
  },
})

/** A request of each kind, and whether it reaches the handler. */
async function outcomes(ask: Awaited<ReturnType<typeof startNest>>['ask'], url: string, headers = {}) {
  const statuses = []
  for (const token of [eu, us, undefined]) statuses.push((await ask(url, token, 'GET', headers)).status)
  return statuses
}

const GUARDED = [200, 401, 401]

t.test('a mark guards a route however it is declared, behind a prefix and with versions', async (t) => {
  const { ask, errors } = await startNest(t, {
    controllers: [Ways],
    before: (app) => app.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI }),
    options: { routes: 'error' },
  })
  for (const path of ['', '/one/7', '/files/a/b', '/first', '/second/7', '/every', '/events']) {
    t.strictSame(await outcomes(ask, `/api/ways${path}`), GUARDED, path)
  }
  for (const version of ['v1', 'v2'])
    t.strictSame(await outcomes(ask, `/api/${version}/ways/versioned`), GUARDED, version)
  t.strictSame((await ask('/api/ways', undefined, 'HEAD')).status, 401)
  t.strictSame((await ask('/api/ways', eu, 'HEAD')).status, 200)
  t.strictSame((await ask('/api/ways/every', undefined, 'POST')).status, 401)
  t.strictSame((await ask('/api/ways/every', eu, 'POST')).status, 200)
  t.strictSame(errors(), [])
})

t.test('a mark guards each version by header', async (t) => {
  const { ask } = await startNest(t, {
    controllers: [Ways],
    before: (app) => app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' }),
  })
  t.strictSame(await outcomes(ask, '/ways/versioned', { 'x-version': '2' }), GUARDED)
  t.strictSame(await outcomes(ask, '/ways/versioned', { 'x-version': '3' }), [404, 404, 404])
})

class Scoped {
  readonly seen = 'in'
  read() {
    return this.seen
  }
}
controller('scoped', Scoped, { methods: { read: [Get(':id'), Cognito('eu')] } })
decorate(Scoped, { type: [Cognito('us')] })

class Hosted {
  read() {
    return 'in'
  }
}

t.test('a mark guards a controller of request scope, one of a host, and one of RouterModule', async (t) => {
  const { Controller } = await import('@nestjs/common')
  Controller({ path: 'scoped', scope: Scope.REQUEST })(Scoped)
  decorate(Hosted, {
    methods: { read: [Get()] },
    type: [Cognito('eu'), Controller({ path: 'hosted', host: 'admin.example' })],
  })
  class Inner {}
  Module({ controllers: [Ways] })(Inner)
  const { ask } = await startNest(t, {
    controllers: [Scoped, Hosted],
    imports: [Inner, RouterModule.register([{ path: 'inner', module: Inner }])],
  })
  t.strictSame(await outcomes(ask, '/scoped/7'), GUARDED)
  t.strictSame(await outcomes(ask, '/hosted', { host: 'admin.example' }), GUARDED)
  t.strictSame(await outcomes(ask, '/hosted', { host: 'other.example' }), [404, 401, 401])
  t.strictSame(await outcomes(ask, '/inner/ways/one/7'), GUARDED)
})

class Shop {
  list() {
    return 'in'
  }
  write() {
    return 'in'
  }
  open() {
    return 'in'
  }
  maybe() {
    return 'in'
  }
}
controller('shop', Shop, {
  type: [Cognito('eu')],
  methods: {
    list: [Get()],
    write: [Post(), Cognito('eu', { scopes: 'orders/write' })],
    open: [Public(), Get('open')],
    maybe: [Get('maybe'), CognitoOptional('us')],
  },
})

t.test('the mark of a method replaces that of its class', async (t) => {
  const { ask } = await startNest(t, { controllers: [Shop], options: { routes: 'error' } })
  t.strictSame(await outcomes(ask, '/shop'), GUARDED)
  t.equal((await ask('/shop', eu, 'POST')).status, 403)
  t.equal((await ask('/shop', pools.eu.accessToken({ scope: 'orders/write' }), 'POST')).status, 201)
  t.strictSame(await outcomes(ask, '/shop/open'), [200, 200, 200])
  t.strictSame(await outcomes(ask, '/shop/maybe'), [401, 200, 200])
})

t.test('a route without a mark stays open, and the option routes names it', async (t) => {
  class Open {
    read() {
      return 'in'
    }
  }
  controller('open', Open, { methods: { read: [Get()] } })
  const { ask } = await startNest(t, { controllers: [Open] })
  t.strictSame(await outcomes(ask, '/open'), [200, 200, 200])
  await t.rejects(startNest(t, { controllers: [Open], options: { routes: 'error' } }), {
    message: /Routes without a guard:\n {2}GET \/open$/,
  })
})

t.test('a mark stands beside the RouteConfig of the application, in both orders', async (t) => {
  class Configured {
    above() {}
    below() {}
  }
  controller('configured', Configured, {
    methods: {
      above: [RouteConfig({ team: 'a' }), Get('above/:id'), Cognito('eu')],
      below: [Cognito('eu'), Get('below/:id'), RouteConfig({ team: 'b' })],
    },
  })
  const seen: unknown[] = []
  const { ask } = await startNest(t, {
    controllers: [Configured],
    before: (app) =>
      app
        .getHttpAdapter()
        .getInstance()
        .addHook(
          'preHandler',
          async (request) => void seen.push(Reflect.get(request.routeOptions.config, 'team')),
        ),
  })
  t.strictSame(await outcomes(ask, '/configured/above/7'), GUARDED)
  t.strictSame(await outcomes(ask, '/configured/below/7'), GUARDED)
  t.strictSame(seen, ['a', 'b'])
})

abstract class Base {
  list() {
    return this.constructor.name
  }
  one() {
    return this.constructor.name
  }
}
decorate(Base as never, { methods: { list: [Get()], one: [Get('one/:id'), Cognito('us')] } })
class Users extends Base {}
class Groups extends Base {}
class Pages extends Base {}
class Admins extends Users {}
controller('users', Users, { type: [Cognito('eu')] })
controller('groups', Groups, { type: [Cognito('eu', { groups: 'admins' })] })
controller('pages', Pages, {})
controller('admins', Admins, {})

t.test('classes that inherit a handler have marks of their own', async (t) => {
  for (const time of ['first', 'second']) {
    const { ask } = await startNest(t, { controllers: [Users, Groups, Pages, Admins] })
    t.strictSame(await outcomes(ask, '/users'), GUARDED, time)
    t.strictSame(await outcomes(ask, '/groups'), [403, 401, 401], time)
    t.strictSame(await outcomes(ask, '/pages'), [200, 200, 200], time)
    t.strictSame(await outcomes(ask, '/admins'), GUARDED, 'a subclass inherits the mark')
    t.equal((await ask('/groups', pools.eu.accessToken({ 'cognito:groups': ['admins'] }))).body, 'Groups')
    for (const path of ['users', 'groups', 'pages', 'admins'])
      t.strictSame(await outcomes(ask, `/${path}/one/7`), [401, 200, 401], path)
  }
})

t.test('classes with one function of a mixin have marks of their own', async (t) => {
  class Mixin {
    list() {
      return this.constructor.name
    }
  }
  decorate(Mixin, { methods: { list: [Get()] } })
  const mix = <T extends new () => object>(path: string, type: T, ...marks: ClassDecorator[]) => {
    Object.defineProperty(type.prototype, 'list', {
      ...Object.getOwnPropertyDescriptor(Mixin.prototype, 'list'),
    })
    return controller(path, type, { type: marks })
  }
  const Open = mix('open', class Open {}, Public())
  const Plain = mix('plain', class Plain {})
  const Eu = mix('eu', class Eu {}, Cognito('eu'))
  const Admins = mix('admins', class Admins {}, Cognito('eu', { groups: 'admins' }))
  for (const time of ['first', 'second']) {
    const { ask } = await startNest(t, { controllers: [Open, Plain, Eu, Admins] })
    t.strictSame(await outcomes(ask, '/open'), [200, 200, 200], time)
    t.strictSame(await outcomes(ask, '/plain'), [200, 200, 200], time)
    t.strictSame(await outcomes(ask, '/eu'), GUARDED, time)
    t.strictSame(await outcomes(ask, '/admins'), [403, 401, 401], time)
  }
  const error = { message: /Routes without a guard:\n {2}GET \/plain$/ }
  await t.rejects(
    startNest(t, { controllers: [Open, Plain, Eu, Admins], options: { routes: 'error' } }),
    error,
  )
})

t.test('a guarded class that extends an open one is not declared open', async (t) => {
  class Open {
    list() {
      return 'in'
    }
    set() {
      return 'in'
    }
  }
  class Closed extends Open {}
  const own = RouteConfig({ cognito: false, team: 'a' })
  controller('open', Open, { methods: { list: [Get()], set: [Get('set'), own] }, type: [Public()] })
  controller('closed', Closed, { type: [Cognito('eu')] })
  const declared = new Set<string>()
  const { ask } = await startNest(t, {
    controllers: [Open, Closed],
    before: (app) =>
      app
        .getHttpAdapter()
        .getInstance()
        .addHook('onRoute', ({ url, config }) => {
          if (Reflect.get(Object(config), 'cognito') === false) declared.add(url)
        }),
  })
  t.strictSame(await outcomes(ask, '/open'), [200, 200, 200])
  t.strictSame(await outcomes(ask, '/closed'), GUARDED)
  t.strictSame(declared, new Set(['/open', '/open/set']))
})

t.test('an anonymous body is not parsed', async (t) => {
  const { app } = await startNest(t, { controllers: [Shop] })
  const send = (headers: Record<string, string>) =>
    app.inject({
      method: 'POST',
      url: '/shop',
      body: '{',
      headers: { 'content-type': 'application/json', ...headers },
    })
  t.equal((await send({})).statusCode, 401)
  const token = pools.eu.accessToken({ scope: 'orders/write' })
  t.equal((await send({ authorization: `Bearer ${token}` })).statusCode, 400)
})

t.test('middleware of other modules works beside CognitoModule', async (t) => {
  class Traced {
    configure(consumer: MiddlewareConsumer) {
      consumer
        .apply(
          (
            _request: unknown,
            response: { setHeader(name: string, value: string): void },
            next: () => void,
          ) => {
            response.setHeader('x-traced', 'yes')
            next()
          },
        )
        .forRoutes(Shop)
    }
  }
  Module({})(Traced)
  const { ask } = await startNest(t, { controllers: [Shop], imports: [Traced] })
  t.match(await ask('/shop', eu), { status: 200, headers: { 'x-traced': 'yes' } })
  t.match(await ask('/shop'), { status: 401, headers: { 'x-traced': 'yes' } })
})

t.test('OpenAPI has the requirement of a mark', async (t) => {
  const { app } = await startNest(t, {
    controllers: [Shop],
    before: (app) => {
      const info = { title: 'Shop', version: '1' }
      return app.register(swagger, app.get(CognitoHost).cognito.openapi<object>({ openapi: { info } }))
    },
  })
  const { paths } = (
    app.getHttpAdapter().getInstance() as never as { swagger(): { paths: object } }
  ).swagger()
  t.match(paths, {
    '/shop': { get: { security: [{ eu: [] }] }, post: { security: [{ eu: [] }], responses: { 403: {} } } },
    '/shop/open': { get: { security: undefined } },
  })
})

const unbound = async (t: Parameters<typeof startNest>[0], decorators: Parameters<typeof decorate>[1]) => {
  class Faulty {
    read() {
      return 'in'
    }
  }
  controller('faulty', Faulty, decorators)
  await startNest(t, { controllers: [Faulty] })
}

t.test('a wrong mark stops the boot, with its class and method', async (t) => {
  for (const [decorator, message] of [
    [
      Cognito('asia' as never),
      /^Faulty\.read: @Cognito: authRequired: expected the name of a registered pool/,
    ],
    [
      CognitoOptional('asia' as never),
      /^Faulty\.read: @CognitoOptional: authOptional: expected the name of a registered pool/,
    ],
    [Cognito('eu', { scope: 'a' } as never), /^Faulty\.read: @Cognito: authRequired.*scope/],
    [Cognito('eu', { scopes: [] }), /^Faulty\.read: @Cognito: authRequired.scopes: expected/],
  ] as const) {
    await t.rejects(unbound(t, { methods: { read: [Get(), decorator] } }), { name: 'TypeError', message })
    await t.rejects(unbound(t, { methods: { read: [Get()] }, type: [decorator] }), {
      name: 'TypeError',
      message,
    })
  }
  await t.resolves(unbound(t, { methods: { read: [Get(), Cognito('eu')] } }))
})

t.test('a wrong mark on a provider stops the boot, too', async (t) => {
  class Resolver {
    read() {}
  }
  decorate(Resolver, { methods: { read: [Cognito('asia' as never)] } })
  const message = /^Resolver\.read: @Cognito: authRequired: expected the name of a registered pool/
  await t.rejects(startNest(t, { providers: [Resolver] }), { name: 'TypeError', message })
})

t.test('a mark that NestJS drops stops the boot', async (t) => {
  class Bound {
    constructor() {
      // NestJS reads the configuration of a route from the instance's own method, which has no metadata.
      this.read = this.read.bind(this)
    }
    read() {
      return 'in'
    }
    other() {}
  }
  controller('bound', Bound, { type: [Cognito('eu')], methods: { read: [Get()], other: [Post()] } })
  const message =
    /^CognitoModule: expected every mark to reach a route\..* Marks without a route: Bound\.read \(@Cognito\)$/
  await t.rejects(startNest(t, { controllers: [Bound] }), { name: 'TypeError', message })
})

/** A decorator that replaces the method, and copies no metadata. */
const Timed: () => MethodDecorator = () => (_target, _key, descriptor) => {
  const { value } = descriptor
  const timed = function (this: unknown, ...given: unknown[]) {
    return Reflect.apply(value as never, this, given)
  }
  descriptor.value = timed as never
}

/** Decorates a method as the compiler does, which writes the descriptor back. */
function decorateMethod(
  { prototype }: { prototype: object },
  name: string,
  ...decorators: MethodDecorator[]
) {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name) ?? {}
  for (const decorator of decorators.reverse()) decorator(prototype, name, descriptor)
  Object.defineProperty(prototype, name, descriptor)
}

t.test('a mark below a decorator that replaces the method stops the boot', async (t) => {
  const message =
    'Lost.read: expected @Cognito above the decorator that replaces the method, because the mark is lost below it'
  const start = (...decorators: MethodDecorator[]) => {
    class Lost {
      read() {
        return 'in'
      }
    }
    decorateMethod(Lost, 'read', ...decorators)
    return Lost
  }
  const getter: MethodDecorator = (_target, _key, descriptor) => {
    const { value } = descriptor
    delete descriptor.value
    delete descriptor.writable
    descriptor.get = () => value as never
  }
  for (const [what, type] of Object.entries({
    alone: start(Get(), Timed(), Cognito('eu')),
    'below the mark of the class': decorate(start(Get(), Timed(), Cognito('eu')), { type: [Cognito('us')] }),
    'as an accessor': start(getter, Get(), Cognito('eu')),
  })) {
    controller('lost', type, {})
    await t.rejects(startNest(t, { controllers: [type] }), { name: 'TypeError', message }, what)
    await t.rejects(startNest(t, { providers: [type] }), { name: 'TypeError', message }, `${what}: provider`)
  }
  const Kept = controller('kept', start(Cognito('eu'), Get(), Timed()), {})
  const { ask } = await startNest(t, { controllers: [Kept] })
  t.strictSame(await outcomes(ask, '/kept'), GUARDED)
})

t.test('a class may replace a method whose mark is lost', async (t) => {
  class Base {
    read() {
      return 'base'
    }
  }
  decorateMethod(Base, 'read', Timed(), Cognito('us'))
  class Own extends Base {
    override read() {
      return 'in'
    }
  }
  controller('own', Own, { methods: { read: [Get(), Cognito('eu')] } })
  const { ask } = await startNest(t, { controllers: [Own] })
  t.strictSame(await outcomes(ask, '/own'), GUARDED)
  class Heir extends Base {}
  controller('heir', Heir, {})
  await t.rejects(startNest(t, { controllers: [Heir] }), { name: 'TypeError', message: /^Heir\.read: / })
})

t.test('a controller with marks does not start without CognitoModule', async (t) => {
  class AppModule {}
  Module({ controllers: [Shop] })(AppModule)
  const { logger } = keepLines()
  const start = () =>
    NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), {
      logger,
      abortOnError: false,
    })
  await t.rejects(start(), { message: /CognitoHost/ })
  Module({ controllers: [Shop], imports: [CognitoModule.forRoot(pluginOptions)] })(AppModule)
  const app = await start()
  t.ok(app.get(CognitoHost).cognito.pools['eu'])
  await app.close()
})
