/**
 * Checks the claim schema of an application: a schema that cannot work, or a word in it without effect, stops the boot.
 * @module
 */
import { isDeepStrictEqual } from 'node:util'
import {
  compileSchema,
  findPart,
  findUnknownFormat,
  isRepeatable,
  isSchema,
  isTransform,
  propertiesOf,
  type TSchema,
  typeBoxKindOf,
} from '../base/schema.js'
import { TEXT_TYPES } from './coercion.js'
import { wireOf } from './fields.js'
import { findLibrary, isTypeBox1 } from './foreign-schema.js'
import { canBeJson, findForeignTypes, overlap, typesOf } from './schema-types.js'
import { ACCESS_CLAIMS, FLAGS, ID_CLAIMS, isAttribute, PROFILE_CLAIMS } from './standard-claims.js'

interface Property {
  readonly name: string
  readonly schema: TSchema
  /** Name of the claim in the token. */
  readonly wire: string
  readonly isOptional: boolean
}

/** Returns what is wrong with a property, as text to follow its path; `undefined` when nothing is wrong. */
type Check = (property: Property, all: readonly Property[]) => string | undefined

/** Schema options that this plugin reads and TypeBox ignores. */
const WORDS = ['alias', 'fromText', 'default'] as const

/**
 * Checks a claim schema and each of its properties.
 *
 * @param path - path of the schema in the options, for the message
 * @throws {TypeError} naming the path and what to write instead
 */
export function assertClaimSchema(schema: unknown, path: string): asserts schema is TSchema {
  assertObject(schema, path)
  const required: readonly string[] = schema['required'] ?? []
  const all = propertiesOf(schema).map(([name, property]) => ({
    name,
    schema: property,
    wire: isSchema(property) ? wireOf(name, property) : name,
    isOptional: !required.includes(name),
  }))
  for (const property of all) {
    for (const check of CHECKS) {
      const fault = check(property, all)
      if (fault !== undefined) throw new TypeError(`${path}.${property.name}${fault}`)
    }
  }
}

function assertObject(schema: unknown, path: string): asserts schema is TSchema {
  if (!isSchema(schema)) {
    const fault = isTypeBox1(schema)
      ? 'a schema of typebox 1.x has to be passed through claims() of fastify-cognito/typebox'
      : 'expected an object schema of @sinclair/typebox 0.34, a schema of a library with Standard Schema (zod, valibot, arktype), or a type guard'
    throw new TypeError(`${path}: ${fault}`)
  }
  if (schema['type'] !== 'object' || typeof schema['properties'] !== 'object') {
    throw new TypeError(`${path}: expected Type.Object({ … }); merge several with Type.Composite([ … ])`)
  }
  if (isTransform(schema)) {
    throw new TypeError(`${path}: expected transforms on the properties, not on the whole object`)
  }
  const word = findWord(schema)
  if (word !== undefined)
    throw new TypeError(`${path}.${word}: expected it on the properties, not on the whole object`)
}

const findWord = (schema: TSchema) => WORDS.find((word) => Object.hasOwn(schema, word))

const checkName: Check = ({ name }) => (name === '__proto__' ? ': this name cannot be a property' : undefined)

function checkKind({ schema }: Property): string | undefined {
  if (isSchema(schema)) return undefined
  const library = findLibrary(schema)
  return `: expected a schema of @sinclair/typebox 0.34${library === undefined ? '' : `, not of ${library}`}`
}

const checkAlias: Check = ({ wire }) =>
  typeof wire === 'string' && wire !== ''
    ? undefined
    : ".alias: expected the name of a claim, such as 'custom:tenant_id'"

const checkTwin: Check = ({ name, wire }, all) => {
  const twin = all.find((other) => other.name !== name && (other.wire === wire || other.name === wire))
  return (
    twin &&
    `: reads the claim '${wire}', which the property ${twin.name} reads or is named after; give one of them another alias`
  )
}

const STANDARD_PROPERTIES = { ...ACCESS_CLAIMS.properties, ...ID_CLAIMS.properties }
const isProfile = (name: string) => PROFILE_CLAIMS.some((claim) => claim === name)
const isStandard = (name: string) => Object.hasOwn(STANDARD_PROPERTIES, name)

const checkSource: Check = ({ name, wire }) =>
  name !== wire && isStandard(name)
    ? `: the standard claim ${name} cannot be read from '${wire}'; rename the property`
    : undefined

/** Refuses a transform on a standard claim, because `Authentication` fixes the claim's type. */
const checkTransform: Check = ({ name, schema }) =>
  isStandard(name) && !isProfile(name) && findPart(schema, isTransform)
    ? `: the standard claim ${name} keeps its type; decode it in a property of another name, with { alias: '${name}' }`
    : undefined

/** Refuses a default on a standard claim, because authorization reads the payload, which has no default. */
const checkDefault: Check = ({ name, schema }) =>
  isStandard(name) && !isProfile(name) && Object.hasOwn(schema, 'default')
    ? `.default: expected none on the standard claim ${name}, which is as Cognito wrote it; take another name`
    : undefined

/**
 * Refuses the plugin's words below the top level of a property, where nothing reads them. `Type.Composite` moves them
 * there: it puts a property that two schemas have into an intersection.
 */
