/**
 * Opens streams of every kind, and throws unless each ends with its token.
 * @module
 */
import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { TestIssuer, type TestPool } from 'fastify-cognito/testing'
import { createApp } from './app.js'

const PATHS = ['/news', '/count', '/log', '/lines'] as const
const FIRST = { '/news': 'data: "hello"\n\n', '/count': 'data: 0\n\n', '/log': 'opened\n', '/lines': '0\n' }

/** Starts the application in front of a local issuer, opens the streams, and ends both. */
export async function check(): Promise<void> {
  await using issuer = await TestIssuer.start()
  const [pool, foreign] = [issuer.createPool(), issuer.createPool()]
  const app = await createApp(pool.options())
  try {
    await app.listen({ host: '127.0.0.1', port: 0 })
    const origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
    await Promise.all(PATHS.map((path) => checkRefusals(origin + path, pool, foreign)))
    await Promise.all(PATHS.map((path) => checkExpiry(origin, path, pool)))
    await checkRevocation(origin, pool)
  } finally {
    await app.close()
  }
}

const open = (url: string, token?: string) =>
  fetch(url, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })

async function checkRefusals(url: string, pool: TestPool, foreign: TestPool): Promise<void> {
  const good = pool.accessToken()
  for (const [token, code] of [
    [undefined, 'COGNITO_ERR_TOKEN_MISSING'],
    [`${good.slice(0, -4)}AAAA`, 'COGNITO_ERR_TOKEN_INVALID'],
    [foreign.accessToken(), 'COGNITO_ERR_TOKEN_INVALID'],
  ] as const) {
    const answer = await open(url, token)
    const body = (await answer.json()) as { readonly code: string }
    assert.deepEqual([answer.status, body.code], [401, code], url)
  }
}

/** Reads a stream to its end, which is a complete one: `fetch` rejects otherwise. */
async function checkExpiry(origin: string, path: keyof typeof FIRST, pool: TestPool): Promise<void> {
  const exp = Math.floor(Date.now() / 1000) + 2
  const answer = await open(origin + path, pool.accessToken({ exp }))
  assert.equal(answer.status, 200)
  const text = await answer.text()
  assert.ok(text.startsWith(FIRST[path]), `${path}: ${text}`)
  const late = Date.now() - exp * 1000
  assert.ok(late >= 0, `${path} ended ${-late} ms before its token`)
}

/** A sign-out ends all streams of the user, and of nobody else. */
async function checkRevocation(origin: string, pool: TestPool): Promise<void> {
  const ada = pool.accessToken({ sub: 'ada' })
  const streams = await Promise.all(PATHS.map((path) => open(origin + path, ada)))
  const other = await open(`${origin}/lines`, pool.accessToken({ sub: 'bob' }))
  const reader = other.body?.getReader()
  const signedOut = await fetch(`${origin}/sign-out`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ada}` },
  })
  assert.equal(signedOut.status, 204)
  for (const stream of streams) await stream.text()
  assert.equal((await open(`${origin}/lines`, ada)).status, 401)
  for (let line = 0; line < 3; line += 1) assert.equal((await reader?.read())?.done, false)
  await reader?.cancel()
}
