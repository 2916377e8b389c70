/**
 * How text that somebody else wrote is shown on a terminal and in a log: characters that nobody sees become escapes.
 * @module
 */

/**
 * Control characters (C0, DEL, C1), format characters (directions of text, zero width), separators of lines, and halves of
 * characters.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

const toHex = (unit: number) => unit.toString(16).padStart(4, '0')

/**
 * Writes each code unit of a text as JSON would.
 *
 * @example escapeUnits('\n') // '\\u000a'
 */
export const escapeUnits = (text: string): string =>
  Array.from({ length: text.length }, (_, index) => `\\u${toHex(text.charCodeAt(index))}`).join('')

/**
 * Shows the unseen characters of a text, line breaks too: one line without any power over a terminal. Text inside of a
 * JSON document means the same afterwards.
 *
 * @example printable('\u001b[31mred') // '\\u001b[31mred'
 */
export const printable = (text: string): string => text.replace(UNSEEN, escapeUnits)

/** The same for several lines, whose line breaks stay. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n')
