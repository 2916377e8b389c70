import assert from 'node:assert/strict'
import { PGlite } from '@electric-sql/pglite'
import { TestIssuer } from 'fastify-cognito/testing'
import { createApp } from './app.js'

export async function check(): Promise<undefined> {
  await using issuer = await TestIssuer.start()
  const pool = issuer.createPool()
  const database = new PGlite()
  const app = await createApp(pool.options(), database)
  const me = async (claims: Record<string, unknown>) =>
    app.inject({ url: '/me', headers: pool.authorization(claims) })
  const now = Math.floor(Date.now() / 1000)
  try {
    const first = await me({ sub: 'anna', username: 'anna', iat: now - 60 })
    assert.deepEqual(first.json(), { id: 1, username: 'anna', groups: [] }, 'created at first sight')
    const renamed = { sub: 'anna', username: 'anna.b', 'cognito:groups': ['admin'], iat: now }
    assert.deepEqual((await me(renamed)).json(), { id: 1, username: 'anna.b', groups: ['admin'] })
    const stale = await me({ sub: 'anna', username: 'anna', iat: now - 60 })
    assert.deepEqual(
      stale.json(),
      { id: 1, username: 'anna.b', groups: ['admin'] },
      'not undone by an older token',
    )
    assert.notEqual((await me({ sub: 'bert', username: 'bert' })).json().id, 1)
    await database.query("UPDATE account SET is_disabled = true WHERE subject = 'anna'")
    const refused = await me(renamed)
    assert.equal(refused.statusCode, 403)
    assert.equal(refused.json().code, 'COGNITO_ERR_USER_UNKNOWN')
    assert.equal((await me({ sub: 'bert' })).statusCode, 200, 'bert is not concerned')
    assert.equal((await app.inject('/me')).statusCode, 401)
  } finally {
    await app.close()
    await database.close()
  }
}
