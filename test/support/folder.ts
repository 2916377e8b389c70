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
  // A store may still be writing into it.
  test.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }))
  return folder
}
