/**
 * Reads settings files in JSON or YAML, with the plugin's names or those of fastapi-cognito, and finds the line of a
 * fault.
 * @module
 */
import { readFileSync } from 'node:fs'
// The whole module, because a banner of a bundler may have a name `createRequire` already.
import nodeModule from 'node:module'
import { extname } from 'node:path'
import { isMembers, type Members } from '../base/members.js'
import { printable } from '../base/printable.js'
import { findRepeatedName, REPEATED } from '../base/repeated-name.js'
import { fromFastapiSettings, isFastapiSettings, toFastapiPath } from './fastapi.js'

/** A settings file that was parsed. */
interface SettingsFile {
  /** The options, unchecked. */
  readonly options: object
  /** Returns the place of an option for messages: file, line, name. */
  readonly describe: (path: readonly string[]) => string
}

/**
 * Reads a settings file.
 *
 * @throws {TypeError} when the file is no JSON or YAML of an object, has a name twice, or asks for what the plugin does
 *   not do
 * @throws {Error} when the file cannot be read, or the package `yaml` is missing
 */
export function readSettingsFile(file: string): SettingsFile {
  // Some editors put a byte order mark before the text.
  const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '')
  const settings = parse(file, text)
  const describe = (path: readonly string[]) =>
    printable(`${file}:${findLine(text, path)}: ${path.join('.')}`)
  if (!isFastapiSettings(settings)) return { options: settings, describe }
  return {
    options: fromFastapiSettings(settings, describe),
    describe: (path) => describe(toFastapiPath(path)),
  }
}

function parse(file: string, text: string): Members {
  const isJson = extname(file) === '.json'
  if (!isJson && !/^\.ya?ml$/.test(extname(file))) {
    throw new TypeError(`${printable(file)}: expected a file that ends in .json, .yaml or .yml`)
  }
  const value = isJson ? parseJson(file, text) : parseYaml(file, text)
  if (isMembers(value)) return value
  throw new TypeError(`${printable(file)}:1: expected an object of options`)
}

function parseJson(file: string, text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The parser's message is left out, because it repeats text of the file.
    throw new TypeError(`${printable(file)}: expected valid JSON`)
  }
  const repeated = findRepeatedName(text)
  if (repeated === undefined) return value
  const at = `${file}:${lineOf(text, repeated.index)}: ${repeated.path.join('.')}`
  throw new TypeError(`${printable(at)}: ${REPEATED}`)
}

function parseYaml(file: string, text: string): unknown {
  const { parseDocument, visit } = loadYaml(file)
  // `1` and `'1'` are two names in YAML but one in JavaScript. A name that is a list has no `value`.
  const uniqueKeys = (a: YamlName, b: YamlName) => 'value' in a && String(a.value) === String(b.value)
  const document = parseDocument(text, { uniqueKeys, logLevel: 'error' })
  // A warning is about an unknown tag, which the parser would ignore.
  const [fault] = [...document.errors, ...document.warnings]
  if (fault?.code === 'DUPLICATE_KEY') {
    throw new TypeError(`${printable(file)}:${lineOf(text, fault.pos[0])}: ${REPEATED}`)
  }
  const aliases: YamlName[] = []
  // An alias as a name is refused, because it may repeat another name unseen.
  visit(document, {
    Pair(_, { key }) {
      if ('source' in key && !('value' in key)) aliases.push(key)
    },
  })
  try {
    if (fault === undefined && aliases.length === 0) return document.toJS()
  } catch {
    // An alias names no anchor, or the aliases expand too far.
  }
  const at = fault === undefined ? '' : `:${lineOf(text, fault.pos[0])}`
  throw new TypeError(
    `${printable(file)}${at}: expected valid YAML, without tags of your own and with aliases that exist`,
  )
}

/** The part of the package `yaml` that is used. */
interface Yaml {
  readonly parseDocument: (text: string, options: object) => YamlDocument
  readonly visit: (
    document: YamlDocument,
    visitor: { readonly Pair: (position: unknown, pair: { readonly key: YamlName }) => void },
  ) => void
}

interface YamlName {
  readonly value?: unknown
}

interface YamlDocument {
  readonly errors: readonly YamlFault[]
  readonly warnings: readonly YamlFault[]
  readonly toJS: () => unknown
}

interface YamlFault {
  readonly code: string
  /** Positions in the text where the fault begins and ends. */
  readonly pos: readonly [number, number]
}

/**
 * Packages are looked for from this file, or from the bundle that holds it. A bundle in CommonJS has no
 * `import.meta.url`, but the name of its own file.
 */
const originOf = (url: string | undefined = __filename) => url

/** Loads `yaml`, an optional peer dependency, only for a YAML file. */
function loadYaml(file: string): Yaml {
  try {
    return nodeModule.createRequire(originOf(import.meta.url))('yaml')
  } catch {
    throw new Error(`${printable(file)}: a YAML file needs the package yaml; install it, or write JSON`)
  }
}

const lineOf = (text: string, index: number) => text.slice(0, index).split('\n').length

/** Returns the line of the innermost name of a path that the text has. */
function findLine(text: string, path: readonly string[]): number {
  let position = 0
  for (const name of path) {
    const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    const key = new RegExp(`(?<=^|[\\s{,])["']?${escaped}["']?\\s*:`, 'g')
    key.lastIndex = position
    const match = key.exec(text)
    if (match) position = match.index
  }
  return lineOf(text, position)
}
