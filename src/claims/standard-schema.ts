/**
 * Schemas of any library that implements Standard Schema, such as zod, valibot and arktype: their shape, and how one of
 * them reads the claims of a token.
 * @module
 * @see https://standardschema.dev
 */
import { type CognitoError, refuse } from '../base/errors.js'
import { isMembers, isPlainObject, type Members, ownMember } from '../base/members.js'
import { dropPromises, ignoreRejection, isPromised } from '../base/promises.js'
import { FIXED_CLAIMS, type Payload } from './standard-claims.js'

/**
 * A schema of a library that implements Standard Schema 1: zod 4, valibot, arktype and others. The schema is described by
 * its shape alone, so that no package is needed for it.
 *
 * @typeParam Input - the type of a value that fits
 * @typeParam Output - the type of the value that the schema makes of it
 * @see https://standardschema.dev
 */
export interface StandardSchema<Input = unknown, Output = unknown> {
  /** The properties of Standard Schema. */
  readonly '~standard': {
    /** Version of the standard. */
    readonly version: 1
    /** Name of the library. */
    readonly vendor: string
    /** Returns `{ value }` for a value that fits, and `{ issues }` for any other. The plugin refuses a promise. */
    readonly validate: (value: unknown) => unknown
    /** The types of the schema, for TypeScript alone. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

type TypesOf<S extends StandardSchema> = NonNullable<S['~standard']['types']>

/** The type of the values that fit a schema. */
export type InputOf<S extends StandardSchema> = TypesOf<S>['input']

/** The type of the values that a schema makes of them. */
export type OutputOf<S extends StandardSchema> = TypesOf<S>['output']

/** The result of a schema: its output, the claims that do not fit, or the error for a schema that cannot work. */
type SchemaReading =
  | { readonly output: object; readonly misfits?: never; readonly fault?: never }
  | { readonly output?: never; readonly misfits: readonly string[]; readonly fault?: never }
  | { readonly output?: never; readonly misfits?: never; readonly fault: (pool: string) => CognitoError }

/** Property of a schema → the claim that it is read from, for the schemas that this package has made. */
type Sources = ReadonlyMap<string, string>

const NO_SOURCES: Sources = new Map()
const SOURCES = new WeakMap<object, Sources>()

/**
 * Remembers which claims the properties of a schema are read from. Reasons then name a property as those of TypeBox do,
 * `seats (custom:seats)`, and a second guard reads these properties anew.
 */
export function setSources<S extends StandardSchema>(schema: S, sources: Sources): S {
  SOURCES.set(schema, sources)
  return schema
}

/** Returns the properties that {@link setSources} remembers, with their claims; none for other schemas. */
export const sourcesOf = (schema: StandardSchema): Sources => SOURCES.get(schema) ?? NO_SOURCES

/** Tells whether a value has the mark of Standard Schema. A type of arktype is a function, so functions are looked at, too. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') && '~standard' in value
  )
}

type Validate = (value: unknown) => unknown

/**
 * Returns the function that validates by a schema, as it is now.
 *
 * @param path - path of the schema, for the message of an error
 * @throws {TypeError} for another version of the standard, and for a schema that cannot validate
 */
export function validatorOf(schema: StandardSchema, path: string): Validate {
  const standard: unknown = schema['~standard']
  const { version, validate }: { version?: unknown; validate?: unknown } = Object(standard)
  if (version !== 1) throw new TypeError(`${path}.~standard.version: expected 1`)
  if (typeof validate !== 'function') throw new TypeError(`${path}.~standard.validate: expected a function`)
  return (value) => Reflect.apply(validate, standard, [value])
}

/**
 * Compiles a schema to a reader of payloads.
 *
 * @param path - path of the schema, for the message of an error
 * @returns a function of the payload with its standard claims as they were read. The schema gets a copy
 * @throws {TypeError} when the schema cannot be used
 */
export function compileStandardSchema(
  schema: StandardSchema,
  path: string,
): (payload: Payload) => SchemaReading {
  const validate = validatorOf(schema, path)
  const sources = sourcesOf(schema)
  return (payload) => {
    try {
      const result = validate(copyMembers(payload))
      if (isPromised(result)) {
        ignoreRejection(result)
        return { fault: refuseAsynchronous }
      }
      const { issues, value }: { issues?: unknown; value?: unknown } = Object(result)
      // A result of valibot has a value beside its issues.
      const isLate = dropPromises(value)
      if (issues !== undefined) return { misfits: describeIssues(issues, sources) }
      return isLate ? { fault: refuseAsynchronous } : readOutput(value, payload)
    } catch {
      return { misfits: ['the schema threw'] }
    }
  }
}

/** Copies parsed JSON at all levels. A morph of arktype writes into its input, and a payload is frozen. */
function copyMembers(members: object): object {
  const copy: Record<string, unknown> = { ...members }
  for (const name of Object.keys(copy)) copy[name] = copyValue(copy[name])
  return copy
}

function copyValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyValue)
  return isMembers(value) ? copyMembers(value) : value
}

