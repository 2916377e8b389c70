/**
 * Runs the test runner of Node: the tests of the application have to pass, and a wrong expectation has to fail.
 * @module
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const cwd = fileURLToPath(new URL('.', import.meta.url))

/** Runs one file of tests. */
function run(file: string) {
  const args = ['--import=tsx', '--test', '--test-reporter=tap', file]
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' })
  const count = (word: string) => Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(stdout)?.[1])
  return { counts: [status, count('pass'), count('fail')], output: stdout + stderr }
}

/** Runs both files of tests. */
export async function check(): Promise<void> {
  const own = run('app.test.ts')
  assert.deepEqual(own.counts, [0, 5, 0], own.output)
  const wrong = run('wrong.test.ts')
  assert.deepEqual(wrong.counts, [1, 0, 1], wrong.output)
  assert.match(wrong.output, /401 !== 200/)
}
