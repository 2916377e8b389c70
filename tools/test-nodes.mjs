/**
 * Runs the suites about behaviour on each supported Node, and those about requests on Bun and on Deno, against the built
 * package and over real sockets. Exits with 1 when one fails, and when a runtime cannot be installed. What it needs is kept
 * in `.nodes/`; delete that for newer runtimes.
 *
 * tap does not start on Bun (it needs `v8.Serializer`) and on Deno (it needs V8's call sites): `tap-stand-in.mjs` is in its
 * place there.
 *
 *     npm run test:nodes -- --node 22 --suite attacks/table    some of them; several with an option each
 *     npm run test:nodes -- --quick                      the attacks and the faults
 *     npm run test:nodes -- --fastify 6 --node 24        with another Fastify, pre-releases included
 */
import { execFile, execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
// biome-ignore-start lint/correctness/useImportExtensions: no TypeScript here, so the names are the files'
import {
  ARGUMENTS,
  choose,
  env,
  folderOfFastify,
  installBun,
  installDeno,
  installFastify,
  installNode,
  QUIET,
  root,
  work,
} from './runtimes.mjs'

// biome-ignore-end lint/correctness/useImportExtensions: as above

/** @typedef {{ name: string, binary: string, version: string, undici?: string, args?: readonly string[] }} Runtime */
/** @typedef {{ node: Runtime, suite: string, isGreen: boolean, passed: number, failed: number, ms: number, output: string }} Run */

const NAMES = ['20', '22', '24', '26', 'bun', 'deno']
const QUICK = ['attacks/table', 'attacks/http2', 'keys/faults']
/** They read texts, or start the demo with `tsx`. */
const NO_BEHAVIOUR = /^(?:project\/|http\/e2e$)/
/** What Bun and Deno run. The other suites are about Node's own modules, its flags, or programs that tap starts. */
const REQUESTS =
  /^(?:attacks\/(?:table|isolation|reasons|reason-codes)|guard\/.+|http\/(?:composition|error-handler)|plugin\/plugin)$/
const WORKERS = 2
const TIMEOUT_MS = 120_000

const list = { type: 'string', multiple: true }
const { values: args } = parseArgs({
  options: {
    node: list,
    suite: list,
    quick: { type: 'boolean', default: false },
    fastify: { type: 'string' },
  },
})
/** Another Fastify lies above the tests, where they find it before that of the project. */
const place = args.fastify === undefined ? work : folderOfFastify(args.fastify)
const compiled = join(place, 'run')
/** The tests where they find the stand-in before tap itself. */
const withStandIn = join(place, 'stand-in')

/** Compiles the tests. Where they look for `src/`, they find what is published. */
function prepare() {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' })
  rmSync(compiled, { recursive: true, force: true })
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [tsc, '--noEmit', 'false', '--outDir', compiled], {
    cwd: root,
    stdio: 'inherit',
  })
  rmSync(join(compiled, 'src'), { recursive: true })
  symlinkSync(join(root, 'dist'), join(compiled, 'src'))
}

/** Puts the stand-in where the tests look for tap, and the tests beside it. */
function prepareStandIn() {
  const tap = join(withStandIn, 'node_modules', 'tap')
  rmSync(withStandIn, { recursive: true, force: true })
  mkdirSync(tap, { recursive: true })
  writeFileSync(join(tap, 'package.json'), '{ "name": "tap", "type": "module", "exports": "./index.js" }')
  const url = pathToFileURL(join(root, 'tools', 'tap-stand-in.mjs'))
  writeFileSync(join(tap, 'index.js'), `export { t, t as default, test } from '${url}'\n`)
  cpSync(compiled, join(withStandIn, 'run'), { recursive: true, verbatimSymlinks: true })
}

/** @returns {Promise<Run>} */
function runSuite(node, suite) {
  const start = performance.now()
  const isNode = node.args === undefined
  const file = join(isNode ? compiled : join(withStandIn, 'run'), 'test', `${suite}.test.js`)
  const words = isNode ? [file] : [...node.args, join(root, 'tools', 'run-suite.mjs'), file]
  // A little less, so that tap itself can say which test hangs.
  const limits = { TAP_TIMEOUT: String(TIMEOUT_MS / 1000 - 10) }
  const options = {
    cwd: root,
    env: { ...env, ...QUIET, ...limits },
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  }
  return new Promise((resolve) => {
    execFile(node.binary, words, { ...options, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      const output = `${`${stdout}${stderr}`.trimEnd()}\nexit ${error?.signal ?? error?.code ?? 0}`
      resolve({ node, suite, ...judge(error, stdout), ms: performance.now() - start, output })
    })
  })
}

/** A skipped assertion is one that has not passed, and a suite without any has not run. */
function judge(error, tap) {
  const [, total = 0, passed = 0] = (/^# \{ total: (\d+), pass: (\d+)/m.exec(tap) ?? []).map(Number)
  return { isGreen: error === null && total > 0 && passed === total, passed, failed: total - passed }
}

const toRow = (cells) =>
  cells.map((cell, index) => String(cell).padEnd([10, 11, 36, 8, 8][index] ?? 0)).join('')

function report({ node, suite, isGreen, passed, failed, ms, output }) {
  const seconds = (ms / 1000).toFixed(1).padStart(5)
  console.log(
    toRow([node.name, node.version, suite, passed, failed, isGreen ? seconds : `${seconds}  FAILED`]),
  )
  if (isGreen) return
  const lines = output.split('\n')
  const first = lines.findIndex((line) => /^\s*not ok /.test(line))
  const shown = first === -1 ? lines.slice(-30) : lines.slice(first, first + 30)
  console.log(shown.map((line) => `    ${line}`).join('\n'))
}

/** @returns {Runtime} */
function install(name) {
  if (/^\d+$/.test(name)) return installNode(name)
  const runtime = name === 'bun' ? installBun() : installDeno()
  return { ...runtime, args: ARGUMENTS[runtime.name] }
}

/** With `--quick`, Bun and Deno run the attacks. */
const suitesFor = ({ args: isOther }, suites) =>
  isOther === undefined ? suites : suites.filter((suite) => REQUESTS.test(suite))

async function main() {
  const names = choose(NAMES, args.node)
  const all = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !path.includes('/node_modules/'))
    .flatMap((path) => /^(.+)\.test\.ts$/.exec(path)?.[1] ?? [])
  const behaviour = all.filter((suite) => !NO_BEHAVIOUR.test(suite))
  const suites = choose(behaviour, args.suite ?? (args.quick ? QUICK : undefined))
  const runtimes = names.map(install)
  if (args.fastify !== undefined) console.log(`with Fastify ${installFastify(args.fastify)}`)
  prepare()
  if (runtimes.some(({ args }) => args !== undefined)) prepareStandIn()
  const start = performance.now()
  const queue = runtimes.flatMap((runtime) => suitesFor(runtime, suites).map((suite) => [runtime, suite]))
  const runs = []
  console.log(toRow(['runtime', 'version', 'suite', 'passed', 'failed', 'seconds']))
  async function workThrough() {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const run = await runSuite(...next)
      report(run)
      runs.push(run)
    }
  }
  await Promise.all(Array.from({ length: WORKERS }, workThrough))
  const red = runs.filter(({ isGreen }) => !isGreen).length
  const seconds = Math.round((performance.now() - start) / 1000)
  console.log(`\n${runs.length - red} suites passed, ${red} failed, in ${seconds} s`)
  process.exitCode = red === 0 ? 0 : 1
}

await main()
