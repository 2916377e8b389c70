/**
 * Reads the standard claims and the claims that an application declares from a verified payload.
 * @module
 */
import type { CognitoError } from '../base/errors.js'
import { oneOrMore } from '../base/option-schema.js'
import { dropPromises, ignoreRejection } from '../base/promises.js'
import {
  type CompiledSchema,
  compileSchema,
  copySchema,
  isRepeatable,
  isSchema,
  propertiesOf,
  type TSchema,
  Type,
} from '../base/schema.js'
import { assertClaimSchema, assertDefaults } from './checks.js'
import { collect, compileField, createValues, type Field, type Values } from './fields.js'
import {
  ACCESS_CLAIMS,
  type CommonClaims,
  ID_CLAIMS,
  type Payload,
  PROFILE_CLAIMS,
  type TokenUse,
} from './standard-claims.js'
import {
  compileStandardSchema,
  isStandardSchema,
  refuseAsynchronous,
  type StandardSchema,
  sourcesOf,
} from './standard-schema.js'

/**
 * A TypeBox 0.34 object schema, `Type.Object({ … })`, described by its shape alone. TypeBox declares its symbols once for
 * each module format, so its own type would not fit a schema that was loaded in the other format.
 */
export interface ObjectSchema {
  readonly type: 'object'
  readonly properties: object
  readonly params: unknown[]
  readonly static: unknown
}

/**
 * The option `claims`: a TypeBox 0.34 object schema of the application's own claims, a schema of another library by
 * Standard Schema, or a type guard over the whole payload.
 *
 * @example Type.Object({ tenant: Type.String({ alias: 'custom:tenant_id' }) })
 * @example z.object({ 'custom:tenant_id': z.string() })
 */
export type ClaimsOption =
  | ObjectSchema
  | StandardSchema<unknown, object>
  | ((claims: unknown) => claims is object)

/** Schema of the option `tokenUse`. */
export const tokenUseOption = Type.Optional(
  oneOrMore(Type.Union([Type.Literal('access'), Type.Literal('id')]), "'access', 'id' or a list of both"),
)

/** Schema of the option `claims`. {@link compileClaims} checks the value in detail. */
export const claimsOption = Type.Optional(
  Type.Unsafe<ClaimsOption>({ ...Type.Any(), expected: 'an object schema or a type guard' }),
)

/** The claims of one token, or the names of the claims that do not fit. */
type OwnReading =
  | { readonly claims: CommonClaims; readonly misfits?: never; readonly fault?: never }
  | { readonly claims?: never; readonly misfits: readonly string[]; readonly fault?: never }

/** The error for a schema that cannot work. */
interface Fault {
  readonly claims?: never
  readonly values?: never
  readonly misfits?: never
  readonly fault: (pool: string) => CognitoError
}

type ClaimsReading = OwnReading | Fault

/** Reads the claims of a verified payload. */
export interface ClaimsReader {
  readonly read: (payload: Payload, tokenUse: TokenUse) => ClaimsReading
  /** Names of the claims that this reader decides about, present or not: properties of its schema, and profile claims. */
  readonly names: Readonly<Record<TokenUse, ReadonlySet<string>>>
  /** `true` when the same payload always gives equal claims that can be frozen: then requests share one reading. */
  readonly isRepeatable: boolean
}

interface FieldSet {
  readonly fields: readonly Field[]
  readonly schema: CompiledSchema
}

type DeclaredReading =
  | { readonly values: Values }
  | { readonly values?: never; readonly misfits: readonly string[]; readonly fault?: never }
  | Fault

const toFields = (schema: TSchema): Field[] =>
  propertiesOf(schema).map(([name, property]) => compileField(name, property))

const ID_WITHOUT_PROFILE = Type.Omit(ID_CLAIMS, PROFILE_CLAIMS)
const STANDARD_FIELDS: Record<TokenUse, FieldSet & { readonly profile: readonly string[] }> = {
  access: { fields: toFields(ACCESS_CLAIMS), schema: compileSchema(ACCESS_CLAIMS), profile: [] },
  id: {
    fields: toFields(ID_WITHOUT_PROFILE),
    schema: compileSchema(ID_WITHOUT_PROFILE),
    profile: PROFILE_CLAIMS,
  },
}

/** Names a field for a message: by the schema, never by text of the token. */
const describe = ({ name, wire }: Field) => (name === wire ? name : `${name} (${wire})`)

function findMisfits({ fields, schema }: FieldSet, values: Values): readonly string[] {
  const mismatches = [...schema.mismatches(values)]
  const names = new Set(mismatches.map(({ path }) => path[0]))
  const counts = mismatches.flatMap(({ path, counted }) => (path.length === 0 && counted ? [counted] : []))
  const misfits = [...fields.filter(({ name }) => names.has(name)).map(describe), ...counts]
  return misfits.length > 0 ? misfits : ['a format threw']
}

/** Tells whether the standard claims fit their schema. */
const isStandard = ({ schema }: FieldSet, claims: Values): claims is Values & CommonClaims =>
  schema.check(claims)