const checkInside: Check = ({ schema }) => {
  const whole = bodyOf(schema)
  const part = findPart(whole, (inner) => inner !== whole && findWord(inner) !== undefined)
  if (part === undefined) return undefined
  const word = findWord(part)
  return typeBoxKindOf(schema) === 'Intersect' && schema['allOf'].includes(part)
    ? `: its ${word} would be lost; of the schemas that Type.Composite merges only one may have this property: leave it out of the others by Type.Omit`
    : `: its ${word} stands inside of the property, where it does nothing; write it on the property itself, or make a property of what it stands on`
}

/** Returns the schema of a property: the imported definition for an import of a TypeBox module. */
const bodyOf = (schema: TSchema): TSchema =>
  typeBoxKindOf(schema) === 'Import' ? schema['$defs'][schema['$ref']] : schema

/** Refuses names such as `constructor` in nested objects, because TypeBox takes the inherited member for the property. */
const checkInherited: Check = ({ schema }) => {
  let name: string | undefined
  findPart(bodyOf(schema), ({ properties = {} }) => {
    name = Object.keys(properties).find((key) => key in Object.prototype)
    return name !== undefined
  })
  return (
    name && `: every object inherits a member ${name}, so it cannot be a property inside of another property`
  )
}

const checkFormat: Check = ({ schema }) => {
  const format = findUnknownFormat(schema)
  return format && `: the format '${format}' is not in TypeBox's FormatRegistry, so no token would fit`
}

/** Tells whether Cognito fixes the type of a claim: when both kinds of token define the claim, or when it is a flag. */
const hasFixedType = (wire: string) =>
  FLAGS.includes(wire) ||
  (Object.hasOwn(ID_CLAIMS.properties, wire) &&
    Object.hasOwn(ACCESS_CLAIMS.properties, wire) &&
    !isProfile(wire))

const checkFromText: Check = ({ schema, wire }) => {
  if (!Object.hasOwn(schema, 'fromText')) return undefined
  if (schema['fromText'] !== true) return '.fromText: expected true; leave it out otherwise'
  return hasFixedType(wire) && !FLAGS.includes(wire)
    ? `.fromText: expected it on no standard claim such as '${wire}', which Cognito never writes as text of another type; leave it out`
    : undefined
}

/** TypeBox kinds for a claim that no token may have. */
const HAS_TO_BE_ABSENT: ReadonlySet<string> = new Set(['Never', 'Undefined', 'Void'])
const NEGATION =
  ': every text fits this negation; expected a type, with the negation in a transform or in check'

const list = (types: ReadonlySet<string>) => [...types].join(' or ')

const checkTypes: Check = ({ schema, wire, isOptional }) => {
  const types = typesOf(schema)
  const kind = typeBoxKindOf(schema)
  if (isOptional && HAS_TO_BE_ABSENT.has(kind)) return undefined
  if (kind === 'Not' && (isAttribute(wire) || schema['fromText'] === true)) return NEGATION
  const fault = findMisfit(types, wire, schema['fromText'] === true) ?? findMisfitInside(schema)
  return fault && `: no token would fit: ${fault}`
}

function findMisfit(types: ReadonlySet<string>, wire: string, isFromText: boolean): string | undefined {
  if (types.size === 0) return 'its parts exclude each other'
  if (hasFixedType(wire)) {
    const fixed = typesOf(Reflect.get(ID_CLAIMS.properties, wire))
    return overlap(types, fixed) ? undefined : `the claim '${wire}' is of type ${list(fixed)}`
  }
  if (isAttribute(wire) || isFromText) {
    return overlap(types, TEXT_TYPES)
      ? undefined
      : `'${wire}' is text and cannot become ${list(types)}; declare text, and decode it by a transform`
  }
  if (canBeJson(types)) return undefined
  const remedy = types.has('Date')
    ? '{ fromText: true } reads a Date from text'
    : 'declare text or a number, and decode it by a transform'
  return `JSON has no ${list(types)}; ${remedy}`
}

function findMisfitInside(schema: TSchema): string | undefined {
  const foreign = findForeignTypes(schema)
  return foreign && `JSON has no ${list(foreign)} inside of lists and objects; declare text there`
}

/** All checks, in order: each check relies on the checks before it. */
const CHECKS: readonly Check[] = [
  checkName,
  checkKind,
  checkAlias,
  checkTwin,
  checkSource,
  checkTransform,
  checkDefault,
  checkInside,
  checkInherited,
  checkFormat,
  checkFromText,
  checkTypes,
]

/**
 * Checks the defaults of a schema that TypeBox can compile.
 *
 * @throws {TypeError} naming the path of a default that does not fit its property
 */
export function assertDefaults(schema: TSchema, path: string): void {
  for (const [name, property] of propertiesOf(schema)) {
    if (Object.hasOwn(property, 'default') && !hasFittingDefault(property))
      throw new TypeError(
        `${path}.${name}.default: expected a value that fits the schema of the property, before its transforms`,
      )
  }
}

function hasFittingDefault(schema: TSchema): boolean {
  try {
    const value: unknown = structuredClone(schema['default'])
    return compileSchema(schema).check(value) && (!isRepeatable(schema) || isJsonValue(value))
  } catch {
    return false
  }
}

/**
 * Tells whether a value is plain JSON. A `Date` or a `Map` cannot be frozen, so requests could not share such a default.
 */
const isJsonValue = (value: unknown) => isDeepStrictEqual(JSON.parse(JSON.stringify(value)), value)
