/**
 * A wrong expectation, which has to fail: otherwise the tests would show nothing.
 * @module
 */
import { expect, jest, test } from '@jest/globals'
import { TestIssuer } from 'fastify-cognito/testing'
import { createApp } from './app.js'

test('an expired token is accepted', async () => {
  const issuer = await TestIssuer.start()
  const pool = issuer.createPool()
  const app = await createApp(pool.options())
  const headers = pool.authorization()
  jest.useFakeTimers({
    doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'],
    now: Date.now() + 7_200_000,
  })
  const { statusCode } = await app.inject({ url: '/me', headers })
  jest.useRealTimers()
  await app.close()
  await issuer.close()
  expect(statusCode).toBe(200)
})
