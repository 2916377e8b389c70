/**
 * The strict reading of bodies: the account routes check bodies against their schemas, and no error repeats their text.
 * @module
 */
import type { FastifyInstance } from 'fastify'
import { type CompiledSchema, compileSchema, type Mismatch, type TSchema } from '../base/schema.js'
import { fail } from './errors.js'

/**
 * Makes a scope independent of the application's parsers, validators and serializers. The scope reads JSON alone, and
 * coerces and drops nothing. Its errors have only names from the schema.
 */
export function readStrictly(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, text === '' ? {} : withoutPrototype(JSON.parse(text.toString())))
    } catch {
      // The parser's message is left out, because it repeats the text.
      done(fail('BODY_NOT_JSON', withPlace('no JSON')))
    }
  })
  scope.setValidatorCompiler<TSchema>(({ schema, httpPart }) => {
    const compiled = compileSchema(schema)
    // An absent body counts as an object without members.
    return (data: unknown) => validate(compiled, data ?? {}, String(httpPart))
  })
  scope.setSerializerCompiler(() => serialize)
}

/** Allowance for spaces, line breaks and ignored parameters of a form, in bytes. */
const ALLOWANCE = 4096
/** Greatest size of one member, in bytes. No token has room for more attributes. */
const MAX_MEMBER = 65_536
/** Length of a character as a JSON escape, `\u0000`, in bytes. */
const MAX_UNIT = 6
/** Greatest length of a text whose schema has no `maxLength`, in characters. AWS: `AttributeValueType`. */
const MAX_ATTRIBUTE = 2048

/**
 * Estimates the limit of a body from its schema, in bytes. No member counts for more than 64 KiB. Fastify refuses a longer
 * body before parsing it, because parsing takes time and a caller needs no token.
 */
export function bodyLimitOf(schema: TSchema | undefined): number {
  return ALLOWANCE + (schema === undefined ? 0 : sizeOf(schema))
}

function sizeOf({ properties, additionalProperties, maxLength = MAX_ATTRIBUTE }: TSchema): number {
  // The schema of a text, and of an object with any members, limits only the length of the text.
  if (additionalProperties !== false) return Number(maxLength) * MAX_UNIT
  const sizes = Object.entries<TSchema>(properties).map(([name, property]) =>
    Math.min(name.length + sizeOf(property), MAX_MEMBER),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** Removes prototypes, because a schema may have a property `constructor`, which objects inherit. */
function withoutPrototype(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  for (const member of Object.values(value)) withoutPrototype(member)
  return Array.isArray(value) ? value : Object.setPrototypeOf(value, null)
}

/**
 * Puts the place of the fault into the message for the client.
 *
 * @param place - the fault in words for the client; empty when the body as a whole is wrong
 */
export const withPlace = (place: string) =>
  place === '' ? {} : { message: `The request is malformed: ${place}` }

function validate(compiled: CompiledSchema, data: unknown, part: string) {
  if (compiled.decode(data) !== undefined) return { value: data }
  const [mismatch] = compiled.mismatches(data)
  // There is no mismatch when a transform of the application threw.
  const place = mismatch === undefined ? '' : describe(mismatch, compiled.schema)
  return { error: fail('REQUEST_MISFIT', withPlace(place), { part, place: place || 'as a whole' }) }
}

/** Describes the place of a mismatch with names from the schema only, because names from the request are text of a user. */
function describe({ path, isUnknownName }: Mismatch, schema: TSchema): string {
  const place = listKnown(path, schema).join('.')
  return isUnknownName ? `unknown member${place && ` in ${place}`}` : place
}

function listKnown([name, ...rest]: readonly string[], schema: TSchema): readonly string[] {
  const properties: Readonly<Record<string, TSchema>> = schema['properties'] ?? {}
  const property = name !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined
  return name === undefined || property === undefined ? [] : [name, ...listKnown(rest, property)]
}

type AnsweredError = Error & {
  readonly statusCode?: unknown
  readonly code?: unknown
  readonly error?: unknown
  readonly shown?: unknown
}

/** Serializes an answer without its schema, because these routes make every answer. An error has the members of Fastify. */
function serialize(data: unknown): string {
  if (!(data instanceof Error)) return JSON.stringify(data, toJson)
  const { statusCode, code, error, message, shown = message }: AnsweredError = data
  return JSON.stringify({ statusCode, code, error, message: shown })
}

/** Replaces values without a JSON form, which a transform of the application may make of a claim. */
function toJson(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  return value instanceof Set ? [...value] : value
}
