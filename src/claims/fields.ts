/**
 * Compiles how each property of a claim schema is read from a payload.
 * @module
 */

import { isMembers, ownMember } from '../base/members.js'
import { compileDecoder, type TSchema, Type } from '../base/schema.js'
import { type Conversion, compileCoercion } from './coercion.js'
import { typesOf } from './schema-types.js'
import { FLAGS, isAttribute } from './standard-claims.js'

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
    fallback: Object.hasOwn(schema, 'default') ? toFallback(structuredClone(schema['default'])) : undefined,
    decode: compileDecoder(schema),
  }
}

const toFallback = (value: unknown) =>
  typeof value === 'object' ? () => structuredClone(value) : () => value

const readFlag = compileCoercion(Type.Boolean())
const keep: Conversion = (value) => value

/** Compiles the conversion of a claim's value into a type of `schema`. */
function compileReading(wire: string, schema: TSchema): Conversion {
  // Cognito writes a flag as a boolean or as text, so a flag becomes a boolean under every schema.
  if (FLAGS.includes(wire)) return readFlag
  if (!isAttribute(wire) && schema['fromText'] !== true) return keep
  const coerce = compileCoercion(schema)
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
