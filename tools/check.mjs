/**
 * The commands `npm run check` and `.ci/run`: all stages of the checks, each named and timed, fast ones first. It says
 * what it left out. It ends with the count of the tests.
 *
 *     npm run check                     what a change needs before it is shown to others
 *     npm run check -- --all            every stage, as in CI
 *     npm run check -- --stage lint     some of them; several with an option each
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
// biome-ignore lint/correctness/useImportExtensions: no TypeScript here, so the name is the file's
import { stages } from './stages.mjs'

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

/**
 * Runs a command of npm, and shows what it prints.
 *
 * @returns the exit code, and the last line in which tap counts
 */
function run([script, ...given]) {
  const child = spawn('npm', ['run', '--silent', script, '--', ...given], {
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
  })
  let end = ''
  let counted
  child.stdout.setEncoding('utf8').on('data', (text) => {
    process.stdout.write(text)
    end = (end + text).slice(-100_000)
    counted = end.match(COUNT)?.at(-1) ?? counted
  })
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ status: code ?? 1, counted }))
  })
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
  const { status: exit, counted } = await run(command)
  const seconds = Math.round((performance.now() - start) / 1000)
  if (name === 'tests') tests = toTests(counted)
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
