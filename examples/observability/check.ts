import assert from 'node:assert/strict'
import { TestIssuer } from '../../src/testing/index.js'
import { createApp } from './app.js'

export async function check(): Promise<undefined> {
  await using issuer = await TestIssuer.start()
  const eu = issuer.createPool()
  const app = await createApp({ eu: eu.options() })
  const token = eu.accessToken()
  const ask = (value?: string) =>
    app.inject({ url: '/me', headers: value === undefined ? {} : { authorization: `Bearer ${value}` } })
  try {
    assert.deepEqual((await app.inject('/ready')).json(), { eu: 'cold' })
    issuer.down = true
    assert.equal((await ask(token)).statusCode, 503)
    const down = await app.inject('/ready')
    assert.equal(down.statusCode, 503)
    assert.deepEqual(down.json(), { eu: 'down' })
    issuer.down = false
    await new Promise((resolve) => setTimeout(resolve, 1100))
    for (const expected of [200, 200]) assert.equal((await ask(token)).statusCode, expected)
    assert.equal((await ask()).statusCode, 401)
    assert.equal((await ask('undefined')).statusCode, 401)
    assert.equal((await app.inject('/ready')).statusCode, 200)
    const { body: metrics } = await app.inject('/metrics')
    for (const line of [
      'cognito_verification_seconds_count{pool="eu",outcome="accepted",cached="false"} 1',
      'cognito_verification_seconds_count{pool="eu",outcome="accepted",cached="true"} 1',
      'cognito_refusals_total{pool="eu",code="COGNITO_ERR_KEYS_UNAVAILABLE",reason="KEY_ENDPOINTS_FAILED"} 1',
      'cognito_refusals_total{pool="",code="COGNITO_ERR_TOKEN_MISSING",reason="BEARER_TOKEN_MISSING"} 1',
      'cognito_refusals_total{pool="",code="COGNITO_ERR_TOKEN_INVALID",reason="WORD_INSTEAD_OF_TOKEN"} 1',
      'cognito_key_fetches_total{pool="eu",outcome="status"} 1',
      'cognito_key_fetches_total{pool="eu",outcome="ok"} 1',
    ]) {
      assert.ok(metrics.includes(line), `${line} is not among\n${metrics}`)
    }
    assert.ok(!metrics.includes(token.slice(-20)))
  } finally {
    await app.close()
  }
}
