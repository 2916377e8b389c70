/**
 * Tenants in a real PostgreSQL: added, changed, exchanged and removed while the application runs, and the database away.
 * @module
 */
import { once } from 'node:events'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { anyTenant, type TenantRow } from '../../src/index.js'
import type { TestPool } from '../../src/testing/index.js'
import { bearer, startIssuer } from '../support/app.js'
import { startPostgres, type TestPostgres, withListen } from '../support/postgres.js'
import { until } from '../support/revocations.js'
import { LIST, startTenantProcess } from '../support/tenant-process.js'
import { createTenantApp, useKeysOf } from '../support/tenants.js'

const { issuer, eu: staff } = await startIssuer(t)
useKeysOf(t, issuer)
const acme = issuer.createPool()
const globex = issuer.createPool({ region: 'us-east-1' })
const postgres = await startPostgres(t)
await postgres.query('create table tenants (name text primary key, user_pool_id text, app_client_id text)')

/** Longest wait for what has to happen; milliseconds. */
const WAIT_MS = 60_000

const load = () => postgres.query<TenantRow & { appClientId: string }>(LIST)

const insert = (name: string, { userPoolId, appClientId }: TestPool) =>
  postgres.query('insert into tenants values ($1, $2, $3)', [name, userPoolId, appClientId])

/** An application with the tenants acme and globex. */
async function setUp(test: Test, options = {}): Promise<FastifyInstance> {
  await postgres.query('truncate tenants')
  await insert('acme', acme)
  await insert('globex', globex)
  const tenants = { load, refreshAfter: 3600, unknownInterval: 0.05, timeout: 30, ...options }
  const app = await createTenantApp(test, tenants, { pools: { staff: staff.options() } })
  app.get('/', { onRequest: app.authRequired(['staff', anyTenant]) }, async ({ cognito }) => cognito.pool)
  await app.ready()
  return app
}

/** The pool that a token is let in for, else the reason code of its answer. */
async function ask(app: FastifyInstance, pool: TestPool, claims = {}) {
  const { statusCode, body, headers } = await app.inject({
    url: '/',
    headers: bearer(pool.accessToken(claims)),
  })
  if (statusCode === 200) return body
  return headers['retry-after'] === undefined ? statusCode : `${statusCode}, later`
}

t.test('tenants are added, changed, exchanged and removed', async (t) => {
  const app = await setUp(t)
  const askBoth = async () => [await ask(app, acme), await ask(app, globex)]
  t.strictSame(await askBoth(), ['tenant:acme', 'tenant:globex'])
  const fresh = issuer.createPool()
  t.equal(await ask(app, fresh), 401)
  await insert('fresh', fresh)
  t.ok(await until(async () => (await ask(app, fresh)) === 'tenant:fresh', WAIT_MS), 'without a reload')

  await postgres.query("update tenants set app_client_id = 'other' where name = 'acme'")
  await app.cognito.tenants.reload()
  t.strictSame(await askBoth(), [401, 'tenant:globex'])
  t.equal(await ask(app, acme, { client_id: 'other' }), 'tenant:acme')
  await postgres.query('update tenants set app_client_id = $1 where name = $2', [acme.appClientId, 'acme'])
  await app.cognito.tenants.reload()
  t.strictSame(await askBoth(), ['tenant:acme', 'tenant:globex'])

  await postgres.query("update tenants set name = 'x' where user_pool_id = $1", [acme.userPoolId])
  await postgres.query("update tenants set name = 'acme' where user_pool_id = $1", [globex.userPoolId])
  await postgres.query("update tenants set name = 'globex' where name = 'x'")
  await app.cognito.tenants.reload()
  t.strictSame(await askBoth(), ['tenant:globex', 'tenant:acme'], 'two names exchanged')

  await postgres.query("delete from tenants where name = 'acme'")
  await app.cognito.tenants.reload()
  t.strictSame(await askBoth(), ['tenant:globex', 401])
})

