/**
 * Sends the events of each AWS service to the application, as the service would, and reads the answers as it would.
 * @module
 */
import assert from 'node:assert/strict'
import { TestIssuer } from 'fastify-cognito/testing'
import { createApp } from './app.js'

export async function check(): Promise<undefined> {
  await using issuer = await TestIssuer.start()
  const pool = issuer.createPool()
  const app = await createApp(pool.options())
  assert.equal((await app.inject({ url: '/me', headers: pool.authorization() })).statusCode, 200)
  await app.close()
}
