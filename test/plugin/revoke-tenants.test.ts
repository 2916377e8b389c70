/**
 * `app.cognito.revoke` for tenants: which tokens a mark concerns, in a pool of its own and in a shared one.
 * @module
 */
import t, { type Test } from 'tap'
import { anyTenant, type Revocation, type TenantRow } from '../../src/index.js'
import { memoryRevocation } from '../../src/revocation/index.js'
import { startIssuer } from '../support/app.js'
import { createTenantApp, toRow, useKeysOf } from '../support/tenants.js'

const { issuer, eu: staff } = await startIssuer(t)
useKeysOf(t, issuer)
const acme = issuer.createPool({ region: 'eu-west-1' })
const globex = issuer.createPool({ region: 'us-east-1' })
const CLAIMS = { sub: 'ada', jti: 'one', origin_jti: 'sign-in' }

type Rest =
  | { readonly by: 'pool' }
  | { readonly by: 'sub' | 'jti' | 'origin_jti' | 'client_id'; readonly value: string }

/** Tells the reason for which a token of a client is refused; `undefined` where it passes. */
async function setUp(test: Test, rows: readonly TenantRow[], options = {}) {
  const app = await createTenantApp(
    test,
    { load: () => rows, ...options },
    { pools: { staff: staff.options() }, revocation: { store: memoryRevocation() } },
  )
  await app.ready()
  const ask = (pool = acme, claims = {}) =>
    app.cognito.verify(pool.accessToken({ ...CLAIMS, ...claims }), anyTenant).then(
      () => 'passes',
      ({ reasonCode }) => reasonCode,
    )
  const revoke = (tenant: string, rest: Rest) => app.cognito.revoke({ tenant, ...rest } as Revocation)
  return { app, ask, revoke }
}

const WAYS: readonly Rest[] = [
  { by: 'pool' },
  { by: 'sub', value: 'ada' },
  { by: 'jti', value: 'one' },
  { by: 'origin_jti', value: 'sign-in' },
  { by: 'client_id', value: acme.appClientId },
]

t.test('tokens of a tenant with a pool of its own are revoked, and of no other', async (t) => {
  const rows = [toRow('acme', acme), toRow('globex', globex)]
  for (const way of WAYS) {
    const { app, ask, revoke } = await setUp(t, rows)
    await revoke('globex', { by: 'pool' })
    t.strictSame([await ask(), await ask(globex)], ['passes', 'TOKEN_REVOKED'])
    await revoke('acme', way)
    t.equal(await ask(), 'TOKEN_REVOKED', way.by)
    t.ok(await app.cognito.verify(staff.accessToken(CLAIMS), 'staff'))
  }
})

t.test('with a pool of its own, all clients are revoked with the pool', async (t) => {
  const { ask, revoke } = await setUp(t, [{ ...toRow('acme', acme), appClientId: [acme.appClientId, 'two'] }])
  t.equal(await ask(acme, { client_id: 'two' }), 'passes')
  await revoke('acme', { by: 'pool' })
  t.strictSame([await ask(), await ask(acme, { client_id: 'two' })], ['TOKEN_REVOKED', 'TOKEN_REVOKED'])
})

t.test('in a shared pool, the clients of the tenant are revoked, and those of others go on', async (t) => {
  const { userPoolId } = acme
  const rows = [
    { name: 'one', userPoolId, appClientId: ['a', 'b'] },
    { name: 'two', userPoolId, appClientId: 'c' },
  ]
  const { ask, revoke } = await setUp(t, rows, { claim: false })
  const askAll = () => Promise.all(['a', 'b', 'c'].map((client_id) => ask(acme, { client_id })))
  t.strictSame(await askAll(), ['passes', 'passes', 'passes'])
  await revoke('one', { by: 'client_id', value: 'b' })
  t.strictSame(await askAll(), ['passes', 'TOKEN_REVOKED', 'passes'])
  await revoke('one', { by: 'pool' })
  t.strictSame(await askAll(), ['TOKEN_REVOKED', 'TOKEN_REVOKED', 'passes'])
  await revoke('two', { by: 'sub', value: 'bob' })
  t.equal(await ask(acme, { client_id: 'c' }), 'passes')
  await revoke('two', { by: 'sub', value: 'ada' })
  t.equal(await ask(acme, { client_id: 'c' }), 'TOKEN_REVOKED')
})

t.test('a mark of a shared pool counts from its time', async (t) => {
  const now = Math.floor(Date.now() / 1000)
  const { app, ask } = await setUp(t, [toRow('acme', acme)], { claim: false })
  await app.cognito.revoke({ tenant: 'acme', by: 'pool', notBefore: now - 3600 })
  t.equal(await ask(), 'passes', 'issued later')
  await app.cognito.revoke({ tenant: 'acme', by: 'pool', notBefore: now + 60 })
  t.equal(await ask(), 'TOKEN_REVOKED')
})

t.test('a revocation names one tenant in force, or one registered pool', async (t) => {
  const { app, ask } = await setUp(t, [toRow('acme', acme)])
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{}, /^revoke: expected pool or tenant, because/],
    [{ tenant: 'acme', pool: 'staff' }, /^revoke: expected pool or tenant, and not both/],
    [{ tenant: 'globex' }, /^revoke\.tenant: expected/],
    [{ tenant: '__proto__' }, /^revoke\.tenant: expected/],
    [{ tenant: 'tenant:acme' }, /^revoke\.tenant: expected/],
    [{ tenant: 1 }, /^revoke\.tenant: expected/],
    [{ pool: 'tenant:acme' }, /^revoke\.pool: /],
    [{ pool: 'acme' }, /^revoke\.pool: /],
  ]
  for (const [place, message] of wrong) {
    await t.rejects(app.cognito.revoke({ by: 'pool', ...place } as Revocation), {
      name: 'TypeError',
      message,
    })
  }
  t.equal(await ask(), 'passes')
  await app.cognito.revoke({ pool: 'staff', by: 'pool' })
  t.equal(await ask(), 'passes')
  await t.rejects(app.cognito.verify(staff.accessToken(), 'staff'), { code: 'COGNITO_ERR_TOKEN_REVOKED' })
})
