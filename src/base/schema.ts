/**
 * How a value is held against a TypeBox schema. The door of TypeBox.
 * @module
 */
import {
  FormatRegistry,
  Kind,
  type Static,
  TransformKind,
  type TSchema,
  Type,
  TypeRegistry,
} from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { type ValueError, ValueErrorType } from '@sinclair/typebox/errors'
import { printable } from './printable.js'
import { describeStranger } from './unknown-name.js'
import { kindOf } from './value-kind.js'

export { type Static, type TSchema, Type }

/** One place where a value does not fit its schema. */
export interface Mismatch {
  /** Names from the root down to the place; empty for the value itself. */
  readonly path: readonly string[]
  /** The schema at that place; of the whole object where a name is unknown. */
  readonly schema: TSchema
  readonly isUnknownName: boolean
  /** Whether there is nothing at the place, not even `undefined`. */
  readonly isMissing: boolean
  readonly value: unknown
  /** Why none of the schemas of a union fits, down to the innermost; empty for other schemas. */
  readonly alternatives: () => readonly Mismatch[]
  /** The keyword of JSON Schema that counts the members of an object, where that is what does not fit. */
  readonly counted: 'minProperties' | 'maxProperties' | undefined
}

const COUNTED = new Map<ValueErrorType, Mismatch['counted']>([
  [ValueErrorType.ObjectMinProperties, 'minProperties'],
  [ValueErrorType.ObjectMaxProperties, 'maxProperties'],
])

/** A schema compiled once. */
export interface CompiledSchema {
  /** The schema that was compiled. */
  readonly schema: TSchema
  /** Whether a value fits. It does not when a function of the application throws, such as a format. */
  readonly check: (value: unknown) => boolean
  /** The value with its transforms decoded, or `undefined` when it does not fit or a transform throws. */
  readonly decode: (value: unknown) => unknown
  /** The places where a value does not fit, found as they are asked for. This is slow: for a value known not to fit. */
  readonly mismatches: (value: unknown) => Iterable<Mismatch>
}

/** Tells a schema of TypeBox 0.34 from other objects, schemas of `typebox` 1.x included. */
export function isSchema(value: unknown): value is TSchema {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, Kind)
}

/** TypeBox's name for the kind of a schema, such as `Union`. */
export const typeBoxKindOf = (schema: TSchema): string => schema[Kind]

/** Tells a schema of a kind that the application has registered with TypeBox. */
export const isOwnKind = (schema: TSchema): boolean => TypeRegistry.Has(schema[Kind])

/** Tells a schema that was wrapped by `Type.Transform`. */
export function isTransform(schema: TSchema): boolean {
  return Object.hasOwn(schema, TransformKind)
}

/**
 * Tells whether a schema finds the same in the same value every time, and nothing that could be changed. A function of
 * the application (a transform, a format, a kind of its own) and a `Date` are no such thing.
 */
export function isRepeatable(schema: unknown): boolean {
  return findPart(schema, isUnrepeatable) === undefined
}

const isUnrepeatable = (schema: TSchema) =>
  isTransform(schema) || schema['type'] === 'Date' || 'format' in schema || isOwnKind(schema)

/** Finds a `format` in `schema` that nobody registered with TypeBox: no value would ever fit it. */
export function findUnknownFormat(schema: unknown): string | undefined {
  const part = findPart(schema, ({ format }) => typeof format === 'string' && !FormatRegistry.Has(format))
  return part?.['format']
}

