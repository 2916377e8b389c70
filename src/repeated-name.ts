/**
 * Whether an object in JSON has one name twice: `JSON.parse` keeps the last and drops the others without a word.
 * @module
 */

/** A name that stands there for the second time. */
export interface RepeatedName {
  /** Down from the outermost object; positions in lists are left out. */
  readonly path: readonly string[]
  /** Where in the text it is. */
  readonly index: number
}

/** What is said of a name that stands twice. */
export const REPEATED =
  'this name stands twice in one object, and only the last would count; expected it once: remove one'

interface Level {
  readonly names: Set<string>
  name?: string
}

// A string before a colon is a name. Whatever is not matched says nothing of the structure.
const PARTS = /("(?:[^"\\]|\\.)*")(\s*:)?|[{}[\]]/g

/**
 * Finds the first name that its object has twice.
 *
 * @param json - valid JSON
 * @example findRepeatedName('{"eu":{"region":1,"region":2}}')?.path // ['eu', 'region']
 */
export function findRepeatedName(json: string): RepeatedName | undefined {
  const levels: Level[] = []
  for (const { 0: part, 1: text, 2: colon, index } of json.matchAll(PARTS)) {
    if (part === '{' || part === '[') levels.push({ names: new Set() })
    else if (part === '}' || part === ']') levels.pop()
    else if (colon !== undefined && !enter(levels.at(-1) as Level, JSON.parse(text as string))) {
      return { path: levels.flatMap(({ name }) => name ?? []), index }
    }
  }
  return undefined
}

/** @returns whether the name is new to the object */
function enter(level: Level, name: string): boolean {
  const isNew = !level.names.has(name)
  level.names.add(name)
  level.name = name
  return isNew
}
