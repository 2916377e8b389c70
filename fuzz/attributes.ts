/**
 * The custom attributes of the route `member`, and how the oracle reads them, after docs/claims.md.
 * @module
 */
import { type Json, JsonObject, readJson, toPlain } from './json.js'

export type AttributeType = 'string' | 'integer' | 'number' | 'boolean' | 'strings' | 'object' | 'date'

/** An attribute that the route declares. */
export interface AttributeFacts {
  readonly wire: string
  readonly type: AttributeType
  readonly isRequired?: true
}

/** Property → attribute. A string is not empty, an integer is at least 1. */
export const ATTRIBUTES = {
  tenantId: { wire: 'custom:tenant_id', type: 'string', isRequired: true },
  seats: { wire: 'custom:seats', type: 'integer' },
  ratio: { wire: 'custom:ratio', type: 'number' },
  active: { wire: 'custom:active', type: 'boolean' },
  tags: { wire: 'custom:tags', type: 'strings' },
  settings: { wire: 'custom:settings', type: 'object' },
  since: { wire: 'custom:since', type: 'date' },
} as const satisfies Record<string, AttributeFacts>

/** What an attribute is read as; `undefined` where it does not fit. */
export function readAttribute(value: Json, type: AttributeType): unknown {
  return READERS[type](value)
}

const isList = (value: Json | undefined): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')

const READERS: Readonly<Record<AttributeType, (value: Json) => unknown>> = {
  string: (value) => (typeof value === 'string' && value !== '' ? value : undefined),
  integer(value) {
    const number = typeof value === 'string' ? readNumber(value, false) : value
    return typeof number === 'number' && number % 1 === 0 && number >= 1 ? number : undefined
  },
  number(value) {
    const number = typeof value === 'string' ? readNumber(value, true) : value
    return typeof number === 'number' && Math.abs(number) !== Number.POSITIVE_INFINITY ? number : undefined
  },
  boolean: (value) => [true, false].find((each) => value === each || value === String(each)),
  strings(value) {
    const list = typeof value === 'string' ? readJson(value) : value
    return isList(list) ? list : undefined
  },
  object(value) {
    const object = typeof value === 'string' ? readJson(value) : value
    return object instanceof JsonObject ? toPlain(object) : undefined
  },
  date: (value) => (typeof value === 'string' ? readDate(value) : undefined),
}

const areDigits = (text: string | undefined): text is string =>
  text !== undefined && text !== '' && [...text].every((letter) => letter >= '0' && letter <= '9')

/** An optional minus, digits without a leading zero, and where it is allowed a fraction. */
function readNumber(text: string, hasFraction: boolean): number | undefined {
  const [whole, fraction, ...rest] = text.replace(/^-/, '').split('.')
  if (!areDigits(whole) || (whole.length > 1 && whole.startsWith('0')) || rest.length > 0) return undefined
  if (fraction !== undefined && !(hasFraction && areDigits(fraction))) return undefined
  const number = Number(text)
  const isMinusZero = number === 0 && text.startsWith('-')
  return isMinusZero || Math.abs(number) > 2 ** 53 - 1 ? undefined : number
}

const DATE = /^(....)-(..)-(..)(?:T(..):(..):(..)(?:\.(\d{1,9}))?(?:(Z)|([+-])(..):(..)))?$/

/** RFC 3339 §5.6 and §5.7. */
function readDate(text: string): Date | undefined {
  const [, ...parts] = DATE.exec(text) ?? []
  const [year, month, day, hour = '00', minute = '00', second = '00', fraction = '0', , sign, ...rest] = parts
  const [offsetHour = '00', offsetMinute = '00'] = rest
  const fields = [year, month, day, hour, minute, second, offsetHour, offsetMinute]
  if (!fields.every(areDigits)) return undefined
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0, oh = 0, om = 0] = fields.map(Number)
  const isLeap = (y % 4 === 0 && y % 100 !== 0) || y % 400 === 0
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][mo - 1] ?? 0
  if (d < 1 || d > days || h > 23 || mi > 59 || s > 59 || oh > 23 || om > 59) return undefined
  const milliseconds = Number(fraction.padEnd(3, '0').slice(0, 3))
  const date = new Date(0)
  date.setUTCFullYear(y, mo - 1, d)
  date.setUTCHours(h, mi, s, milliseconds)
  return new Date(date.getTime() - (sign === '-' ? -1 : 1) * (oh * 60 + om) * 60_000)
}
