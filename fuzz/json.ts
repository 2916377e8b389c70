/**
 * The oracle's own reading of JSON (RFC 8259), which keeps repeated members apart.
 * @module
 */

/** A JSON object as it was written: repeated names stay. */
export class JsonObject {
  readonly members: (readonly [name: string, value: Json])[] = []

  /** The last member of that name. */
  last(name: string): Json | undefined {
    return this.members.findLast(([each]) => each === name)?.[1]
  }

  has(name: string): boolean {
    return this.members.some(([each]) => each === name)
  }
}

export type Json = string | number | boolean | null | Json[] | JsonObject

const STRING = String.raw`"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"`
const NUMBER = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?`
const TOKEN = new RegExp(String.raw`[ \t\n\r]*(?:([{}[\],:])|(${STRING})|(${NUMBER})|(true|false|null))`, 'y')
const WORDS: Readonly<Record<string, Json>> = { true: true, false: false, null: null }
const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

interface Token {
  readonly mark?: string
  readonly value?: Json
}

class NotJson extends Error {}

function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  const end = text.replace(/[ \t\n\r]+$/, '').length
  for (let at = 0; at < end; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at
    const match = TOKEN.exec(text)
    if (!match) throw new NotJson()
    tokens.push(toToken(match))
  }
  return tokens
}

function toToken([, mark, quoted, number, word = '']: RegExpExecArray): Token {
  if (mark !== undefined) return { mark }
  if (quoted !== undefined) return { value: unquote(quoted) }
  return { value: number === undefined ? (WORDS[word] ?? null) : Number(number) }
}

const unquote = (quoted: string) =>
  quoted
    .slice(1, -1)
    .replace(/\\(?:u(....)|(.))/g, (_, hex?: string, letter = '') =>
      hex === undefined ? (ESCAPES[letter] ?? letter) : String.fromCharCode(Number.parseInt(hex, 16)),
    )

class Parser {
  readonly #tokens: readonly Token[]
  #next = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  whole(): Json {
    const value = this.#value()
    if (this.#next !== this.#tokens.length) throw new NotJson()
    return value
  }

  #take(): Token {
    const token = this.#tokens[this.#next++]
    if (token === undefined) throw new NotJson()
    return token
  }

  #skip(mark: string): boolean {
    const isThere = this.#tokens[this.#next]?.mark === mark
    if (isThere) this.#next++
    return isThere
  }

  #value(): Json {
    const { mark, value } = this.#take()
    if (value !== undefined) return value
    if (mark === '[') return this.#array()
    if (mark === '{') return this.#object()
    throw new NotJson()
  }

  #array(): Json[] {
    const items: Json[] = []
    if (this.#skip(']')) return items
    do items.push(this.#value())
    while (this.#skip(','))
    if (!this.#skip(']')) throw new NotJson()
    return items
  }

  #object(): JsonObject {
    const object = new JsonObject()
    if (this.#skip('}')) return object
    do {
      const name = this.#take().value
      if (typeof name !== 'string' || !this.#skip(':')) throw new NotJson()
      object.members.push([name, this.#value()])
    } while (this.#skip(','))
    if (!this.#skip('}')) throw new NotJson()
    return object
  }
}

/** The one JSON value of a text, or `undefined`. */
export function readJson(text: string): Json | undefined {
  try {
    return new Parser(tokenize(text)).whole()
  } catch (error) {
    if (error instanceof NotJson) return undefined
    throw error
  }
}

/** A JSON value as a program has it: of repeated members the last one. */
export function toPlain(value: Json | undefined): unknown {
  if (Array.isArray(value)) return value.map(toPlain)
  if (value instanceof JsonObject) {
    return Object.fromEntries(value.members.map(([name, each]) => [name, toPlain(each)]))
  }
  return value
}
