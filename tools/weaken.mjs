/**
 * The positive control of the tests: weakens `src/` in one place at a time, in a copy of the checkout, and tells which
 * test catches it. Exits with 1 when a weakening survives, and when one cannot be applied or does not even load. The
 * weakenings of a wing stand beside its tests, in `test/WING/weakenings.mjs`; those of the files beside the wings in
 * `test/plugin/`.
 *
 * Some checks have no weakening, because another check behind them refuses the same: `algorithms` of `@fastify/jwt` behind
 * the check of `alg`; the check of a schema before its `Decode`; the check of `token_use` in `cognito-token` before that of
 * the policy; an empty part and a part that is no object, which lack members; a fourth part, which no signature contains.
 *
 *     npm run weaken -- --only WORD    the weakenings whose name or file has the word; several words with an --only each
 *     npm run weaken -- --sample N     N of them by chance; with --seed S always the same ones
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

/** @typedef {readonly [name: string, find: string, replace: string]} Row what no longer holds, the text that makes it hold, what stands there instead */
/** @typedef {readonly { file: string, tests: readonly string[], rows: readonly Row[] }[]} Groups by file of `src/`, with the tests that should catch them */
/** @typedef {{ name: string, file: string, find: string, replace: string, tests: readonly string[] }} Weakening */
/** @typedef {{ isGreen: boolean, caught: string | undefined, output: string }} Run */

const COPIED = ['src', 'test', 'demo', 'docs', 'package.json', 'tsconfig.json']
const WORKERS = 2
const TIMEOUT_MS = 120_000
/** Its tests read texts, not behaviour. */
const NO_BEHAVIOUR = 'project/'

const root = fileURLToPath(new URL('../', import.meta.url))
const { values: args } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    sample: { type: 'string' },
    seed: { type: 'string' },
  },
})

const inTests = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => !path.includes('/node_modules/'))
  .sort()
const tests = inTests
  .flatMap((path) => /^(.+)\.test\.ts$/.exec(path)?.[1] ?? [])
  .filter((test) => !test.startsWith(NO_BEHAVIOUR))

async function readGroups(path) {
  const { groups } = await import(pathToFileURL(join(root, 'test', path)).href)
  return groups
}

/** @type {Groups[]} */
const groups = await Promise.all(inTests.filter((path) => path.endsWith('/weakenings.mjs')).map(readGroups))
/** @type {Weakening[]} */
const weakenings = groups
  .flat()
  .flatMap(({ file, tests, rows }) =>
    rows.map(([name, find, replace]) => ({ name, file: `src/${file}.ts`, find, replace, tests })),
  )

const isChosen = ({ name, file }) =>
  args.only.length === 0 ||
  args.only.some((word) => `${file} ${name}`.toLowerCase().includes(word.toLowerCase()))

/** Draws weakenings by the hash of their names, so that a seed goes on to mean nearly the same ones when the table grows. */
function sample(all) {
  const seed = args.seed ?? String(Date.now())
  const rankOf = ({ file, name }) => createHash('sha256').update(`${seed} ${file} ${name}`).digest('hex')
  const order = all.map((weakening) => ({ weakening, rank: rankOf(weakening) }))
  order.sort((a, b) => (a.rank < b.rank ? -1 : 1))
  if (args.sample !== undefined) console.log(`seed ${seed}`)
  return args.sample === undefined
    ? all
    : order.slice(0, Number(args.sample)).map(({ weakening }) => weakening)
}

function makeCopy() {
  const copy = mkdtempSync(join(tmpdir(), 'weaken-'))
  process.once('exit', () => rmSync(copy, { recursive: true, force: true }))
  const filter = (path) => !path.endsWith('node_modules')
  for (const name of COPIED) cpSync(join(root, name), join(copy, name), { recursive: true, filter })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

/** Runs one test file up to its first failure. */
function runTest(copy, test) {
  const { NODE_ENV: _, ...env } = process.env
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', `test/${test}.test.ts`], {
      cwd: copy,
      env: { ...env, TAP_BAIL: '1', TAP_TIMEOUT: String(TIMEOUT_MS / 1000 - 10) },
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text
      })
    }
    child.once('close', (code) => resolve({ isGreen: code === 0, caught: findFailure(output), output }))
  })
}

/** The name of the test with the first failure. A file that fails outside of a test has not run at all. */
function findFailure(output) {
  let test
  for (const line of output.split('\n')) {
    test = /^# Subtest: (.+)/.exec(line)?.[1] ?? test
    if (/^\s*not ok /.test(line)) return test
  }
  return undefined
}

/** Does the jobs in their order, one on each copy at a time. */
async function workThrough(jobs, copies, work) {
  const queue = [...jobs]
  await Promise.all(
    copies.map(async (copy) => {
      for (let job = queue.shift(); job !== undefined; job = queue.shift()) await work(job, copy)
    }),
  )
}

const countIn = (text, part) => text.split(part).length - 1

/** A weakening has to have its one place in the source, or the table has rotted. */
function findRotten() {
  return weakenings.flatMap(({ name, file, find }) => {
    const places = countIn(readFileSync(join(root, file), 'utf8'), find)
    return places === 1 ? [] : [`${name}: its text is in ${file} ${places} times, not once`]
  })
}

async function findRed(tests, copies) {
  const red = []
  await workThrough(tests, copies, async (test, copy) => {
    const { isGreen, output } = await runTest(copy, test)
    if (!isGreen) red.push(`test/${test}.test.ts fails without any weakening:\n${output.slice(-2000)}`)
  })
  return red
}

/**
 * Tries the tests that should catch a weakening first, then all others. One that another test catches counts as missed:
 * that may be the chance failure of a busy machine, and if it is not, the table should name it.
 */
async function tryOut({ file, find, replace, tests }, copy, all) {
  const path = join(copy, file)
  const source = readFileSync(path, 'utf8')
  writeFileSync(
    path,
    source.replace(find, () => replace),
  )
  try {
    for (const test of new Set([...tests, ...all])) {
      const { isGreen, caught, output } = await runTest(copy, test)
      if (!isGreen && !caught) return `BROKEN in ${test}: ${output.slice(-1000)}`
      if (!isGreen) return `${tests.includes(test) ? '' : 'UNEXPECTED '}${test}: ${caught}`
    }
    return 'SURVIVED'
  } finally {
    writeFileSync(path, source)
  }
}

function fail(faults) {
  for (const fault of faults) console.error(fault)
  process.exit(1)
}

async function main() {
  const rotten = findRotten()
  if (rotten.length > 0) fail(rotten)
  const copies = Array.from({ length: WORKERS }, makeCopy)
  const chosen = sample(weakenings.filter(isChosen))
  const used =
    chosen.length === weakenings.length ? tests : new Set(chosen.flatMap((weakening) => weakening.tests))
  const red = await findRed(used, copies)
  if (red.length > 0) fail(red)
  const width = Math.max(...chosen.map(({ name }) => name.length))
  let survivors = 0
  await workThrough(chosen, copies, async (weakening, copy) => {
    const outcome = await tryOut(weakening, copy, tests)
    if (/^(?:SURVIVED|BROKEN|UNEXPECTED)/.test(outcome)) survivors += 1
    console.log(`${weakening.name.padEnd(width)}  ${outcome}`)
  })
  console.log(`\n${chosen.length} weakenings, ${chosen.length - survivors} caught`)
  if (survivors > 0 || chosen.length === 0) process.exit(1)
}

await main()
