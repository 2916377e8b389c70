/**
 * Runs Jest as CommonJS and as ES modules: the tests of the application have to pass, and a wrong expectation has to fail.
 * @module
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const cwd = fileURLToPath(new URL('.', import.meta.url))

/** Runs one file of tests with one configuration. */
function run(file: string, config: string) {
  const jest = ['node_modules/jest/bin/jest.js', file, '--config', config, '--json', '--no-cache']
  const args = config === 'esm.config.json' ? ['--experimental-vm-modules', ...jest] : jest
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' })
  assert.ok(stdout.includes('{'), stderr)
  const { numPassedTests, numFailedTests } = JSON.parse(stdout.slice(stdout.indexOf('{')))
  return { counts: [status, numPassedTests, numFailedTests], output: stdout + stderr }
}

/** Before Node 24.9, Jest cannot load Fastify in tests that are ES modules: its CommonJS requires a package of ES modules. */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const canLoadFastify = major > 24 || (major === 24 && minor >= 9)
const CONFIGS = ['commonjs.config.json', ...(canLoadFastify ? ['esm.config.json'] : [])]

/** Runs all files of tests. */
export async function check(): Promise<void> {
  for (const config of CONFIGS) {
    const own = run('/app.test.ts', config)
    assert.deepEqual(own.counts, [0, 5, 0], own.output)
    const wrong = run('/wrong.test.ts', config)
    assert.deepEqual(wrong.counts, [1, 0, 1], wrong.output)
    assert.match(wrong.output, /Received: .*401/)
  }
  const plain = run('/plain.test.ts', 'commonjs.config.json')
  assert.deepEqual(plain.counts, [1, 0, 1], plain.output)
  assert.match(plain.output, /Exceeded timeout of 3000 ms/)
}
