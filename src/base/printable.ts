/**
 * Makes text from outside safe for a terminal and a log: invisible characters become escapes.
 * @module
 */

/**
 * Invisible characters: control characters (C0, DEL, C1), format characters (text direction, zero width), line separators
 * and lone surrogates.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

const toHex = (unit: number) => unit.toString(16).padStart(4, '0')

/**
 * Writes each UTF-16 code unit of a text as a JSON escape.
 *
 * @example escapeUnits('\n') // '\\u000a'
 */
export const escapeUnits = (text: string): string =>
  Array.from({ length: text.length }, (_, index) => `\\u${toHex(text.charCodeAt(index))}`).join('')

/**
 * Replaces the invisible characters of a text by escapes, line breaks included. The result is one line that cannot
 * control a terminal. A text inside a JSON document keeps its meaning.
 *
 * @example printable('\u001b[31mred') // '\\u001b[31mred'
 */
export const printable = (text: string): string => text.replace(INVISIBLE, escapeUnits)

/** Does the same as {@link printable} for text of several lines: the line breaks stay. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n')
