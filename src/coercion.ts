/**
 * How the text of a Cognito attribute becomes the type its schema names: by strict grammar, or not at all.
 * @module
 */
import type { TSchema } from './schema.js'

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

const COERCIONS = new Map<unknown, (text: string) => unknown>([
  ['integer', (text) => toNumber(text, INTEGER)],
  ['number', (text) => toNumber(text, DECIMAL)],
  ['boolean', (text) => (text === 'true' ? true : text === 'false' ? false : text)],
  ['array', (text) => toStructure(text, Array.isArray)],
  ['object', (text) => toStructure(text, isObject)],
  ['Date', toDate],
])

/**
 * Turns the text of an attribute into the type that `schema` names. A value that already has a type stays as it
 * is, and so does text that is not exactly of that type: the schema then refuses it.
 *
 * @returns number, boolean, array, object or `Date` for text of that form, else `value` itself
 * @example
 * coerce('7', Type.Integer()) // 7
 * coerce('0x10', Type.Integer()) // '0x10'
 */
export function coerce(value: unknown, schema: TSchema): unknown {
  if (typeof value !== 'string') return value
  return COERCIONS.get(schema['type'])?.(value) ?? value
}
