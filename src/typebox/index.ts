/**
 * Claims by schemas of `typebox` 1.x: `fastify-cognito/typebox`. Schemas of `@sinclair/typebox` 0.34 need none of this.
 * @module
 */
import { isMembers, type Members } from '../base/members.js'
import { dropPromises } from '../base/promises.js'
import {
  copySchema,
  type TSchema as Description,
  describeSchema,
  findPart,
  isTransform,
} from '../base/schema.js'
import { assertClaimSchema } from '../claims/checks.js'
import {
  collect,
  compileFallback,
  compileReading,
  createValues,
  type Field,
  wireOf,
} from '../claims/fields.js'
import { type StandardSchema, setSources } from '../claims/standard-schema.js'
import { describeProperty } from './description.js'
import { type Compiled, compile, type StaticDecode, type TObject, type TSchema } from './library.js'

export type { StandardSchema } from '../claims/standard-schema.js'

const PATH = 'claims'

/**
 * Makes a schema of `typebox` 1.x usable as the option `claims`. A property has the options that it has with TypeBox 0.34:
 * `alias` names the claim, and `fromText` converts the text of a claim that is no attribute. Attributes are converted by
 * the same exact grammar, and `default` stands for an absent claim.
 *
 * @param schema - `Type.Object({ … })` of `typebox` 1.x
 * @returns a schema for the option `claims`
 * @throws {TypeError} when the schema cannot be used, naming the path and what to write instead
 * @example
 * definePools({
 *   eu: { userPoolId, appClientId, tokenUse: 'id', claims: claims(Type.Object({ seats: Type.Integer({ alias: 'custom:seats' }) })) },
 * })
 */
export function claims<S extends TObject>(schema: S): StandardSchema<unknown, StaticDecode<S>> {
  assertObject(schema)
  const own = copySchema(schema)
  const fields = compileFields(own)
  const whole = compile(own)
  return setSources(
    {
      '~standard': {
        version: 1,
        vendor: 'fastify-cognito',
        validate: (value) => read(fields, whole, isMembers(value) ? value : {}),
      },
    },
    new Map(fields.map(({ name, wire }) => [name, wire])),
  )
}

function assertObject(schema: unknown): void {
  if (isMembers(schema) && schema['~kind'] === 'Object') return
  throw new TypeError(
    `${PATH}: expected Type.Object({ … }) of typebox 1.x; merge several with Type.Evaluate(Type.Intersect([ … ]))`,
  )
}

type ClaimField = Omit<Field, 'schema'>

function compileFields(schema: TObject): readonly ClaimField[] {
  const properties = Object.entries(schema.properties).map(
    ([name, property]) => [name, property, describeProperty(property, `${PATH}.${name}`)] as const,
  )
  const descriptions = Object.fromEntries(properties.map(([name, , description]) => [name, description]))
  const isDecoded = Object.hasOwn(schema, '~codec')
  assertClaimSchema(describeSchema('Object', { ...schema, properties: descriptions }, isDecoded), PATH)
  return properties.map(([name, property, description]) => compileField(name, property, description))
}

function compileField(name: string, schema: TSchema, description: Description): ClaimField {
  const wire = wireOf(name, description)
  const compiled = compile(schema)
  return {
    name,
    wire,
    fallback: compileDefault(description, compiled, `${PATH}.${name}.default`),
    read: compileReading(wire, description, () => compiled.check),
    decode: findPart(description, isTransform) === undefined ? undefined : compiled.decode,
  }
}

function compileDefault(description: Description, { check }: Compiled, path: string): Field['fallback'] {
  const fault = new TypeError(
    `${path}: expected a value that fits the schema of the property, before its codecs`,
  )
  try {
    const fallback = compileFallback(description)
    if (fallback === undefined || check(fallback())) return fallback
  } catch {
    throw fault
  }
  throw fault
}

interface Issues {
  readonly issues: readonly { readonly message: string; readonly path: readonly string[] }[]
}

/** Reads the declared claims from a payload. */
function read(
  fields: readonly ClaimField[],
  whole: Compiled,
  payload: Members,
): { readonly value: object } | Issues {
  const values = createValues()
  collect(fields, payload, values)
  if (!whole.check(values)) {
    const names = whole.findMisfits(values)
    return toIssues(fields.map(({ name }) => name).filter((name) => names.has(name)))
  }
  for (const { name, decode } of fields) {
    if (decode === undefined || !Object.hasOwn(values, name)) continue
    try {
      values[name] = decode(values[name])
    } catch {
      dropPromises(values)
      return toIssues([name])
    }
  }
  return { value: values }
}

const toIssues = (names: readonly string[]): Issues => ({
  issues: names.length > 0 ? names.map((name) => toIssue([name])) : [toIssue([])],
})

const toIssue = (path: readonly string[]) => ({ message: 'does not fit', path })
