/**
 * The doctor's look at many tokens of the same pools.
 * @module
 */
import type { Test } from 'tap'
import { askKeySet } from '../../src/doctor/key-set.js'
import { examinePool } from '../../src/doctor/pool.js'
import { examineToken } from '../../src/doctor/token.js'
import { type PluginOptions, resolveOptions } from '../../src/options.js'
import type { ResolvedPool } from '../../src/pool/pool.js'
import { createVerifier } from '../../src/verify/verifier.js'
import { failures } from './doctor.js'

/** Lets pools examine many tokens without asking for their keys each time. */
export async function openDoctor(options: PluginOptions, clock = Date.now) {
  const resolved = resolveOptions({ ...options, keys: { lookupBurst: 1000, ...options.keys } }, {})
  const verifier = createVerifier(resolved, clock)
  const keys = new Map<string, ReadonlyMap<string, string> | undefined>()
  for (const pool of resolved.pools.values()) {
    const examined = await examinePool(pool as ResolvedPool, resolved, { now: clock, ask: askKeySet })
    keys.set(pool.name, examined.keys)
  }
  const context = { options: resolved, verifier, keysOf: (name: string) => keys.get(name), now: clock }
  return { verifier, examineToken: (text: string) => examineToken(text, context) }
}

/** What failed besides the answer of the plugin, which has to be a refusal then. */
export async function findFaultsBy(doctor: Awaited<ReturnType<typeof openDoctor>>, test: Test, text: string) {
  const report = await doctor.examineToken(text)
  const failed = failures(report.checks)
  test.equal(report.ok, failed.length === 0)
  test.equal(
    failed.some(({ name }) => name === 'plugin'),
    failed.length > 0,
    'the plugin says the same',
  )
  test.equal(report.checks.at(-1)?.name, 'plugin')
  return failed.filter(({ name }) => name !== 'plugin')
}
