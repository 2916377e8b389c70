/**
 * How the text of a Cognito attribute becomes the type that its schema names, and how a typed value becomes that text: by
 * one strict grammar, or not at all.
 * @module
 */
import { compileSchema, type TSchema } from '../base/schema.js'
import { typesOf } from './schema-types.js'

// Exact decimal text, as Cognito stores numbers: no exponent, no leading zero, no sign but a minus, no space.
const INTEGER = /^(?:0|-?[1-9]\d*)$/
const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/
// RFC 3339 §5.6: a full date, alone or with a time and an offset.
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
  // Date rolls 30 February over into March: the day has to come out as it went in.
  const isCalendarDay = text.slice(0, 10) === toDay(text.slice(0, 10))
  return isCalendarDay && !Number.isNaN(date.getTime()) ? date : text
}

function toDay(day: string): string | undefined {
  const date = new Date(day)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().slice(0, 10)
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)

type Grammar = (text: string) => unknown

/** No text is of two of these types, but for a whole number, which is one value in both. */
const GRAMMARS: Readonly<Record<string, Grammar>> = {
  integer: (text) => toNumber(text, INTEGER),
  number: (text) => toNumber(text, DECIMAL),
  boolean: (text) => (text === 'true' ? true : text === 'false' ? false : text),
  array: (text) => toStructure(text, Array.isArray),
  object: (text) => toStructure(text, isObject),
  Date: toDate,
}

/** Types that the text of an attribute can be of. */
export const TEXT_TYPES: ReadonlySet<string> = new Set(['string', ...Object.keys(GRAMMARS)])

/** Turns a value into another, or leaves it as it is. */
export type Conversion = (value: unknown) => unknown

/**
 * Compiles how the text of an attribute is turned into a type that `schema` names. A value that already has a type stays
 * as it is, and so does text that is not exactly of such a type: the schema then refuses it. Text that fits the schema is
 * text.
 *
 * @example
 * compileCoercion(Type.Integer())('7') // 7
 * compileCoercion(Type.Integer())('0x10') // '0x10'
 * compileCoercion(Type.Union([Type.Literal('all'), Type.Integer()]))('all') // 'all'
 */
export function compileCoercion(schema: TSchema): Conversion {
  const types = typesOf(schema)
  const grammars = Object.entries(GRAMMARS).flatMap(([type, grammar]) => (types.has(type) ? [grammar] : []))
  const fits = types.has('string') && grammars.length > 0 ? compileSchema(schema).check : () => false
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
 * The text that `read` turns back into a value of JSON. A date comes as its text.
 *
 * @param read - what turns the attribute's text into its type
 * @returns `undefined` where there is none. An empty text is none: Cognito deletes the attribute
 */
export function toAttributeText(value: unknown, read: Conversion): string | undefined {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const back = read(text)
  const isSame = back instanceof Date || JSON.stringify(back) === JSON.stringify(value)
  return isSame && text !== '' ? text : undefined
}
