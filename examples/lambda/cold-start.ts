/**
 * What a cold start costs: figures, never a test, because they depend on the machine.
 * @module
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { PoolOptions } from 'fastify-cognito'

const RUNS = 5

/** Milliseconds of each step, in their order. */
type Steps = Readonly<Record<string, number>>

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** Runs `cold-start.mjs` in fresh processes, and prints the median of each step. */
export async function printColdStart(pool: PoolOptions, token: string): Promise<void> {
  const script = fileURLToPath(new URL('cold-start.mjs', import.meta.url))
  const runs: Steps[] = []
  for (let run = 0; run < RUNS; run += 1) {
    const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify({ pool, token })])
    runs.push(JSON.parse(stdout))
  }
  const medians = Object.keys(runs[0] ?? {}).map(
    (step) => `${step} ${medianOf(runs.map((one) => one[step] ?? Number.NaN)).toFixed(0)} ms`,
  )
  console.log(`      cold start, median of ${RUNS}, Node ${process.versions.node}: ${medians.join(', ')}`)
}
