/**
 * The boundaries of tenants: to registered pools, to guards that run before, to functions that answer oddly, to tenants of the
 * same user pool, and to the time after a tenant was removed.
 * @module
 */
import type { FastifyRequest } from 'fastify'
import t from 'tap'
import { anyTenant, type TenantRow, tenant } from '../../src/index.js'
import { bearer, startIssuer } from '../support/app.js'
import { createTenantApp, toRow, useKeysOf } from '../support/tenants.js'

const { issuer, eu: staff } = await startIssuer(t)
useKeysOf(t, issuer)
const acme = issuer.createPool({ region: 'eu-west-1' })
const globex = issuer.createPool({ region: 'us-east-1' })
const rows = [toRow('acme', acme), toRow('globex', globex)]
const tokens = { staff: staff.accessToken(), acme: acme.accessToken(), globex: globex.accessToken() }
const pools = { staff: staff.options() }

const whose = async (request: FastifyRequest) => request.cognito?.pool

t.test(
  'registered pools and tenants do not open each other’s routes, and a list opens what it names',
  async (t) => {
    const app = await createTenantApp(t, { load: () => rows }, { pools })
    const { authRequired } = app
    const named = tenant.header('x-tenant')
    const doors = {
      '/staff': [authRequired('staff'), ['staff']],
      '/staff-list': [authRequired(['staff']), ['staff']],
      '/staff-function': [authRequired(() => 'staff'), ['staff']],
      '/acme': [authRequired(tenant('acme')), ['acme']],
      '/acme-list': [authRequired([tenant('acme')]), ['acme']],
      '/both': [authRequired(['staff', named]), ['staff', 'acme']],
      '/other-order': [authRequired([named, 'staff']), ['staff', 'acme']],
      '/any': [authRequired(anyTenant), ['acme', 'globex']],
      '/all': [authRequired(['staff', anyTenant]), ['staff', 'acme', 'globex']],
    } as const
    for (const [url, [guard]] of Object.entries(doors)) app.get(url, { onRequest: guard as never }, whose)
    for (const [url, [, open]] of Object.entries(doors)) {
      for (const [name, token] of Object.entries(tokens)) {
        const { statusCode } = await app.inject({ url, headers: { ...bearer(token), 'x-tenant': 'acme' } })
        t.equal(statusCode, (open as readonly string[]).includes(name) ? 200 : 401, `${url} ${name}`)
      }
    }
  },
)

t.test(
  'an unknown token at a guard without tenants, or for no tenant, causes no reading of the list',
  async (t) => {
    let readings = 0
    const load = () => {
      readings += 1
      return rows
    }
    const app = await createTenantApp(t, { load, unknownInterval: 0.05 }, { pools })
    app.get('/staff', { onRequest: app.authRequired('staff') }, whose)
    app.get('/named', { onRequest: app.authRequired(tenant.header('x-tenant')) }, whose)
    await app.ready()
    const unknown = issuer.createPool().accessToken()
    const before = readings
    for (const url of ['/staff', '/named']) {
      t.equal((await app.inject({ url, headers: bearer(unknown) })).statusCode, 401)
    }
    const stranger = issuer.createPool()
    for (const claims of [{ token_use: 'refresh' }, { exp: 1 }, { iss: 'https://issuer.example' }]) {
      const headers = { ...bearer(stranger.accessToken(claims)), 'x-tenant': 'acme' }
      t.equal((await app.inject({ url: '/named', headers })).statusCode, 401)
    }
    t.equal(readings, before)
  },
)

t.test('guards in a row all have to accept the token', async (t) => {
  const app = await createTenantApp(t, { load: () => rows }, { pools })
  const { authRequired } = app
  const guards = {
    '/apart': [authRequired(tenant('acme')), authRequired(tenant('globex'))],
    '/apart-too': [authRequired(tenant('globex')), authRequired(tenant('acme'))],
    '/then-staff': [authRequired(anyTenant), authRequired('staff')],
    '/same': [authRequired(anyTenant), authRequired(tenant('acme')), authRequired(tenant(() => 'acme'))],
  }
  for (const [url, onRequest] of Object.entries(guards))
    app.get(url, { onRequest: onRequest as never }, whose)
  for (const isRemembered of [false, true]) {
    for (const url of ['/apart', '/apart-too', '/then-staff']) {
      const { statusCode } = await app.inject({ url, headers: bearer(tokens.acme) })
      t.equal(statusCode, 401, `${url} ${isRemembered}`)
    }
    t.equal((await app.inject({ url: '/same', headers: bearer(tokens.acme) })).body, 'tenant:acme')
    t.equal((await app.inject({ url: '/same', headers: bearer(tokens.globex) })).statusCode, 401)
  }
})

