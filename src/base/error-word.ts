/**
 * One word for a caught error: for logs, where the message of a foreign error could repeat a secret.
 * @module
 */

/** Returns the code or the name of an error. The message is left out, because it may repeat a command or a value. */
export function wordOf(error: unknown): string {
  try {
    const { code, name }: { readonly code?: unknown; readonly name?: unknown } = Object(error)
    return [code, name].find(isWord) ?? UNKNOWN
  } catch {
    // A getter of the error threw.
    return UNKNOWN
  }
}

const UNKNOWN = 'it threw'
const WORD = /^\w[\w.-]{0,59}$/
const isWord = (value: unknown): value is string => typeof value === 'string' && WORD.test(value)
