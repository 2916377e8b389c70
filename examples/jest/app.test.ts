/**
 * The tests of the application: real tokens over HTTP, and time that a test moves.
 * @module
 */
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'
import type { FastifyInstance } from 'fastify'
import { expirySignal } from 'fastify-cognito'
import { TestIssuer, type TestPool } from 'fastify-cognito/testing'
import { createApp } from './app.js'

const HOUR = 3_600_000
/** Fastify needs these three itself: its `inject` hangs without them. */
const FAKE: NonNullable<Parameters<typeof jest.useFakeTimers>[0]> = {
  doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'],
}
let issuer: TestIssuer
let pool: TestPool
let foreign: TestPool
let app: FastifyInstance

beforeAll(async () => {
  issuer = await TestIssuer.start()
  pool = issuer.createPool()
  foreign = issuer.createPool()
})
afterAll(() => issuer.close())

beforeEach(async () => {
  app = await createApp(pool.options())
})
afterEach(async () => {
  jest.useRealTimers()
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
  expect(await ask(good)).toEqual([200, 'ada'])
  expect(await ask({})).toEqual([401, 'COGNITO_ERR_TOKEN_MISSING'])
  expect(await ask(bad)).toEqual([401, 'COGNITO_ERR_TOKEN_INVALID'])
  expect(await ask(foreign.authorization())).toEqual([401, 'COGNITO_ERR_TOKEN_INVALID'])
})

test('the keys are fetched while the time stands still', async () => {
  jest.useFakeTimers(FAKE)
  const { statusCode } = await get(pool.authorization())
  expect(statusCode).toBe(200)
})

test('a token expires when the test says so', async () => {
  const headers = pool.authorization()
  expect((await get(headers)).statusCode).toBe(200)
  jest.useFakeTimers({ ...FAKE, now: Date.now() + 2 * HOUR })
  const { statusCode, json } = await get(headers)
  expect([statusCode, json().code]).toEqual([401, 'COGNITO_ERR_TOKEN_EXPIRED'])
  expect((await get(pool.authorization())).statusCode).toBe(200)
})

test('an application of another year', async () => {
  jest.useFakeTimers({ ...FAKE, now: Date.UTC(2024, 1, 29) })
  const past = await createApp(pool.options())
  const headers = pool.authorization()
  expect((await past.inject({ url: '/me', headers })).statusCode).toBe(200)
  jest.setSystemTime(Date.UTC(2024, 2, 1))
  expect((await past.inject({ url: '/me', headers })).statusCode).toBe(401)
  await past.close()
})

test('a stream ends when the test says so', async () => {
  jest.useFakeTimers(FAKE)
  const authentication = await app.cognito.verify(pool.accessToken(), 'users')
  const signal = expirySignal(authentication)
  await jest.advanceTimersByTimeAsync(HOUR - 5000)
  expect(signal.aborted).toBe(false)
  await jest.advanceTimersByTimeAsync(5000)
  expect(signal.aborted).toBe(true)
  expect(signal.reason.code).toBe('COGNITO_ERR_TOKEN_EXPIRED')
})