t.test('a function of pools never opens tenants, whatever it returns', async (t) => {
  const app = await createTenantApp(t, { load: () => rows }, { pools })
  let answer: unknown
  const guard = app.authRequired((() => answer) as never)
  app.get('/', { onRequest: guard }, whose)
  const odd = ['tenant:acme', 'tenant:*', 'acme', '*', tenant('acme'), anyTenant, tenant(() => 'acme')]
  for (const one of [...odd, null, undefined, [], Symbol.iterator]) {
    for (answer of [one, [one], ['staff', one], Promise.resolve(one), Promise.resolve([one])]) {
      const { statusCode, body } = await app.inject({ url: '/', headers: bearer(tokens.acme) })
      t.equal(statusCode, 500)
      t.notOk(body.includes('tenant:'))
    }
  }
  answer = 'staff'
  t.equal((await app.inject({ url: '/', headers: bearer(tokens.staff) })).body, 'staff')
  t.equal((await app.inject({ url: '/', headers: bearer(tokens.acme) })).statusCode, 401)
})

t.test('what a selector’s function returns besides a name names no tenant', async (t) => {
  const app = await createTenantApp(t, { load: () => rows }, { pools })
  let choose: () => unknown = () => undefined
  app.get('/', { onRequest: app.authRequired(tenant((() => choose()) as never)) }, whose)
  const ask = (token: string) => app.inject({ url: '/', headers: bearer(token) })
  const odd = [
    undefined,
    null,
    true,
    0,
    7n,
    Number.NaN,
    [],
    ['acme'],
    {},
    { name: 'acme' },
    new String('acme'),
  ]
  const speaking = { toString: () => 'acme', [Symbol.toPrimitive]: () => 'acme' }
  const selectors = [anyTenant, tenant('acme'), () => 'acme', Symbol.for('acme'), Symbol('every tenant')]
  for (const value of [...odd, speaking, ...selectors]) {
    for (choose of [() => value, () => Promise.resolve(value)]) {
      t.equal((await ask(tokens.acme)).statusCode, 401, typeof value)
    }
  }
  for (const error of [new Error('no tenant'), undefined, 'acme', null]) {
    choose = () => {
      throw error
    }
    t.equal((await ask(tokens.acme)).statusCode, 500)
    choose = () => Promise.reject(error)
    t.equal((await ask(tokens.acme)).statusCode, 500)
  }
  for (choose of [() => 'acme', () => Promise.resolve('acme')]) {
    t.equal((await ask(tokens.acme)).body, 'tenant:acme')
  }
})

const shared: TenantRow[] = [
  { name: 's1', userPoolId: acme.userPoolId, appClientId: 'client1' },
  { name: 's2', userPoolId: acme.userPoolId, appClientId: ['client2', 'client3'] },
]

t.test('tenants of one user pool are apart by client', async (t) => {
  const app = await createTenantApp(t, { load: () => shared, claim: false, tokenUse: ['access', 'id'] })
  app.get('/', { onRequest: app.authRequired(tenant.header('x-tenant')) }, whose)
  const ask = async (name: string, token: string) =>
    (await app.inject({ url: '/', headers: { ...bearer(token), 'x-tenant': name } })).statusCode
  for (const [client, owner] of Object.entries({
    client1: 's1',
    client2: 's2',
    client3: 's2',
    client4: '',
  })) {
    for (const token of [acme.accessToken({ client_id: client }), acme.idToken({ aud: client })]) {
      // A token of s1’s user from the client of s2 opens s2: the option `claim: false` accepts that.
      for (const name of ['s1', 's2']) t.equal(await ask(name, token), name === owner ? 200 : 401, client)
    }
  }
})

t.test('with a claim, a user who signs in at the client of another tenant does not get in', async (t) => {
  const app = await createTenantApp(t, { load: () => shared, claim: 'custom:tenant' })
  app.get('/any', { onRequest: app.authRequired(anyTenant) }, whose)
  const ask = async (claims: object) => {
    const token = acme.accessToken({ client_id: 'client2', ...claims })
    const answers = [await app.inject({ url: '/any', headers: bearer(token) })]
    answers.push(await app.inject({ url: '/any', headers: bearer(token) }))
    return answers.map(({ statusCode }) => statusCode)
  }
  for (const value of ['s1', 'S2', 's2 ', '', ['s2'], { s2: 's2' }, true, 2, null, undefined]) {
    t.strictSame(await ask({ 'custom:tenant': value }), [401, 401], JSON.stringify(value))
  }
  t.strictSame(await ask({ 'custom:tenant': 's2' }), [200, 200])
  t.strictSame(await ask({ __proto__: { 'custom:tenant': 's2' } }), [401, 401])
})
