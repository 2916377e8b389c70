/**
 * The commands `npm run check` and `.ci/run`: all stages of the checks, each named and timed, fast ones first. It says
 * what it left out. It ends with the count of the tests.
 *
 *     npm run check                     what a change needs before it is shown to others
 *     npm run check -- --all            every stage, as in CI
 *     npm run check -- --stage lint     some of them; several with an option each
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
// biome-ignore-start lint/correctness/useImportExtensions: no TypeScript here, so the names are the files'
import { runLimited } from './limited-run.mjs'
import { stages } from './stages.mjs'

// biome-ignore-end lint/correctness/useImportExtensions: as above

/** `status` is 0 where a failure does not count. @typedef {{ name: string, seconds: number, status: number, word: string }} Outcome */

const { values: args } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    stage: { type: 'string', multiple: true, default: [] },
  },
})

/** Debian keeps the programs of PostgreSQL beside PATH. */
function findInDebian(program) {
  const folder = '/usr/lib/postgresql'
  return existsSync(folder) ? readdirSync(folder).map((version) => `${folder}/${version}/bin/${program}`) : []
}

/** Programs of the operating system. Tests that need a missing one are left out, and say so. */
const PROGRAMS = [
  { names: ['redis-server'], what: 'tests with a real Redis, and the judgement of the coverage' },
  { names: ['postgres', ...findInDebian('postgres')], what: 'tests with LISTEN of PostgreSQL' },
  { names: ['chromium', 'chromium-browser', 'google-chrome'], what: 'tests in a real browser' },
]

const isThere = (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0

function choose() {
  const unknown = args.stage.find((name) => !stages.some((stage) => stage.name === name))
  if (unknown !== undefined) {
    console.error(`${unknown}: expected one of ${stages.map(({ name }) => name).join(', ')}`)
    process.exit(2)
  }
  if (args.stage.length > 0) return stages.filter(({ name }) => args.stage.includes(name))
  return stages.filter(({ isInCheck }) => args.all || isInCheck)
}

/** Line in which tap counts its assertions. */
const COUNT = /^# \{ total: \d+.*\}/gm

/** Several times what the slowest stage takes on two cores. */
const LIMIT_MS = 20 * 60_000

/**
 * Runs a command of npm. A command that hangs says nothing about what it checks, so it is ended, its processes are shown,
 * and it runs once more.
 */
async function run(name, [script, ...given]) {
  const once = () =>
    runLimited('npm', ['run', '--silent', script, '--', ...given], { signal: AbortSignal.timeout(LIMIT_MS) })
  const first = await once()
  if (!first.isEnded) return first
  console.log(`\n── ${name}: HANGS after ${LIMIT_MS / 60_000} minutes; once more`)
  return await once()
}

/** The assertions that tap counted; none where it printed no such line. */
function toTests(line = '') {
  const count = (name) => Number(new RegExp(`${name}: (\\d+)`).exec(line)?.[1] ?? 0)
  return { passed: count('pass'), failed: count('fail') }
}

function toWord(status, mayFail) {
  if (status === 0) return 'passed'
  return mayFail ? `FAILED (exit ${status}), which does not count` : `FAILED (exit ${status})`
}

const chosen = choose()
/** @type {Outcome[]} */
const outcomes = []
let tests = toTests()

for (const { name, command, mayFail = false } of chosen) {
  console.log(`\n── ${name}: npm run ${command.join(' ')}`)
  const start = performance.now()
  const { status: exit, output } = await run(name, command)
  const seconds = Math.round((performance.now() - start) / 1000)
  if (name === 'tests') tests = toTests(output.match(COUNT)?.at(-1))
  // Tests that have not run have not passed.
  const status = name === 'tests' && tests.passed === 0 ? exit || 1 : exit
  const word = toWord(status, mayFail)
  outcomes.push({ name, seconds, status: mayFail ? 0 : status, word })
  console.log(`── ${name}: ${word} in ${seconds} s`)
  if (status !== 0 && !mayFail) break
}

console.log('\n── stages')
for (const { name, seconds, word } of outcomes) {
  console.log(`${name.padEnd(16)} ${String(seconds).padStart(5)} s${word === 'passed' ? '' : `  ${word}`}`)
}
const left = stages.filter(({ name }) => !outcomes.some((one) => one.name === name))
if (left.length > 0) console.log(`left out: ${left.map(({ name }) => name).join(', ')}`)
for (const { names, what } of PROGRAMS) {
  if (!names.some(isThere)) console.log(`left out: ${what}, because ${names[0]} is not installed`)
}
const red = outcomes.filter(({ status }) => status !== 0)
// A stage that failed counts as one failed test, unless tests have failed.
if (chosen.some(({ name }) => name === 'tests')) {
  console.log(`\n${tests.passed} passed, ${Math.max(tests.failed, red.length)} failed`)
}
process.exitCode = red.length === 0 ? 0 : 1
