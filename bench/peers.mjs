// Are the peers installed, and in which versions?
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const pathOf = (file) => fileURLToPath(new URL(file, import.meta.url))
const readJson = (file) => JSON.parse(readFileSync(pathOf(file), 'utf8'))

const INSTALL = ['ci', '--prefix', pathOf('.'), '--min-release-age=5', '--no-audit', '--no-fund']

/**
 * Installs the peers on first use, and after a change of them.
 *
 * @param {(text: string) => void} say
 */
export function installPeers(say) {
  if (isInstalled()) return
  say('installing the peers into bench/node_modules, this once')
  const { status } = spawnSync('npm', INSTALL, { stdio: ['ignore', 2, 2] })
  if (status !== 0) throw new Error('npm could not install the peers, see above')
}

function isInstalled() {
  const installed = pathOf('node_modules/.package-lock.json')
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(pathOf('package-lock.json')).mtimeMs
}

export function readVersions() {
  const peers = Object.keys(readJson('package.json').dependencies)
  return {
    'fastify-cognito': readJson('../package.json').version,
    node: process.version,
    openssl: process.versions.openssl,
    v8: process.versions.v8,
    ...Object.fromEntries(peers.map((name) => [name, readJson(`node_modules/${name}/package.json`).version])),
  }
}
