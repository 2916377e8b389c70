/**
 * How long a test file may last.
 * @module
 */
import type { Test } from 'tap'

/** Lets a file last five minutes: a busy machine gives a process little time, and only a test that hangs shall fail. */
export const lastLong = (test: Test): void => test.setTimeout(300_000)
