/**
 * Adds and removes tenants while two servers run, with a real PostgreSQL that also goes away for a while.
 * @module
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { TestIssuer, type TestPool } from 'fastify-cognito/testing'
// The project's own, in its place: stacks are two levels below the root, as examples are.
import { TestPostgres } from '../../test/support/postgres.js'
import { createApp, type Settings } from './app.js'

/** Starts a database and two servers in front of a local issuer, does it all over HTTP, and ends them. */
export async function check(): Promise<void> {
  await using issuer = await TestIssuer.start()
  // The URL of a tenant's keys follows from its pool id, here as at AWS.
  process.env['AWS_COGNITO_KEYS_URL'] = issuer.keysUrl
  const postgres = new TestPostgres()
  const isListening = postgres.kind === 'PostgreSQL'
  console.log(
    isListening
      ? '      tenants: with PostgreSQL'
      : '      tenants: PGlite stands in for PostgreSQL, so changes are found by polling, not by LISTEN',
  )
  const staff = issuer.createPool()
  const apps: FastifyInstance[] = []
  try {
    await postgres.create()
    const settings: Settings = {
      databaseUrl: postgres.url,
      staff: staff.options(),
      domain: '.example.test',
      refreshAfter: isListening ? 30 : 1,
    }
    const start = async () => {
      const app = await createApp(settings)
      apps.push(app)
      await app.listen({ host: '127.0.0.1', port: 0 })
      return app
    }
    const [office, shop] = [await start(), await start()]
    await tryAll({ office, shop, issuer, staff, postgres })
  } finally {
    await Promise.all(apps.map((app) => app.close()))
    await postgres.close()
  }
}

interface World {
  /** Where staff changes the tenants. */
  readonly office: FastifyInstance
  /** Another server, which hears of the changes by the database alone. */
  readonly shop: FastifyInstance
  readonly issuer: TestIssuer
  readonly staff: TestPool
  readonly postgres: TestPostgres
}

async function tryAll(world: World): Promise<void> {
  const [acme, globex] = [world.issuer.createPool(), world.issuer.createPool()]
  await tryStaff(world, acme, globex)
  await tryTenants(world, acme, globex)
  await tryRemoval(world, acme, globex)
  await tryOutage(world, acme)
}

/** Staff adds tenants. Nobody gets another tenant's pool, and no tenant's token opens the routes of staff. */
async function tryStaff({ office, staff }: World, acme: TestPool, globex: TestPool): Promise<void> {
  const admin = staff.accessToken({ 'cognito:groups': ['admin'] })
  const add = (name: string, pool: TestPool | object, token?: string) =>
    ask(office, 'PUT', `/admin/tenants/${name}`, { token, body: bodyOf(pool) })
  for (const token of [undefined, `${admin.slice(0, -4)}AAAA`, acme.accessToken()]) {
    assert.equal((await add('acme', acme, token)).status, 401)
  }
  assert.equal((await add('acme', acme, staff.accessToken())).status, 403)
  assert.equal((await add('acme', acme, admin)).status, 201)
  assert.equal((await add('evil', acme, admin)).status, 409)
  assert.equal((await add('acme', globex, admin)).status, 409)
  assert.equal((await add('-odd-', globex, admin)).status, 400)
  assert.equal((await add('odd', { userPoolId: 'https://evil.test/', appClientId: 'x' }, admin)).status, 400)
  assert.equal((await add('globex', globex, admin)).status, 201)
}

/** The first request of a new tenant passes. A token opens its own sub-domain alone. */
async function tryTenants(world: World, acme: TestPool, globex: TestPool): Promise<void> {
  const { office, shop, staff, issuer } = world
  const ada = acme.accessToken({ sub: 'ada' })
  assert.equal((await orders(office, 'acme', ada)).status, 200)
  await until(async () => (await orders(shop, 'acme', ada)).status === 200)
  const answer = await orders(shop, 'acme', ada)
  assert.deepEqual(answer, { status: 200, body: { tenant: 'acme', orders: ['an order of ada'] } })
  await until(async () => (await orders(shop, 'globex', globex.accessToken())).status === 200)
  const foreign = issuer.createPool().accessToken()
  const refused = [undefined, `${ada.slice(0, -4)}AAAA`, foreign, staff.accessToken(), globex.accessToken()]
  for (const token of refused) assert.equal((await orders(shop, 'acme', token)).status, 401)
  // Known by now, and still at a host that is not its own.
  for (const host of ['globex', 'initech']) assert.equal((await orders(shop, host, ada)).status, 401)
  const apex = await ask(shop, 'GET', '/orders', { token: ada, host: 'example.test' })
  assert.equal(apex.status, 401)
  assert.equal((await orders(shop, 'acme', ada)).status, 200)
}

/** A removed tenant is refused at the other server, though its token is remembered there. The others go on. */
async function tryRemoval({ office, shop, staff }: World, acme: TestPool, globex: TestPool): Promise<void> {
  const token = globex.accessToken()
  assert.equal((await orders(shop, 'globex', token)).status, 200)
  const admin = staff.accessToken({ 'cognito:groups': ['admin'] })
  assert.equal((await ask(office, 'DELETE', '/admin/tenants/globex', { token: admin })).status, 200)
  await until(async () => (await orders(shop, 'globex', token)).status === 401)
  assert.equal((await orders(shop, 'acme', acme.accessToken())).status, 200)
  assert.equal((await ask(office, 'DELETE', '/admin/tenants/globex', { token: admin })).status, 404)
}

/** Without the database the known tenants go on. When it is back, the servers listen again and know what they missed. */
async function tryOutage({ shop, issuer, postgres }: World, acme: TestPool): Promise<void> {
  const token = acme.accessToken()
  await postgres.stop()
  assert.equal((await orders(shop, 'acme', token)).status, 200)
  // Nobody knows whether there is such a tenant.
  const stranger = issuer.createPool().accessToken()
  await until(async () => (await orders(shop, 'initech', stranger)).status === 503)
  assert.equal((await orders(shop, 'acme', token)).status, 200)
  await postgres.start()
  await postgres.query("delete from tenants where name = 'acme'")
  await until(async () => (await orders(shop, 'acme', token)).status === 401)
}

const bodyOf = (pool: TestPool | object) =>
  'userPoolId' in pool && 'appClientId' in pool
    ? { userPoolId: pool.userPoolId, appClientId: pool.appClientId }
    : {}

const orders = (app: FastifyInstance, name: string, token: string | undefined) =>
  ask(app, 'GET', '/orders', { token, host: `${name}.example.test` })

interface Question {
  readonly token: string | undefined
  readonly host?: string
  readonly body?: object
}

/** A request over HTTP with a host of its own. */
async function ask(app: FastifyInstance, method: string, path: string, { token, host, body }: Question) {
  const { port } = app.server.address() as AddressInfo
  const headers = {
    host: host ?? 'admin.example.test',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  }
  const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false })
  sent.end(body && JSON.stringify(body))
  const [answer] = await once(sent, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk)
  const content: unknown = JSON.parse(Buffer.concat(chunks).toString())
  return { status: Number(answer.statusCode), body: content }
}

/** Waits for a condition, for less than a reading without a notification would take. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, 'the servers did not notice in time')
    await pause(20)
  }
}
