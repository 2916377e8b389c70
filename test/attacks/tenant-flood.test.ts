/**
 * A flood of invented issuers beside new tenants: 5,000 tenants in PostgreSQL, 1,000 plausible tokens of unknown issuers a
 * second, and twelve tenants that are added meanwhile. Each new tenant is served within five seconds, and the database is asked
 * at most once in two.
 *
 * The attacker, the tenants and the plugin share the time that passes in steps of the test: a step begins when the answers to the
 * one before are there, so that a busy machine has the same second of flood as any other.
 * @module
 */
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { anyTenant } from '../../src/index.js'
import type { TestPool } from '../../src/testing/index.js'
import { bearer, startIssuer } from '../support/app.js'
import { startPostgres } from '../support/postgres.js'
import { createTenantApp, useKeysOf } from '../support/tenants.js'

const { issuer } = await startIssuer(t)
useKeysOf(t, issuer)

const TENANTS = 5000
const NEW = 12
/** Of the flood; milliseconds. */
const STEP_MS = 50
const FORGED_A_STEP = 50
const ASK_EVERY_STEPS = 5
const INTERVAL_MS = 2000
const LONGEST_MS = 5000

const INSERT = 'insert into tenants (name, user_pool_id, app_client_id)'

/** Asks with a token; its status. */
const ask = async (app: FastifyInstance, token: string) =>
  (await app.inject({ url: '/', headers: bearer(token) })).statusCode

let invented = 0
/** Makes a token of a pool that nobody has, plausible but for its signature. */
function forge(pool: TestPool): string {
  invented += 1
  const id = `eu-west-1_${invented.toString(36).padStart(9, 'Z')}`
  const iss = `https://cognito-idp.eu-west-1.amazonaws.com/${id}`
  const [header, payload = ''] = template(pool)
  const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), iss }
  return `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${'A'.repeat(342)}`
}

const templates = new WeakMap<TestPool, string[]>()
function template(pool: TestPool): string[] {
  const parts = templates.get(pool) ?? pool.accessToken().split('.')
  templates.set(pool, parts)
  return parts
}

t.test('twelve new tenants are served in a flood of invented issuers', async (t) => {
  const postgres = await startPostgres(t)
  await postgres.query(
    'create table tenants (name text primary key, user_pool_id text, app_client_id text, unique (user_pool_id, app_client_id))',
  )
  await postgres.query(
    `${INSERT} select 't' || n, 'us-west-2_' || lpad(n::text, 9, '0'), 'web' from generate_series(1, ${TENANTS - 1}) n`,
  )
  const insert = (name: string, { userPoolId, appClientId }: TestPool) =>
    postgres.query(`${INSERT} values ($1, $2, $3)`, [name, userPoolId, appClientId])
  const known = issuer.createPool()
  await insert('known', known)
  const begunAt: number[] = []
  const load = () => {
    begunAt.push(performance.now())
    return postgres.query<{ name: string; userPoolId: string; appClientId: string }>(
      'select name, user_pool_id as "userPoolId", app_client_id as "appClientId" from tenants',
    )
  }
  // The machine of the tests may be busy, and the steps of the test wait for a reading.
  const app = await createTenantApp(t, { load, unknownInterval: INTERVAL_MS / 1000, timeout: 60 })
  app.get('/', { onRequest: app.authRequired(anyTenant) }, async ({ cognito }) => cognito.tenant)
  t.equal(await ask(app, known.accessToken()), 200)
  t.equal(app.cognito.tenants.size, TENANTS)

  const forged = new Map<number, number>()
  const served = new Map<string, number>()
  const waiting: { name: string; pool: TestPool; since: number; isAsking: boolean }[] = []
  const answers = new Set<Promise<unknown>>()
  const track = (answer: Promise<unknown>) => answers.add(answer.finally(() => answers.delete(answer)))
  /** Time in which the flood went on: a step that is late counts as one. */
  let livedMs = 0
  const askNew = (step: number) => {
    for (const one of waiting) {
      if (served.has(one.name) || one.isAsking || step % ASK_EVERY_STEPS !== 0) continue
      one.isAsking = true
      const answered = ask(app, one.pool.accessToken()).then((status) => {
        one.isAsking = false
        if (status === 200) served.set(one.name, livedMs - one.since)
      })
      track(answered)
    }
  }
  const attack = () => {
    for (let count = 0; count < FORGED_A_STEP; count += 1) {
      track(ask(app, forge(known)).then((status) => forged.set(status, (forged.get(status) ?? 0) + 1)))
    }
  }
  const pools = Array.from({ length: NEW }, () => issuer.createPool({ region: 'eu-central-1' }))
  for (let step = 0; served.size < NEW && livedMs < 20_000; step += 1) {
    const pool = pools[step / 6]
    if (pool !== undefined) {
      await insert(`new${step}`, pool)
      waiting.push({ name: `new${step}`, pool, since: livedMs, isAsking: false })
    }
    attack()
    askNew(step)
    if (step % 20 === 0) t.equal(await ask(app, known.accessToken()), 200, 'a known tenant goes on')
    await new Promise((resolve) => setTimeout(resolve, STEP_MS))
    livedMs += STEP_MS
  }
  await Promise.all(answers)
  t.equal(served.size, NEW)
  t.ok(Math.max(...served.values()) <= LONGEST_MS, `the longest wait: ${Math.max(...served.values())} ms`)
  // Where a reading takes long, more than a thousand requests wait for it, and the others are put off.
  t.strictSame(
    [...forged.keys()].filter((status) => status !== 401 && status !== 503),
    [],
  )
  t.ok(Number(forged.get(401)) >= 1000)
  const elapsedMs = performance.now() - Number(begunAt[0])
  t.ok(begunAt.length >= 3)
  t.ok(begunAt.length <= 1 + elapsedMs / INTERVAL_MS, `${begunAt.length} readings in ${elapsedMs} ms`)
  t.comment(
    `${postgres.kind}: ${JSON.stringify([...served.values()])} ms, ${begunAt.length} readings, ${invented} forged`,
  )
})
