/**
 * `CognitoModule` and `CognitoHost`: how an application of NestJS gets the plugin.
 * @module
 */
import { Get, Inject, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import t, { type Test } from 'tap'
import { Cognito, CognitoHost, CognitoModule } from '../../src/nest/index.js'
import { controller, keepLines, pluginOptions, pools } from '../support/nest-app.js'

class Orders {
  read() {
    return 'in'
  }
}
controller('orders', Orders, { methods: { read: [Get(':id'), Cognito('eu')] } })

async function create(t: Test, imports: readonly unknown[], adapter = new FastifyAdapter()) {
  class AppModule {}
  Module({ imports: imports as never, controllers: [Orders] })(AppModule)
  const { logger } = keepLines()
  const app = await NestFactory.create<NestFastifyApplication>(AppModule, adapter, {
    logger,
    abortOnError: false,
  })
  t.teardown(() => app.close())
  return app
}

t.test('forRootAsync makes the options of what other modules provide', async (t) => {
  class Settings {
    readonly options = pluginOptions
  }
  class SettingsModule {}
  Module({ providers: [Settings], exports: [Settings] })(SettingsModule)
  const app = await create(t, [
    CognitoModule.forRootAsync({
      imports: [SettingsModule],
      inject: [Settings],
      useFactory: async (settings: Settings) => settings.options,
    }),
  ])
  await app.init()
  const ask = (token: string) =>
    app.inject({ url: '/orders/7', headers: { authorization: `Bearer ${token}` } })
  t.equal((await ask(pools.eu.accessToken())).statusCode, 200)
  t.equal((await ask(pools.us.accessToken())).statusCode, 401)
})

t.test('the plugin is there when the application has been created, and before its routes', async (t) => {
  const app = await create(t, [CognitoModule.forRoot(pluginOptions)])
  t.strictSame(Object.keys(app.get(CognitoHost).cognito.pools), ['eu', 'us'])
  t.equal(app.getHttpAdapter().getInstance().hasRoute({ url: '/orders/:id', method: 'GET' }), false)
  await app.init()
  t.equal(app.getHttpAdapter().getInstance().hasRoute({ url: '/orders/:id', method: 'GET' }), true)
})

t.test('every module may inject CognitoHost', async (t) => {
  class Sessions {
    readonly host: CognitoHost
    constructor(host: CognitoHost) {
      this.host = host
    }
  }
  Inject(CognitoHost)(Sessions, undefined, 0)
  class SessionsModule {}
  Module({ providers: [Sessions] })(SessionsModule)
  const app = await create(t, [SessionsModule, CognitoModule.forRoot(pluginOptions)])
  const { cognito } = app.get(Sessions, { strict: false }).host
  t.equal((await cognito.verify(pools.eu.accessToken(), 'eu')).pool, 'eu')
})

t.test('without an adapter the plugin is not registered, and CognitoHost says so', async (t) => {
  class AppModule {}
  Module({ imports: [CognitoModule.forRoot(pluginOptions)] })(AppModule)
  const { logger } = keepLines()
  const context = await NestFactory.createApplicationContext(AppModule, { logger, abortOnError: false })
  t.teardown(() => context.close())
  const message = 'CognitoHost: expected an application with FastifyAdapter that has been initialized'
  t.throws(() => context.get(CognitoHost).cognito, { name: 'TypeError', message })
})

t.test('another adapter stops the boot', async (t) => {
  class OtherAdapter extends FastifyAdapter {
    override getType() {
      return 'other' as 'fastify'
    }
  }
  const message = /^CognitoModule: expected the FastifyAdapter/
  await t.rejects(create(t, [CognitoModule.forRoot(pluginOptions)], new OtherAdapter()), {
    name: 'TypeError',
    message,
  })
})

t.test('a wrong option stops the boot', async (t) => {
  const wrong = { pools: { eu: { ...pools.eu.options(), appClientID: 'abc' } } }
  await t.rejects(create(t, [CognitoModule.forRoot(wrong as never)]), {
    name: 'TypeError',
    message: /^pools\.eu\.appClientID/,
  })
  const useFactory = () => pluginOptions
  for (const [options, message] of [
    [{}, /^CognitoModule\.forRootAsync\.useFactory: expected a function.*; it is missing/],
    [{ useFactory: pluginOptions }, /^CognitoModule\.forRootAsync\.useFactory: expected a function/],
    [{ useFactory, inject: 'Settings' }, /^CognitoModule\.forRootAsync\.inject: expected a list/],
    [{ useFactory, import: [] }, /^CognitoModule\.forRootAsync\.import: unknown/],
    [undefined, /^CognitoModule\.forRootAsync: expected an object with useFactory/],
  ] as const) {
    t.throws(() => CognitoModule.forRootAsync(options as never), { name: 'TypeError', message })
  }
  for (const [extras, message] of [
    [{ requestof: () => undefined }, /^CognitoModule\.forRoot\.requestof: unknown.*requestOf/],
    [{ requestOf: 'req' }, /^CognitoModule\.forRoot\.requestOf: expected a function/],
  ] as const) {
    t.throws(() => CognitoModule.forRoot(pluginOptions, extras as never), { name: 'TypeError', message })
  }
  t.doesNotThrow(() =>
    CognitoModule.forRootAsync({ useFactory, inject: [], imports: [], requestOf: () => undefined }),
  )
})

t.test('the module itself in imports, without options, stops the boot', async (t) => {
  const app = await create(t, [CognitoModule.forRoot(pluginOptions)])
  await t.resolves(app.init())
  class AppModule {}
  Module({ imports: [CognitoModule] })(AppModule)
  const { logger } = keepLines()
  const bare = await NestFactory.create(AppModule, new FastifyAdapter(), { logger, abortOnError: false })
  t.teardown(() => bare.close())
  const message = 'CognitoModule: expected CognitoModule.forRoot or CognitoModule.forRootAsync in imports'
  await t.rejects(bare.init(), { name: 'TypeError', message })
})

t.test('two registrations stop the boot', async (t) => {
  const other = CognitoModule.forRoot({ ...pluginOptions, realm: 'other' })
  await t.rejects(create(t, [CognitoModule.forRoot(pluginOptions), other]), {
    name: 'TypeError',
    message: /^fastify-cognito: expected one registration/,
  })
})
