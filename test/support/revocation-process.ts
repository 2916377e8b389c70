/**
 * A process of its own that serves two small applications, whose revocations are in Redis: one asks Redis with each request,
 * the other one keeps a copy.
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
}

/** How an application knows of revocations. */
export const MODES = ['asked', 'copied'] as const
type Mode = (typeof MODES)[number]

/** An application of another process. */
export interface RevocationApp {
  /** Status of a request with the token. */
  readonly get: (token: string) => Promise<number>
  /** Signs out what the token's sign-in led to; its status. */
  readonly signOut: (token: string) => Promise<number>
}

const file = fileURLToPath(import.meta.url)

/** Starts a process; it ends with the test. */
export async function startProcess(test: Test, order: Order): Promise<Readonly<Record<Mode, RevocationApp>>> {
  const child = fork(file, [JSON.stringify(order)])
  test.teardown(() => stop(child))
  const [ports] = (await once(child, 'message')) as [Readonly<Record<Mode, number>>]
  return { asked: toApp(ports.asked), copied: toApp(ports.copied) }
}

function toApp(port: number): RevocationApp {
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

/** Returns the port. */
async function serve({ pool, redisPort }: Order, mode: Mode): Promise<number> {
  const client = new Redis({ port: redisPort, host: '127.0.0.1', maxRetriesPerRequest: 1 })
  client.on('error', () => undefined)
  const app = Fastify()
  await app.register(cognito, {
    pools: { eu: pool },
    revocation: {
      store: redisRevocation({ client, replica: mode === 'copied', prefix: mode }),
      // The machine of the tests may be busy.
      timeout: 0.5,
    },
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
  return (app.server.address() as AddressInfo).port
}

if (process.argv[1] === file) {
  const order: Order = JSON.parse(process.argv[2] ?? '')
  const [asked, copied] = await Promise.all(MODES.map((mode) => serve(order, mode)))
  process.send?.({ asked, copied })
}
