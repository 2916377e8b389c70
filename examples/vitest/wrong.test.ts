/**
 * A wrong expectation, which has to fail: otherwise the tests would show nothing.
 * @module
 */
import { TestIssuer } from 'fastify-cognito/testing'
import { expect, test, vi } from 'vitest'
import { createApp } from './app.js'

test('an expired token is accepted', async () => {
  await using issuer = await TestIssuer.start()
  const pool = issuer.createPool()
  const app = await createApp(pool.options())
  const headers = pool.authorization()
  vi.useFakeTimers({ now: Date.now() + 7_200_000 })
  const { statusCode } = await app.inject({ url: '/me', headers })
  vi.useRealTimers()
  await app.close()
  expect(statusCode).toBe(200)
})
