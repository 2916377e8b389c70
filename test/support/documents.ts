/**
 * A server that publishes the keys of one pool as a test says, and what a fetch of them is watched with.
 * @module
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { RequestListener, ServerResponse } from 'node:http'
import type { Test } from 'tap'
import { TestPool } from '../../src/testing/index.js'
import { until } from './revocations.js'
import { startServer } from './server.js'

// The servers of this file alone publish the pool.
export const pool = new TestPool('http://127.0.0.1', {})
export const keySet = JSON.stringify(pool.keySet())

export const never = () => new AbortController().signal

/** Waits for what has to come, however busy the machine is. */
export const untilSure = async (condition: () => boolean) => {
  if (!(await until(condition, 90_000))) throw new Error('what was waited for did not come')
}

export async function serve(test: Test, listener: RequestListener) {
  const seen = { asked: [] as string[], closed: 0 }
  const origin = await startServer(test, (request, response) => {
    seen.asked.push(request.url ?? '')
    response.on('close', () => {
      seen.closed += 1
    })
    listener(request, response)
  })
  return { url: `${origin}/pool/jwks.json?v=1`, seen }
}

export const json = (response: ServerResponse, body: unknown, status = 200) =>
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body))

/** Replaces `fetch` as applications do in their tests. The genuine one is back when the test ends. */
export function replaceFetch(
  test: Test,
  replacement: (...parameters: Parameters<typeof fetch>) => unknown,
): void {
  test.intercept(globalThis, 'fetch', { value: replacement, configurable: true, writable: true })
}

/** Writes without end. */
export function drip(response: ServerResponse): { written: number } {
  const dripped = { written: 0 }
  response.writeHead(200)
  const timer = setInterval(() => {
    response.write(' ')
    dripped.written += 1
  }, 5)
  response.on('close', () => clearInterval(timer))
  return dripped
}

/** Runs an action whenever the `fetch` of this process has read the headers of an answer. */
export function onHeaders(test: Test, action: () => void): void {
  subscribe('undici:request:headers', action)
  test.teardown(() => unsubscribe('undici:request:headers', action))
}