/** Makes the error for a schema that answers with a promise, or whose output has one. */
export const refuseAsynchronous = (pool: string): CognitoError =>
  refuse('CLAIMS_SCHEMA_ASYNCHRONOUS', { pool })

function readOutput(value: unknown, payload: Payload): SchemaReading {
  if (!isPlain(value)) return { fault: (pool) => refuse('CLAIMS_OUTPUT_NOT_PLAIN', { pool }) }
  const output = { ...value }
  const claim = FIXED_CLAIMS.find(
    (name) => Object.hasOwn(output, name) && !isOf(output[name], ownMember(payload, name)),
  )
  if (claim === undefined) return { output }
  return { fault: (pool) => refuse('STANDARD_CLAIM_CHANGED', { pool }, { claim }) }
}

/** Tells whether a value is that of the token. A schema may leave out members inside of it, as zod does with unknown ones. */
function isOf(value: unknown, original: unknown): boolean {
  if (value === original) return true
  if (Array.isArray(value)) {
    // `Array.from` makes holes `undefined`, which `every` would pass over.
    const items = Array.from<unknown>(value)
    return (
      Array.isArray(original) &&
      original.length === items.length &&
      items.every((item, at) => isOf(item, original[at]))
    )
  }
  if (!isPlain(value) || !isMembers(original)) return false
  return Object.keys(value).every((name) => isOf(value[name], ownMember(original, name)))
}

/** Tells whether a value is an object of members alone, of which none would become a prototype in a copy. */
const isPlain = (value: unknown): value is Members =>
  isPlainObject(value) && !Object.hasOwn(value, '__proto__')

const MAX_NAMES = 8

/** Form of a name that a reason may repeat. */
const NAME = /^[\w:.@/-]{1,64}$/

/**
 * Names the claims that do not fit. Only the first key of each path is read. Messages and deeper keys repeat values of the
 * token in some libraries, and a path item of valibot has the whole payload.
 */
function describeIssues(issues: unknown, sources: Sources): readonly string[] {
  const names = new Set<string>()
  for (const issue of Object(issues)) names.add(describeIssue(issue, sources))
  const all = names.size > 0 ? [...names] : [WHOLE]
  return all.length > MAX_NAMES ? [...all.slice(0, MAX_NAMES), 'others'] : all
}

const WHOLE = 'the object as a whole'

function describeIssue(issue: { readonly path?: unknown }, sources: Sources): string {
  const [first]: unknown[] = Array.isArray(issue.path) ? issue.path : []
  const key: unknown = typeof first === 'object' && first !== null ? Reflect.get(first, 'key') : first
  if (key === undefined) return WHOLE
  if (typeof key !== 'string') return 'a claim'
  const wire = sources.get(key)
  if (wire === undefined) return NAME.test(key) ? key : 'a claim'
  return wire === key ? key : `${key} (${wire})`
}
