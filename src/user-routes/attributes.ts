/**
 * Which attributes people may give themselves, and how their values become Cognito's text and come back from it.
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

/** The attributes of the option, compiled. */
export interface Attributes {
  /** Schema of the object that a body carries them in: names and types as in the option, without their aliases. */
  readonly schema: TSchema
  /**
   * Writes them as Cognito stores them: under their names there, and all as text.
   *
   * @throws {UserRouteError} for a value that could not be read back
   */
  readonly toCognito: (values: object) => { Name: string; Value: string }[]
  /**
   * Reads what Cognito stores. What the option does not name stays text, under its name there. What is not stored is the
   * `default` of the option, where it has one.
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

/** Schema of the option `attributes`; {@link compileAttributes} looks at it closely. */
export const attributesOption = Type.Optional(
  Type.Unsafe<ObjectSchema>({ ...Type.Any(), expected: 'a TypeBox object schema' }),
)

/**
 * Compiles the option `attributes`.
 *
 * @param option - `undefined` for the standard attributes that users write themselves
 * @throws {TypeError} naming the attribute that cannot be one, and what was expected
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
        // An attribute that the option does not name must not take the name of one that it does.
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

/** What is stored has to be read again from the ID token and from Cognito's API, which write an address differently. */
function assertComingBack({ name, wire }: Field, schema: TSchema): void {
  const types = typesOf(schema)
  const fault =
    wire === 'address' && types.has('object')
      ? 'Type.String(), because Cognito writes its text into an object of its own'
      : types.has('Date') && types.size > 1 && 'Type.Date() alone, because a date comes as text'
  if (fault) throw new TypeError(`user-routes.attributes.${name}: expected ${fault}`)
}

/** An attribute with a `default` may be left out: then nothing is stored, and the default is read. */
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

/** JSON has no dates: they come as text, which {@link write} looks at. */
function toBodyProperty(schema: TSchema): TSchema {
  const { alias: _alias, fromText: _fromText, ...body } = schema
  if (!typesOf(schema).has('Date')) return body as TSchema
  return Type.String({ minLength: 1, maxLength: 40, description: 'A date, or a date and time (RFC 3339)' })
}

function write({ name, wire, compiled, read }: Attribute, value: unknown): { Name: string; Value: string } {
  const text = toAttributeText(value, read)
  // What a token could not be read with later must not be stored.
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
