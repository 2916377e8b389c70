/**
 * A process of its own that serves a small application, whose revocations are in Redis.
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import type { Test } from 'tap'
import cognito, { type PoolOptions } from '../../src/index.js'
import { redisRevocation } from '../../src/revocation/redis.js'
import { bearer } from './app.js'

/** What a process is told on its command line, as JSON. */
interface Order {
  readonly pool: PoolOptions
  readonly redisPort: number
  readonly replica: boolean
}

/** Another process. */
export interface RevocationProcess {
  /** Status of a request with the token. */
  readonly get: (token: string) => Promise<number>
  /** Signs out what the token's sign-in led to; its status. */
  readonly signOut: (token: string) => Promise<number>
}

const file = fileURLToPath(import.meta.url)

/** Starts a process; it ends with the test. */
export async function startProcess(test: Test, order: Order): Promise<RevocationProcess> {
  const child = fork(file, [JSON.stringify(order)])
  test.teardown(() => stop(child))
  const [port] = await once(child, 'message')
  const ask = async (path: string, token: string, method: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers: bearer(token) })
    await response.arrayBuffer()
    return response.status
  }
  return {
    get: (token) => ask('/me', token, 'GET'),
    signOut: (token) => ask('/sign-out', token, 'POST'),
  }
}

async function stop(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit')
  child.disconnect()
  await exit
}

async function serve({ pool, redisPort, replica }: Order): Promise<void> {
  const client = new Redis({ port: redisPort, host: '127.0.0.1', maxRetriesPerRequest: 1 })
  client.on('error', () => undefined)
  const app = Fastify()
  await app.register(cognito, {
    pools: { eu: pool },
    // The machine of the tests may be busy.
    revocation: { store: redisRevocation({ client, replica }), timeout: 0.5 },
  })
  const onRequest = app.authRequired('eu')
  app.get('/me', { onRequest }, async (request) => request.cognito.subject)
  app.post('/sign-out', { onRequest }, async (request) => {
    await app.cognito.revoke({ by: 'origin_jti', value: String(request.cognito.payload['origin_jti']) })
    return 'out'
  })
  app.addHook('onClose', async () => client.disconnect())
  // Also when the process of the test is gone.
  process.once('disconnect', () => void app.close())
  await app.listen({ host: '127.0.0.1', port: 0 })
  process.send?.((app.server.address() as AddressInfo).port)
}

if (process.argv[1] === file) await serve(JSON.parse(process.argv[2] ?? ''))
