/**
 * What a token says of its bearer: the claims Cognito writes, and the ones an application declares.
 * @module
 */
import { coerce } from './coercion.js'
import {
  type CompiledSchema,
  compileSchema,
  findUnknownFormat,
  type IsDocumented,
  isSchema,
  isTransform,
  oneOrMore,
  type TSchema,
  Type,
} from './schema.js'

/** Which of Cognito's tokens it is: the claim `token_use`. */
export type TokenUse = 'access' | 'id'

/** A payload as it came, its members under their names on the wire. */
export type Payload = Readonly<Record<string, unknown>>

const COMMON = {
  sub: Type.String(),
  iss: Type.String(),
  exp: Type.Number(),
  iat: Type.Number(),
  auth_time: Type.Optional(Type.Number()),
  jti: Type.Optional(Type.String()),
  origin_jti: Type.Optional(Type.String()),
  event_id: Type.Optional(Type.String()),
  'cognito:groups': Type.Optional(Type.Array(Type.String())),
}

/** Claims that both kinds of token carry. Times are seconds since 1970 (RFC 7519 §2). */
export interface CommonClaims {
  readonly sub: string
  readonly iss: string
  readonly exp: number
  readonly iat: number
  readonly token_use: TokenUse
  readonly auth_time?: number
  readonly jti?: string
  readonly origin_jti?: string
  readonly event_id?: string
  readonly 'cognito:groups'?: readonly string[]
}

const ACCESS = Type.Object({
  ...COMMON,
  token_use: Type.Literal('access'),
  client_id: Type.String(),
  username: Type.Optional(Type.String()),
  scope: Type.Optional(Type.String()),
  version: Type.Optional(Type.Number()),
  device_key: Type.Optional(Type.String()),
})

/**
 * Claims of an access token. A machine's has no `username`.
 *
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
 */
export interface AccessClaims extends CommonClaims {
  readonly token_use: 'access'
  readonly client_id: string
  readonly username?: string
  /** Names separated by one space (RFC 6749 §3.3). */
  readonly scope?: string
  readonly version?: number
  readonly device_key?: string
}

const ID = Type.Object({
  ...COMMON,
  token_use: Type.Literal('id'),
  aud: Type.String(),
  nonce: Type.Optional(Type.String()),
  at_hash: Type.Optional(Type.String()),
  'cognito:username': Type.Optional(Type.String()),
  'cognito:roles': Type.Optional(Type.Array(Type.String())),
  'cognito:preferred_role': Type.Optional(Type.String()),
  identities: Type.Optional(Type.Array(Type.Unknown())),
  email: Type.Optional(Type.String()),
  email_verified: Type.Optional(Type.Boolean()),
  phone_number: Type.Optional(Type.String()),
  phone_number_verified: Type.Optional(Type.Boolean()),
  name: Type.Optional(Type.String()),
  given_name: Type.Optional(Type.String()),
  family_name: Type.Optional(Type.String()),
  preferred_username: Type.Optional(Type.String()),
})

/**
 * Claims of an ID token. Standard attributes that are not named here stay in the payload.
 *
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html
 */
export interface IdClaims extends CommonClaims {
  readonly token_use: 'id'
  readonly aud: string
  readonly nonce?: string
  readonly at_hash?: string
  readonly 'cognito:username'?: string
  readonly 'cognito:roles'?: readonly string[]
  readonly 'cognito:preferred_role'?: string
  readonly identities?: readonly unknown[]
  readonly email?: string
  readonly email_verified?: boolean
  readonly phone_number?: string
  readonly phone_number_verified?: boolean
  readonly name?: string
  readonly given_name?: string
  readonly family_name?: string
  readonly preferred_username?: string
}

/** Does not compile when an interface and its schema drift apart. */
const areDocumented: [IsDocumented<AccessClaims, typeof ACCESS>, IsDocumented<IdClaims, typeof ID>] = [
  true,
  true,
]
void areDocumented

/** A TypeBox object schema by its shape: TypeBox 0.34 declares its symbols once per module format. */
export interface ObjectSchema {
  readonly type: 'object'
  readonly properties: object
  readonly params: unknown[]
  readonly static: unknown
}

/** What the option `claims` takes: a TypeBox 0.34 object schema, or a type guard over the payload. */
export type ClaimsOption = ObjectSchema | ((claims: unknown) => claims is object)

/** Schema of the option `tokenUse`. */
export const tokenUseOption = Type.Optional(
  oneOrMore(Type.Union([Type.Literal('access'), Type.Literal('id')]), "'access', 'id' or a list of both"),
)

/** Schema of the option `claims`; {@link compileClaims} looks at it closely. */
export const claimsOption = Type.Optional(
  Type.Unsafe<ClaimsOption>({ ...Type.Any(), expected: 'a TypeBox object schema or a type guard' }),
)

/** The claims of one token, or the names of those that do not fit. */
export type ClaimsReading =
  | { readonly claims: CommonClaims; readonly misfits?: never }
  | { readonly claims?: never; readonly misfits: readonly string[] }

/** Reads the claims of a verified payload. */
export type ClaimsReader = (payload: Payload, tokenUse: TokenUse) => ClaimsReading

interface Field {
  readonly name: string
  /** Name of the claim on the wire. */
  readonly wire: string
  readonly schema: TSchema
}

interface FieldSet {
  readonly fields: readonly Field[]
  readonly schema: CompiledSchema
}

