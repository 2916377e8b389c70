/**
 * The schemas of options: their ranges and defaults, the reading of options by them, and the messages for wrong ones.
 * @module
 */
import { printable } from './printable.js'
import {
  type CompiledSchema,
  type Mismatch,
  type Static,
  type TOptional,
  type TOptionalWithFlag,
  type TProperties,
  type TSchema,
  Type,
} from './schema.js'
import { describeStranger } from './unknown-option.js'
import { kindOf } from './value-kind.js'

/** The lengths of an option that is text; characters. */
export const TEXT = { minLength: 1, maxLength: 2048 } as const

const written = (value: number) => value.toLocaleString('en-US')

/** Writes a range as messages have it: `'1 to 2,048'`. */
export const spell = (minimum: number, maximum: number) => `${written(minimum)} to ${written(maximum)}`

const inRange = (noun: string, minimum: number, maximum: number) => ({
  minimum,
  maximum,
  expected: `${noun} from ${spell(minimum, maximum)}`,
})

/** Makes the schema of a text. `expected` completes "expected …" in the message for a wrong value. */
export const text = (expected: string, pattern?: string) =>
  Type.String({ expected, ...TEXT, ...(pattern && { pattern }) })

/** Makes the schema of a number of seconds. */
export const seconds = (minimum: number, maximum: number) => Type.Number(inRange('seconds', minimum, maximum))

/** Makes the schema of a whole number. */
export const integer = (minimum: number, maximum: number, noun = 'a whole number') =>
  Type.Integer(inRange(noun, minimum, maximum))

/** Makes the schema of `true` or `false`. */
export const flag = () => Type.Boolean({ expected: 'true or false' })

/** Makes the schema of an option that has one of two or more fixed values. */
export function choice<const V extends readonly (string | boolean)[]>(...values: V) {
  const words = values.map((value) => (typeof value === 'string' ? `'${value}'` : String(value)))
  const expected = `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
  return Type.Unsafe<V[number]>(
    Type.Union(
      values.map((value) => Type.Literal(value)),
      { expected },
    ),
  )
}

/** Makes the schema of an option that is a function of the application. */
export const functionOption = <T>() =>
  Type.Optional(Type.Unsafe<T>(Type.Function([], Type.Any(), { expected: 'a function' })))

/**
 * Makes the schema of a value that code checks after the schema, because the schema cannot tell what fits.
 *
 * @param range - the range of the value, when the code checks one
 */
export const checkedLater = <T>(
  expected: string,
  range: { readonly minItems?: number; readonly maxItems?: number } = {},
) => Type.Unsafe<T>({ ...Type.Any(), ...range, expected })

/** Makes the schema of an option that is one item, or a list of items without repetition. */
export const oneOrMore = <T extends TSchema>(item: T, expected: string) =>
  Type.Union([item, Type.Array(item, { minItems: 1, uniqueItems: true })], { expected })

/** Pattern of the id of an app client (AWS: API_UserPoolClientType). Most names of clients do not fit; a secret does (`pool/client-id`). */
export const CLIENT_ID = /^[\w+]{1,128}$/

/** Makes the schema of an app client id. */
export const clientId = (expected: string) =>
  Type.String({ minLength: 1, maxLength: 128, pattern: CLIENT_ID.source, expected })

/** Makes the schema of an object without other members. */
export const closedObject = <P extends TProperties>(properties: P, expected: string) =>
  Type.Object(properties, { additionalProperties: false, expected })

/** Makes the schema of an object whose members are all optional and have one schema. */
export const optionalMembers = (names: readonly string[], member: TSchema, expected: string) =>
  closedObject(Object.fromEntries(names.map((name) => [name, Type.Optional(member)])), expected)

/** The schema `S` of an optional option, with its default. */
export type Defaulted<S extends TSchema> = TOptionalWithFlag<S, true> & { readonly default: Static<S> }

/** Makes an option optional. {@link fillDefaults} puts `fallback` in the place of an absent value. */
export function withDefault<S extends TSchema>(schema: S, fallback: Static<S>): Defaulted<S> {
  return { ...Type.Optional(schema), default: fallback }
}

interface ObjectSchema {
  readonly properties: TProperties
}

type Absent<P extends TProperties> = {
  [K in keyof P]: P[K] extends { readonly default: unknown }
    ? never
    : P[K] extends TOptional<TSchema>
      ? K
      : never
}[keyof P]

/** The options `O` with the defaults of their schema `S`. Only an option without a default can be `undefined`. */
export type Filled<O, S extends ObjectSchema> = {
  readonly [K in keyof Required<O>]: Required<O>[K] | (K extends Absent<S['properties']> ? undefined : never)
}

/**
 * Copies valid options, and puts the default of the schema in the place of each absent or `undefined` value.
 *
 * @returns a frozen object with every name of the schema
 */
export function fillDefaults<O extends object, S extends ObjectSchema>(schema: S, options: O): Filled<O, S> {
  const filled = Object.entries(schema.properties).map(([name, { default: fallback }]) => {
    const value: unknown = Reflect.get(options, name)
    return [name, value === undefined ? fallback : value] as const
  })
  return Object.freeze(Object.fromEntries(filled) as Filled<O, S>)
}

/**
 * Compares options with their schema, in which `expected` says what each property takes. An unknown name is reported
 * before any other fault, because an unknown name is mostly a missing option misspelt.
 *
 * @param path - where the options stand; empty for the outermost
 * @throws {TypeError} when the options do not fit: the message has the path, what was expected, and the kind of the value.
 *   The message never has the value, which may be a secret
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

/**
 * Refuses an option that is there with the value `undefined`, although the option would narrow what is accepted. A check
 * must not vanish with a missing environment variable.
 *
 * @param path - where the options stand; empty for the outermost
 * @throws {TypeError} with the path of the option
 */
export function assertDefined(options: object, names: readonly string[], path: string): void {
  for (const name of names) {
    if (name in options && Reflect.get(options, name) === undefined) {
      throw new TypeError(
        `${[path, name].filter(Boolean).join('.')}: expected a value; leave the name out where nothing is to be checked; found ${kindOf(undefined)}`,
      )
    }
  }
}

/**
 * Refuses arguments whose last one is `undefined`. A pool or a requirement must not vanish with a missing variable. A
 * pool may be `undefined` when a requirement follows.
 *
 * @param given - pool and requirement, as far as the caller passed them
 * @throws {TypeError} with the path
 */
export function assertGiven(given: readonly unknown[], path: string): void {
  if (given.length > 0 && given.at(-1) === undefined) {
    throw new TypeError(`${path}: expected arguments that are not undefined; leave out what is not needed`)
  }
}

/** `true` for identical types only. Mutual assignability would miss an optional key that one type lacks. */
type Identical<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type AnyFunction = (...parameters: never) => unknown
type Mutable<T> = T extends AnyFunction
  ? T
  : T extends readonly (infer E)[]
    ? Mutable<E>[]
    : T extends object
      ? { -readonly [K in keyof T]: Mutable<T[K]> }
      : T

type Matching<Documented, S extends TSchema> =
  Identical<Mutable<Documented>, Mutable<Static<S>>> extends true ? unknown : never

/**
 * Returns the schema of a documented interface as it is. A call does not compile when the interface and the schema differ
 * in anything but `readonly`.
 *
 * @example const OPTIONS = documented<MemoryRevocationOptions>()(closedObject({ … }, 'an object of options'))
 */
export const documented =
  <Documented>() =>
  <S extends TSchema>(schema: S & Matching<Documented, S>): S =>
    schema
