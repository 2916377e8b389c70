/**
 * How each property of a claim schema is read from a payload.
 * @module
 */

import { type Members, ownMember } from '../base/members.js'
import { compileDecoder, type TSchema, Type } from '../base/schema.js'
import { type Conversion, compileCoercion } from './coercion.js'
import { typesOf } from './schema-types.js'
import { FLAGS, isAttribute } from './standard-claims.js'

/** A property of a claim schema. */
export interface Field {
  readonly name: string
  readonly schema: TSchema
  /** Name of the claim on the wire. */
  readonly wire: string
  /** Turns text into the type of the schema, where Cognito writes text. */
  readonly read: Conversion
  /** What stands for an absent claim: the `default`, a new copy each time. */
  readonly fallback: (() => unknown) | undefined
  /** Decodes the transforms of a value that fits; throws when one of them throws. */
  readonly decode: Conversion | undefined
}

/** Name of the claim that a property is read from. */
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

/** How the value of a claim, or the text of an attribute, becomes a type of `schema`. */
function compileReading(wire: string, schema: TSchema): Conversion {
  // A flag is a boolean in some flows and text in others, so it must not depend on the schema which one is seen.
  if (FLAGS.includes(wire)) return readFlag
  if (!isAttribute(wire) && schema['fromText'] !== true) return keep
  const coerce = compileCoercion(schema)
  return isTextOfAddress(wire, schema) ? (value) => coerce(unwrapAddress(value)) : coerce
}

/** A schema of an object takes the claim `address` as it is. */
const isTextOfAddress = (wire: string, schema: TSchema) =>
  wire === 'address' && !typesOf(schema).has('object')

/**
 * Cognito stores an address as text, and writes it into ID tokens as the one member `formatted` of an object.
 *
 * @see https://github.com/aws-amplify/amplify-js/issues/4935
 */
function unwrapAddress(value: unknown): unknown {
  const isWrapped = typeof value === 'object' && value !== null && Object.keys(value).length === 1
  return isWrapped ? (ownMember(value as Members, 'formatted') ?? value) : value
}