t.test(
  'a row that claims the pool of another does not get it, though an update moves the other behind it',
  async (t) => {
    const app = await setUp(t)
    await insert('evil', acme)
    await postgres.query("update tenants set app_client_id = app_client_id where name = 'acme'")
    const rows = await load()
    t.equal(rows.at(-1)?.name, 'acme', 'the database moves an updated row to the end')
    await app.cognito.tenants.reload()
    t.equal(await ask(app, acme), 'tenant:acme')
    t.match(app.cognito.tenants.skipped, [{ fault: 'POOL_SHARED' }])
  },
)

t.test('a tenant that is removed is refused within refreshAfter, under traffic', async (t) => {
  const app = await setUp(t, { refreshAfter: 1 })
  t.equal(await ask(app, acme), 'tenant:acme')
  await postgres.query("delete from tenants where name = 'acme'")
  t.ok(await until(async () => (await ask(app, acme)) === 401, WAIT_MS))
  t.equal(await ask(app, globex), 'tenant:globex')
})

t.test('a notification of the database reloads the list at once', withListen, async (t) => {
  const app = await setUp(t)
  const signal = app.cognito.expirySignal(await app.cognito.verify(acme.accessToken(), anyTenant))
  const client = await postgres.connect()
  await client.query('listen tenants')
  client.on('notification', () => void app.cognito.tenants.reload())
  await postgres.query("delete from tenants where name = 'acme'")
  await postgres.query('notify tenants')
  if (!signal.aborted) await once(signal, 'abort')
  t.equal(signal.reason.reasonCode, 'TENANT_REMOVED')
  t.equal(await ask(app, acme), 401)
})

t.test('two processes learn of a new tenant, and of one that is removed', async (t) => {
  await postgres.query('truncate tenants')
  await insert('acme', acme)
  const processes = await Promise.all([1, 2].map(() => startTenantProcess(t, postgres.url)))
  const areAll = (pool: TestPool, status: number) => async () =>
    (await Promise.all(processes.map((ask) => ask(pool.accessToken())))).every((one) => one === status)
  t.ok(await until(areAll(acme, 200), WAIT_MS))
  t.ok(await areAll(globex, 401)())
  await insert('globex', globex)
  t.ok(await until(areAll(globex, 200), WAIT_MS))
  await postgres.query("delete from tenants where name = 'acme'")
  t.ok(await until(areAll(acme, 401), WAIT_MS))
  t.ok(await areAll(globex, 200)())
})

/** Takes the database away, and gives it back. */
const OUTAGES: readonly [string, (away: TestPostgres) => unknown, (away: TestPostgres) => unknown, object][] =
  [
    ['a database that is gone', (away) => away.stop(), (away) => away.start(), {}],
    ['a database that hangs', (away) => away.hang(), (away) => away.goOn(), { timeout: 0.5 }],
  ]

for (const [what, stop, goOn, options] of OUTAGES) {
  t.test(`${what} costs the tenants only, and those only when the list is too old`, async (t) => {
    const app = await setUp(t, { refreshAfter: 1, staleIfError: 4, ...options })
    t.equal(await ask(app, acme), 'tenant:acme')
    await stop(postgres)
    t.equal(await app.cognito.tenants.reload(), false)
    t.equal(await ask(app, staff), 'staff')
    t.ok(await until(async () => (await ask(app, acme)) === '503, later', WAIT_MS))
    t.equal(await ask(app, staff), 'staff')
    await goOn(postgres)
    t.ok(await until(async () => (await ask(app, acme)) === 'tenant:acme', WAIT_MS), 'it is back')
  })
}

t.test('an application does not start without its database, and does not say where that is', async (t) => {
  await postgres.stop()
  const app = await createTenantApp(t, { load, timeout: 30 })
  const error: unknown = await Promise.resolve(app.ready()).then(
    () => undefined,
    (error: unknown) => error,
  )
  t.match(error, { message: /^tenants\.load: expected the list of tenants when the application starts; / })
  t.notMatch(String(error), new RegExp(`127\\.0\\.0\\.1|${new URL(postgres.url).port}|postgres:`))
  await postgres.start()
})
