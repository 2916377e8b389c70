/**
 * Which attributes people may give themselves, and how their values become Cognito's text and come back from it.
 * @module
 */
import { compileClaims, type ObjectSchema } from '../claims.js'
import { coerce } from '../coercion.js'
import { type CompiledSchema, compileSchema, copySchema, isSchema, type TSchema, Type } from '../schema.js'
import { malformed } from './body.js'

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
  /** Reads what Cognito stores. What the option does not name stays text, under its name there. */
  readonly fromCognito: (stored: readonly CognitoAttribute[]) => Readonly<Record<string, unknown>>
}

interface Attribute {
  readonly name: string
  /** Name of the attribute at Cognito. */
  readonly wire: string
  readonly schema: TSchema
  readonly compiled: CompiledSchema
}

/**
 * The standard attributes that users write themselves. Not `sub`, and nothing that says that something was verified.
 *
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
 */
export const WRITABLE: readonly string[] = [
  'address',
  'birthdate',
  'email',
  'family_name',
  'gender',
  'given_name',
  'locale',
  'middle_name',
  'name',
  'nickname',
  'phone_number',
  'picture',
  'preferred_username',
  'profile',
  'website',
  'zoneinfo',
]

const STANDARD = Type.Object(
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
  const declared = option === undefined ? STANDARD : assertObject(option)
  const attributes = Object.entries<TSchema>(declared['properties']).map(([name, schema]) => ({
    name,
    wire: assertWritable(name, schema['alias'] ?? name),
    schema,
    compiled: compileSchema(schema),
  }))
  const ofWire = new Map(attributes.map((attribute) => [attribute.wire, attribute]))
  const required: readonly string[] = declared['required'] ?? []
  return {
    schema: Type.Object(
      Object.fromEntries(
        attributes.map(({ name, schema }) => [name, toBodySchema(schema, required.includes(name))]),
      ),
      { additionalProperties: false },
    ),
    toCognito: (values) =>
      attributes
        .filter(({ name }) => Object.hasOwn(values, name))
        .map((attribute) => write(attribute, Reflect.get(values, attribute.name))),
    fromCognito: (stored) => Object.fromEntries(stored.map((one) => read(one, ofWire))),
  }
}

function assertObject(option: ObjectSchema): TSchema {
  if (!isSchema(option) || option['type'] !== 'object') {
    throw new TypeError('user-routes.attributes: expected Type.Object({ … }) of @sinclair/typebox 0.34')
  }
  compileClaims(option, 'user-routes.attributes')
  return copySchema(option)
}

function assertWritable(name: string, wire: string): string {
  if (WRITABLE.includes(wire) || /^custom:[^\s:]+$/.test(wire)) return wire
  throw new TypeError(
    `user-routes.attributes.${name}: expected the alias of a custom attribute, such as 'custom:${name}', or one of ${WRITABLE.join(', ')}`,
  )
}

/** JSON has no dates: they come as text, which {@link write} looks at. */
function toBodySchema(schema: TSchema, isRequired: boolean): TSchema {
  const { alias: _, ...body } = schema
  if (schema['type'] !== 'Date') return body as TSchema
  const text = Type.String({
    minLength: 1,
    maxLength: 40,
    description: 'A date, or a date and time (RFC 3339)',
  })
  return isRequired ? text : Type.Optional(text)
}

const toText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

function write({ name, wire, schema, compiled }: Attribute, value: unknown): { Name: string; Value: string } {
  const text = toText(value)
  // What a token could not be read with later must not be stored.
  if (compiled.decode(coerce(text, schema)) !== undefined) return { Name: wire, Value: text }
  throw malformed(`attributes.${name} has no text that could be read back`, `attributes.${name}`)
}

function read({ Name = '', Value = '' }: CognitoAttribute, ofWire: ReadonlyMap<string, Attribute>) {
  const attribute = ofWire.get(Name)
  if (attribute === undefined) return [Name, Value] as const
  return [attribute.name, attribute.compiled.decode(coerce(Value, attribute.schema)) ?? Value] as const
}
