/**
 * Stacks: examples with a `package.json` of their own. Each is copied to `.stacks/NAME/`, gets its packages and the project
 * as npm would publish it, and is compiled and tried there.
 * @module
 */
import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { builtinModules } from 'node:module'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

interface Manifest {
  readonly description?: string
  readonly config?: { readonly application?: string }
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

interface Lock {
  readonly packages: Readonly<Record<string, Manifest | undefined>>
}

const examples = new URL('./', import.meta.url)
const root = new URL('../', examples)
/** Two levels below the root, as the stacks are, so that relative paths in their files mean the same. */
const copies = new URL('.stacks/', root)
/** Kept in the packages of a copy: what they were installed for. */
const STAMP = 'node_modules/.stamp'
const SHARED_CONFIG = 'tsconfig.stack.json'
const TIMEOUT_MS = 180_000

const pathOf = (name: string, base: URL) => fileURLToPath(new URL(name, base))
const readJson = <Shape>(name: string, base: URL): Shape =>
  JSON.parse(readFileSync(new URL(name, base), 'utf8'))
const sourceOf = (name: string) => new URL(`${name}/`, examples)
const copyOf = (name: string) => new URL(`${name}/`, copies)

/** Whether an example has packages of its own. */
export const isStack = (name: string): boolean => existsSync(new URL('package.json', sourceOf(name)))

/** The folder of the application: another one for a stack that tries the same application with other packages. */
export function findApplication(name: string): URL {
  if (!isStack(name)) return sourceOf(name)
  const { config } = readJson<Manifest>('package.json', sourceOf(name))
  return config?.application === undefined
    ? sourceOf(name)
    : new URL(`${config.application}/`, sourceOf(name))
}

/** The description of a stack, if its `package.json` has one. */
export const readDescription = (name: string): string | undefined =>
  isStack(name) ? readJson<Manifest>('package.json', sourceOf(name)).description : undefined

const execute = promisify(execFile)

/** Runs a program to its end, and shows what it prints only if it fails. */
async function run(command: string, args: readonly string[], cwd: URL, env = process.env): Promise<string> {
  try {
    const { stdout } = await execute(command, args, { cwd, env, encoding: 'utf8', maxBuffer: 1e8 })
    return stdout
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string }
    throw new Error(`${command} ${args[0]}: ${`${stdout}${stderr}`.trim() || message}`)
  }
}

/** What the `npm run` around this process has set would point at the project. */
const npmEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_(?:config_local_prefix|package_)/.test(name)),
)
const NPM_OPTIONS = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
const npm = (args: readonly string[], cwd: URL) =>
  run('npm', [...args, '--prefix', fileURLToPath(cwd), ...NPM_OPTIONS], cwd, npmEnv)

const timeOf = (name: string, base: URL) =>
  statSync(new URL(name, base), { throwIfNoEntry: false })?.mtimeMs ?? 0

/** Builds `dist/`, if it is older than the sources. */
async function build(): Promise<void> {
  const source = new URL('src/', root)
  const names = ['.', ...readdirSync(source, { recursive: true, encoding: 'utf8' })]
  const changed = Math.max(...names.map((name) => timeOf(name.replaceAll('\\', '/'), source)))
  if (timeOf('dist/index.d.ts', root) < changed) await npm(['run', '--silent', 'build'], root)
}

/** Unpacks what npm would publish; once a run, for all stacks. */
async function pack(): Promise<URL> {
  const folder = new URL('.package/', copies)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  await build()
  const name = await npm(['pack', '--silent', '--pack-destination', fileURLToPath(folder)], root)
  await run('tar', ['-xzf', name.trim()], folder)
  return new URL('package/', folder)
}

let packed: Promise<URL> | undefined
function getPackage(): Promise<URL> {
  packed ??= pack()
  return packed
}

/** Copies the application, and what the stack itself has, over the copy of an earlier run. */
function copy(name: string): URL {
  const target = copyOf(name)
  mkdirSync(target, { recursive: true })
  for (const old of readdirSync(target)) {
    if (old !== 'node_modules') rmSync(new URL(old, target), { recursive: true })
  }
  const filter = (path: string) => !path.replaceAll('\\', '/').includes('/node_modules')
  for (const folder of [findApplication(name), sourceOf(name)]) {
    cpSync(folder, target, {
      recursive: true,
      filter: (path) => filter(path.slice(fileURLToPath(root).length - 1)),
    })
  }
  cpSync(new URL('.npmrc', root), new URL('.npmrc', target))
  cpSync(new URL(SHARED_CONFIG, examples), new URL(SHARED_CONFIG, copies))
  if (!existsSync(new URL('tsconfig.json', target))) {
    writeFileSync(new URL('tsconfig.json', target), JSON.stringify({ extends: `../${SHARED_CONFIG}` }))
  }
  return target
}

