/**
 * The programs behind `startPostgres`: the PostgreSQL of this machine, or PGlite.
 * @module
 */
import { execFile, execFileSync, type SpawnOptions } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** User and group of the operating system, by their numbers. Nothing where they are those of this process. */
interface Owner {
  readonly uid?: number
  readonly gid?: number
}

/** How a server is made and run. */
interface Program {
  readonly kind: 'PostgreSQL' | 'PGlite'
  readonly owner: Owner
  /** Makes an empty database in the folder; the file holds the password of the user `postgres`. */
  readonly prepare: (data: string, passwordFile: string) => Promise<unknown>
  readonly command: (data: string, port: number) => readonly [file: string, ...options: string[]]
  /** Part of what it prints as soon as it takes connections. */
  readonly ready: RegExp
  /** Ends it at once, as a crash does. What it has acknowledged is in a file. */
  readonly crash: NodeJS.Signals
}

/** Folders where PostgreSQL may be; Debian has it beside PATH. */
function findFolders(): string[] {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const inPath = (process.env['PATH'] ?? '').split(delimiter)
  return [...inPath, ...versions.map((version) => join(debian, version, 'bin'))]
}

function hasServer(folder: string): boolean {
  try {
    for (const name of ['postgres', 'initdb']) accessSync(join(folder, name), constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** PostgreSQL refuses to run as root. `undefined` where root finds nobody else. */
function findOwner(): Owner | undefined {
  if (process.getuid?.() !== 0) return {}
  const number = (option: string, user: string) =>
    Number(execFileSync('id', [option, user], { stdio: ['ignore', 'pipe', 'ignore'] }))
  for (const user of ['postgres', 'nobody']) {
    try {
      return { uid: number('-u', user), gid: number('-g', user) }
    } catch {
      // The next one may be there.
    }
  }
  return undefined
}

const run = promisify(execFile)

function findPostgres(): Program | undefined {
  const folder = findFolders().find(hasServer)
  const owner = findOwner()
  if (folder === undefined || owner === undefined) return undefined
  const settings = (port: number) => ({
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    // Faults of statements are for the client alone.
    log_min_messages: 'log',
  })
  return {
    kind: 'PostgreSQL',
    owner,
    prepare: (data, passwordFile) => {
      const access = ['--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
      const content = ['--encoding=UTF8', '--locale=C', '--wal-segsize=1', '--no-sync']
      return run(join(folder, 'initdb'), [`--pgdata=${data}`, ...access, ...content], optionsOf(owner, data))
    },
    command: (data, port) => {
      const options = Object.entries(settings(port)).map(([name, value]) => `--${name}=${value}`)
      return [join(folder, 'postgres'), '-D', data, ...options]
    },
    ready: /database system is ready to accept connections/,
    crash: 'SIGQUIT',
  }
}

/** PostgreSQL for WebAssembly, in a process of its own. It asks for no password. */
const pglite: Program = {
  kind: 'PGlite',
  owner: {},
  prepare: async () => undefined,
  command: (data, port) => {
    const server = new URL('scripts/server.js', import.meta.resolve('@electric-sql/pglite-socket'))
    const options = [`--db=${data}`, `--port=${port}`, '--max-connections=100']
    return [process.execPath, fileURLToPath(server), ...options]
  },
  ready: /PGLiteSocketServer listening/,
  crash: 'SIGKILL',
}

/** The server of this machine. The variable lets PGlite be tried where PostgreSQL is installed, too. */
export const program = (process.env['TEST_POSTGRES'] !== 'PGlite' && findPostgres()) || pglite

/** No variable of the test reaches the server, as PGPORT or what tap measures the coverage by. */
export const optionsOf = (owner: Owner, folder: string) =>
  ({
    ...owner,
    cwd: join(folder, '..'),
    env: { PATH: process.env['PATH'] },
  }) satisfies SpawnOptions
