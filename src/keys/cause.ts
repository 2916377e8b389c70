/**
 * Finds the code of an error for the operator. Its message is left out, because it may repeat text of a response.
 * @module
 */

const CODE = /^[A-Z][A-Za-z0-9_]{2,63}$/
/** Longest chain of causes that is followed. */
const MAX_DEPTH = 5

/**
 * Finds the first code in the chain of an error's causes, because `fetch` puts the code into a cause.
 *
 * @returns `{ code: 'ECONNREFUSED' }`; `{}` when no error of the chain has a code that is one word
 */
export function codeOf(error: unknown, depth = 0): { readonly code?: string } {
  if (typeof error !== 'object' || error === null || depth > MAX_DEPTH) return {}
  const code: unknown = Reflect.get(error, 'code')
  if (typeof code === 'string' && CODE.test(code)) return { code }
  return codeOf(Reflect.get(error, 'cause'), depth + 1)
}
