/**
 * Tenants that leave the list while a request is open: nothing that was accepted before is accepted again.
 * @module
 */
import t from 'tap'
import { anyTenant, CognitoError, type TenantRow, tenant } from '../../src/index.js'
import type { TestPool } from '../../src/testing/index.js'
import { bearer, startIssuer } from '../support/app.js'
import { createTenantApp, toRow, useKeysOf } from '../support/tenants.js'

const { issuer, eu: acme } = await startIssuer(t)
useKeysOf(t, issuer)

/** What happens to the row of `acme` while a request is open; the twin changes nothing. */
const CHANGES: Readonly<Record<string, (row: TenantRow) => readonly TenantRow[]>> = {
  removed: () => [],
  'renamed, so that its pool is of another tenant': (row) => [{ ...row, name: 'globex' }],
  'of another client': (row) => [{ ...row, appClientId: 'another' }],
  'of another pool': (row) => [{ ...row, userPoolId: 'eu-west-1_Another1' }],
}

const codeOf = (answer: Promise<{ readonly pool: string } | null>) =>
  answer.then(
    (authentication) => authentication?.pool,
    (error: unknown) => (error instanceof CognitoError ? error.code : error),
  )

t.test('a request that stays open is refused as soon as its tenant has left the list', async (t) => {
  const row = toRow('acme', acme)
  let rows: readonly TenantRow[] = [row]
  let change = (): readonly TenantRow[] => rows
  const app = await createTenantApp(t, { load: () => rows })
  const { verify, verifyRequest } = app.cognito
  const own = tenant('acme')
  app.get('/', { onRequest: app.authRequired(own) }, async (request) => {
    rows = change()
    await app.cognito.tenants.reload()
    return [
      await codeOf(verifyRequest(request, own)),
      await codeOf(
        verifyRequest(
          request.raw,
          tenant(async () => 'acme'),
        ),
      ),
      await codeOf(verifyRequest.optional(request, own)),
      await codeOf(verify(String(request.headers.authorization).slice(7), own)),
    ]
  })
  const token = acme.accessToken()
  for (const [what, toRows] of Object.entries(CHANGES)) {
    rows = [row]
    await app.cognito.tenants.reload()
    change = () => rows
    const kept = await app.inject({ url: '/', headers: bearer(token) })
    t.strictSame(kept.json(), Array(4).fill('tenant:acme'), `${what}: before`)
    change = () => toRows(row)
    const left = await app.inject({ url: '/', headers: bearer(token) })
    t.strictSame(left.json(), Array(4).fill('COGNITO_ERR_TOKEN_INVALID'), what)
  }
})

t.test('a second guard refuses, where a hook between the guards took the time', async (t) => {
  let rows: readonly TenantRow[] = [toRow('acme', acme)]
  const app = await createTenantApp(t, { load: () => rows })
  const take = async () => {
    rows = []
    await app.cognito.tenants.reload()
  }
  const guard = app.authRequired(anyTenant)
  app.get('/kept', { onRequest: guard, preHandler: guard }, async () => 'in')
  app.get('/left', { onRequest: guard, preParsing: take, preHandler: guard }, async () => 'in')
  const headers = bearer(acme.accessToken())
  t.equal((await app.inject({ url: '/kept', headers })).statusCode, 200)
  t.equal((await app.inject({ url: '/left', headers })).statusCode, 401)
})

/** Resolves when a fetch of the pool's keys has reached the issuer. */
async function fetched({ userPoolId }: TestPool, before: number): Promise<void> {
  while ((issuer.fetches.get(userPoolId) ?? 0) === before) await new Promise(setImmediate)
}

t.test('a token whose key is fetched meanwhile is refused as well', async (t) => {
  for (const [what, toRows] of Object.entries({ kept: (row: TenantRow) => [row], ...CHANGES })) {
    const pool = issuer.createPool()
    const row = toRow('acme', pool)
    let rows: readonly TenantRow[] = [row]
    const app = await createTenantApp(t, { load: () => rows })
    app.get('/', { onRequest: app.authRequired(tenant('acme')) }, async () => 'in')
    await app.ready()
    issuer.delay = 100
    const answer = app.inject({ url: '/', headers: bearer(pool.accessToken()) })
    await fetched(pool, 0)
    rows = toRows(row)
    await app.cognito.tenants.reload()
    const { statusCode } = await answer
    // The fetch of a pool that nobody has any more is ended.
    const isEnded = rows.every(({ userPoolId }) => userPoolId !== row.userPoolId)
    t.equal(statusCode, what === 'kept' ? 200 : isEnded ? 503 : 401, what)
    issuer.delay = 0
  }
})

t.test('what outlives a request ends with its tenant, at once', async (t) => {
  for (const [what, toRows] of Object.entries({ kept: (row: TenantRow) => [row], ...CHANGES })) {
    const row = toRow('acme', acme)
    let rows: readonly TenantRow[] = [row]
    const app = await createTenantApp(t, { load: () => rows })
    await app.ready()
    const { verify, tenants, expirySignal } = app.cognito
    const authentication = await verify(acme.accessToken(), tenant('acme'))
    const before = expirySignal(authentication)
    rows = toRows(row)
    await tenants.reload()
    const after = expirySignal(authentication)
    await new Promise(setImmediate)
    const isOver = what !== 'kept'
    t.strictSame([before.aborted, after.aborted], [isOver, isOver], what)
    const leaving = new AbortController()
    t.equal(expirySignal(authentication, { signal: leaving.signal }).aborted, false)
    leaving.abort()
  }
})
