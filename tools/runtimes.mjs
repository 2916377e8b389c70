/**
 * The runtimes that the checks run on: packages of npm that ship the program itself, installed into `.nodes/`, outside of
 * the dependencies of this project. Delete that folder for newer ones.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** @typedef {{ name: string, binary: string, version: string }} Runtime */

export const root = fileURLToPath(new URL('../', import.meta.url))
/** Where all of it is kept. */
export const work = join(root, '.nodes')

/** Each is one package, outside of the reach of the checkout's `.npmrc`. */
const INSTALL = '--no-save --ignore-scripts --no-audit --no-fund --loglevel=error --min-release-age=5'.split(
  ' ',
)
const { platform, arch } = process
const suffix = platform === 'win32' ? '.exe' : ''

/** Arguments of Bun and Deno. Nothing is fetched but what is there, and nothing is written into the checkout. */
export const ARGUMENTS = {
  Bun: ['--no-install', 'run'],
  Deno: ['run', '--allow-all', '--node-modules-dir=manual', '--no-lock', '--no-remote', '--cached-only'],
}

/** Variables for them. */
export const QUIET = { DENO_DIR: join(work, 'deno', 'cache'), DENO_NO_UPDATE_CHECK: '1', DO_NOT_TRACK: '1' }

/** Environment without what another tap, its coverage or npm has set for this process. */
export const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^_?(?:TAP|NODE)/.test(name)),
)

/** Ends the process. */
export function fail(reason) {
  console.error(reason)
  return process.exit(1)
}

/** All that are known, or those that are asked for. */
export function choose(known, asked = known) {
  const unknown = asked.find((name) => !known.includes(name))
  return unknown === undefined ? asked : fail(`${unknown} is none of ${known.join(', ')}`)
}

/** @returns what the program prints */
function install(title, folder, packageName, range, path, args) {
  const prefix = join(work, folder)
  const binary = join(prefix, 'node_modules', packageName, path)
  try {
    if (!existsSync(binary)) {
      execFileSync('npm', ['install', ...INSTALL, '--prefix', prefix, `${packageName}@${range}`])
    }
    return { binary, text: execFileSync(binary, args, { encoding: 'utf8' }) }
  } catch (error) {
    return fail(`${title} cannot be installed from ${packageName}, or does not run: ${error.message}`)
  }
}

/** @returns {Runtime & { undici: string }} */
export function installNode(major) {
  const print = ['-p', 'JSON.stringify(process.versions)']
  const title = `Node ${major}`
  const { binary, text } = install(
    title,
    `v${major}`,
    `node-${platform}-${arch}`,
    major,
    join('bin', 'node'),
    print,
  )
  const { node: version, undici } = JSON.parse(text)
  return { name: title, binary, version, undici }
}

/** @returns {Runtime} */
export function installBun() {
  const system = { win32: 'windows' }[platform] ?? platform
  const packageName = `@oven/bun-${system}-${{ arm64: 'aarch64' }[arch] ?? arch}`
  const { binary, text } = install('Bun', 'bun', packageName, 'latest', join('bin', `bun${suffix}`), [
    '--version',
  ])
  return { name: 'Bun', binary, version: text.trim() }
}

/** @returns {Runtime} */
export function installDeno() {
  const packageName = `@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}`
  const { binary, text } = install('Deno', 'deno', packageName, 'latest', `deno${suffix}`, ['--version'])
  return { name: 'Deno', binary, version: /^deno (\S+)/.exec(text)?.[1] ?? text.trim() }
}

/** Where another Fastify is, and the tests that run with it. */
export const folderOfFastify = (major) => join(work, `fastify-${major}`)

/**
 * Installs the newest Fastify of a major version, of which there may be only pre-releases.
 *
 * @returns its version
 */
export function installFastify(major) {
  const prefix = folderOfFastify(major)
  const manifest = join(prefix, 'node_modules', 'fastify', 'package.json')
  try {
    if (!existsSync(manifest)) {
      execFileSync('npm', ['install', ...INSTALL, '--prefix', prefix, `fastify@^${major}.0.0-alpha.0`])
    }
    return JSON.parse(readFileSync(manifest, 'utf8')).version
  } catch (error) {
    return fail(`Fastify ${major} cannot be installed: ${error.message}`)
  }
}
