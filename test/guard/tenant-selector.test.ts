/**
 * The selectors of tenants: their arguments, where they may stand, what compiles to what, and the options of all tenants that
 * narrow which tokens they accept.
 * @module
 */
import { Type } from '@sinclair/typebox'
import t from 'tap'
import { anyTenant, type TenantsOptions, tenant } from '../../src/index.js'
import { bearer, createApp, startIssuer } from '../support/app.js'
import { faultOf } from '../support/fault-of.js'
import { createTenantApp, toRow, useKeysOf } from '../support/tenants.js'

const { issuer, eu: staff } = await startIssuer(t)
useKeysOf(t, issuer)
const acme = issuer.createPool({ region: 'eu-west-1' })
const globex = issuer.createPool({ region: 'us-east-1' })
const load = () => [toRow('acme', acme), toRow('globex', globex)]
const pools = { staff: staff.options() }
const NAMED = 'expected the name of a tenant, or a function from the request to the name; found'

t.test('a selector takes a name as the list may have it, or a function', (t) => {
  const select = tenant as (choice?: unknown) => unknown
  for (const name of ['acme', 'A', '0', 'a.b_c-d', 'a'.repeat(128)]) t.equal(typeof select(name), 'object')
  for (const choice of [() => 'acme', async () => undefined]) t.equal(typeof select(choice), 'object')
  for (const name of ['', '*', '.a', '-a', '_a', 'a b', 'a:b', 'ä', 'a\n', 'a'.repeat(129), '__proto__']) {
    t.ok(faultOf(() => select(name)).startsWith(`tenant: ${NAMED}`), name)
  }
  for (const choice of [undefined, null, 7, true, {}, ['acme'], Symbol('acme'), tenant('acme'), anyTenant]) {
    t.ok(faultOf(() => select(choice)).startsWith(`tenant: ${NAMED}`), typeof choice)
  }
  t.ok(Object.isFrozen(tenant) && Object.isFrozen(anyTenant) && Object.isFrozen(tenant('acme')))
  t.end()
})

t.test('with tenants a guard says what it takes, and where it cannot the boot stops', async (t) => {
  const app = await createTenantApp(t, { load }, { pools })
  type Open = (pool?: unknown, requirement?: unknown) => unknown
  const { authRequired, authOptional } = app as unknown as Record<string, Open>
  const named = tenant(() => 'acme')
  const none = 'expected the name of a pool, tenant(…) or anyTenant, because the option tenants is set'
  t.equal(
    faultOf(() => authRequired?.()),
    `authRequired: ${none}`,
  )
  t.equal(
    faultOf(() => authOptional?.()),
    `authOptional: ${none}`,
  )
  const two = 'authRequired: expected one selector of tenants at most; found 2'
  t.equal(
    faultOf(() => authRequired?.([named, anyTenant])),
    two,
  )
  t.equal(
    faultOf(() => authRequired?.([named, named])),
    two,
  )
  for (const wrong of [
    null,
    [],
    {},
    [[named]],
    'tenant:acme',
    'tenant:*',
    'acme',
    [named, 'acme'],
    [() => 'staff'],
  ]) {
    t.match(
      faultOf(() => authRequired?.(wrong)),
      /^authRequired: expected the name of a registered pool/,
    )
  }
  t.equal(typeof authRequired?.(['staff', named]), 'function')
  const { verify, verifyRequest } = app.cognito
  const request = { headers: {}, raw: { rawHeaders: [] } } as never
  await t.rejects(verify('x'), { name: 'TypeError', message: `verify: ${none}` })
  await t.rejects(verifyRequest(request), { name: 'TypeError', message: `verifyRequest: ${none}` })
  await t.rejects(verifyRequest.optional(request), {
    name: 'TypeError',
    message: `verifyRequest.optional: ${none}`,
  })
  await t.rejects(verify(acme.accessToken(), named), {
    name: 'TypeError',
    message: /^verify: expected tenant\('name'\) or anyTenant; there is no request/,
  })
  t.equal((await verify(acme.accessToken(), ['staff', tenant('acme')])).pool, 'tenant:acme')
})

t.test('without the option tenants no guard takes a selector', async (t) => {
  const app = await createApp(t, pools)
  const message = 'expected the option tenants to be set, because the guard names tenants'
  for (const selector of [anyTenant, tenant('acme'), ['staff', tenant.host('.example.com')]] as never[]) {
    t.equal(
      faultOf(() => app.authRequired(selector)),
      `authRequired: ${message}`,
    )
    await t.rejects(app.cognito.verify('x', selector), TypeError)
  }
  t.equal((await app.cognito.verify(staff.accessToken())).pool, 'staff')
})

