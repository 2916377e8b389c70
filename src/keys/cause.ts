/**
 * The one word of an error that an operator may be told: never its message, which may have text of an answer.
 * @module
 */

const CODE = /^[A-Z][A-Za-z0-9_]{2,63}$/
/** Causes are followed this far. */
const MAX_DEPTH = 5

/**
 * Finds the first code in the chain of an error's causes: `fetch` hides there what happened.
 *
 * @returns `{ code: 'ECONNREFUSED' }`; nothing where no error of the chain has a code that is a word
 */
export function codeOf(error: unknown, depth = 0): { readonly code?: string } {
  if (typeof error !== 'object' || error === null || depth > MAX_DEPTH) return {}
  const code: unknown = Reflect.get(error, 'code')
  if (typeof code === 'string' && CODE.test(code)) return { code }
  return codeOf(Reflect.get(error, 'cause'), depth + 1)
}
