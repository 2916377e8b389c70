/**
 * Recognises the schemas of other libraries, for the messages about them.
 * @module
 */
import { isStandardSchema } from './standard-schema.js'

const LIBRARIES = ['zod', 'valibot', 'arktype']

/**
 * Names the library of a schema, unless TypeBox 0.34 made the schema.
 *
 * @returns `undefined` for a value that is no schema of another library
 */
export function findLibrary(value: unknown): string | undefined {
  if (isTypeBox1(value)) return 'typebox 1.x'
  if (!isStandardSchema(value)) return undefined
  const { vendor }: { readonly vendor?: unknown } = Object(value['~standard'])
  return LIBRARIES.find((name) => name === vendor) ?? 'another library'
}

/** Tells whether `typebox` 1.x made a schema. Its mark is not enumerable. */
export function isTypeBox1(value: unknown): boolean {
  return typeof value === 'object' && value !== null && '~kind' in value
}