/** Refuses a lock file that does not know what the project needs by now. */
function assertLocked(name: string): void {
  const { packages } = readJson<Lock>('package-lock.json', sourceOf(name))
  const locked = packages['node_modules/fastify-cognito']?.dependencies
  const { dependencies } = readJson<Manifest>('package.json', root)
  if (JSON.stringify(locked) === JSON.stringify(dependencies)) return
  throw new Error(`the lock file is older than the dependencies: npm run examples -- --lock ${name}`)
}

/** Installs the packages of the lock file, unless they are there. */
async function install(name: string, target: URL): Promise<void> {
  const hash = createHash('sha256')
  for (const file of ['package.json', 'package-lock.json', '.npmrc']) {
    hash.update(readFileSync(new URL(file, target))).update('\0')
  }
  const stamp = hash.digest('hex')
  const file = new URL(STAMP, target)
  if (existsSync(file) && readFileSync(file, 'utf8') === stamp) return
  console.log(`      ${name}: installing its packages into .stacks/${name}`)
  rmSync(file, { force: true })
  await npm(['ci', '--install-links'], target)
  writeFileSync(file, stamp)
}

/** Puts the package of this run in the place of the one that npm installed. The packages below it stay. */
async function placePackage(target: URL): Promise<void> {
  const source = await getPackage()
  const place = new URL('node_modules/fastify-cognito/', target)
  for (const old of readdirSync(place)) {
    if (old !== 'node_modules') rmSync(new URL(old, place), { recursive: true })
  }
  cpSync(source, place, { recursive: true })
}

const IMPORT = /\b(?:from|import|import\()\s*'([^'.][^']*)'/g
const nameOf = (specifier: string) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier

/** Refuses an import that the stack does not declare. Node would find the project's own package, above the copy. */
function assertDeclared(target: URL): void {
  const { dependencies, devDependencies } = readJson<Manifest>('package.json', target)
  const declared = Object.keys({ ...dependencies, ...devDependencies })
  const known = new Set([
    ...declared,
    ...declared.map((name) => name.replace('@types/', '')),
    ...builtinModules,
  ])
  for (const path of readdirSync(target, { recursive: true, encoding: 'utf8' })) {
    if (path.includes('node_modules') || !/\.[cm]?[jt]s$/.test(path)) continue
    for (const [, specifier = ''] of readFileSync(new URL(path, target), 'utf8').matchAll(IMPORT)) {
      const name = nameOf(specifier)
      if (!name.startsWith('node:') && !known.has(name)) {
        throw new Error(`${path} imports ${name}, which is not in the package.json of the stack`)
      }
    }
  }
}

/** Runs `check.ts` in a process of its own. Resolves to the reason if the example cannot run here. */
function runCheck(target: URL): Promise<string | undefined> {
  const loader = import.meta.resolve('tsx')
  const args = ['--import', loader, pathOf('stack-process.ts', examples), pathOf('check.ts', target)]
  const child = spawn(process.execPath, args, { cwd: target, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS)
  let obstacle: string | undefined
  child.on('message', (message) => {
    obstacle = (message as { obstacle?: string }).obstacle
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      if (code === 0) resolve(obstacle)
      else reject(new Error(`its process ended with ${signal ?? code}, see above`))
    })
  })
}

/**
 * Tries a stack.
 *
 * @returns the reason if it cannot run here
 * @throws if it does not compile, or a promise of it does not hold
 */
export async function checkStack(name: string): Promise<string | undefined> {
  const target = copy(name)
  assertLocked(name)
  const obstacle = await tryToInstall(name, target)
  if (obstacle !== undefined) return obstacle
  await placePackage(target)
  assertDeclared(target)
  await run(process.execPath, [pathOf('node_modules/typescript/bin/tsc', root), '--pretty', 'false'], target)
  return await runCheck(target)
}

async function tryToInstall(name: string, target: URL): Promise<string | undefined> {
  try {
    await install(name, target)
    return undefined
  } catch (error) {
    const lines = (error instanceof Error ? error.message : String(error)).split('\n')
    return `its packages cannot be installed: ${lines.slice(0, 3).join('\n')}`
  }
}

/** Writes the lock file of a stack anew, with what is locked already where that still fits. */
export async function lockStack(name: string): Promise<void> {
  const target = copy(name)
  rmSync(new URL('node_modules/', target), { recursive: true, force: true })
  await npm(['install', '--package-lock-only', '--install-links'], target)
  cpSync(new URL('package-lock.json', target), new URL('package-lock.json', sourceOf(name)))
}
