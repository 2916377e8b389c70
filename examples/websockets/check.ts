/**
 * Opens sockets of every kind, and throws if an answer is wrong.
 * @module
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type ClientOptions, WebSocket } from 'ws'
import { TestIssuer, type TestPool } from '../../src/testing/index.js'
import { createApp } from './app.js'

const ORIGIN = 'https://app.example.com'

/** Starts the application in front of a local issuer, makes the calls, and ends both. */
export async function check(): Promise<void> {
  await using issuer = await TestIssuer.start()
  const pool = issuer.createPool()
  const app = await createApp({ pool: pool.options(), origin: ORIGIN })
  try {
    await app.listen({ host: '127.0.0.1', port: 0 })
    const url = `ws://127.0.0.1:${(app.server.address() as AddressInfo).port}/chat`
    await checkSources(url, pool)
    await checkExpiry(url, pool)
  } finally {
    await app.close()
  }
}

async function checkSources(url: string, pool: TestPool): Promise<void> {
  const token = pool.accessToken({ sub: 'ada' })
  const headers = { cookie: `access_token=${token}` }
  assert.equal(await greet(url, [], { headers: { authorization: `Bearer ${token}` } }), 'Hello, ada')
  assert.equal(await greet(url, ['chat.v1', `bearer.${token}`]), 'Hello, ada')
  assert.equal(await greet(url, [], { headers, origin: ORIGIN }), 'Hello, ada')
  assert.equal(await greet(url, [], { headers, origin: 'https://evil.example.com' }), 403)
  assert.equal(await greet(url, ['chat.v1']), 401)
}

/** The first message, or the status of the answer if no socket opens. */
async function greet(url: string, protocols: string[], options?: ClientOptions): Promise<string | number> {
  const socket = new WebSocket(url, protocols, options)
  try {
    return await new Promise((resolve, reject) => {
      socket.once('message', (data) => resolve(String(data)))
      socket.once('unexpected-response', (_request, { statusCode = 0 }) => resolve(statusCode))
      socket.once('error', reject)
    })
  } finally {
    socket.once('error', () => {})
    socket.terminate()
  }
}

/** A renewed token keeps the socket open after the first token expires, until the renewed token expires. */
async function checkExpiry(url: string, pool: TestPool): Promise<void> {
  const now = Math.floor(Date.now() / 1000)
  const short = pool.accessToken({ sub: 'ada', exp: now + 2 })
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${short}` } })
  await once(socket, 'message')
  socket.send('no token')
  socket.send(pool.accessToken({ sub: 'ada', exp: now + 4 }))
  const [answer] = await once(socket, 'message')
  assert.equal(String(answer), 'renewed')
  const [code, reason] = await once(socket, 'close')
  assert.deepEqual([code, String(reason)], [4401, 'The token expired'])
  assert.ok(Date.now() >= (now + 4) * 1000, 'not before the renewed token expires')
}
