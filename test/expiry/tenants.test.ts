/**
 * What outlives a token ends when the tenant of the token is removed or changed.
 * @module
 */
import { once } from 'node:events'
import t, { type Test } from 'tap'
import type { TenantRow } from '../../src/index.js'
import { anyTenant } from '../../src/index.js'
import { memoryRevocation } from '../../src/revocation/index.js'
import { createApp, startIssuer } from '../support/app.js'
import { createTenantApp, toRow, useKeysOf } from '../support/tenants.js'

const { issuer, eu: staff } = await startIssuer(t)
useKeysOf(t, issuer)
const acme = issuer.createPool({ region: 'eu-west-1' })
const globex = issuer.createPool({ region: 'us-east-1' })

/** An application with two tenants, and a store of revocations where the test wants one. */
async function setUp(test: Test, options = {}) {
  const rows: TenantRow[] = [toRow('acme', acme), toRow('globex', globex)]
  const app = await createTenantApp(
    test,
    { load: () => rows },
    { pools: { staff: staff.options() }, ...options },
  )
  await app.ready()
  const replaceBy = async (...next: TenantRow[]) => {
    rows.splice(0, rows.length, ...next)
    test.equal(await app.cognito.tenants.reload(), true)
  }
  const signIn = (pool = acme) => app.cognito.verify(pool.accessToken({ sub: 'ada' }), anyTenant)
  return { app, replaceBy, signIn }
}

const reasonOf = ({ aborted, reason }: AbortSignal): unknown => (aborted ? reason.reasonCode : undefined)

function createSocket() {
  const calls: unknown[][] = []
  const close = (...call: unknown[]) => void calls.push(call)
  return { calls, socket: { readyState: 1, close, addEventListener() {} } }
}

const STORES = { 'without a store': {}, 'with a store': { revocation: { store: memoryRevocation() } } }

for (const [what, options] of Object.entries(STORES)) {
  t.test(`${what}: signals and sockets end with their tenant, and others go on`, async (t) => {
    const { app, replaceBy, signIn } = await setUp(t, options)
    const signal = app.cognito.expirySignal(await signIn())
    const other = app.cognito.expirySignal(await signIn(globex))
    const ofStaff = app.cognito.expirySignal(await app.cognito.verify(staff.accessToken(), 'staff'))
    const { calls, socket } = createSocket()
    app.cognito.closeOnExpiry(socket, await signIn())
    await replaceBy(toRow('globex', globex), toRow('acme', acme))
    t.equal(reasonOf(signal), undefined, 'a list in another order')
    await replaceBy(toRow('globex', globex))
    t.match(signal.reason, {
      reasonCode: 'TENANT_REMOVED',
      code: 'COGNITO_ERR_TOKEN_INVALID',
      pool: 'tenant:acme',
    })
    t.equal(calls.length, 1)
    t.strictSame(calls, [[4401, 'The tenant was removed or changed']])
    t.strictSame([reasonOf(other), reasonOf(ofStaff)], [undefined, undefined])
  })

  t.test(`${what}: a tenant that was removed, or has another pool, before the call`, async (t) => {
    const { app, replaceBy, signIn } = await setUp(t, options)
    const authentication = await signIn()
    const { calls, socket } = createSocket()
    for (const rows of [[], [toRow('acme', globex)], [toRow('evil', acme)]]) {
      await replaceBy(...rows)
      const signal = app.cognito.expirySignal(authentication)
      if (!signal.aborted) await once(signal, 'abort')
      t.equal(reasonOf(signal), 'TENANT_REMOVED')
    }
    app.cognito.closeOnExpiry(socket, authentication)
    await new Promise(setImmediate)
    t.equal(calls.length, 1)
    await replaceBy(toRow('acme', acme))
    const signal = app.cognito.expirySignal(authentication)
    await new Promise(setImmediate)
    t.equal(signal.aborted, false, 'it is back')
  })
}

t.test('a tenant that gets or loses a client, or another pool, ends what is open', async (t) => {
  const { app, replaceBy, signIn } = await setUp(t)
  const clients = [acme.appClientId, 'another']
  for (const row of [{ ...toRow('acme', acme), appClientId: clients }, { ...toRow('acme', globex) }]) {
    await replaceBy(toRow('acme', acme))
    const signal = app.cognito.expirySignal(await signIn())
    await replaceBy(row)
    t.equal(reasonOf(signal), 'TENANT_REMOVED')
  }
})

t.test(
  'a target that has ended keeps no watch, and a token of another application is followed to its end',
  async (t) => {
    const { app, replaceBy, signIn } = await setUp(t)
    const leaving = new AbortController()
    const authentication = await signIn()
    const signal = app.cognito.expirySignal(authentication, { signal: leaving.signal })
    leaving.abort(new Error('the client left'))
    await replaceBy()
    t.match(signal.reason, { message: 'the client left' })
    const other = await createApp(t, { staff: staff.options() })
    const elsewhere = other.cognito.expirySignal(authentication)
    t.equal(elsewhere.aborted, false)
  },
)

t.test('a mark ends the token of a tenant, too', async (t) => {
  const { app, signIn } = await setUp(t, { revocation: { store: memoryRevocation() } })
  const signal = app.cognito.expirySignal(await signIn())
  const other = app.cognito.expirySignal(await signIn(globex))
  await app.cognito.revoke({ tenant: 'globex', by: 'sub', value: 'bob' })
  t.equal(signal.aborted, false)
  await app.cognito.revoke({ tenant: 'acme', by: 'sub', value: 'ada' })
  t.equal(reasonOf(signal), 'TOKEN_REVOKED')
  t.equal(other.aborted, false)
})
