/**
 * How a schema of `typebox` 1.x is compiled and what it names where a value does not fit: the only importer of `typebox`.
 * @module
 */
import type { StaticDecode, TObject, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Format } from 'typebox/format'

export type { StaticDecode, TObject, TSchema }

/** A schema that was compiled once. */
export interface Compiled {
  /** Tells whether a value fits. A value does not fit when a function of the application throws. */
  readonly check: (value: unknown) => boolean
  /** Decodes the codecs of a value that fits. Throws when a codec throws. */
  readonly decode: (value: unknown) => unknown
  /** Returns the names of the members at fault in an object that does not fit. */
  readonly findMisfits: (value: unknown) => ReadonlySet<string>
}

/**
 * Compiles `schema`.
 *
 * @throws {Error} when `typebox` cannot compile `schema`
 */
export function compile(schema: TSchema): Compiled {
  const validator = Compile(schema)
  return {
    check: (value) => attempt(() => validator.Check(value), false),
    // A value that fits is checked before it is decoded, because `Decode` would convert any other.
    decode: (value) => validator.Decode(value),
    findMisfits: (value) => new Set(attempt(() => validator.Errors(value).flatMap(namesIn), [])),
  }
}

/** Returns what `compute` returns; `fallback` when `compute` throws. */
function attempt<T>(compute: () => T, fallback: T): T {
  try {
    return compute()
  } catch {
    return fallback
  }
}

interface Fault {
  readonly instancePath: string
  readonly params: object
}

/** Lists the members of the outermost object that a fault is about: the one at its path, or those that are missing. */
function namesIn({ instancePath, params }: Fault): readonly string[] {
  const [, first] = instancePath.split('/')
  // A JSON pointer (RFC 6901 §4).
  if (first !== undefined) return [first.replaceAll('~1', '/').replaceAll('~0', '~')]
  const { requiredProperties = [] }: { requiredProperties?: readonly string[] } = params
  return requiredProperties
}

/** Tells whether `typebox` knows a format. It lets any text pass that names an unknown one. */
export const isFormat = (name: string): boolean => Format.Has(name)
