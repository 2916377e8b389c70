/**
 * A process of its own that asks for keys, for what Node reads from the environment when it starts.
 * @module
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import cognito, { type KeyRingStatus, type PoolOptions } from '../../src/index.js'
import { bearer } from './app.js'

/** What a process is told. */
interface Order {
  readonly pool: PoolOptions
  readonly tokens: readonly string[]
}

/** What a process says. */
export interface Outcome {
  /** Of a request with each token, one after another. */
  readonly statuses: readonly number[]
  /** How the pool is then. */
  readonly status: KeyRingStatus | undefined
}

/** Asks with each token, in this process, as soon as the keys have been fetched or have not. */
export async function askHere({ pool, tokens }: Order): Promise<Outcome> {
  const app = Fastify()
  // The machine of the tests may be busy, and a request would not wait for as long as the fetch at boot.
  await app.register(cognito, { pools: { eu: pool }, keys: { timeout: 10 } })
  app.get('/', { onRequest: app.authRequired('eu') }, async () => 'in')
  await app.ready()
  const poolStatus = () => app.cognito.status()['eu']
  while (poolStatus()?.state === 'cold') await pause(20)
  const statuses: number[] = []
  for (const token of tokens) {
    const { statusCode } = await app.inject({ url: '/', headers: bearer(token) })
    statuses.push(statusCode)
  }
  const status = poolStatus()
  await app.close()
  return { statuses, status }
}

const file = fileURLToPath(import.meta.url)
const PROXY_VARIABLE = /^(?:https?_proxy|no_proxy|NODE_USE_ENV_PROXY|NODE_EXTRA_CA_CERTS)$/i

/** Asks with each token, in a process with this environment; its own variables for proxies and authorities are not there. */
export async function askElsewhere(order: Order, env: Readonly<Record<string, string>>): Promise<Outcome> {
  const inherited = Object.entries(process.env).filter(([name]) => !PROXY_VARIABLE.test(name))
  const child = fork(file, [JSON.stringify(order)], { env: { ...Object.fromEntries(inherited), ...env } })
  const exit = once(child, 'exit')
  const [outcome] = await Promise.race([once(child, 'message'), exit])
  await exit
  return outcome as Outcome
}

if (process.argv[1] === file) {
  // Timers of the plugin do not keep a process alive, and no server does here.
  process.channel?.ref()
  process.send?.(await askHere(JSON.parse(process.argv[2] ?? '')))
  process.disconnect()
}
