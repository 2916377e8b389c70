/**
 * Tells which types of value a schema takes, and which of these types JSON does not have.
 * @module
 */
import { findPart, isOwnKind, type TSchema, typeBoxKindOf } from '../base/schema.js'

type Types = ReadonlySet<string>

/** The types of JSON, named as in JSON Schema. An `integer` is a `number` as well. */
const JSON_TYPES: Types = new Set(['string', 'integer', 'number', 'boolean', 'null', 'array', 'object'])
const ANYTHING: Types = new Set([...JSON_TYPES, 'Date'])
const TEXT: Types = new Set(['string'])

/**
 * Returns the types of the values that may fit `schema`, before its transforms: types of JSON, `Date`, and other types by
 * TypeBox's names, such as `bigint`. A schema that names no type takes all types of JSON.
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

/** Tells whether every value of `type` has one of `types`. */
function takes(types: Types, type: string): boolean {
  return types.has(type) || (type === 'integer' && types.has('number'))
}

/** Tells whether a value can have a type of both sets. */
export function overlap(one: Types, other: Types): boolean {
  return intersect(one, other).size > 0
}

/** Tells whether a JSON value can have one of `types`. */
export function canBeJson(types: Types): boolean {
  return overlap(types, JSON_TYPES)
}

/** Returns the types of the first item or member that JSON does not have, such as `Date`; `undefined` without one. */
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

/** Tells whether JSON has none of the types. `undefined` and `void` are no fault, because JSON can leave a member out. */
const isForeign = (types: Types) =>
  types.size > 0 && !canBeJson(types) && !types.has('undefined') && !types.has('void')
