/**
 * A process of its own that serves small applications, and that a test can freeze: it gets no processor until it is thawed.
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import type { Test } from 'tap'
import cognito, { type KeyRingStatus, type KeysOptions, type PoolOptions } from '../../src/index.js'
import { bearer } from './app.js'

/** What an application is opened with. */
interface Order {
  readonly pool: PoolOptions
  readonly keys: KeysOptions
}

/** How long an event loop is held; milliseconds. */
interface Hold {
  readonly holdMs: number
}

/** An application of another process. */
export interface FrozenApp {
  /** Status of a request with the token. */
  readonly get: (token: string) => Promise<number>
  /** How the keys are. */
  readonly status: () => Promise<KeyRingStatus>
}

const file = fileURLToPath(import.meta.url)

/** Another process. It ends with the test. */
export class Freezer {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  static async start(test: Test): Promise<Freezer> {
    const child = fork(file)
    const kill = () => child.kill('SIGKILL')
    // A frozen process does not notice that the process of the test is gone.
    process.once('exit', kill)
    test.teardown(async () => {
      const exit = once(child, 'exit')
      child.kill('SIGCONT')
      child.disconnect()
      await exit
      process.off('exit', kill)
    })
    await once(child, 'message')
    return new Freezer(child)
  }

  /** Opens an application; resolves as soon as it is ready. */
  async open(pool: PoolOptions, keys: KeysOptions = {}): Promise<FrozenApp> {
    const order: Order = { pool, keys }
    this.#child.send(order)
    const [port] = await once(this.#child, 'message')
    const ask = (path: string, token = '') =>
      fetch(`http://127.0.0.1:${port}${path}`, { headers: bearer(token) })
    return {
      async get(token) {
        const response = await ask('/', token)
        await response.arrayBuffer()
        return response.status
      },
      async status() {
        const { eu } = (await (await ask('/status')).json()) as { readonly eu: KeyRingStatus }
        return eu
      },
    }
  }

  /** Holds the event loop of the process for a time. Resolves when that has begun. */
  async hold(ms: number): Promise<void> {
    const held: Hold = { holdMs: ms }
    this.#child.send(held)
    await once(this.#child, 'message')
  }

  /**
   * Freezes the process, and thaws it.
   *
   * @param atTheEnd - runs just before it is thawed
   * @param atTheBeginning - runs as soon as it stands still
   */
  async freezeFor(
    ms: number,
    atTheEnd: () => unknown = () => {},
    atTheBeginning: () => unknown = () => {},
  ): Promise<void> {
    this.#child.kill('SIGSTOP')
    while (!isStopped(this.#child)) await pause(1)
    atTheBeginning()
    await pause(ms)
    atTheEnd()
    this.#child.kill('SIGCONT')
  }
}

/** Whether the main thread stands still: on a busy machine it may run on for a moment. Only Linux tells. */
function isStopped({ pid }: ChildProcess): boolean {
  const file = `/proc/${pid}/stat`
  return !existsSync(file) || /\) T /.test(readFileSync(file, 'utf8'))
}

/** Returns the port. */
async function serve({ pool, keys }: Order): Promise<number> {
  const app = Fastify()
  await app.register(cognito, { pools: { eu: pool }, keys })
  app.get('/', { onRequest: app.authRequired('eu') }, async () => 'in')
  app.get('/status', async () => app.cognito.status())
  await app.listen({ host: '127.0.0.1', port: 0 })
  return (app.server.address() as AddressInfo).port
}

async function hold({ holdMs }: Hold): Promise<void> {
  await new Promise((resolve) => process.send?.('held', resolve))
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, holdMs)
}

if (process.argv[1] === file) {
  process.on('message', async (order: Order | Hold) => {
    if ('holdMs' in order) await hold(order)
    else process.send?.(await serve(order))
  })
  // Also when the process of the test is gone.
  process.once('disconnect', () => process.exit())
  process.send?.('up')
}