/** The first schema for which `isSought` holds: `schema` itself, or one inside of it. */
export function findPart(schema: unknown, isSought: (part: TSchema) => boolean): TSchema | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined
  if (isSchema(schema) && isSought(schema)) return schema
  for (const part of Object.values(schema)) {
    const found = findPart(part, isSought)
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * Compiles `schema` to a check.
 *
 * @throws {Error} when TypeBox cannot compile it
 */
export function compileSchema(schema: TSchema): CompiledSchema {
  const compiled = TypeCompiler.Compile(schema)
  const isPlain = isRepeatable(schema)
  const check = (value: unknown) => {
    try {
      return compiled.Check(value)
    } catch {
      return false
    }
  }
  return {
    schema,
    check,
    decode(value) {
      if (!check(value)) return undefined
      return isPlain ? value : attempt(() => compiled.Decode(value))
    },
    *mismatches(value) {
      try {
        for (const error of compiled.Errors(value)) yield toMismatch(error)
      } catch {
        // A function of the application threw: there is nothing more to say of the value.
      }
    },
  }
}

/** Returns what `compute` returns; `undefined` when a function of the application throws in it. */
function attempt<T>(compute: () => T): T | undefined {
  try {
    return compute()
  } catch {
    return undefined
  }
}

/**
 * Compiles what decodes the transforms of `schema`, in a value that fits it; it throws when one of them throws.
 *
 * @returns `undefined` for a schema without transforms
 * @throws {Error} when TypeBox cannot compile it
 */
export function compileDecoder(schema: TSchema): ((value: unknown) => unknown) | undefined {
  if (findPart(schema, isTransform) === undefined) return undefined
  const compiled = TypeCompiler.Compile(schema)
  return (value) => compiled.Decode(value)
}

function toMismatch({ path, schema, type, value, errors }: ValueError): Mismatch {
  let alternatives: readonly Mismatch[] | undefined
  return {
    path: fromPointer(path),
    schema,
    isUnknownName: type === ValueErrorType.ObjectAdditionalProperties,
    isMissing: type === ValueErrorType.ObjectRequiredProperty,
    counted: COUNTED.get(type),
    value,
    // The errors of TypeBox can be read once.
    alternatives: () => (alternatives ??= errors.flatMap(listMismatches)),
  }
}

const listMismatches = (errors: Iterable<ValueError>) =>
  Array.from(errors, toMismatch).flatMap((mismatch) => [mismatch, ...mismatch.alternatives()])

/**
 * Copies a schema, lists and plain objects all the way down. What an application does with its own object later changes
 * nothing then. Functions, and objects of classes, stay the application's.
 */
export function copySchema<T>(schema: T): T {
  if (Array.isArray(schema)) return schema.map(copySchema) as T
  if (!isPlainObject(schema)) return schema
  const copy: T = Object.create(Object.prototype)
  // Symbols too, by which TypeBox tells its kinds.
  for (const name of Reflect.ownKeys(schema)) {
    const enumerable = Object.prototype.propertyIsEnumerable.call(schema, name)
    Object.defineProperty(copy, name, {
      value: copySchema(Reflect.get(schema, name)),
      enumerable,
      writable: true,
    })
  }
  return copy
}

const isPlainObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

/** RFC 6901 §4 */
function fromPointer(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** Schema of an option that is text, and maybe of a certain form. `expected` completes "expected …". */
export const text = (expected: string, pattern?: string) =>
  Type.String({ expected, minLength: 1, maxLength: 2048, ...(pattern && { pattern }) })

/** Schema of an optional number in a range. */
export const number = (minimum: number, maximum: number, expected: string) =>
  Type.Optional(Type.Number({ minimum, maximum, expected }))

/** Schema of an optional whole number in a range. */
export const integer = (minimum: number, maximum: number, expected: string) =>
  Type.Optional(Type.Integer({ minimum, maximum, expected }))

/** Schema of an option that is a function of the application. */
export const functionOption = <T>() =>
  Type.Optional(Type.Unsafe<T>(Type.Function([], Type.Any(), { expected: 'a function' })))

/** Schema of an option that is one item or a list without repetition. */
export const oneOrMore = <T extends TSchema>(item: T, expected: string) =>
  Type.Union([item, Type.Array(item, { minItems: 1, uniqueItems: true })], { expected })

/**
 * Holds options against their schema, in which every property says by `expected` what it takes. An unknown name is told
 * before anything else, because it mostly is what something missing was meant to be.
 *
 * @param path - where the options stand; empty for the outermost
 * @throws {TypeError} when they do not fit, naming the path, what was expected, and the kind of what is there; never the
 *   value, it may be a secret
 */
export function assertOptions(compiled: CompiledSchema, options: unknown, path: string): void {
  const mismatches = [...compiled.mismatches(options)].flatMap((one) => [one, ...one.alternatives()])
  const stranger = mismatches.find(({ isUnknownName }) => isUnknownName)
  const mismatch = stranger ?? mismatches[0]
  if (mismatch === undefined) return
  const at = printable([path, ...mismatch.path].filter(Boolean).join('.'))
  const what =
    stranger === undefined
      ? `expected ${mismatch.schema['expected']}; ${describeFound(mismatch)}`
      : describeStranger(stranger, compiled.schema, path)
  throw new TypeError(`${at || 'options'}: ${what}`)
}

function describeFound({ path, schema, isMissing, value, alternatives }: Mismatch): string {
  if (isMissing) return 'it is missing'
  const isInside = (inner: Mismatch) => inner.path.length > path.length
  const item = Array.isArray(value) ? alternatives().find(isInside) : undefined
  if (item === undefined) return `found ${kindOf(value, schema)}`
  return `found a list whose item ${Number(item.path[path.length]) + 1} is ${kindOf(item.value)}`
}

/** Options without those that are `undefined`, for defaults to take their place. */
export const withoutUndefined = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T

/**
 * Refuses an option that is there but `undefined` although it would narrow what is accepted: a check must not vanish
 * with a missing environment variable.
 *
 * @param path - where the options stand; empty for the outermost
 * @throws {TypeError} naming the path
 */
export function assertDefined(options: object, names: readonly string[], path: string): void {
  for (const name of names) {
    if (Object.hasOwn(options, name) && Reflect.get(options, name) === undefined) {
      throw new TypeError(
        `${[path, name].filter(Boolean).join('.')}: expected a value; leave the name out where nothing is to be checked; found ${kindOf(undefined)}`,
      )
    }
  }
}

/**
 * Refuses arguments that are `undefined` although they were passed: a pool or a requirement must not vanish with a
 * missing variable either. A pool may be `undefined` where a requirement follows.
 *
 * @param given - pool and requirement, as far as they were passed
 * @throws {TypeError} naming the path
 */
export function assertGiven(given: readonly unknown[], path: string): void {
  if (given.length > 0 && given.at(-1) === undefined) {
    throw new TypeError(`${path}: expected arguments that are not undefined; leave out what is not needed`)
  }
}

/** True for identical types only: mutual assignability misses an optional key that one side lacks. */
type Identical<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type AnyFunction = (...parameters: never) => unknown
type Mutable<T> = T extends AnyFunction
  ? T
  : T extends readonly (infer E)[]
    ? Mutable<E>[]
    : T extends object
      ? { -readonly [K in keyof T]: Mutable<T[K]> }
      : T

/** `true` for a documented interface and a schema that say the same, `readonly` aside; else `false`. */
export type IsDocumented<Documented, Schema extends TSchema> = Identical<
  Mutable<Documented>,
  Mutable<Static<Schema>>
>
