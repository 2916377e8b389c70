/**
 * What is said of an unknown name among options: the nearest known one, the place where it is known, or all known ones.
 * @module
 */
import { isSameName, nearestName } from './nearest-name.js'
import { printable } from './printable.js'

/** A schema as JSON. */
type Schema = Readonly<Record<string, unknown>>

/** A name that a schema does not know. */
export interface Stranger {
  /** Down from the outermost options; the name is the last. */
  readonly path: readonly string[]
  /** The schema of the object that has it. */
  readonly schema: Schema
  readonly value: unknown
}

/**
 * The nearest known name, else all of them.
 *
 * @param expected - what is said where there are no names to list
 * @example describeUnknown('clientId', ['appClientId']) // 'unknown name; did you mean appClientId?'
 */
export function describeUnknown(name: string, known: readonly string[], expected?: unknown): string {
  const near = nearestName(name, known)
  return near === undefined
    ? `unknown name; expected ${known.join(', ') || expected}`
    : `unknown name; did you mean ${near}?`
}

/**
 * The same for a name in options of several levels: one that is known on another level is sent there.
 *
 * @param root - the schema of the outermost options
 * @param start - where these stand; empty where they have no name
 */
export function describeStranger({ path, schema, value }: Stranger, root: Schema, start: string): string {
  const name = String(path.at(-1))
  const known = Object.keys(membersOf(schema))
  const isKnownHere = known.length === 0 || known.some((one) => isSameName(one, name))
  const isSomewhere = !isKnownHere && /^[A-Za-z]/.test(name)
  const place = isSomewhere ? (findPlace(root, name) ?? findPool(root, name, value)) : undefined
  if (place === undefined) return describeUnknown(name, known, schema['expected'])
  return `unknown name here; is its place ${printable([start, ...place].filter(Boolean).join('.'))}?`
}

const membersOf = (schema: Schema) => (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>

/** The schema of what stands under names of the operator's own; `undefined` where the names are fixed. */
const itemOf = (schema: Schema): Schema | undefined => Object.values(schema['patternProperties'] ?? {})[0]

function listPlaces(schema: Schema): readonly (readonly string[])[] {
  return Object.entries(membersOf(schema)).flatMap(([name, member]) => {
    const item = itemOf(member)
    const start = item === undefined ? [name] : [name, '<name>']
    return [[name], ...listPlaces(item ?? member).map((place) => [...start, ...place])]
  })
}

const findPlace = (root: Schema, name: string) =>
  listPlaces(root).find((place) => isSameName(String(place.at(-1)), name))

/** Recognises a pool written beside `pools` by the options in it. */
function findPool(root: Schema, name: string, value: unknown): readonly string[] | undefined {
  const isRecordOf = ([, member]: [string, Schema]) =>
    Object.keys(membersOf(itemOf(member) ?? {})).some((option) => Object.hasOwn(Object(value), option))
  const [key] = Object.entries(membersOf(root)).find(isRecordOf) ?? []
  return key === undefined ? undefined : [key, name]
}
