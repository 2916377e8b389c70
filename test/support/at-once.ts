/**
 * Tests of one file that run at the same time.
 * @module
 */
import type { Test } from 'tap'

/**
 * Lets tests run at the same time that have the returned options. With `--bail`, as in `npm run weaken`, they run one after
 * another, because otherwise tap would not tell which of them failed.
 *
 * @param jobs - tests that run at the same time
 */
export function runAtOnce(test: Test, jobs: number): { readonly buffered: boolean } {
  const buffered = process.env['TAP_BAIL'] !== '1'
  test.jobs = buffered ? jobs : 1
  return { buffered }
}
