/**
 * The attack table over a real socket, on every kind of guard; and on a deliberately open one, where it has to fail.
 * @module
 */
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import cognito, { type RevocableToken, type RevocationStore } from '../../src/index.js'
import { TestIssuer } from '../../src/testing/index.js'
import { type Answer, type Attack, allAttacks, NARROW, rightsAttacks } from '../support/attacks.js'
import { findDeviations } from '../support/deviations.js'
import { sendRaw } from '../support/raw-http.js'

const issuer = await TestIssuer.start()
const eu = issuer.createPool({ region: 'eu-west-1' })
const us = issuer.createPool({ region: 'us-east-1' })
t.teardown(() => issuer.close())

/** Longer headers than Node takes by itself, so that it is the guard that refuses what is too long. */
const ROOMY = { http: { maxHeaderSize: 65_536 } }

async function listen(test: Test, app: FastifyInstance): Promise<number> {
  test.teardown(() => app.close())
  await app.listen({ host: '127.0.0.1', port: 0 })
  return (app.server.address() as AddressInfo).port
}

async function guarded(test: Test, revocation?: { store: RevocationStore }): Promise<number> {
  const app = Fastify(ROOMY)
  // A generous budget and deadline, so that no attack is refused for want of a lookup alone.
  await app.register(cognito, {
    pools: { eu: eu.options(), us: us.options() },
    keys: { lookupBurst: 1000, lookupInterval: 0.05, timeout: 10 },
    // Wide enough for a machine that takes its time between the making of a token and its use.
    clockTolerance: 300,
    ...(revocation && { revocation }),
  })
  const handler = async () => 'in'
  app.get('/onRequest', { onRequest: app.authRequired('eu') }, handler)
  app.get('/preValidation', { preValidation: app.authRequired(['eu']) }, handler)
  app.get('/preHandler', { preHandler: app.authRequired(() => 'eu') }, handler)
  app.get('/default', { onRequest: app.authRequired() }, handler)
  app.get('/optional', { onRequest: app.authOptional('eu') }, handler)
  const { verifyRequest } = app.cognito
  app.get('/verifyRequest', async (request) => verifyRequest(request, 'eu').then(handler))
  app.get('/node-request', async ({ raw }) => verifyRequest(raw, 'eu').then(handler))
  app.get('/verifyRequest-optional', async (request) => verifyRequest.optional(request, 'eu').then(handler))
  return listen(test, app)
}

const attacks = allAttacks(eu, us)
const run = (port: number, path: string, expect?: (attack: Attack) => Answer) =>
  findDeviations(attacks, (attack) => sendRaw(port, path + (attack.path ?? ''), attack.lines), expect)

t.test('every attack gets the answer of the table, in every hook and shape of guard', async (t) => {
  const port = await guarded(t)
  for (const path of [
    '/onRequest',
    '/preValidation',
    '/preHandler',
    '/default',
    '/verifyRequest',
    '/node-request',
  ]) {
    t.strictSame(await run(port, path), [], path)
  }
})

t.test(
  'with a store of revocations the answers are the same, and it is asked about genuine tokens only',
  async (t) => {
    const asked: RevocableToken[] = []
    const isRevoked = async (token: RevocableToken) => {
      asked.push(token)
      return false
    }
    const port = await guarded(t, { store: { isRevoked, revoke() {} } })
    t.strictSame(await run(port, '/onRequest'), [])
    const genuine = attacks.filter(({ answer }) => answer === 'ok')
    t.equal(asked.length, genuine.length)
    t.ok(asked.every(({ userPoolId }) => userPoolId === eu.userPoolId))
  },
)

t.test('an optional guard refuses the same, and lets only the request without a line pass', async (t) => {
  const port = await guarded(t)
  const expect = ({ lines, answer }: Attack) => (lines.length === 0 ? 'ok' : answer)
  for (const path of ['/optional', '/verifyRequest-optional']) {
    t.strictSame(await run(port, path, expect), [], path)
  }
})

t.test('positive control: behind an open guard every attack is seen to get in', async (t) => {
  const app = Fastify(ROOMY)
  app.get('/', { onRequest: (_request, _reply, done) => done() }, async () => 'in')
  const port = await listen(t, app)
  const refusals = attacks.filter(({ answer }) => answer !== 'ok')
  t.ok(refusals.length > 300, `${refusals.length} of ${attacks.length} rows are refusals`)
  t.equal((await run(port, '/')).length, refusals.length)
})

t.test(
  'who lacks the sign-in or is in a prohibited group is refused; behind an open guard it is seen to get in',
  async (t) => {
    const [app, open] = [Fastify(), Fastify()]
    await app.register(cognito, { pools: { eu: eu.options() } })
    for (const [url, requirement] of Object.entries(NARROW)) {
      app.get(url, { onRequest: app.authRequired('eu', requirement) }, async () => 'in')
      open.get(url, async () => 'in')
    }
    const rows = rightsAttacks(eu)
    const deviations = async (port: number) =>
      findDeviations(rows, (attack) => sendRaw(port, String(attack.path), attack.lines))
    t.strictSame(await deviations(await listen(t, app)), [])
    const refusals = rows.filter(({ answer }) => answer !== 'ok')
    t.equal((await deviations(await listen(t, open))).length, refusals.length)
    t.ok(refusals.length > 20, `${refusals.length} refusals`)
  },
)

t.test('what can be refused without a key asks for none', async (t) => {
  const fresh = issuer.createPool()
  const app = Fastify(ROOMY)
  await app.register(cognito, { pools: { fresh: fresh.options() }, keys: { prefetch: false } })
  app.get('/', { onRequest: app.authRequired() }, async () => 'in')
  const port = await listen(t, app)
  for (const attack of allAttacks(fresh, us)) {
    if (attack.answer !== 'ok' && !attack.needsKey) await sendRaw(port, `/${attack.path ?? ''}`, attack.lines)
  }
  t.equal(issuer.fetches.get(fresh.userPoolId), undefined)
})

t.test('what Node itself refuses never reaches the guard, and is no 5xx but 431 or 400', async (t) => {
  const port = await guarded(t)
  const token = eu.accessToken()
  t.equal((await sendRaw(port, '/onRequest', [`authorization: Bearer ${'x'.repeat(70_000)}`])).status, 431)
  t.equal((await sendRaw(port, '/onRequest', [`authorization: Bearer\0 ${token}`])).status, 400)
  t.equal((await sendRaw(port, '/onRequest', [`authorization: Bearer\n ${token}`])).status, 400)
  t.equal((await sendRaw(port, '/onRequest', ['authorization: Bearer', ` ${token}`])).status, 400)
})

t.test('HEAD is guarded like GET', async (t) => {
  const port = await guarded(t)
  t.equal((await sendRaw(port, '/onRequest', [], 'HEAD')).status, 401)
  t.equal(
    (await sendRaw(port, '/onRequest', [`authorization: Bearer ${eu.accessToken()}`], 'HEAD')).status,
    200,
  )
})
