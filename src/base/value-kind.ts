/**
 * Describes the kind of a wrong value, without repeating the value.
 * @module
 */
import { parseUserPoolId } from './user-pool-id.js'

type Schema = Readonly<Record<string, unknown>>

/** Kinds of text, in order: the first match counts. */
const TEXTS: readonly (readonly [matches: (text: string) => boolean, kind: string])[] = [
  [(text) => text === '', 'empty text'],
  [(text) => text.trim() !== text, 'text with a space or a line break at its beginning or its end'],
  [(text) => text.includes(','), 'text with commas; each item of a list is a text of its own'],
  [
    (text) => parseUserPoolId(text) !== undefined,
    'what looks like a user pool id, which belongs in userPoolId',
  ],
  // An app client id of Cognito has 26 small letters and digits.
  [(text) => /^[a-z0-9]{26}$/.test(text), 'what looks like an app client id, which belongs in appClientId'],
  [(text) => text.startsWith('arn:'), 'an ARN'],
  [(text) => /^https?:/.test(text), 'a URL'],
]

/**
 * Describes the kind of a value that does not fit its schema.
 *
 * @param schema - the schema that the value does not fit
 * @example kindOf([]) // 'an empty list'
 */
export function kindOf(value: unknown, schema: Schema = {}): string {
  if (value === undefined) return 'undefined; is a variable of the environment missing?'
  if (value === null) return 'null'
  if (typeof value === 'string') return kindOfText(value, schema)
  if (typeof value === 'number') return kindOfNumber(value, schema)
  return typeof value === 'object' ? kindOfObject(value) : `a ${typeof value}`
}

function kindOfText(text: string, { type }: Schema): string {
  if (type === 'number' || type === 'integer' || type === 'boolean') {
    return `text; a ${type === 'boolean' ? type : 'number'} stands without quotes`
  }
  return TEXTS.find(([matches]) => matches(text))?.[1] ?? 'text of another form'
}

function kindOfNumber(value: number, { type, minimum, maximum }: Schema): string {
  if (type === 'boolean' || type === 'object') return 'a number'
  if (type !== 'number' && type !== 'integer') return 'a number; text of digits stands in quotes'
  if (!Number.isFinite(value)) return 'no finite number'
  if (value < Number(minimum)) return 'a smaller number'
  return value > Number(maximum) ? 'a larger number' : 'a number with a fraction'
}

function kindOfObject(value: object): string {
  if (Array.isArray(value)) return kindOfList(value)
  if (value instanceof Promise) return 'a promise; await it'
  return Object.keys(value).length === 0 ? 'an empty object' : 'an object'
}

function kindOfList(list: readonly unknown[]): string {
  if (list.length === 0) return 'an empty list'
  return new Set(list).size < list.length ? 'a list that has an item twice' : 'a list'
}
