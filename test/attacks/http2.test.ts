/**
 * The attack table over HTTP/2, where field lines come as frames and requests share one connection.
 * @module
 */
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import cognito, { type PoolOptions } from '../../src/index.js'
import { startIssuer } from '../support/app.js'
import { type Attack, allAttacks } from '../support/attacks.js'
import { findDeviations } from '../support/deviations.js'
import { isExpressible, openSession } from '../support/raw-http2.js'
import { startServer } from '../support/server.js'

const { eu, us } = await startIssuer(t)
const line = (token: string) => [`authorization: Bearer ${token}`]
const isSendable = ({ lines }: Attack) => lines.every(isExpressible)
const all = allAttacks(eu, us)
const sendable = all.filter(isSendable)

async function createServer(test: Test, pools: Record<string, PoolOptions>) {
  const app = Fastify({ http2: true })
  test.teardown(() => app.close())
  // A generous budget, tolerance and deadline, for the reasons given in table.test.ts.
  await app.register(cognito, {
    pools,
    keys: { lookupBurst: 1000, lookupInterval: 0.05, timeout: 10 },
    clockTolerance: 300,
  })
  app.get('/required', { onRequest: app.authRequired('eu') }, async ({ cognito }) => cognito.subject)
  app.get('/optional', { onRequest: app.authOptional('eu') }, async ({ cognito }) => cognito?.subject ?? '')
  app.get('/open', { onRequest: (_request, _reply, done) => done() }, async () => 'in')
  app.get('/lines', async ({ raw }) => raw.rawHeaders.filter((name) => name === 'authorization').length)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  return openSession(test, port)
}

const createGuarded = (test: Test) => createServer(test, { eu: eu.options(), us: us.options() })

t.test('every attack that HTTP/2 can express gets the answer that it gets over HTTP/1.1', async (t) => {
  const send = await createGuarded(t)
  const attacks = sendable
  t.ok(attacks.length > 450, `${attacks.length} rows`)
  const toPath = (path: string) => (attack: Attack) => send(path + (attack.path ?? ''), attack.lines)
  t.strictSame(await findDeviations(attacks, toPath('/required')), [])
  const expect = ({ lines, answer }: Attack) => (lines.length === 0 ? 'ok' : answer)
  t.strictSame(await findDeviations(attacks, toPath('/optional'), expect), [])
})

t.test('positive control: behind an open guard every attack is seen to get in', async (t) => {
  const send = await createGuarded(t)
  const attacks = sendable
  const refusals = attacks.filter(({ answer }) => answer !== 'ok')
  t.ok(refusals.length > 300, `${refusals.length} of ${attacks.length} rows are refusals`)
  const deviations = await findDeviations(attacks, ({ lines, path }) => send(`/open${path ?? ''}`, lines))
  t.equal(deviations.length, refusals.length)
})

t.test('several lines of one name arrive as several, and are among the attacks', async (t) => {
  const send = await createGuarded(t)
  const attacks = sendable.filter(({ lines }) => lines.length > 1)
  t.equal(attacks.length, 4)
  for (const { name, lines } of attacks) t.equal((await send('/lines', lines)).body, '2', name)
})

t.test('RFC 9113 §8.2.1: Node drops a line with a blank at an end, so it says nothing', async (t) => {
  const send = await createGuarded(t)
  const attacks = all.filter((attack) => !isSendable(attack))
  t.strictSame(
    attacks.map(({ name }) => name),
    ['RFC 9110 §5.5: spaces and tabs around the value', 'a value of spaces', 'Bearer and spaces'],
  )
  const toPath = (path: string) => (attack: Attack) => send(path, attack.lines)
  for (const { lines } of attacks) t.equal((await send('/lines', lines)).body, '0')
  t.strictSame(await findDeviations(attacks, toPath('/required'), () => 'missing'), [])
  t.strictSame(await findDeviations(attacks, toPath('/optional'), () => 'ok'), [])
})

t.test('requests that share a connection share nothing else', async (t) => {
  const send = await createGuarded(t)
  const subjects = Array.from({ length: 60 }, (_, index) => `user-${index}`)
  const answers = await Promise.all(
    subjects.flatMap((sub) => [
      send('/required', line(eu.accessToken({ sub }))),
      send('/required', line(eu.accessToken({ sub, client_id: 'mallory' }))),
      send('/optional'),
    ]),
  )
  t.strictSame(
    answers.map(({ status, body }) => (status === 200 ? body : status)),
    subjects.flatMap((sub) => [sub, 401, '']),
  )
})

t.test('HEAD is guarded like GET', async (t) => {
  const send = await createGuarded(t)
  t.equal((await send('/required', [], 'HEAD')).status, 401)
  t.equal((await send('/required', line(eu.accessToken()), 'HEAD')).status, 200)
})

t.test('an endpoint that is down is 503 with Retry-After, and no challenge', async (t) => {
  const origin = await startServer(t, (request) => request.socket.destroy())
  const send = await createServer(t, { eu: eu.options({ jwksUrl: `${origin}/jwks.json` }) })
  for (const path of ['/required', '/optional']) {
    const { status, headers, body } = await send(path, line(eu.accessToken()))
    t.equal(status, 503, path)
    t.match(headers.get('retry-after'), /^[1-9]\d?$/)
    t.equal(headers.get('www-authenticate'), undefined)
    t.equal(headers.get('cache-control'), 'no-store')
    t.match(JSON.parse(body), { code: 'COGNITO_ERR_KEYS_UNAVAILABLE' })
  }
})