/** Cognito writes these as strings in some flows; custom attributes it writes as strings always. */
function isWrittenAsString(wire: string): boolean {
  return wire.startsWith('custom:') || wire === 'email_verified' || wire === 'phone_number_verified'
}

const toFields = (schema: TSchema): Field[] =>
  Object.entries<TSchema>(schema['properties']).map(([name, property]) => ({
    name,
    wire: property['alias'] ?? name,
    schema: property,
  }))

const STANDARD: Record<TokenUse, FieldSet> = {
  access: { fields: toFields(ACCESS), schema: compileSchema(ACCESS) },
  id: { fields: toFields(ID), schema: compileSchema(ID) },
}

function readFields({ fields, schema }: FieldSet, payload: Payload): ClaimsReading {
  const values: Record<string, unknown> = {}
  for (const field of fields) {
    if (!Object.hasOwn(payload, field.wire)) continue
    const value = payload[field.wire]
    values[field.name] = isWrittenAsString(field.wire) ? coerce(value, field.schema) : value
  }
  const claims = schema.decode(values)
  if (claims !== undefined) return { claims: claims as CommonClaims }
  const names = new Set(schema.mismatches(values).map(({ path }) => path[0]))
  const misfits = fields.filter(({ name }) => names.has(name)).map(describe)
  return { misfits: misfits.length > 0 ? misfits : ['a transform threw'] }
}

/** Names come from the schema, never from the token. */
const describe = ({ name, wire }: Field) => (name === wire ? name : `${name} (${wire})`)

/** Reads the claims that Cognito itself writes. */
const readStandard: ClaimsReader = (payload, tokenUse) => readFields(STANDARD[tokenUse], payload)

/**
 * Compiles the option `claims` to a reader of verified payloads. The standard claims are always read as well.
 *
 * @param option - `undefined` for the standard claims alone
 * @param path - where the option stands, for the message of an error
 * @throws {TypeError} when the schema cannot be used, naming the path
 * @example
 * const read = compileClaims(Type.Object({ seats: Type.Integer({ alias: 'custom:seats' }) }), 'pools.eu.claims')
 * read({ ...payload, 'custom:seats': '7' }, 'id').claims // { sub: '…', …, seats: 7 }
 */
export function compileClaims(option: ClaimsOption | undefined, path: string): ClaimsReader {
  if (option === undefined) return readStandard
  if (typeof option === 'function') return readerOfGuard(option)
  return readerOfSchema(compileFields(option, path))
}

function readerOfSchema(declared: FieldSet): ClaimsReader {
  return (payload, tokenUse) => {
    const standard = readStandard(payload, tokenUse)
    if (standard.misfits) return standard
    const extra = readFields(declared, payload)
    return extra.misfits ? extra : { claims: { ...standard.claims, ...extra.claims } }
  }
}

function readerOfGuard(guard: (claims: unknown) => boolean): ClaimsReader {
  return (payload, tokenUse) => {
    const standard = readStandard(payload, tokenUse)
    if (standard.misfits) return standard
    // Exactly true: the promise of an asynchronous function would pass for it.
    return guard(payload) === true
      ? { claims: { ...payload, ...standard.claims } }
      : { misfits: ['the type guard'] }
  }
}

function compileFields(schema: unknown, path: string): FieldSet {
  if (!isSchema(schema)) {
    throw new TypeError(
      `${path}: expected an object schema of @sinclair/typebox 0.34 or a type guard (a schema of typebox 1.x is neither)`,
    )
  }
  if (schema['type'] !== 'object' || typeof schema['properties'] !== 'object') {
    throw new TypeError(`${path}: expected Type.Object({ … }); merge several with Type.Composite([ … ])`)
  }
  if (isTransform(schema)) {
    throw new TypeError(`${path}: expected transforms on the properties, not on the whole object`)
  }
  const fields = toFields(schema)
  for (const field of fields) checkField(field, fields, path)
  try {
    return { fields, schema: compileSchema(schema) }
  } catch (cause) {
    throw new TypeError(`${path}: expected a schema that TypeBox can compile`, { cause })
  }
}

const isStandard = (name: string) =>
  [STANDARD.access, STANDARD.id].some(({ fields }) => fields.some((field) => field.name === name))

function checkField(field: Field, fields: readonly Field[], path: string): void {
  const at = `${path}.${field.name}`
  if (field.name === '__proto__') throw new TypeError(`${at}: this name cannot be a property`)
  if (!isSchema(field.schema)) throw new TypeError(`${at}: expected a schema of @sinclair/typebox 0.34`)
  if (typeof field.wire !== 'string' || field.wire === '') {
    throw new TypeError(`${at}.alias: expected the name of a claim, such as 'custom:tenant_id'`)
  }
  const twin = fields.find(
    (other) => other !== field && (other.wire === field.wire || other.name === field.wire),
  )
  if (twin) throw new TypeError(`${at}.alias: '${field.wire}' is taken by the property ${twin.name}`)
  if (field.name !== field.wire && isStandard(field.name)) {
    throw new TypeError(
      `${at}: the standard claim ${field.name} cannot be read from '${field.wire}'; rename the property`,
    )
  }
  const format = findUnknownFormat(field.schema)
  if (format !== undefined) {
    throw new TypeError(
      `${at}: the format '${format}' is not in TypeBox's FormatRegistry, so no token would fit`,
    )
  }
}