/** Reads the claims that Cognito itself writes. */
function readStandard(payload: Payload, tokenUse: TokenUse): OwnReading {
  const standard = STANDARD_FIELDS[tokenUse]
  const claims: Values = {}
  collect(standard.fields, payload, claims)
  if (!isStandard(standard, claims)) return { misfits: findMisfits(standard, claims) }
  for (const name of standard.profile) {
    const value = Object.hasOwn(payload, name) && payload[name]
    if (typeof value === 'string') claims[name] = value
  }
  return { claims }
}

function readDeclared(declared: FieldSet, payload: Payload): DeclaredReading {
  const values = createValues()
  collect(declared.fields, payload, values)
  if (!declared.schema.check(values)) return { misfits: findMisfits(declared, values) }
  for (const field of declared.fields) {
    if (field.decode === undefined || !Object.hasOwn(values, field.name)) continue
    try {
      const value = field.decode(values[field.name])
      if (dropPromises(value)) return { fault: refuseAsynchronous }
      values[field.name] = value
    } catch {
      return { misfits: [`a transform of ${describe(field)} threw`] }
    }
  }
  return { values }
}

/**
 * Compiles the option `claims` to a reader of verified payloads. The reader always reads the standard claims as well.
 *
 * @param option - `undefined` for the standard claims alone
 * @param path - path of the option, for the message of an error
 * @throws {TypeError} when the schema cannot be used, naming the path
 * @example
 * const { read } = compileClaims(Type.Object({ seats: Type.Integer({ alias: 'custom:seats' }) }), 'pools.eu.claims')
 * read({ ...payload, 'custom:seats': '7' }, 'id').claims // { sub: '…', …, seats: 7 }
 */
export function compileClaims(option: ClaimsOption | undefined, path: string): ClaimsReader {
  if (option === undefined) return { read: readStandard, names: toNames([]), isRepeatable: true }
  if (isSchema(option)) return compileTypeBox(option, path)
  if (isStandardSchema(option))
    return {
      read: readerOfStandard(option, path),
      names: toNames([...sourcesOf(option).keys()]),
      isRepeatable: false,
    }
  if (typeof option === 'function')
    return { read: readerOfGuard(option), names: toNames([]), isRepeatable: false }
  return compileTypeBox(option, path)
}

function compileTypeBox(option: unknown, path: string): ClaimsReader {
  const declared = compileFields(copySchema(option), path)
  return {
    read: readerOfSchema(declared),
    names: toNames(declared.fields.map(({ name }) => name)),
    isRepeatable: isRepeatable(option),
  }
}

const toNames = (names: readonly string[]): ClaimsReader['names'] => ({
  access: new Set(names),
  id: new Set([...names, ...PROFILE_CLAIMS]),
})

function readerOfSchema(declared: FieldSet): ClaimsReader['read'] {
  return (payload, tokenUse) => {
    const standard = readStandard(payload, tokenUse)
    if (standard.misfits) return standard
    const extra = readDeclared(declared, payload)
    return extra.values ? { claims: { ...standard.claims, ...extra.values } } : extra
  }
}

/** Reads claims by a schema of another library: its output, beside the standard claims as the plugin reads them. */
function readerOfStandard(schema: StandardSchema, path: string): ClaimsReader['read'] {
  const readBySchema = compileStandardSchema(schema, path)
  return (payload, tokenUse) => {
    const standard = readStandard(payload, tokenUse)
    if (standard.misfits) return standard
    const reading = readBySchema({ ...payload, ...standard.claims })
    return reading.output ? { claims: { ...standard.claims, ...reading.output } } : reading
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

/** Returns `true` when the type guard returns exactly `true`. A promise, or a guard that throws, is a refusal. */
function accepts(guard: (claims: unknown) => unknown, payload: Payload): boolean {
  try {
    const answer = guard(payload)
    ignoreRejection(answer)
    return answer === true
  } catch {
    return false
  }
}

/**
 * Compiles a claim schema.
 *
 * @throws {TypeError} when the schema cannot be used, with the path
 */
export function compileFields(schema: unknown, path: string): FieldSet {
  assertClaimSchema(schema, path)
  const compiled = compileWhole(schema, path)
  assertDefaults(schema, path)
  const fields = propertiesOf(schema).map(([name, property]) =>
    compileAt(`${path}.${name}`, () => compileField(name, property)),
  )
  return { fields, schema: compiled }
}

/** Compiles the whole schema. On failure the error names the property that cannot be compiled, if there is one. */
function compileWhole(schema: TSchema, path: string): CompiledSchema {
  try {
    return compileSchema(schema)
  } catch {
    for (const [name, property] of propertiesOf(schema))
      compileAt(`${path}.${name}`, () => compileSchema(property))
    return compileAt(path, () => compileSchema(schema))
  }
}

function compileAt<T>(path: string, compile: () => T): T {
  try {
    return compile()
  } catch (cause) {
    throw new TypeError(
      `${path}: TypeBox cannot compile this schema; expected no reference to nothing, and no Type.Unsafe without a registered kind`,
      { cause },
    )
  }
}
