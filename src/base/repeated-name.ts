/**
 * Finds a name that a JSON object has twice. `JSON.parse` keeps the last value and drops the others silently.
 * @module
 */

/** The second occurrence of a name. */
interface RepeatedName {
  /** Names from the outermost object down to the repeated name. Positions in lists are left out. */
  readonly path: readonly string[]
  /** Position in the JSON text, in UTF-16 code units. */
  readonly index: number
}

/** Message for a repeated name. */
export const REPEATED =
  'this name stands twice in one object, and only the last would count; expected it once: remove one'

interface Level {
  readonly names: Set<string>
  name?: string
}

/**
 * Finds the first name that an object has twice.
 *
 * @param json - valid JSON
 * @example findRepeatedName('{"eu":{"region":1,"region":2}}')?.path // ['eu', 'region']
 */
export function findRepeatedName(json: string): RepeatedName | undefined {
  const levels: Level[] = []
  for (const { text, index, isName } of listParts(json)) {
    const level = levels.at(-1)
    if (text === '{' || text === '[') levels.push({ names: new Set() })
    else if (text === '}' || text === ']') levels.pop()
    else if (level !== undefined && isName && !enter(level, JSON.parse(text))) {
      return { path: levels.flatMap(({ name }) => name ?? []), index }
    }
  }
  return undefined
}

/** Lists the brackets, and the texts with their quotes. Nothing else belongs to the structure. */
function* listParts(json: string): Generator<{ text: string; index: number; isName: boolean }> {
  for (let index = 0; index < json.length; index++) {
    const character = json.charAt(index)
    if ('{}[]'.includes(character)) yield { text: character, index, isName: false }
    if (character !== '"') continue
    const end = endOfText(json, index)
    yield { text: json.slice(index, end), index, isName: isBeforeColon(json, end) }
    index = end - 1
  }
}

// A regular expression would overflow the stack in a text of some megabytes.
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

/** Adds a name to its object. Returns `false` when the object has the name already. */
function enter(level: Level, name: string): boolean {
  const isNew = !level.names.has(name)
  level.names.add(name)
  level.name = name
  return isNew
}
