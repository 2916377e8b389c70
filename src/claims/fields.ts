/**
 * Compiles how each property of a claim schema is read from a payload.
 * @module
 */

import { isMembers, ownMember } from '../base/members.js'
import { compileDecoder, type TSchema, Type } from '../base/schema.js'
import { type CheckCompiler, type Conversion, compileCoercion } from './coercion.js'
import { typesOf } from './schema-types.js'
import { FLAGS, isAttribute, type Payload } from './standard-claims.js'

/** A property of a claim schema. */
export interface Field {
  readonly name: string
  readonly schema: TSchema
  /** Name of the claim in the token. */
  readonly wire: string
  /** Converts text into the type of the schema, if Cognito writes the claim as text. */
  readonly read: Conversion
  /** Returns the `default` for an absent claim, a new copy each time. */
  readonly fallback: (() => unknown) | undefined
  /** Decodes the transforms of a value that fits the schema. Throws when a transform throws. */
  readonly decode: Conversion | undefined
}

/** Values by the names of properties. */
export type Values = Record<string, unknown>

/** Prototype of declared claims. It has no members, so that an absent claim `constructor` is absent. */
const BLANK = Object.freeze(Object.create(null))

/** Makes an object for declared claims. */
export const createValues = (): Values => Object.create(BLANK)

/** How a property finds its value. */
type Reading = Pick<Field, 'name' | 'wire' | 'read' | 'fallback'>

/** Copies claims from a payload into `values`, under the names of the schema and converted to its types. */
export function collect(fields: readonly Reading[], payload: Payload, values: Values): void {
  for (const { name, wire, read, fallback } of fields) {
    if (Object.hasOwn(payload, wire)) values[name] = read(payload[wire])
    else if (fallback !== undefined) values[name] = fallback()
  }
}

/** Returns the name of the claim that a property is read from. */
export const wireOf = (name: string, schema: TSchema): string => schema['alias'] ?? name

/**
 * Compiles a property.
 *
 * @throws {Error} when TypeBox cannot compile it
 */
export function compileField(name: string, schema: TSchema): Field {
  const wire = wireOf(name, schema)
  return {
    name,
    schema,
    wire,
    read: compileReading(wire, schema),
    fallback: compileFallback(schema),
    decode: compileDecoder(schema),
  }
}

/** Compiles the `default` of a property to a function that returns a new copy each time. */
export function compileFallback(schema: TSchema): Field['fallback'] {
  if (!Object.hasOwn(schema, 'default')) return undefined
  const value: unknown = structuredClone(schema['default'])
  return typeof value === 'object' ? () => structuredClone(value) : () => value
}

const readFlag = compileCoercion(Type.Boolean())
const keep: Conversion = (value) => value

/**
 * Compiles the conversion of a claim's value into a type of `schema`.
 *
 * @param compileCheck - compiles the check by the schema; by default that of TypeBox 0.34
 */
export function compileReading(wire: string, schema: TSchema, compileCheck?: CheckCompiler): Conversion {
  // Cognito writes a flag as a boolean or as text, so a flag becomes a boolean under every schema.
  if (FLAGS.includes(wire)) return readFlag
  if (!isAttribute(wire) && schema['fromText'] !== true) return keep
  const coerce = compileCoercion(schema, compileCheck)
  return isTextOfAddress(wire, schema) ? (value) => coerce(unwrapAddress(value)) : coerce
}

/** Tells whether the claim `address` is read as text. A schema of an object reads the claim unchanged. */
const isTextOfAddress = (wire: string, schema: TSchema) =>
  wire === 'address' && !typesOf(schema).has('object')

/**
 * Returns the text of an address. Cognito stores an address as text, and writes an object with that text as its only
 * member, `formatted`, into ID tokens.
 *
 * @see https://github.com/aws-amplify/amplify-js/issues/4935
 */
function unwrapAddress(value: unknown): unknown {
  const isWrapped = isMembers(value) && Object.keys(value).length === 1
  return isWrapped ? (ownMember(value, 'formatted') ?? value) : value
}
