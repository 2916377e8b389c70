/**
 * The common shape of the tables behind an error class: the answer to each code, and the text of each reason.
 * @module
 */

/** How a request is answered under one error code. */
export interface Answer<S extends number> {
  readonly status: S
  /** Fixed text for the client. It repeats no token, no claim value, no key id and no pool id. */
  readonly message: string
}

/** Why a request is refused, for the operator. */
export interface Reason<C extends string, T extends string> {
  /** The error code that the reason belongs to. */
  readonly code: C
  /** Fixed words. A word in braces, `{header}`, is replaced by a detail that no client wrote. */
  readonly text: T
  /** The text, split at its braces: every second part is a word for a detail. */
  readonly parts: readonly string[]
}

/** Makes the reasons of one error code. */
export const reasonsOf =
  <C extends string>(code: C) =>
  <T extends string>(text: T): Reason<C, T> =>
    Object.freeze({ code, text, parts: Object.freeze(text.split(/[{}]/)) })

/** Lists the codes of a table, in its order. */
export const codesOf = <C extends string>(table: Readonly<Record<C, unknown>>): readonly C[] =>
  Object.freeze(Object.keys(table) as C[])

type WordsIn<T extends string> = T extends `${string}{${infer Word}}${infer Rest}`
  ? Word | WordsIn<Rest>
  : never

/** A detail for each word in braces of a text. */
export type DetailsFor<T extends string> = Readonly<Record<WordsIn<T>, string>>

/** Codes of a table of reasons whose texts have no word in braces. */
export type FixedIn<T extends Readonly<Record<string, Reason<string, string>>>> = {
  [R in keyof T]: [WordsIn<T[R]['text']>] extends [never] ? R : never
}[keyof T]

/**
 * Writes a text with details in the place of its words in braces.
 *
 * @param parts - of the reason
 */
export function fill(parts: readonly string[], details: Readonly<Record<string, string>>): string {
  let text = ''
  let isWord = false
  // A loop takes a tenth of the time of a regular expression, and a flood of requests may need one text each.
  for (const part of parts) {
    text += isWord ? details[part] : part
    isWord = !isWord
  }
  return text
}
