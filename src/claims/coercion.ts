/**
 * Converts the text of a Cognito attribute into the type that its schema names, and back, by one strict grammar.
 * @module
 */
import { isMembers } from '../base/members.js'
import { compileSchema, type TSchema } from '../base/schema.js'
import { typesOf } from './schema-types.js'

// Decimal text as Cognito stores numbers: no exponent, no leading zero, no plus sign, no space.
const INTEGER = /^(?:0|-?[1-9]\d*)$/
const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/
// A full date, alone or with a time and an offset (RFC 3339 §5.6).
const DATE = /^\d{4}-\d{2}-\d{2}(?:T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2}))?$/

function toNumber(text: string, grammar: RegExp): unknown {
  const number = grammar.test(text) ? Number(text) : Number.NaN
  const isExact = Number.isInteger(number) ? Number.isSafeInteger(number) : Number.isFinite(number)
  return isExact && !Object.is(number, -0) ? number : text
}

function toStructure(text: string, isExpected: (value: unknown) => boolean): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return isExpected(value) ? value : text
  } catch {
    return text
  }
}

function toDate(text: string): unknown {
  const date = DATE.test(text) ? new Date(text) : new Date(Number.NaN)
  // `Date` turns 30 February into 1 or 2 March, so the parsed day is compared with the text.
  const isCalendarDay = text.slice(0, 10) === toDay(text.slice(0, 10))
  return isCalendarDay && !Number.isNaN(date.getTime()) ? date : text
}

function toDay(day: string): string | undefined {
  const date = new Date(day)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().slice(0, 10)
}

type Grammar = (text: string) => unknown

/** Type → its grammar. A text fits at most one grammar, except a whole number: it fits two, with the same value. */
const GRAMMARS: Readonly<Record<string, Grammar>> = {
  integer: (text) => toNumber(text, INTEGER),
  number: (text) => toNumber(text, DECIMAL),
  boolean: (text) => (text === 'true' ? true : text === 'false' ? false : text),
  array: (text) => toStructure(text, Array.isArray),
  object: (text) => toStructure(text, isMembers),
  Date: toDate,
}

/** Types that the text of an attribute can become. */
export const TEXT_TYPES: ReadonlySet<string> = new Set(['string', ...Object.keys(GRAMMARS)])

/** Converts a value, or returns the value unchanged. */
export type Conversion = (value: unknown) => unknown

/** Compiles the check of a value. */
export type CheckCompiler = () => (value: unknown) => boolean

/**
 * Compiles the conversion of an attribute's text into a type that `schema` names. The conversion returns three kinds of
 * value unchanged: a value that is no text, text that fits the schema, and text that fits no grammar. The schema then
 * refuses the last kind.
 *
 * @param compileCheck - compiles the check by the schema; by default that of TypeBox 0.34
 * @example
 * compileCoercion(Type.Integer())('7') // 7
 * compileCoercion(Type.Integer())('0x10') // '0x10'
 * compileCoercion(Type.Union([Type.Literal('all'), Type.Integer()]))('all') // 'all'
 */
export function compileCoercion(
  schema: TSchema,
  compileCheck: CheckCompiler = () => compileSchema(schema).check,
): Conversion {
  return compileConversion(typesOf(schema), compileCheck)
}

/**
 * Compiles the conversion of text into one of `types`.
 *
 * @param compileCheck - compiles the check of text that stays text. It is called only when text may be of several types
 */
export function compileConversion(types: ReadonlySet<string>, compileCheck: CheckCompiler): Conversion {
  const grammars = Object.entries(GRAMMARS).flatMap(([type, grammar]) => (types.has(type) ? [grammar] : []))
  const fits = types.has('string') && grammars.length > 0 ? compileCheck() : () => false
  return (value) => (typeof value === 'string' && !fits(value) ? convert(value, grammars) : value)
}

function convert(text: string, grammars: readonly Grammar[]): unknown {
  for (const toType of grammars) {
    const value = toType(text)
    if (value !== text) return value
  }
  return text
}

/**
 * Returns the attribute text that `read` converts back into a JSON value. A date is given as its text.
 *
 * @param read - the conversion from the attribute's text to its type
 * @returns `undefined` when no text converts back, and for an empty text, for which Cognito deletes the attribute
 */
export function toAttributeText(value: unknown, read: Conversion): string | undefined {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const back = read(text)
  const isSame = back instanceof Date || JSON.stringify(back) === JSON.stringify(value)
  return isSame && text !== '' ? text : undefined
}
