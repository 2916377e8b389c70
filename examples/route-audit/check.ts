import assert from 'node:assert/strict'
import { TestIssuer } from '../../src/testing/index.js'
import { createApp } from './app.js'

/** @throws {AssertionError} where something does not hold */
export async function check(): Promise<void> {
  await using issuer = await TestIssuer.start()
  const pool = issuer.createPool()
  const app = await createApp(pool.options())
  const careless = await createApp(pool.options(), (app) => app.delete('/orders/:id', async () => 'deleted'))
  try {
    await app.ready()
    assert.equal((await app.inject('/health')).statusCode, 200)
    assert.equal((await app.inject('/staff/orders')).statusCode, 401)
    const staff = pool.authorization({ 'cognito:groups': ['staff'] })
    assert.equal((await app.inject({ url: '/staff/orders', headers: staff })).statusCode, 200)
    await assert.rejects(
      async () => careless.ready(),
      /routes: expected a guard .*\n {2}DELETE \/orders\/:id$/s,
    )
  } finally {
    await app.close()
    await careless.close()
  }
}
