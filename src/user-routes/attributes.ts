/**
 * The attributes that users may write themselves, and their conversion to Cognito's text and back.
 * @module
 */

import {
  type CompiledSchema,
  compileSchema,
  copySchema,
  isSchema,
  type TSchema,
  Type,
} from '../base/schema.js'
import { toAttributeText } from '../claims/coercion.js'
import { compileField, type Field } from '../claims/fields.js'
import { findLibrary } from '../claims/foreign-schema.js'
import { compileClaims, type ObjectSchema } from '../claims/reader.js'
import { typesOf } from '../claims/schema-types.js'
import { WRITABLE } from '../claims/standard-claims.js'
import { withPlace } from './body.js'
import { fail } from './errors.js'

/** An attribute as Cognito's API has it. */
export interface CognitoAttribute {
  readonly Name?: string | undefined
  readonly Value?: string | undefined
}

/** The compiled option `attributes`. */
export interface Attributes {
  /** Schema of the attributes in a body: names and types as in the option, without aliases. */
  readonly schema: TSchema
  /**
   * Converts attributes to the form that Cognito stores: Cognito's names, and text only.
   *
   * @throws {UserRouteError} for a value that could not be read back
   */
  readonly toCognito: (values: object) => { Name: string; Value: string }[]
  /**
   * Reads stored attributes. An attribute that the option does not name stays text under Cognito's name. A missing
   * attribute gets the `default` of its schema, where the schema has one.
   */
  readonly fromCognito: (stored: readonly CognitoAttribute[]) => Readonly<Record<string, unknown>>
}

interface Attribute extends Field {
  readonly schema: TSchema
  readonly compiled: CompiledSchema
}

const DEFAULT_ATTRIBUTES = Type.Object(
  Object.fromEntries(
    WRITABLE.map((name) => [name, Type.Optional(Type.String({ minLength: 1, maxLength: 2048 }))]),
  ),
)

/** Schema of the option `attributes`. {@link compileAttributes} checks the details. */
export const attributesOption = Type.Optional(
  Type.Unsafe<ObjectSchema>({ ...Type.Any(), expected: 'a TypeBox object schema' }),
)

/**
 * Compiles the option `attributes`.
 *
 * @param option - `undefined` for the standard attributes that users may write
 * @throws {TypeError} for a wrong attribute; the message has its name and the expected form
 */
export function compileAttributes(option: ObjectSchema | undefined): Attributes {
  const declared = option === undefined ? DEFAULT_ATTRIBUTES : copyDeclared(option)
  const attributes = Object.entries<TSchema>(declared['properties']).map(([name, schema]) =>
    compileAttribute(name, schema),
  )
  const ofWire = new Map(attributes.map((attribute) => [attribute.wire, attribute]))
  return {
    schema: toBodySchema(attributes, declared),
    toCognito: (values) =>
      attributes
        .filter(({ name }) => Object.hasOwn(values, name))
        .map((attribute) => write(attribute, Reflect.get(values, attribute.name))),
    fromCognito: (stored) =>
      Object.fromEntries([
        // Unnamed attributes come first, so that they cannot replace an attribute that the option names.
        ...stored.filter(({ Name = '' }) => !ofWire.has(Name)).map((one) => read(one, ofWire)),
        ...attributes.flatMap(listDefault),
        ...stored.filter(({ Name = '' }) => ofWire.has(Name)).map((one) => read(one, ofWire)),
      ]),
  }
}

function copyDeclared(option: ObjectSchema): TSchema {
  if (!isSchema(option) || option['type'] !== 'object') {
    const library = findLibrary(option)
    throw new TypeError(
      `user-routes.attributes: expected Type.Object({ … }) of @sinclair/typebox 0.34${library === undefined ? '' : `, not a schema of ${library}`}`,
    )
  }
  compileClaims(option, 'user-routes.attributes')
  return copySchema(option)
}

function compileAttribute(name: string, schema: TSchema): Attribute {
  const field = compileField(name, schema)
  assertWritable(field)
  assertComingBack(field, schema)
  return { ...field, schema, compiled: compileSchema(schema) }
}

function assertWritable({ name, wire }: Field): void {
  if (WRITABLE.includes(wire) || /^custom:[^\s:]+$/.test(wire)) return
  throw new TypeError(
    `user-routes.attributes.${name}: expected the alias of a custom attribute, such as 'custom:${name}', or one of ${WRITABLE.join(', ')}`,
  )
}

/** Checks that a stored value can be read back, from the ID token and from Cognito's API, which differ for an address. */
function assertComingBack({ name, wire }: Field, schema: TSchema): void {
  const types = typesOf(schema)
  const fault =
    wire === 'address' && types.has('object')
      ? 'Type.String(), because Cognito writes its text into an object of its own'
      : types.has('Date') && types.size > 1 && 'Type.Date() alone, because a date comes as text'
  if (fault) throw new TypeError(`user-routes.attributes.${name}: expected ${fault}`)
}

/** Makes the schema of a body. An attribute with a `default` is optional, because a missing one is read as the default. */
function toBodySchema(attributes: readonly Attribute[], declared: TSchema): TSchema {
  const { required = [], minProperties, maxProperties } = declared
  const properties = attributes.map(({ name, schema }) => {
    const isRequired = required.includes(name) && !Object.hasOwn(schema, 'default')
    return [name, isRequired ? toBodyProperty(schema) : Type.Optional(toBodyProperty(schema))] as const
  })
  return Type.Object(Object.fromEntries(properties), {
    additionalProperties: false,
    ...(minProperties !== undefined && { minProperties }),
    ...(maxProperties !== undefined && { maxProperties }),
  })
}

/** Replaces the schema of a date by one of text, because JSON has no dates. {@link write} checks the text. */
function toBodyProperty(schema: TSchema): TSchema {
  const { alias: _alias, fromText: _fromText, ...body } = schema
  if (!typesOf(schema).has('Date')) return body as TSchema
  return Type.String({ minLength: 1, maxLength: 40, description: 'A date, or a date and time (RFC 3339)' })
}

function write({ name, wire, compiled, read }: Attribute, value: unknown): { Name: string; Value: string } {
  const text = toAttributeText(value, read)
  // A value is stored only if a token with it can be read later.
  if (text !== undefined && compiled.decode(read(text)) !== undefined) return { Name: wire, Value: text }
  throw fail('ATTRIBUTE_NOT_READABLE', withPlace(`attributes.${name}`), { name })
}

function read({ Name = '', Value = '' }: CognitoAttribute, ofWire: ReadonlyMap<string, Attribute>) {
  const attribute = ofWire.get(Name)
  if (attribute === undefined) return [Name, Value] as const
  const decoded = attribute.compiled.decode(attribute.read(Value))
  return [attribute.name, decoded === undefined ? Value : decoded] as const
}

const listDefault = ({ name, fallback, compiled }: Attribute) =>
  fallback === undefined ? [] : [[name, compiled.decode(fallback())] as const]
