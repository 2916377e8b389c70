/**
 * Describes a schema of `typebox` 1.x as one of TypeBox 0.34, so that the same checks look at both.
 * @module
 */
import { isMembers, type Members, ownMember } from '../base/members.js'
import { describeSchema, isSchema, type TSchema } from '../base/schema.js'
import { isFormat } from './library.js'

/** Members of a schema that hold one schema or a list of them. */
const SCHEMAS = [
  'items',
  'prefixItems',
  'additionalItems',
  'unevaluatedItems',
  'contains',
  'additionalProperties',
  'unevaluatedProperties',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
  'anyOf',
  'allOf',
  'oneOf',
]

/** Members of a schema that hold schemas by name. */
const SCHEMAS_BY_NAME = ['properties', 'patternProperties', 'dependentSchemas', '$defs']

/** Kinds of which the checks tell more than by their JSON Schema. A cyclic type is an imported one in TypeBox 0.34. */
const KINDS: ReadonlyMap<unknown, string> = new Map([
  ['Cyclic', 'Import'],
  ['Never', 'Never'],
  ['Undefined', 'Undefined'],
  ['Void', 'Void'],
])

/**
 * Describes a property of a claim schema.
 *
 * @param path - path of the property, for the message of an error
 * @param names - the types that a reference may name; none outside of a cyclic type
 * @throws {TypeError} for what is no schema of `typebox` 1.x, for an unknown format, and for a reference to nothing
 */
export function describeProperty(schema: unknown, path: string, names: readonly string[] = []): TSchema {
  if (!isMembers(schema) || isSchema(schema) || '~standard' in schema) {
    throw new TypeError(`${path}: expected a schema of typebox 1.x`)
  }
  const { $ref, $defs, format } = schema
  const known = [...names, ...Object.keys(Object($defs))]
  if (typeof $ref === 'string' && !known.includes($ref)) {
    throw new TypeError(
      `${path}: expected no reference to nothing; Type.Cyclic has the types that it refers to`,
    )
  }
  if (typeof format === 'string' && !isFormat(format)) {
    throw new TypeError(
      `${path}: the format '${format}' is not one of typebox/format, so it would check nothing`,
    )
  }
  return describeSchema(kindOf(schema), describeMembers(schema, path, known), Object.hasOwn(schema, '~codec'))
}

function kindOf(schema: Members): string {
  const kind = KINDS.get(ownMember(schema, '~kind'))
  if (kind !== undefined) return kind
  if (Object.hasOwn(schema, 'enum') || Object.hasOwn(schema, 'anyOf')) return 'Union'
  if (Object.hasOwn(schema, 'allOf')) return 'Intersect'
  return Object.hasOwn(schema, 'not') ? 'Not' : 'Schema'
}

/** Describes the schemas inside of a schema. A format is left out: TypeBox 0.34 does not know those of 1.x. */
function describeMembers(schema: Members, path: string, known: readonly string[]): Members {
  const { format: _format, ...members } = schema
  const describe = (inner: unknown) =>
    typeof inner === 'boolean' ? inner : describeProperty(inner, path, known)
  // A member of `dependencies` may be a list of names.
  const describeDependency = (inner: unknown) => (Array.isArray(inner) ? inner : describe(inner))
  const inside = [
    ...list(members, SCHEMAS).map(([name, inner]) => [
      name,
      Array.isArray(inner) ? inner.map(describe) : describe(inner),
    ]),
    ...list(members, SCHEMAS_BY_NAME).map(([name, inner]) => [name, mapMembers(inner, describe)]),
    ...list(members, ['dependencies']).map(([name, inner]) => [name, mapMembers(inner, describeDependency)]),
  ]
  const values: unknown = members['enum']
  return {
    ...members,
    ...(Array.isArray(values) && {
      anyOf: values.map((value) => describeSchema('Literal', { type: typeof value }, false)),
    }),
    ...Object.fromEntries(inside),
  }
}

/** Lists the named members that are objects or lists. `additionalProperties` may be `false`. */
const list = (members: Members, names: readonly string[]) =>
  names.flatMap((name) => {
    const inner = ownMember(members, name)
    return typeof inner === 'object' && inner !== null ? [[name, inner] as const] : []
  })

const mapMembers = (members: object, map: (inner: unknown) => unknown) =>
  Object.fromEntries(Object.entries(members).map(([name, inner]) => [name, map(inner)]))
