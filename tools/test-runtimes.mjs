/**
 * Runs the cases of `runtime-cases.mjs`, about where signing keys come from, on each Node that is supported, on Bun and on
 * Deno, against the built package. Prints a table, and exits with 1 when a case fails, and when a runtime cannot be
 * installed. What it needs is kept in `.nodes/`; delete that for newer runtimes.
 *
 *     npm run test:runtimes -- --runtime bun --runtime 26    some of them
 */
import { execFile, execFileSync } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
// biome-ignore-start lint/correctness/useImportExtensions: no TypeScript here, so the names are the files'
import { startEndpoint } from './runtime-endpoint.mjs'
import { ARGUMENTS, choose, env, installBun, installDeno, installNode, QUIET, root } from './runtimes.mjs'

// biome-ignore-end lint/correctness/useImportExtensions: as above

/** @typedef {import('./runtimes.mjs').Runtime} Runtime */
/** @typedef {{ name: string, isGreen: boolean, ms: number, note?: string, error?: string }} Outcome */
/** @typedef {{ runtime: Runtime, outcomes: readonly Outcome[], ms: number }} Run */

const INSTALLERS = {
  20: () => installNode('20'),
  22: () => installNode('22'),
  24: () => installNode('24'),
  26: () => installNode('26'),
  bun: installBun,
  deno: installDeno,
}
const PROXY_VARIABLE = /^(?:https?|no|all)_proxy$/i
const WORKERS = 2
const TIMEOUT_MS = 60_000
const NAME_WIDTH = 56
const CELL_WIDTH = 14

const { values: args } = parseArgs({ options: { runtime: { type: 'string', multiple: true } } })
const script = join(root, 'tools', 'runtime-cases.mjs')

/** Node 20 has no proxy of the environment. */
const hasProxy = ({ name }) => name !== 'Node 20'

async function findClosedOrigin() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

/** What the script is told: a pool with its keys and tokens, and where they are published. */
async function makeOrder() {
  const { TestIssuer } = await import('../dist/testing/index.js')
  const issuer = await TestIssuer.start()
  const pool = issuer.createPool()
  await issuer.close()
  const { userPoolId, region, appClientId } = pool
  const signature = 'A'.repeat(342)
  return {
    pool: { userPoolId, region, appClientId, tokenUse: ['access', 'id'] },
    keySet: pool.keySet(),
    tokens: {
      access: pool.accessToken(),
      id: pool.idToken(),
      forged: pool.accessToken().replace(/[^.]+$/, signature),
      unknown: pool.accessToken({}, { kid: 'unknown' }),
    },
    closedOrigin: await findClosedOrigin(),
  }
}

/** @returns {Promise<readonly Outcome[]>} */
async function runScript({ name, binary }, order, isProxied) {
  const endpoint = await startEndpoint(order.keySet)
  const { origin } = endpoint
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !PROXY_VARIABLE.test(name)))
  const proxy = isProxied ? { HTTP_PROXY: origin, NODE_USE_ENV_PROXY: '1' } : {}
  const words = [
    ...(ARGUMENTS[name] ?? []),
    script,
    JSON.stringify({ ...order, origin, hasProxy: isProxied }),
  ]
  const options = {
    cwd: root,
    env: { ...own, ...QUIET, ...proxy },
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  }
  return new Promise((resolve) => {
    execFile(binary, words, { ...options, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      endpoint.close()
      const lines = stdout.split('\n').filter((line) => line.startsWith('{'))
      const outcomes = lines.map((line) => JSON.parse(line))
      const isWhole = error === null && outcomes.length > 0
      resolve(isWhole ? outcomes : [...outcomes, crash(isProxied, `${error?.message}\n${stderr}`)])
    })
  })
}

const crash = (isProxied, error) => ({
  name: isProxied ? 'the script with a proxy ends well' : 'the script ends well',
  isGreen: false,
  ms: 0,
  error,
})

/** @returns {Promise<Run>} */
async function runRuntime(runtime, order) {
  const start = performance.now()
  const outcomes = [...(await runScript(runtime, order, false))]
  if (hasProxy(runtime)) outcomes.push(...(await runScript(runtime, order, true)))
  return { runtime, outcomes, ms: performance.now() - start }
}

const toRow = (name, cells) =>
  `${name.padEnd(NAME_WIDTH)}${cells.map((cell) => cell.padEnd(CELL_WIDTH)).join('')}`

/** @param {readonly Run[]} runs */
function report(runs) {
  const notes = []
  const toCell = ({ runtime, outcomes }, caseName) => {
    const outcome = outcomes.find(({ name }) => name === caseName)
    if (outcome === undefined) return '-'
    if (outcome.note !== undefined) notes.push(`${runtime.name}, ${caseName}: ${outcome.note}`)
    const mark = outcome.note === undefined ? '' : ` (${notes.length})`
    return `${outcome.isGreen ? 'ok' : 'FAILED'}${mark}`
  }
  console.log(
    toRow(
      '',
      runs.map(({ runtime }) => `${runtime.name.split(' ')[0]} ${runtime.version}`),
    ),
  )
  for (const name of new Set(runs.flatMap(({ outcomes }) => outcomes.map((outcome) => outcome.name)))) {
    console.log(
      toRow(
        name,
        runs.map((run) => toCell(run, name)),
      ),
    )
  }
  console.log(
    toRow(
      'seconds',
      runs.map(({ ms }) => (ms / 1000).toFixed(1)),
    ),
  )
  console.log(notes.map((note, index) => `\n(${index + 1}) ${note}`).join(''))
}

async function main() {
  const start = performance.now()
  const runtimes = choose(Object.keys(INSTALLERS), args.runtime).map((name) => INSTALLERS[name]())
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' })
  const order = await makeOrder()
  const queue = [...runtimes]
  const runs = []
  async function workThrough() {
    for (let next = queue.shift(); next; next = queue.shift()) runs.push(await runRuntime(next, order))
  }
  await Promise.all(Array.from({ length: WORKERS }, workThrough))
  report(runtimes.flatMap((runtime) => runs.filter((run) => run.runtime === runtime)))
  const all = runs.flatMap(({ runtime, outcomes }) => outcomes.map((outcome) => ({ runtime, ...outcome })))
  const red = all.filter(({ isGreen }) => !isGreen)
  for (const { runtime, name, error } of red) console.log(`\n${runtime.name}, ${name}: FAILED\n${error}`)
  const seconds = Math.round((performance.now() - start) / 1000)
  console.log(`\n${all.length - red.length} cases passed, ${red.length} failed, in ${seconds} s`)
  process.exitCode = red.length === 0 ? 0 : 1
}

await main()
