/**
 * Whether an object in JSON has one name twice: `JSON.parse` keeps the last and drops the others without a word.
 * @module
 */

/** A name that stands there for the second time. */
export interface RepeatedName {
  /** Down from the outermost object; positions in lists are left out. */
  readonly path: readonly string[]
  /** Position in the text. */
  readonly index: number
}

/** Message for a name that stands twice. */
export const REPEATED =
  'this name stands twice in one object, and only the last would count; expected it once: remove one'

interface Level {
  readonly names: Set<string>
  name?: string
}

/**
 * Finds the first name that its object has twice.
 *
 * @param json - valid JSON
 * @example findRepeatedName('{"eu":{"region":1,"region":2}}')?.path // ['eu', 'region']
 */
export function findRepeatedName(json: string): RepeatedName | undefined {
  const levels: Level[] = []
  for (const { text, index, isName } of listParts(json)) {
    if (text === '{' || text === '[') levels.push({ names: new Set() })
    else if (text === '}' || text === ']') levels.pop()
    else if (isName && !enter(levels.at(-1) as Level, JSON.parse(text))) {
      return { path: levels.flatMap(({ name }) => name ?? []), index }
    }
  }
  return undefined
}

/** Brackets, and texts with their quotes. Everything else says nothing of the structure. */
function* listParts(json: string): Generator<{ text: string; index: number; isName: boolean }> {
  for (let index = 0; index < json.length; index++) {
    const character = json[index] as string
    if ('{}[]'.includes(character)) yield { text: character, index, isName: false }
    if (character !== '"') continue
    const end = endOfText(json, index)
    yield { text: json.slice(index, end), index, isName: isBeforeColon(json, end) }
    index = end - 1
  }
}

// A regular expression would run out of stack in a text of some megabytes.
function endOfText(json: string, start: number): number {
  let end = start + 1
  while (json[end] !== '"') end += json[end] === '\\' ? 2 : 1
  return end + 1
}

function isBeforeColon(json: string, end: number): boolean {
  let next = end
  while (/\s/.test(json[next] ?? '')) next++
  return json[next] === ':'
}

/** @returns whether the name is new to the object */
function enter(level: Level, name: string): boolean {
  const isNew = !level.names.has(name)
  level.names.add(name)
  level.name = name
  return isNew
}
