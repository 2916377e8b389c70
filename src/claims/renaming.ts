/**
 * The function `claimsFrom`: gives a schema of another library the claims under names of the application, and converts
 * Cognito's text before the schema sees it.
 * @module
 */
import { isMembers, type Members } from '../base/members.js'
import { assertOptions, choice, closedObject, documented, text } from '../base/option-schema.js'
import { compileSchema, Type } from '../base/schema.js'
import { type Conversion, compileConversion } from './coercion.js'
import { FIXED_CLAIMS } from './standard-claims.js'
import {
  type InputOf,
  isStandardSchema,
  type OutputOf,
  type StandardSchema,
  setSources,
  validatorOf,
} from './standard-schema.js'

/** A claim of the token, and the type that its text is converted to. */
export interface ClaimSource {
  /** Name of the claim in the token, such as `custom:seats`. */
  readonly claim: string
  /**
   * The type that text becomes, by the exact grammar of TypeBox schemas. Text that does not match the grammar stays text,
   * so that the schema refuses it. Without `as` nothing is converted.
   */
  readonly as?: 'integer' | 'number' | 'boolean' | 'date' | 'array' | 'object'
}

type KeysOf<T> = T extends unknown ? keyof T & string : never

/** The claims that the properties of a schema are read from: the names of claims, or {@link ClaimSource}. */
export type ClaimNames<Input = unknown> = {
  readonly [K in unknown extends Input ? string : KeysOf<Input>]?: string | ClaimSource
}

const CLAIM = text("the name of a claim, such as 'custom:tenant_id'")
const SOURCE = "the name of a claim, such as 'custom:tenant_id', or an object of claim and as"

const compiledName = compileSchema({ ...CLAIM, expected: SOURCE })
const compiledSource = compileSchema(
  documented<ClaimSource>()(
    closedObject(
      { claim: CLAIM, as: Type.Optional(choice('integer', 'number', 'boolean', 'date', 'array', 'object')) },
      SOURCE,
    ),
  ),
)

interface Renaming {
  readonly name: string
  readonly wire: string
  readonly read: Conversion
}

const PATH = 'claimsFrom'

/**
 * Gives a schema of a library with Standard Schema the claims under the names of its properties, and converts Cognito's
 * text to real types first. The schema gets all other claims under the names in the token.
 *
 * @param names - property of the schema → its claim; `{ claim, as }` converts text by the exact grammar
 * @param schema - a schema of zod 4, valibot, arktype or another library with Standard Schema
 * @returns a schema for the option `claims`, with the output of `schema`
 * @throws {TypeError} for a wrong argument, with its path
 * @example
 * claimsFrom(
 *   { tenant: 'custom:tenant_id', seats: { claim: 'custom:seats', as: 'integer' } },
 *   z.object({ tenant: z.string(), seats: z.number().min(1) }),
 * )
 */
export function claimsFrom<S extends StandardSchema<unknown, object>>(
  names: ClaimNames<InputOf<S>>,
  schema: S,
): StandardSchema<unknown, OutputOf<S>> {
  const renamings = compileNames(names)
  if (!isStandardSchema(schema)) {
    throw new TypeError(
      `${PATH}: expected a schema of a library with Standard Schema, such as zod, as the second argument`,
    )
  }
  const validate = validatorOf(schema, PATH)
  const rename = compileRenaming(renamings)
  return setSources(
    {
      '~standard': {
        version: 1,
        vendor: 'fastify-cognito',
        validate: (value) => validate(isMembers(value) ? rename(value) : value),
      },
    },
    new Map(renamings.map(({ name, wire }) => [name, wire])),
  )
}

function compileNames(names: unknown): readonly Renaming[] {
  if (!isMembers(names)) throw new TypeError(`${PATH}: expected an object of names as the first argument`)
  const renamings = Object.entries(names).map(([name, source]) => compileName(name, source))
  for (const { name, wire } of renamings) {
    const twin = renamings.find(
      (other) => other.name !== name && (other.wire === wire || other.name === wire),
    )
    if (twin !== undefined) {
      throw new TypeError(
        `${PATH}.${name}: reads the claim '${wire}', which ${twin.name} reads or is named after; name another claim`,
      )
    }
  }
  return renamings
}

function compileName(name: string, source: unknown): Renaming {
  const path = `${PATH}.${name}`
  if (name === '__proto__') throw new TypeError(`${path}: this name cannot be a property`)
  assertSource(source, path)
  const { claim: wire, as } = typeof source === 'string' ? { claim: source } : source
  if (name !== wire && FIXED_CLAIMS.includes(name)) {
    throw new TypeError(
      `${path}: the standard claim ${name} cannot be read from '${wire}'; rename the property`,
    )
  }
  if (as === undefined) return { name, wire, read: (value) => value }
  if (FIXED_CLAIMS.includes(wire)) {
    throw new TypeError(
      `${path}.as: expected none for the standard claim '${wire}', which the plugin reads with its own type`,
    )
  }
  return { name, wire, read: compileConversion(new Set([as === 'date' ? 'Date' : as]), () => () => false) }
}

function assertSource(source: unknown, path: string): asserts source is string | ClaimSource {
  assertOptions(isMembers(source) ? compiledSource : compiledName, source, path)
}

/** Compiles the renaming of a payload. A claim that has a name is found under that name alone. */
function compileRenaming(renamings: readonly Renaming[]): (payload: Members) => object {
  const taken = new Set(renamings.flatMap(({ name, wire }) => [name, wire]))
  return (payload) => {
    // A payload may have a member `__proto__`, which must not become the prototype.
    const values: Record<string, unknown> = Object.create(null)
    for (const name of Object.keys(payload)) {
      if (!taken.has(name)) values[name] = payload[name]
    }
    for (const { name, wire, read } of renamings) {
      if (Object.hasOwn(payload, wire)) values[name] = read(payload[wire])
    }
    return values
  }
}
