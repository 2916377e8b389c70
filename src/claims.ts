/**
 * Which claims an application declares, and how they are read from a payload together with the standard ones.
 * @module
 */
import { coerce } from './coercion.js'
import { ignoreRejection } from './promises.js'
import {
  type CompiledSchema,
  compileSchema,
  copySchema,
  findUnknownFormat,
  isRepeatable,
  isSchema,
  isTransform,
  oneOrMore,
  type TSchema,
  Type,
} from './schema.js'
import {
  ACCESS_CLAIMS,
  type CommonClaims,
  ID_CLAIMS,
  type Payload,
  type TokenUse,
} from './standard-claims.js'

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
export interface ClaimsReader {
  readonly read: (payload: Payload, tokenUse: TokenUse) => ClaimsReading
  /** Names that its schema declares besides the standard ones. */
  readonly names: ReadonlySet<string>
  /**
   * Whether it finds the same in the same payload every time, and nothing that could be changed: so that one reading
   * can serve many requests.
   */
  readonly isRepeatable: boolean
}

interface Field {
  readonly name: string
  /** Name of the claim on the wire. */
  readonly wire: string
  readonly schema: TSchema
  readonly isWrittenAsString: boolean
}

interface FieldSet {
  readonly fields: readonly Field[]
  readonly schema: CompiledSchema
}

/** Cognito writes these as strings in some flows; custom attributes it writes as strings always. */
function isWrittenAsString(wire: unknown): boolean {
  return String(wire).startsWith('custom:') || wire === 'email_verified' || wire === 'phone_number_verified'
}

const toFields = (schema: TSchema): Field[] =>
  Object.entries<TSchema>(schema['properties']).map(([name, property]) => ({
    name,
    wire: property['alias'] ?? name,
    schema: property,
    isWrittenAsString: isWrittenAsString(property['alias'] ?? name),
  }))

const STANDARD: Record<TokenUse, FieldSet> = {
  access: { fields: toFields(ACCESS_CLAIMS), schema: compileSchema(ACCESS_CLAIMS) },
  id: { fields: toFields(ID_CLAIMS), schema: compileSchema(ID_CLAIMS) },
}

function readFields({ fields, schema }: FieldSet, payload: Payload): ClaimsReading {
  const values: Record<string, unknown> = {}
  for (const field of fields) {
    if (!Object.hasOwn(payload, field.wire)) continue
    const value = payload[field.wire]
    values[field.name] = field.isWrittenAsString ? coerce(value, field.schema) : value
  }
  const claims = schema.decode(values)
  if (claims !== undefined) return { claims: claims as CommonClaims }
  const names = new Set(Array.from(schema.mismatches(values), ({ path }) => path[0]))
  const misfits = fields.filter(({ name }) => names.has(name)).map(describe)
  return { misfits: misfits.length > 0 ? misfits : ['a transform threw'] }
}

/** Names come from the schema, never from the token. */
const describe = ({ name, wire }: Field) => (name === wire ? name : `${name} (${wire})`)

/** Reads the claims that Cognito itself writes. */
const readStandard: ClaimsReader['read'] = (payload, tokenUse) => readFields(STANDARD[tokenUse], payload)

/**
 * Compiles the option `claims` to a reader of verified payloads. The standard claims are always read as well.
 *
 * @param option - `undefined` for the standard claims alone
 * @param path - where the option stands, for the message of an error
 * @throws {TypeError} when the schema cannot be used, naming the path
 * @example
 * const { read } = compileClaims(Type.Object({ seats: Type.Integer({ alias: 'custom:seats' }) }), 'pools.eu.claims')
 * read({ ...payload, 'custom:seats': '7' }, 'id').claims // { sub: '…', …, seats: 7 }
 */
export function compileClaims(option: ClaimsOption | undefined, path: string): ClaimsReader {
  if (option === undefined) return { read: readStandard, names: new Set(), isRepeatable: true }
  if (typeof option === 'function')
    return { read: readerOfGuard(option), names: new Set(), isRepeatable: false }
  const declared = compileFields(copySchema(option), path)
  return {
    read: readerOfSchema(declared),
    names: new Set(declared.fields.map(({ name }) => name)),
    isRepeatable: isRepeatable(option),
  }
}

function readerOfSchema(declared: FieldSet): ClaimsReader['read'] {
  return (payload, tokenUse) => {
    const standard = readStandard(payload, tokenUse)
    if (standard.misfits) return standard
    const extra = readFields(declared, payload)
    return extra.misfits ? extra : { claims: { ...standard.claims, ...extra.claims } }
  }
}

function readerOfGuard(guard: (claims: unknown) => unknown): ClaimsReader['read'] {
  return (payload, tokenUse) => {
    const standard = readStandard(payload, tokenUse)
    if (standard.misfits) return standard
    return accepts(guard, payload)
      ? { claims: { ...payload, ...standard.claims } }
      : { misfits: ['the type guard'] }
  }
}

/** A type guard that throws has not accepted. Exactly `true`: the promise of an asynchronous one would pass for it. */
function accepts(guard: (claims: unknown) => unknown, payload: Payload): boolean {
  try {
    const answer = guard(payload)
    ignoreRejection(answer)
    return answer === true
  } catch {
    return false
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
