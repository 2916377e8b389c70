/**
 * Runs the suites about behaviour on each supported Node, against the built package and over real sockets. Exits with 1
 * when one fails, and when a Node cannot be installed. What it needs is kept in `.nodes/`; delete that for newer Nodes.
 *
 *     npm run test:nodes -- --node 22 --suite attacks/table    some of them; several with an option each
 *     npm run test:nodes -- --quick                      the attacks and the faults
 */
import { execFile, execFileSync } from 'node:child_process'
import { readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
// biome-ignore lint/correctness/useImportExtensions: no TypeScript here, so the name is the file's
import { choose, env, installNode, root, work } from './runtimes.mjs'

/** @typedef {{ binary: string, version: string, undici: string }} Node */
/** @typedef {{ node: Node, suite: string, isGreen: boolean, passed: number, failed: number, ms: number, output: string }} Run */

const MAJORS = ['20', '22', '24', '26']
const QUICK = ['attacks/table', 'attacks/http2', 'keys/faults']
/** They read texts, or start the demo with `tsx`. */
const NO_BEHAVIOUR = /^(?:project\/|http\/e2e$)/
const WORKERS = 2
const TIMEOUT_MS = 120_000

const compiled = join(work, 'run')

const list = { type: 'string', multiple: true }
const { values: args } = parseArgs({
  options: { node: list, suite: list, quick: { type: 'boolean', default: false } },
})

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

/** @returns {Promise<Run>} */
function runSuite(node, suite) {
  const start = performance.now()
  const file = join(compiled, 'test', `${suite}.test.js`)
  // A little less, so that tap itself can say which test hangs.
  const limits = { TAP_TIMEOUT: String(TIMEOUT_MS / 1000 - 10) }
  const options = { cwd: root, env: { ...env, ...limits }, timeout: TIMEOUT_MS, killSignal: 'SIGKILL' }
  return new Promise((resolve) => {
    execFile(node.binary, [file], { ...options, maxBuffer: 1e8 }, (error, stdout, stderr) => {
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
  cells.map((cell, index) => String(cell).padEnd([10, 9, 36, 8, 8][index] ?? 0)).join('')

function report({ node, suite, isGreen, passed, failed, ms, output }) {
  const seconds = (ms / 1000).toFixed(1).padStart(5)
  console.log(
    toRow([node.version, node.undici, suite, passed, failed, isGreen ? seconds : `${seconds}  FAILED`]),
  )
  if (isGreen) return
  const lines = output.split('\n')
  const first = lines.findIndex((line) => /^\s*not ok /.test(line))
  const shown = first === -1 ? lines.slice(-30) : lines.slice(first, first + 30)
  console.log(shown.map((line) => `    ${line}`).join('\n'))
}

async function main() {
  const majors = choose(MAJORS, args.node)
  const all = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !path.includes('/node_modules/'))
    .flatMap((path) => /^(.+)\.test\.ts$/.exec(path)?.[1] ?? [])
  const behaviour = all.filter((suite) => !NO_BEHAVIOUR.test(suite))
  const suites = choose(behaviour, args.suite ?? (args.quick ? QUICK : undefined))
  const nodes = majors.map(installNode)
  prepare()
  const start = performance.now()
  const queue = nodes.flatMap((node) => suites.map((suite) => [node, suite]))
  const runs = []
  console.log(toRow(['Node', 'undici', 'suite', 'passed', 'failed', 'seconds']))
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
