/**
 * Makes calls that show which plugin answers, and throws if an answer is wrong.
 * @module
 */
import assert from 'node:assert/strict'
import { TestIssuer, type TestPool } from '../../src/testing/index.js'
import { createApp } from './app.js'

const ORIGIN = 'https://app.example.com'
const FOREIGN = 'https://evil.example.com'

type Ask = (path: string, headers?: Record<string, string>, method?: string) => Promise<Response>

/** Starts the application in front of a local issuer, makes the calls, and ends both. */
export async function check(): Promise<void> {
  await using issuer = await TestIssuer.start()
  const pool = issuer.createPool()
  const app = await createApp({ pool: pool.options(), origin: ORIGIN, secret: 'of the application alone' })
  try {
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const ask: Ask = (path, headers = {}, method = 'GET') => fetch(`${url}${path}`, { method, headers })
    await checkRefusal(ask)
    await checkCookie(ask, pool)
    await checkOwnTokens(ask, pool)
    await checkLimits(ask, pool)
  } finally {
    await app.close()
  }
}

/** A preflight needs no token, and a refusal has the headers of all plugins. */
async function checkRefusal(ask: Ask): Promise<void> {
  const wanted = { 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' }
  assert.equal((await ask('/me', { origin: ORIGIN, ...wanted }, 'OPTIONS')).status, 204)
  const { status, headers } = await ask('/me', { origin: ORIGIN })
  assert.equal(status, 401)
  assert.equal(headers.get('www-authenticate'), 'Bearer realm="api"')
  assert.equal(headers.get('access-control-allow-origin'), ORIGIN)
  assert.match(headers.get('access-control-expose-headers') ?? '', /WWW-Authenticate/)
  assert.equal(headers.get('x-content-type-options'), 'nosniff')
}

/** The cookie opens the same routes as the header, but not for pages of other origins. */
async function checkCookie(ask: Ask, pool: TestPool): Promise<void> {
  const cookie = `access_token=${pool.accessToken({ sub: 'ada' })}`
  assert.equal(await (await ask('/me', { cookie })).text(), 'ada')
  assert.equal((await ask('/orders', { cookie, origin: ORIGIN }, 'POST')).status, 200)
  assert.equal((await ask('/orders', { cookie, origin: FOREIGN }, 'POST')).status, 403)
  assert.equal((await ask('/orders', { ...pool.authorization(), origin: FOREIGN }, 'POST')).status, 200)
}

/** The application's tokens and those of Cognito do not open each other's routes. */
async function checkOwnTokens(ask: Ask, pool: TestPool): Promise<void> {
  const own = { authorization: `Bearer ${await (await ask('/download', pool.authorization())).text()}` }
  const file: object = JSON.parse(await (await ask('/file', own)).text())
  assert.deepEqual(Object.keys(file), ['file', 'iat', 'exp'])
  assert.equal((await ask('/me', own)).status, 401)
  assert.notEqual((await ask('/file', pool.authorization())).status, 200)
}

/** Each user has three requests a minute. An address has twenty, refused requests included. */
async function checkLimits(ask: Ask, pool: TestPool): Promise<void> {
  const statuses: number[] = []
  const ben = pool.authorization({ sub: 'ben' })
  for (const headers of [ben, ben, ben, ben, pool.authorization({ sub: 'cal' })]) {
    statuses.push((await ask('/me', headers)).status)
  }
  assert.deepEqual(statuses, [200, 200, 200, 429, 200])
  let refusals = 0
  while ((await ask('/me')).status === 401) refusals += 1
  assert.ok(refusals < 20, 'an address that is refused again and again is sent away')
}
