/**
 * An empty folder of a test's own, for its owner alone.
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

/** Makes the folder; it goes with the test. */
export function makeFolder(test: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'fastify-cognito-'))
  test.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
