/**
 * Messages of wrong options.
 * @module
 */

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
