/**
 * What outlives a token ends when the tenant of the token is removed or changed.
 * @module
 */
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { createExpiry } from '../../src/expiry/application.js'
import type { Authentication, RevocationStore, TenantRow } from '../../src/index.js'
import { anyTenant } from '../../src/index.js'
import { resolveOptions } from '../../src/options.js'
import { RevocationGate } from '../../src/revocation/gate.js'
import { memoryRevocation } from '../../src/revocation/index.js'
import { createTenants } from '../../src/tenants/tenants.js'
import { createApp, startIssuer } from '../support/app.js'
import { watchOpenKeys } from '../support/open-keys.js'
import { createTenantApp, toRow, useKeysOf } from '../support/tenants.js'
import { TestClock } from '../support/test-clock.js'

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

const SECOND = 1000
const MINUTE = 60 * SECOND

/** The functions of an application whose list can be down, under a clock that the test moves. The list is read every 30 s. */
async function createMoved(options: object, store?: RevocationStore) {
  const clock = new TestClock()
  const state = { isDown: false }
  const load = () => {
    if (state.isDown) throw new Error('away')
    return [toRow('acme', acme)]
  }
  const { tenants: resolved } = resolveOptions({ tenants: { load, ...options } }, {})
  const { openKeys } = watchOpenKeys(clock)
  const log = { warn() {}, info() {} }
  const tenants = createTenants(resolved as never, { pools: [], env: {}, openKeys, log }, clock)
  await tenants.start()
  const gate = store && new RevocationGate({ store, timeout: 0.05, onError: 'deny' }, () => {}, clock)
  const exp = clock.now() / 1000 + 7200
  const payload = {
    iss: acme.issuers.original,
    sub: 'ada',
    iat: clock.now() / 1000,
    exp,
    client_id: acme.appClientId,
  }
  const authentication = {
    pool: 'tenant:acme',
    tenant: 'acme',
    payload: { token_use: 'access', ...payload },
  } as unknown as Authentication
  await clock.advance(SECOND)
  return { clock, state, tenants, authentication, ...createExpiry(new Map(), gate, clock, tenants) }
}

t.test(
  'a list that is not trusted at three looks in a row ends what is open, and a trusted one does not',
  async (t) => {
    for (const staleIfError of [0, 3600]) {
      const isEnded = staleIfError === 0
      const { clock, state, authentication, expirySignal, closeOnExpiry } = await createMoved({
        staleIfError,
      })
      const { calls, socket } = createSocket()
      const signal = expirySignal(authentication)
      closeOnExpiry(socket, authentication)
      state.isDown = true
      await clock.advance(2 * MINUTE)
      state.isDown = false
      await clock.advance(MINUTE)
      t.equal(reasonOf(signal), undefined, 'two looks, and an answer')
      state.isDown = true
      await clock.advance(2 * MINUTE)
      t.equal(reasonOf(signal), undefined, 'two looks')
      await clock.advance(MINUTE)
      t.equal(reasonOf(signal), isEnded ? 'TENANT_LIST_FAILED' : undefined)
      t.strictSame(calls, isEnded ? [[4503, 'The token cannot be checked']] : [])
      if (isEnded)
        t.match(signal.reason, {
          code: 'COGNITO_ERR_TENANTS_UNAVAILABLE',
          retryAfter: 1,
          pool: 'tenant:acme',
        })
    }
  },
)

t.test('a mark ends a token at the next look, also while the list is not trusted', async (t) => {
  const state = { isRevoked: false }
  const store: RevocationStore = { isRevoked: async () => state.isRevoked, revoke() {} }
  for (const isRevoked of [false, true]) {
    state.isRevoked = false
    const moved = await createMoved({ staleIfError: 0 }, store)
    const signal = moved.expirySignal(moved.authentication)
    moved.state.isDown = true
    await moved.clock.advance(90 * SECOND)
    t.equal(moved.tenants.find(acme.issuers.original, acme.appClientId), undefined)
    state.isRevoked = isRevoked
    await moved.clock.advance(MINUTE)
    t.equal(reasonOf(signal), isRevoked ? 'TOKEN_REVOKED' : undefined)
  }
})

t.test('a look finds that the tenant has left, when the watch has not been called yet', async (t) => {
  const { clock, tenants, authentication } = await createMoved({})
  const list = { ...tenants, watch: () => () => {} }
  const signal = createExpiry(new Map(), undefined, clock, list).expirySignal(authentication)
  await clock.advance(MINUTE)
  t.equal(signal.aborted, false)
  await tenants.directory.replaceBy([toRow('globex', acme)])
  await clock.advance(MINUTE)
  t.equal(reasonOf(signal), 'TENANT_REMOVED')
})
