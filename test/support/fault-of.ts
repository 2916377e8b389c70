/**
 * Messages of wrong options.
 * @module
 */
import type { Test } from 'tap'

/** What is wrong, the options, how the message begins, and the environment. */
export type WrongOptions = readonly [string, unknown, string, Record<string, string>?]

/** Asserts that each row is refused by a `TypeError` whose message begins as the row says. */
export function assertRefused(
  test: Test,
  rows: readonly WrongOptions[],
  resolve: (options: unknown, env?: Record<string, string>) => unknown,
): void {
  for (const [what, options, message, env] of rows) {
    try {
      resolve(options, env)
      test.fail(`${what} was accepted`)
    } catch (error) {
      test.type(error, TypeError)
      test.ok(
        error instanceof Error && error.message.startsWith(message),
        `${what}: ${error instanceof Error && error.message}`,
      )
    }
  }
}

/** The message of the `TypeError` that is thrown. */
export function faultOf(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    if (error instanceof TypeError) return error.message
    throw error
  }
  return 'no fault'
}
