/**
 * How the bodies of the account routes are read and held against their schemas: strictly, and without a word of them in
 * an error.
 * @module
 */
import type { FastifyInstance } from 'fastify'
import { type CompiledSchema, compileSchema, type Mismatch, type TSchema } from '../base/schema.js'
import { fail } from './errors.js'

/**
 * Makes a scope independent of how the application reads, validates and serialises: JSON alone is read, nothing is
 * coerced or dropped, and an error names no more than what the schema names.
 */
export function readStrictly(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, text === '' ? {} : withoutPrototype(JSON.parse(text.toString())))
    } catch {
      // Nothing of the parser's message: it repeats the text.
      done(fail('BODY_NOT_JSON', withPlace('no JSON')))
    }
  })
  scope.setValidatorCompiler<TSchema>(({ schema, httpPart }) => {
    const compiled = compileSchema(schema)
    // No body is one without members.
    return (data: unknown) => validate(compiled, data ?? {}, String(httpPart))
  })
  scope.setSerializerCompiler(() => serialize)
}

/** Room for spaces and line breaks, and for the parameters of a form that are ignored; bytes. */
const BESIDES = 4096
/** The most that one member takes; bytes. Attributes that are longer together fit into no token. */
const MAX_MEMBER = 65_536
/** Length of one character as a JSON escape, `\u0000`; bytes. */
const MAX_UNIT = 6
/** Characters of a text without a limit of its own. AWS: `AttributeValueType`. */
const MAX_ATTRIBUTE = 2048

/**
 * The limit of a body, estimated from its schema; bytes. No member counts for more than 64 KiB. A longer body is refused
 * before it is read, because anybody could ask for the time that reading takes.
 */
export function bodyLimitOf(schema: TSchema | undefined): number {
  return BESIDES + (schema === undefined ? 0 : sizeOf(schema))
}

function sizeOf({ properties, additionalProperties, maxLength = MAX_ATTRIBUTE }: TSchema): number {
  // An object that may have any other member is as long as its text may be.
  if (additionalProperties !== false) return Number(maxLength) * MAX_UNIT
  const sizes = Object.entries<TSchema>(properties).map(([name, property]) =>
    Math.min(name.length + sizeOf(property), MAX_MEMBER),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** A schema may name a property `constructor`, which every other object inherits. */
function withoutPrototype(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  for (const member of Object.values(value)) withoutPrototype(member)
  return Array.isArray(value) ? value : Object.setPrototypeOf(value, null)
}

/**
 * Names the place of the fault in the message for the client.
 *
 * @param place - in words for the client; empty where the whole request is at fault
 */
export const withPlace = (place: string) =>
  place === '' ? {} : { message: `The request is malformed: ${place}` }

function validate(compiled: CompiledSchema, data: unknown, part: string) {
  if (compiled.decode(data) !== undefined) return { value: data }
  const [mismatch] = compiled.mismatches(data)
  // There is none where a transform of the application threw.
  const place = mismatch === undefined ? '' : describe(mismatch, compiled.schema)
  return { error: fail('REQUEST_MISFIT', withPlace(place), { part, place: place || 'as a whole' }) }
}

/** The place by names of the schema alone: those of the request are somebody's text. */
function describe({ path, isUnknownName }: Mismatch, schema: TSchema): string {
  const place = listKnown(path, schema).join('.')
  return isUnknownName ? `there is a name that is not known${place && ` in ${place}`}` : place
}

function listKnown([name, ...rest]: readonly string[], schema: TSchema): readonly string[] {
  const properties: Readonly<Record<string, TSchema>> = schema['properties'] ?? {}
  const property = name !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined
  return name === undefined || property === undefined ? [] : [name, ...listKnown(rest, property)]
}

/** Answers are made by these routes alone, so the schema has nothing to leave out; of an error, what Fastify shows. */
function serialize(data: unknown): string {
  if (!(data instanceof Error)) return JSON.stringify(data, toJson)
  const {
    statusCode,
    code,
    error,
    message,
    shown = message,
  } = data as Error & Readonly<Record<string, unknown>>
  return JSON.stringify({ statusCode, code, error, message: shown })
}

/** What a transform of the application may have made of a claim, and JSON has no form for. */
function toJson(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  return value instanceof Set ? [...value] : value
}
