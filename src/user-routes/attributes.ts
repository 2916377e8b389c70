/**
 * The attributes that users may set, and the conversion of their values to and from Cognito's text.
 * @module
 */
import { checkedLater, TEXT } from '../base/option-schema.js'
import {
  type CompiledSchema,
  compileSchema,
  copySchema,
  isSchema,
  type TSchema,
  Type,
} from '../base/schema.js'
import { toAttributeText } from '../claims/coercion.js'
import type { Field } from '../claims/fields.js'
import { findLibrary } from '../claims/foreign-schema.js'
import { compileFields, type ObjectSchema } from '../claims/reader.js'
import { typesOf } from '../claims/schema-types.js'
import { WRITABLE } from '../claims/standard-claims.js'
import { withPlace } from './body.js'
import { fail } from './errors.js'

/** An attribute of Cognito's API. */
export interface CognitoAttribute {
  readonly Name?: string | undefined
  readonly Value?: string | undefined
}

/** The compiled option `attributes`. */
export interface Attributes {
  /** Schema of the attributes in a body: names and types of the option, without aliases. */
  readonly schema: TSchema
  /**
   * Converts attributes to Cognito's names and to text.
   *
   * @throws {UserRouteError} for a value that could not be read back
   */
  readonly toCognito: (values: object) => { Name: string; Value: string }[]
  /**
   * Converts Cognito's attributes back. An attribute that the option does not name stays text, under Cognito's name. The
   * `default` of the option stands for an attribute that Cognito does not store.
   */
  readonly fromCognito: (stored: readonly CognitoAttribute[]) => Readonly<Record<string, unknown>>
}

interface Attribute extends Field {
  readonly compiled: CompiledSchema
}

const PATH = 'user-routes.attributes'

const DEFAULT_ATTRIBUTES = Type.Object(
  Object.fromEntries(WRITABLE.map((name) => [name, Type.Optional(Type.String(TEXT))])),
)

/** Schema of the option `attributes`. {@link compileAttributes} checks the value. */
export const attributesOption = Type.Optional(checkedLater<ObjectSchema>('a TypeBox object schema'))

/**
 * Compiles the option `attributes`.
 *
 * @param option - `undefined` for the standard attributes that users write themselves
 * @throws {TypeError} with the path of a wrong attribute, and what was expected
 */
export function compileAttributes(option: ObjectSchema | undefined): Attributes {
  const declared = option === undefined ? DEFAULT_ATTRIBUTES : copyDeclared(option)
  const attributes = compileFields(declared, PATH).fields.map(compileAttribute)
  const ofWire = new Map(attributes.map((attribute) => [attribute.wire, attribute]))
  return {
    schema: toBodySchema(attributes, declared),
    toCognito: (values) =>
      attributes
        .filter(({ name }) => Object.hasOwn(values, name))
        .map((attribute) => write(attribute, Reflect.get(values, attribute.name))),
    fromCognito: (stored) =>
      Object.fromEntries([
        // These come first, so that an attribute outside the option never replaces one of the option.
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
      `${PATH}: expected Type.Object({ … }) of @sinclair/typebox 0.34${library === undefined ? '' : `, not a schema of ${library}`}`,
    )
  }
  return copySchema(option)
}

function compileAttribute(field: Field): Attribute {
  assertWritable(field)
  assertReadable(field)
  return { ...field, compiled: compileSchema(field.schema) }
}

function assertWritable({ name, wire }: Field): void {
  if (WRITABLE.includes(wire) || /^custom:[^\s:]+$/.test(wire)) return
  throw new TypeError(
    `${PATH}.${name}: expected the alias of a custom attribute, such as 'custom:${name}', or one of ${WRITABLE.join(', ')}`,
  )
}

/** Refuses a type that cannot be read back. ID tokens and Cognito's API write an address differently. */
function assertReadable({ name, wire, schema }: Field): void {
  const types = typesOf(schema)
  const fault =
    wire === 'address' && types.has('object')
      ? 'Type.String(), because Cognito writes its text into an object of its own'
      : types.has('Date') && types.size > 1 && 'Type.Date() alone, because a date comes as text'
  if (fault) throw new TypeError(`${PATH}.${name}: expected ${fault}`)
}

/** Makes the schema of a body. A body may leave out an attribute with a `default`: nothing is stored then. */
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

/** Makes the schema of one attribute in a body. JSON has no dates: a date is text, and {@link write} checks the text. */
function toBodyProperty(schema: TSchema): TSchema {
  const { alias: _alias, fromText: _fromText, ...body } = schema
  if (!typesOf(schema).has('Date')) return body
  return Type.String({ minLength: 1, maxLength: 40, description: 'A date, or a date and time (RFC 3339)' })
}

function write({ name, wire, compiled, read }: Attribute, value: unknown): { Name: string; Value: string } {
  const text = toAttributeText(value, read)
  // Text that cannot be read back must not be stored, because a token with the text would be refused.
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
