/**
 * Which types of value a schema takes, and which of them JSON cannot carry.
 * @module
 */
import { findPart, isOwnKind, type TSchema, typeBoxKindOf } from '../base/schema.js'

type Types = ReadonlySet<string>

/** The types of JSON by the names of JSON Schema. An `integer` is a `number`, too. */
const JSON_TYPES: Types = new Set(['string', 'integer', 'number', 'boolean', 'null', 'array', 'object'])
const ANYTHING: Types = new Set([...JSON_TYPES, 'Date'])
const TEXT: Types = new Set(['string'])

/**
 * The types of the values that may fit `schema`, before its transforms: those of JSON, `Date`, and others by TypeBox's
 * names, such as `bigint`. A schema that names no type takes all of JSON.
 */
export function typesOf(schema: TSchema): Types {
  switch (typeBoxKindOf(schema)) {
    case 'Union':
      return new Set(typesOfEach(schema['anyOf']).flatMap((types) => [...types]))
    case 'Intersect':
      return typesOfEach(schema['allOf']).reduce(intersect, ANYTHING)
    case 'Import':
      return typesOf(schema['$defs'][schema['$ref']])
    case 'Never':
      return new Set()
    case 'RegExp':
      return TEXT
    default:
      if (isOwnKind(schema)) return JSON_TYPES
      return typeof schema['type'] === 'string' ? new Set([schema['type']]) : JSON_TYPES
  }
}

const typesOfEach = (schemas: readonly TSchema[]) => schemas.map(typesOf)

function intersect(one: Types, other: Types): Types {
  return new Set([...pick(one, other), ...pick(other, one)])
}

const pick = (types: Types, taken: Types) => [...types].filter((type) => takes(taken, type))

/** Whether every value of `type` is of one of `types`. */
function takes(types: Types, type: string): boolean {
  return types.has(type) || (type === 'integer' && types.has('number'))
}

/** Whether values of some types can be of others as well. */
export function overlap(one: Types, other: Types): boolean {
  return intersect(one, other).size > 0
}

/** Whether a JSON value may be of one of `types`. */
export function canBeJson(types: Types): boolean {
  return overlap(types, JSON_TYPES)
}

/** The types of a part inside of lists and objects that JSON cannot carry, such as a `Date`; `undefined` without one. */
export function findForeignTypes(schema: TSchema): Types | undefined {
  let found: Types | undefined
  findPart(schema, (part) => {
    found = typesOfEach(listInner(part)).find(isForeign)
    return found !== undefined
  })
  return found
}

const listInner = (schema: TSchema): TSchema[] =>
  [schema['properties'], schema['patternProperties'], [schema['items'] ?? []].flat()].flatMap((inner) =>
    Object.values<TSchema>(inner ?? {}),
  )

/** A part that has to be absent is no fault: JSON can leave it out. */
const isForeign = (types: Types) =>
  types.size > 0 && !canBeJson(types) && !types.has('undefined') && !types.has('void')
