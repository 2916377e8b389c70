/**
 * How a TypeBox schema is compiled, and what is said of a value that does not fit: the only importer of TypeBox.
 * @module
 */
import {
  FormatRegistry,
  Kind,
  type Static,
  type TOptional,
  type TOptionalWithFlag,
  type TProperties,
  TransformKind,
  type TSchema,
  Type,
  TypeRegistry,
} from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { type ValueError, ValueErrorType } from '@sinclair/typebox/errors'

export { type Static, type TOptional, type TOptionalWithFlag, type TProperties, type TSchema, Type }

/** One place where a value does not fit its schema. */
export interface Mismatch {
  /** The names from the root down to the place; empty for the value itself. */
  readonly path: readonly string[]
  /** The schema at that place. For an unknown name: the schema of the object that has the name. */
  readonly schema: TSchema
  readonly isUnknownName: boolean
  /** `true` when the object has no member at that place, not even `undefined`. */
  readonly isMissing: boolean
  readonly value: unknown
  /** Lists the mismatches of every alternative of a union, nested unions included; empty for other schemas. */
  readonly alternatives: () => readonly Mismatch[]
  /** The keyword of JSON Schema, when the number of an object's members is what does not fit. */
  readonly counted: 'minProperties' | 'maxProperties' | undefined
}

const COUNTED = new Map<ValueErrorType, Mismatch['counted']>([
  [ValueErrorType.ObjectMinProperties, 'minProperties'],
  [ValueErrorType.ObjectMaxProperties, 'maxProperties'],
])

/** A schema that was compiled once. */
export interface CompiledSchema {
  readonly schema: TSchema
  /** Tells whether a value fits. A value does not fit when a function of the application throws, such as a format. */
  readonly check: (value: unknown) => boolean
  /** Returns the value with its transforms decoded; `undefined` when the value does not fit or a transform throws. */
  readonly decode: (value: unknown) => unknown
  /** Finds the places where a value does not fit, one at a time. The search is slow: call it only after `check` failed. */
  readonly mismatches: (value: unknown) => Iterable<Mismatch>
}

/** Returns `true` for a schema of TypeBox 0.34. Schemas of `typebox` 1.x are not among them. */
export function isSchema(value: unknown): value is TSchema {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, Kind)
}

/**
 * Makes a schema of TypeBox 0.34 from the members of a JSON Schema. Such a schema can be looked at, but not compiled.
 *
 * @param kind - TypeBox's name for the kind of the schema
 * @param isDecoded - whether the schema counts as one with a transform
 */
export function describeSchema(kind: string, members: object, isDecoded: boolean): TSchema {
  return { ...Type.Any(), ...members, [Kind]: kind, ...(isDecoded && { [TransformKind]: {} }) }
}

/** Returns TypeBox's name for the kind of a schema, such as `Union`. */
export const typeBoxKindOf = (schema: TSchema): string => schema[Kind]

/** Returns `true` for a schema of a kind that the application has registered with TypeBox. */
export const isOwnKind = (schema: TSchema): boolean => TypeRegistry.Has(schema[Kind])

/** Returns `true` for a schema that was made by `Type.Transform`. */
export function isTransform(schema: TSchema): boolean {
  return Object.hasOwn(schema, TransformKind)
}

/**
 * Tells whether a schema reads the same value the same way each time, and whether the result cannot be changed. A schema
 * with a function of the application (a transform, a format, a kind of its own) or with a `Date` is not repeatable.
 */
export function isRepeatable(schema: unknown): boolean {
  return findPart(schema, isUnrepeatable) === undefined
}

const isUnrepeatable = (schema: TSchema) =>
  isTransform(schema) || schema['type'] === 'Date' || 'format' in schema || isOwnKind(schema)

/** Finds a `format` in `schema` that the application has not registered with TypeBox. No value would ever fit the format. */
export function findUnknownFormat(schema: unknown): string | undefined {
  const part = findPart(schema, ({ format }) => typeof format === 'string' && !FormatRegistry.Has(format))
  return part?.['format']
}

/** Finds the first schema for which `isSought` holds: `schema` itself, or a schema inside of it. */
export function findPart(schema: unknown, isSought: (part: TSchema) => boolean): TSchema | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined
  if (isSchema(schema) && isSought(schema)) return schema
  for (const part of Object.values(schema)) {
    const found = findPart(part, isSought)
    if (found !== undefined) return found
  }
  return undefined
}

/** Lists the properties of an object schema by their names. */
export const propertiesOf = (schema: TSchema): [name: string, property: TSchema][] =>
  Object.entries<TSchema>(schema['properties'])

/**
 * Compiles `schema` to a check.
 *
 * @throws {Error} when TypeBox cannot compile `schema`
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
        // A function of the application threw. The mismatches after it stay unknown.
      }
    },
  }
}

/** Returns what `compute` returns; `undefined` when `compute` throws. */
function attempt<T>(compute: () => T): T | undefined {
  try {
    return compute()
  } catch {
    return undefined
  }
}

/**
 * Compiles the transforms of `schema` to a function that decodes a fitting value. The function throws when a transform
 * throws.
 *
 * @returns `undefined` for a schema without transforms
 * @throws {Error} when TypeBox cannot compile `schema`
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
    // TypeBox's errors can be read only once.
    alternatives: () => (alternatives ??= errors.flatMap(listMismatches)),
  }
}

const listMismatches = (errors: Iterable<ValueError>) =>
  Array.from(errors, toMismatch).flatMap((mismatch) => [mismatch, ...mismatch.alternatives()])

/**
 * Copies a schema with all of its lists and plain objects, so that a later change of the application's object has no
 * effect. The copy shares functions and instances of classes with the application's object.
 */
export function copySchema<T>(schema: T): T {
  if (Array.isArray(schema)) return schema.map(copySchema) as T
  if (!isPlainObject(schema)) return schema
  const copy: T = Object.create(Object.prototype)
  // `Reflect.ownKeys` lists symbols, too: TypeBox keeps the kind of a schema under a symbol.
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

/** Splits a JSON pointer (RFC 6901 §4). */
function fromPointer(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
}
