/**
 * The tests of the application: real tokens over HTTP, and time that a test moves.
 * @module
 */
import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { after, afterEach, before, beforeEach, mock, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { expirySignal } from 'fastify-cognito'
import { TestIssuer, type TestPool } from 'fastify-cognito/testing'
import { createApp } from './app.js'

const HOUR = 3_600_000
/** Everything that Node can hold, `setImmediate` included. */
const APIS = ['setTimeout', 'setInterval', 'setImmediate', 'Date'] as const
let issuer: TestIssuer
let pool: TestPool
let foreign: TestPool
let app: FastifyInstance

before(async () => {
  issuer = await TestIssuer.start()
  pool = issuer.createPool()
  foreign = issuer.createPool()
})
after(() => issuer.close())

beforeEach(async () => {
  app = await createApp(pool.options())
})
afterEach(async () => {
  mock.timers.reset()
  await app.close()
})

const get = (headers: Readonly<Record<string, string>>) => app.inject({ url: '/me', headers })

test('a good, a missing, a bad and a foreign token, over HTTP', async () => {
  await app.listen({ host: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/me`
  const ask = async (headers: Readonly<Record<string, string>>) => {
    const answer = await fetch(url, { headers })
    return [answer.status, answer.ok ? await answer.text() : ((await answer.json()) as { code: string }).code]
  }
  const good = pool.authorization({ sub: 'ada' })
  const bad = { authorization: `${good.authorization.slice(0, -4)}AAAA` }
  assert.deepEqual(await ask(good), [200, 'ada'])
  assert.deepEqual(await ask({}), [401, 'COGNITO_ERR_TOKEN_MISSING'])
  assert.deepEqual(await ask(bad), [401, 'COGNITO_ERR_TOKEN_INVALID'])
  assert.deepEqual(await ask(foreign.authorization()), [401, 'COGNITO_ERR_TOKEN_INVALID'])
})

test('the keys are fetched while the time stands still', async () => {
  mock.timers.enable({ apis: [...APIS], now: Date.now() })
  const { statusCode } = await get(pool.authorization())
  assert.equal(statusCode, 200)
})

test('a token expires when the test says so', async () => {
  const headers = pool.authorization()
  assert.equal((await get(headers)).statusCode, 200)
  mock.timers.enable({ apis: [...APIS], now: Date.now() + 2 * HOUR })
  const { statusCode, json } = await get(headers)
  assert.deepEqual([statusCode, json().code], [401, 'COGNITO_ERR_TOKEN_EXPIRED'])
  assert.equal((await get(pool.authorization())).statusCode, 200)
})

test('an application of another year', async () => {
  mock.timers.enable({ apis: [...APIS], now: Date.UTC(2024, 1, 29) })
  const past = await createApp(pool.options())
  const headers = pool.authorization()
  assert.equal((await past.inject({ url: '/me', headers })).statusCode, 200)
  mock.timers.setTime(Date.UTC(2024, 2, 1))
  assert.equal((await past.inject({ url: '/me', headers })).statusCode, 401)
  await past.close()
})

test('a stream ends when the test says so', async () => {
  mock.timers.enable({ apis: [...APIS], now: Date.now() })
  const authentication = await app.cognito.verify(pool.accessToken(), 'users')
  const signal = expirySignal(authentication)
  mock.timers.tick(HOUR - 5000)
  assert.equal(signal.aborted, false)
  mock.timers.tick(5000)
  assert.equal(signal.aborted, true)
  assert.equal(signal.reason.code, 'COGNITO_ERR_TOKEN_EXPIRED')
})
