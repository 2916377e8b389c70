/**
 * Sends tokens over HTTP: a good, a missing, a bad and a foreign one, and some whose claims do not fit.
 * @module
 */
import assert from 'node:assert/strict'
import { TestIssuer } from 'fastify-cognito/testing'
import { createApp } from './app.js'

const MEMBER = { sub: 'c2d5a8f0', 'custom:tenant_id': 'acme', 'custom:seats': '7' }

type Ask = (
  path: string,
  token?: string,
) => Promise<readonly [status: number, body: Readonly<Record<string, unknown>>]>

const toAsk =
  (origin: string): Ask =>
  async (path, token) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const response = await fetch(origin + path, { headers })
    const body = (await response.json()) as Readonly<Record<string, unknown>>
    if (response.status === 401) assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer /)
    return [response.status, body]
  }

async function assertRefused(ask: Ask, path: string, token: string | undefined, code: string): Promise<void> {
  const [status, body] = await ask(path, token)
  assert.deepEqual([status, body['code']], [401, `COGNITO_ERR_${code}`])
}

export async function check(): Promise<undefined> {
  await using issuer = await TestIssuer.start()
  const [pool, other] = [issuer.createPool(), issuer.createPool()]
  const lines: string[] = []
  const app = await createApp(pool.options(), (line) => void lines.push(line))
  try {
    const ask = toAsk(await app.listen({ host: '127.0.0.1', port: 0 }))
    const good = pool.idToken(MEMBER)
    assert.deepEqual(await ask('/me', good), [200, { tenant: 'ACME', seats: 7 }])
    assert.deepEqual(await ask('/me', pool.idToken({ ...MEMBER, 'custom:seats': undefined })), [
      200,
      { tenant: 'ACME' },
    ])
    await assertRefused(ask, '/me', undefined, 'TOKEN_MISSING')
    await assertRefused(ask, '/me', good.replace(/[^.]+$/, 'A'.repeat(342)), 'TOKEN_INVALID')
    await assertRefused(ask, '/me', other.idToken(MEMBER), 'TOKEN_INVALID')
    for (const claims of [
      { 'custom:tenant_id': undefined },
      { 'custom:tenant_id': 7 },
      { 'custom:seats': '0' },
      { 'custom:seats': '0x10' },
      { 'custom:seats': 'SECRET' },
    ]) {
      await assertRefused(ask, '/me', pool.idToken({ ...MEMBER, ...claims }), 'TOKEN_INVALID')
    }
    const admin = await ask('/admin', pool.idToken({ ...MEMBER, email_verified: 'true' }))
    assert.deepEqual(admin, [200, { tenant: 'acme', subject: 'c2d5a8f0' }])
    await assertRefused(ask, '/admin', pool.idToken({ ...MEMBER, email_verified: 'false' }), 'TOKEN_INVALID')
    const log = lines.join('')
    assert.match(log, /do not fit their schema: seats \(custom:seats\)/)
    assert.match(log, /do not fit their schema: tenant \(custom:tenant_id\)/)
    assert.doesNotMatch(log, /SECRET/)
  } finally {
    await app.close()
  }
  return undefined
}