t.test('selectors that look alike compile apart, and a list counts by what it has', async (t) => {
  const app = await createTenantApp(t, { load }, { pools })
  const requirement = {}
  let name = 'acme'
  const [first, second] = [tenant(() => 'acme'), tenant(() => 'globex')]
  const [one, other] = [tenant('acme'), tenant('globex')]
  const moving = tenant(() => name)
  const list: unknown[] = ['staff', first]
  app.get('/', async (request) => {
    const opens = async (pool: unknown) =>
      app.cognito.verifyRequest(request, pool as never, requirement).then(
        ({ pool }) => pool,
        () => 'no',
      )
    const seen = []
    for (const pool of [first, second, one, other, ['staff', first], ['staff', second], [second], 'staff']) {
      seen.push(await opens(pool))
    }
    name = 'acme'
    seen.push(await opens(moving), await opens(list))
    name = 'globex'
    list[1] = second
    seen.push(
      await opens(moving),
      await opens(list),
      await opens([first, second]),
      await opens([() => 'staff']),
    )
    return seen
  })
  const ask = async (token: string) => (await app.inject({ url: '/', headers: bearer(token) })).json()
  const [a, g, s] = ['tenant:acme', 'tenant:globex', 'staff']
  const no = 'no'
  for (const token of [acme.accessToken(), acme.accessToken()]) {
    list[1] = first
    t.strictSame(await ask(token), [a, no, a, no, a, no, no, no, a, a, no, no, no, no])
  }
  list[1] = first
  t.strictSame(await ask(globex.accessToken()), [no, g, no, g, no, g, g, no, no, no, g, g, no, no])
  t.strictSame(await ask(staff.accessToken()), [no, no, no, no, s, s, no, s, no, s, no, s, no, no])
})

t.test('a function that chooses pools is no list with this function', async (t) => {
  const app = await createTenantApp(t, { load }, { pools })
  const choose = () => 'staff'
  const requirement = {}
  app.get('/', async (request) => {
    const { verifyRequest } = app.cognito
    const { pool } = await verifyRequest(request, choose as never, requirement)
    await t.rejects(verifyRequest(request, [choose] as never, requirement), TypeError)
    return pool
  })
  t.equal((await app.inject({ url: '/', headers: bearer(staff.accessToken()) })).body, 'staff')
})

/** Each option that narrows, with the claims of a token that fails this option alone, and of one that does not. */
const NARROWING: readonly [Partial<TenantsOptions>, wrong: object, right: object, use?: 'id'][] = [
  [{ tokenUse: 'access' }, { token_use: 'id', aud: acme.appClientId }, {}],
  [{ tokenUse: 'id' }, { token_use: 'access', client_id: acme.appClientId }, {}, 'id'],
  [
    { audience: ['https://a.example', 'https://b.example'] },
    { aud: 'https://c.example' },
    { aud: 'https://b.example' },
  ],
  [{ audience: 'https://a.example' }, {}, { aud: ['https://a.example', 'https://c.example'] }],
  [{ claims: Type.Object({ plan: Type.Literal('full') }) }, { plan: 'trial' }, { plan: 'full' }],
  [{ claim: 'org' }, { org: 'globex' }, { org: 'acme' }],
]

t.test('a token that fails one option of tenants is refused, and its twin is not', async (t) => {
  for (const [options, wrong, right, use] of NARROWING) {
    const app = await createTenantApp(t, { load, ...options })
    app.get('/', { onRequest: app.authRequired(tenant('acme')) }, async () => 'in')
    const make = (claims: object) =>
      use === 'id' ? acme.idToken({ ...claims }) : acme.accessToken({ ...claims })
    for (const [claims, status] of [
      [wrong, 401],
      [right, 200],
      [wrong, 401],
    ] as const) {
      const { statusCode } = await app.inject({ url: '/', headers: bearer(make(claims)) })
      t.equal(statusCode, status, JSON.stringify([Object.keys(options), claims]))
    }
  }
})

t.test('the levels of sign-in are those of the option, for requirements by name and by rank', async (t) => {
  const levels = ['none', 'one', 'two', 'three'] as const
  const app = await createTenantApp(t, { load, acr: levels }, { pools })
  const requirements = { '/name': { acr: 'two' }, '/rank': { acr: { atLeast: 3 } } } as const
  for (const [url, requirement] of Object.entries(requirements)) {
    app.get(url, { onRequest: app.authRequired(tenant.header('x-tenant'), requirement) }, async () => 'in')
  }
  const unknown = faultOf(() => app.authRequired(anyTenant, { acr: 'tow' }))
  t.match(unknown, /^authRequired\.acr: expected .*; found another name$/)
  for (const url of Object.keys(requirements)) {
    for (const acr of [undefined, 'one', 'urn:cognito:loa:3', 'two']) {
      const headers = { ...bearer(acme.accessToken({ acr })), 'x-tenant': 'acme' }
      t.equal((await app.inject({ url, headers })).statusCode, acr === 'two' ? 200 : 401, `${url} ${acr}`)
    }
  }
})

t.test('a selector in the place of a requirement is refused, because it would require nothing', async (t) => {
  const app = await createTenantApp(t, { load })
  const wrong = tenant('acme') as never
  const message = /expected a requirement as the second argument; found a selector of tenants/
  t.throws(() => app.authRequired(anyTenant, wrong), { name: 'TypeError', message })
  t.throws(() => app.authOptional(anyTenant, wrong), { name: 'TypeError', message })
  await t.rejects(app.cognito.verify(globex.accessToken(), anyTenant, wrong), { name: 'TypeError', message })
  const request = { headers: bearer(globex.accessToken()), raw: {} } as never
  await t.rejects(app.cognito.verifyRequest(request, anyTenant, wrong), { name: 'TypeError', message })
})
