/**
 * Tenants: which tokens their guards accept, and what the handler gets.
 * @module
 */
import t from 'tap'
import { anyTenant, type PoolOptions, type TenantRow, tenant } from '../../src/index.js'
import { bearer, startIssuer } from '../support/app.js'
import { createTenantApp, toRow, useKeysOf } from '../support/tenants.js'

const { issuer, eu: staff } = await startIssuer(t)
useKeysOf(t, issuer)
const acme = issuer.createPool({ region: 'eu-west-1' })
const globex = issuer.createPool({ region: 'us-east-1' })

t.test('a guard takes the tokens of the tenant that the request names, and of no other', async (t) => {
  const rows: TenantRow[] = [toRow('acme', acme), toRow('globex', globex)]
  const app = await createTenantApp(t, { load: () => rows }, { pools: { staff: staff.options() } })
  app.get('/', { onRequest: app.authRequired(tenant.host('.example.com')) }, async ({ cognito }) => ({
    pool: cognito.pool,
    tenant: cognito.tenant,
  }))
  app.get('/any', { onRequest: app.authRequired(anyTenant) }, async ({ cognito }) => cognito.tenant)
  app.get('/staff', { onRequest: app.authRequired('staff') }, async ({ cognito }) => cognito.pool)
  const ask = async (url: string, token: string, host = 'acme.example.com') => {
    const { statusCode, body } = await app.inject({ url, headers: { ...bearer(token), host } })
    return [statusCode, body]
  }
  t.strictSame(await ask('/', acme.accessToken()), [200, '{"pool":"tenant:acme","tenant":"acme"}'])
  t.match(await ask('/', globex.accessToken()), [401])
  t.match(await ask('/', staff.accessToken()), [401])
  t.match(await ask('/', acme.accessToken(), 'example.com'), [401])
  t.strictSame(await ask('/any', globex.accessToken()), [200, 'globex'])
  t.match(await ask('/staff', globex.accessToken()), [401])
  t.strictSame(await ask('/staff', staff.accessToken()), [200, 'staff'])
  rows.shift()
  t.equal(await app.cognito.tenants.reload(), true)
  t.match(await ask('/any', acme.accessToken()), [401])
})

t.test('the keys of a tenant are fetched again at once, and tell when that fails', async (t) => {
  const app = await createTenantApp(t, { load: () => [toRow('acme', acme)] })
  app.get('/', { onRequest: app.authRequired(anyTenant) }, async () => 'ok')
  t.equal((await app.inject({ url: '/', headers: bearer(acme.accessToken()) })).statusCode, 200)
  const before = issuer.fetches.get(acme.userPoolId) ?? 0
  t.equal(await app.cognito.tenants.refresh('acme'), true)
  t.equal(issuer.fetches.get(acme.userPoolId), before + 1)
  issuer.down = true
  t.teardown(() => {
    issuer.down = false
  })
  t.equal(await app.cognito.tenants.refresh('acme'), false)
  t.match(app.cognito.tenants.status('acme'), { state: 'degraded' })
})

t.test('an issuer of a registered pool is for no tenant, wherever the pool has its keys', async (t) => {
  const place = { userPoolId: 'local_Pool1', appClientId: 'other', issuer: acme.issuers.original }
  const pools: Record<string, PoolOptions> = {
    'a URL of its own': { ...place, jwksUrl: 'https://keys.example/jwks' },
    'keys of its own': { ...place, jwks: globex.keySet() },
  }
  for (const [what, own] of Object.entries(pools)) {
    const load = () => [toRow('acme', acme), toRow('globex', globex)]
    const app = await createTenantApp(t, { load }, { pools: { own } })
    await app.ready()
    t.strictSame(app.cognito.tenants.skipped, [{ row: 1, fault: 'POOL_REGISTERED' }], what)
    t.equal(app.cognito.tenants.has('globex'), true)
  }
})

t.test('a closed application fetches no keys of tenants', async (t) => {
  const initech = issuer.createPool({ region: 'eu-west-1' })
  const fetches = () => issuer.fetches.get(initech.userPoolId) ?? 0
  const load = () => [toRow('initech', initech)]
  const [open, closed] = [await createTenantApp(t, { load }), await createTenantApp(t, { load })]
  await open.ready()
  await closed.ready()
  await closed.close()
  const token = initech.accessToken()
  await t.rejects(closed.cognito.verify(token, anyTenant), { code: 'COGNITO_ERR_KEYS_UNAVAILABLE' })
  t.equal(fetches(), 0)
  t.match(await open.cognito.verify(token, anyTenant), { tenant: 'initech' })
  t.equal(fetches(), 1)
})
