/**
 * Marks of tenants in an application of NestJS.
 * @module
 */
import { Get } from '@nestjs/common'
import { ExternalContextCreator } from '@nestjs/core'
import t from 'tap'
import { anyTenant, type PluginOptions, tenant } from '../../src/index.js'
import { Cognito, CognitoOptional, Identity } from '../../src/nest/index.js'
import { bearer } from '../support/app.js'
import { controller, decorate, issuer, pools, startNest } from '../support/nest-app.js'
import { toRow, useKeysOf } from '../support/tenants.js'

useKeysOf(t, issuer)
const acme = issuer.createPool({ region: 'eu-west-1' })
const globex = issuer.createPool({ region: 'us-east-1' })
const options: Partial<PluginOptions> = {
  pools: { staff: pools.eu.options() },
  tenants: { load: () => [toRow('acme', acme), toRow('globex', globex)] },
}
const onHost = (host: string) => ({ host })

class Orders {
  read(...given: unknown[]) {
    return given
  }
  either(...given: unknown[]) {
    return given
  }
  maybe(identity: unknown) {
    return [identity]
  }
}
controller('orders', Orders, {
  type: [Cognito(tenant.host('.example.com'))],
  methods: {
    read: [Get()],
    either: [Get('either'), Cognito(['staff', tenant.header('x-tenant')])],
    maybe: [Get('maybe'), CognitoOptional(anyTenant)],
  },
  parameters: {
    read: [Identity('tenant'), Identity(({ pool }) => pool)],
    either: [Identity('pool')],
    maybe: [Identity('tenant')],
  },
})

t.test('a mark takes selectors of tenants wherever it takes a pool', async (t) => {
  const { ask } = await startNest(t, { controllers: [Orders], options })
  const own = await ask('/orders', acme.accessToken(), 'GET', onHost('acme.example.com'))
  t.strictSame([own.status, own.body], [200, ['acme', 'tenant:acme']])
  t.equal((await ask('/orders', acme.accessToken(), 'GET', onHost('globex.example.com'))).status, 401)
  t.equal((await ask('/orders', acme.accessToken(), 'GET', onHost('example.com'))).status, 401)
  t.equal((await ask('/orders', pools.eu.accessToken(), 'GET', onHost('acme.example.com'))).status, 401)
  const either = async (token: string, name: string) =>
    (await ask('/orders/either', token, 'GET', { 'x-tenant': name })).body
  t.strictSame(await either(globex.accessToken(), 'globex'), ['tenant:globex'])
  t.strictSame(await either(pools.eu.accessToken(), 'globex'), ['staff'])
  t.match(await either(globex.accessToken(), 'acme'), { statusCode: 401 })
  t.strictSame((await ask('/orders/maybe')).body, [null])
  t.strictSame((await ask('/orders/maybe', globex.accessToken())).body, ['globex'])
})

class Bare {
  read() {
    return 'in'
  }
}

t.test('a mark without a pool stops the boot where tenants are set', async (t) => {
  controller('bare', Bare, { methods: { read: [Get(), Cognito()] } })
  await t.rejects(startNest(t, { controllers: [Bare], options }), {
    name: 'TypeError',
    message: /^Bare\.read: @Cognito: authRequired: expected the name of a pool, tenant\(…\) or anyTenant/,
  })
  const { ask } = await startNest(t, { controllers: [Bare] })
  t.equal((await ask('/bare', pools.eu.accessToken())).status, 200, 'its twin without tenants')
})

class Resolver {
  orders(name: unknown) {
    return name
  }
}
decorate(Resolver, {
  methods: { orders: [Cognito(tenant.host('.example.com'))] },
  parameters: { orders: [Identity('tenant')] },
})

t.test('outside of routes, the tenant comes from the request behind the context', async (t) => {
  const { app } = await startNest(t, { providers: [Resolver], options })
  const instance = app.get(Resolver)
  const parameters = { exchangeKeyForValue: (_key: unknown, data: unknown) => data }
  const { orders } = instance
  const run = app
    .get(ExternalContextCreator)
    .create(
      instance,
      orders,
      'orders',
      '__routeArguments__',
      parameters,
      undefined,
      undefined,
      undefined,
      'graphql',
    )
  const ask = (host: string, token: string) => {
    const headers = { host, ...bearer(token) }
    return run({}, {}, { req: { headers, raw: {}, cognito: null, setDecorator() {} } }, {})
  }
  t.equal(await ask('acme.example.com', acme.accessToken()), 'acme')
  await t.rejects(ask('globex.example.com', acme.accessToken()), { code: 'COGNITO_ERR_TOKEN_INVALID' })
})
