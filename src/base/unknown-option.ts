/**
 * Writes the message for an unknown option name: the nearest known name, the place where the name is known, or all names.
 * @module
 */
import { isSameName, nearestName } from './nearest-name.js'
import { printable } from './printable.js'

/** A JSON Schema, as far as this module reads it. */
interface Schema {
  readonly [word: string]: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly patternProperties?: Readonly<Record<string, Schema>>
}

/** A name that a schema does not know. */
interface Stranger {
  /** Names from the outermost options down to the unknown name. */
  readonly path: readonly string[]
  /** The schema of the object that has the name. */
  readonly schema: Schema
  readonly value: unknown
}

/**
 * Names the nearest known name, or all known names when none is near.
 *
 * @param expected - text in place of the names when there are none
 * @example describeUnknown('clientId', ['appClientId']) // 'unknown name; did you mean appClientId?'
 */
export function describeUnknown(name: string, known: readonly string[], expected?: unknown): string {
  const near = nearestName(name, known)
  return near === undefined
    ? `unknown name; expected ${known.join(', ') || expected}`
    : `unknown name; did you mean ${near}?`
}

/**
 * Does the same as {@link describeUnknown} in nested options: when another level knows the name, the message shows that
 * place.
 *
 * @param root - the schema of the outermost options
 * @param start - path of the outermost options; empty when they have no name
 */
export function describeStranger({ path, schema, value }: Stranger, root: Schema, start: string): string {
  const name = String(path.at(-1))
  const known = Object.keys(membersOf(schema))
  const isKnownHere = known.length === 0 || known.some((one) => isSameName(one, name))
  const isSomewhere = !isKnownHere && /^[A-Za-z]/.test(name)
  const place = isSomewhere ? (findPlace(root, name) ?? findPool(root, name, value)) : undefined
  if (place === undefined) return describeUnknown(name, known, schema['expected'])
  return `unknown name here; did you mean ${printable([start, ...place].filter(Boolean).join('.'))}?`
}

const membersOf = ({ properties = {} }: Schema) => properties

/** The schema of each entry when the operator chooses the names, as in `pools`; `undefined` when the names are fixed. */
const itemOf = ({ patternProperties = {} }: Schema): Schema | undefined => Object.values(patternProperties)[0]

function listPlaces(schema: Schema): readonly (readonly string[])[] {
  return Object.entries(membersOf(schema)).flatMap(([name, member]) => {
    const item = itemOf(member)
    const start = item === undefined ? [name] : [name, '<name>']
    return [[name], ...listPlaces(item ?? member).map((place) => [...start, ...place])]
  })
}

const findPlace = (root: Schema, name: string) =>
  listPlaces(root).find((place) => isSameName(String(place.at(-1)), name))

/** Recognises a pool that was written beside `pools`, by its options. */
function findPool(root: Schema, name: string, value: unknown): readonly string[] | undefined {
  const isRecordOf = ([, member]: [string, Schema]) =>
    Object.keys(membersOf(itemOf(member) ?? {})).some((option) => Object.hasOwn(Object(value), option))
  const [key] = Object.entries(membersOf(root)).find(isRecordOf) ?? []
  return key === undefined ? undefined : [key, name]
}
