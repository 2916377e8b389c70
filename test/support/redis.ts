/**
 * A real Redis on loopback, for tests.
 * @module
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Test } from 'tap'
import { until } from './revocations.js'
import { findPort, hasEnded } from './spawned.js'

const PROGRAM = 'redis-server'

/** Option of a test that needs Redis: `t.test(name, withRedis, …)` is left out where the program is missing. */
export const withRedis = {
  skip: !isInstalled() && 'Redis is not installed (Debian: apt-get install redis-server)',
}

function isInstalled(): boolean {
  try {
    execFileSync(PROGRAM, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const running = new Set<ChildProcess>()
// Also where the test's process ends without its teardown, as after `--bail`.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** A server of its own, with its own folder. What it has acknowledged is in a file. */
export class TestRedis {
  readonly #folder = mkdtempSync(join(tmpdir(), 'redis-'))
  readonly #options: readonly string[]
  #port = 0
  #process: ChildProcess | undefined

  private constructor(options: readonly string[]) {
    this.#options = options
  }

  /** Starts a server; it ends with the test. */
  static async start(test: Test, ...options: readonly string[]): Promise<TestRedis> {
    const redis = new TestRedis(options)
    test.teardown(async () => {
      await redis.kill()
      rmSync(redis.#folder, { recursive: true, force: true })
    })
    await tryAgain(async () => {
      redis.#port = await findPort()
      return redis.#answersOnceSpawned()
    })
    return redis
  }

  get port(): number {
    return this.#port
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Starts it again, with the data that it had. */
  async start(): Promise<void> {
    await tryAgain(() => this.#answersOnceSpawned())
  }

  /** False where it ends at once: its port is taken, or the second one of a cluster, 10,000 above, is taken or no port. */
  async #answersOnceSpawned(): Promise<boolean> {
    const options = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--dir', this.#folder, '--save', '']
    const child = spawn(
      PROGRAM,
      [...options, '--appendonly', 'yes', '--appendfsync', 'always', ...this.#options],
      { stdio: 'ignore' },
    )
    this.#process = child
    running.add(child)
    child.once('exit', () => running.delete(child))
    const end = once(child, 'exit').catch(() => undefined)
    while (!(await answers(this.port, child.pid))) {
      await Promise.race([end, pause(20)])
      if (hasEnded(child)) return false
    }
    return true
  }

  /** Ends it at once, as a crash does. */
  async kill(): Promise<void> {
    const process = this.#process
    this.#process = undefined
    if (process === undefined || hasEnded(process)) return
    const exit = once(process, 'exit')
    process.kill('SIGKILL')
    await exit
  }

  /** Lets it hang: its connections stay open, and nothing is answered. */
  hang(): void {
    this.#process?.kill('SIGSTOP')
  }

  /** Lets it go on. */
  goOn(): void {
    this.#process?.kill('SIGCONT')
  }
}

async function tryAgain(attempt: () => Promise<boolean>): Promise<void> {
  if (!(await until(attempt, 60_000))) throw new Error('Redis ends as soon as it is started')
}

/** Whether this process answers, and not another one with its port; and has read its data. */
function answers(port: number, pid: number | undefined): Promise<boolean> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  socket.setTimeout(1000, () => socket.destroy()).on('error', () => undefined)
  let text = ''
  return new Promise<boolean>((resolve) => {
    socket.once('connect', () => socket.write('PING\r\nINFO server\r\n'))
    socket.on('data', (part: string) => {
      text += part
      const [, process] = /process_id:(\d+)\r\n/.exec(text) ?? []
      if (process !== undefined) resolve(text.startsWith('+PONG') && process === `${pid}`)
    })
    socket.once('close', () => resolve(false))
  }).finally(() => socket.destroy())
}
