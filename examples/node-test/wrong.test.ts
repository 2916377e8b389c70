/**
 * A wrong expectation, which has to fail: otherwise the tests would show nothing.
 * @module
 */
import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { TestIssuer } from 'fastify-cognito/testing'
import { createApp } from './app.js'

test('an expired token is accepted', async () => {
  await using issuer = await TestIssuer.start()
  const pool = issuer.createPool()
  const app = await createApp(pool.options())
  const headers = pool.authorization()
  mock.timers.enable({ apis: ['Date'], now: Date.now() + 7_200_000 })
  const { statusCode } = await app.inject({ url: '/me', headers })
  mock.timers.reset()
  await app.close()
  assert.equal(statusCode, 200)
})
