/**
 * A real PostgreSQL on loopback, for tests; PGlite stands in for it where it is missing.
 * @module
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Client, Pool, type QueryResultRow } from 'pg'
import type { Test } from 'tap'
import { optionsOf, program } from './postgres-program.js'
import { findPort, hasEnded } from './spawned.js'

/**
 * Option of a test that needs LISTEN: `t.test(name, withListen, …)` is left out where PGlite stands in. Its connections share one
 * session, so a notification reaches the connection that sends it, and not the one that listens.
 */
export const withListen = {
  skip:
    program.kind === 'PGlite' &&
    'PGlite has no LISTEN between connections, and PostgreSQL is not installed (Debian: apt-get install postgresql)',
}

/** Starts a server with an empty database; it ends with the test. */
export async function startPostgres(test: Test): Promise<TestPostgres> {
  if (program.kind === 'PGlite') {
    test.comment('PGlite stands in for PostgreSQL (Debian: apt-get install postgresql)')
  }
  const postgres = new TestPostgres()
  test.teardown(() => postgres.close())
  await postgres.create()
  return postgres
}

const running = new Set<TestPostgres>()
// Also where the test's process ends without its teardown, as after `--bail`.
process.once('exit', () => {
  for (const postgres of running) postgres.abandon()
})

/** A server of its own, with its own folder. What it has acknowledged is in a file. */
export class TestPostgres {
  /** The server that it really is. */
  readonly kind = program.kind
  readonly #folder = mkdtempSync(join(tmpdir(), 'postgres-'))
  readonly #password = randomBytes(16).toString('hex')
  #port = 0
  #process: ChildProcess | undefined
  #stopped: readonly number[] = []
  #pool: Pool | undefined
  readonly #clients: Client[] = []

  constructor() {
    running.add(this)
  }

  /** What a driver takes, in this process and in others. The server keeps it when it is started again. */
  get url(): string {
    return `postgres://postgres:${this.#password}@127.0.0.1:${this.#port}/postgres`
  }

  get #data(): string {
    return join(this.#folder, 'data')
  }

  /** Makes the database, and starts the server for the first time. */
  async create(): Promise<void> {
    const passwordFile = join(this.#folder, 'password')
    writeFileSync(passwordFile, this.#password, { mode: 0o600 })
    const { uid, gid } = program.owner
    if (uid !== undefined && gid !== undefined) {
      for (const path of [this.#folder, passwordFile]) chownSync(path, uid, gid)
    }
    await program.prepare(this.#data, passwordFile)
    await this.#startUp(async () => {
      this.#port = await findPort()
    })
  }

  /** Starts it again, with the data that it had, on the same port. */
  async start(): Promise<void> {
    await this.stop()
    await this.#startUp(async () => undefined)
  }

  /** Asks the server, as the user of the database, on a connection of its own. Rejects while the server is away. */
  async query<Row extends QueryResultRow = QueryResultRow>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<Row[]> {
    this.#pool ??= new Pool({ connectionString: this.url, max: 1, idleTimeoutMillis: 0 }).on(
      'error',
      () => undefined,
    )
    const { rows } = await this.#pool.query<Row>(text, [...values])
    return rows
  }

  /** A connection of the driver, closed with the server. Without a listener of its own, its errors are silent. */
  async connect(): Promise<Client> {
    const client = new Client({ connectionString: this.url })
    client.on('error', () => undefined)
    this.#clients.push(client)
    await client.connect()
    return client
  }

  /** Ends it at once, as a crash does: its connections break, and new ones are refused. */
  async stop(): Promise<void> {
    this.goOn()
    const process = this.#process
    this.#process = undefined
    if (process === undefined || hasEnded(process)) return
    const exit = once(process, 'exit')
    process.kill(program.crash)
    await exit
  }

  /** Lets it hang: its connections stay open, new ones may be made, and nothing is answered. */
  hang(): void {
    const { pid } = this.#process ?? {}
    if (pid === undefined) return
    // The first process starts those of the connections, so it makes no new ones from now on.
    process.kill(pid, 'SIGSTOP')
    this.#stopped = [pid, ...findChildren(pid)]
    for (const one of this.#stopped) signal(one, 'SIGSTOP')
  }

  /** Lets it go on. */
  goOn(): void {
    for (const one of this.#stopped) signal(one, 'SIGCONT')
    this.#stopped = []
  }

  /** Ends it for good. */
  async close(): Promise<void> {
    // Connections that wait for an answer end with it.
    await this.stop()
    await Promise.all([this.#pool, ...this.#clients].map((one) => one?.end()))
    running.delete(this)
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  }

  /** The same without waiting, when this process ends. */
  abandon(): void {
    this.goOn()
    this.#process?.kill(program.crash)
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }

  /** Starts it, again where somebody else has its port. */
  async #startUp(choosePort: () => Promise<void>): Promise<void> {
    for (let left = 20; ; left -= 1) {
      await choosePort()
      const fault = await this.#findFault()
      if (fault === undefined) return
      if (left === 0 || !/address already in use|EADDRINUSE/i.test(fault)) {
        throw new Error(`${program.kind} ends as soon as it is started: ${fault}`)
      }
      await pause(100)
    }
  }

  /** Starts it; what it printed where it ends at once. */
  async #findFault(): Promise<string | undefined> {
    const [file, ...options] = program.command(this.#data, this.#port)
    const child = spawn(file, options, {
      ...optionsOf(program.owner, this.#data),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#process = child
    let text = ''
    const ready = new Promise<undefined>((resolve) => {
      const read = (part: string) => {
        text = `${text}${part}`.slice(-5000)
        if (program.ready.test(text)) resolve(undefined)
      }
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', read)
    })
    const end = once(child, 'close').then(
      () => text,
      (error: Error) => error.message,
    )
    return await Promise.race([ready, end])
  }
}

/** Processes whose parent it is. */
function findChildren(parent: number): number[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=', '-o', 'ppid='], { encoding: 'utf8' })
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  return rows.flatMap(([pid, ppid]) => (pid !== undefined && ppid === parent ? [pid] : []))
}

/** Sends a signal to a process that may have ended. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended.
  }
}
