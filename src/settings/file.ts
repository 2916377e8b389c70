/**
 * Settings files: JSON and YAML, the plugin's own names and those of fastapi-cognito, and where in the text a fault is.
 * @module
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname } from 'node:path'
import { printable } from '../base/printable.js'
import { findRepeatedName, REPEATED } from '../base/repeated-name.js'
import type { PluginOptions } from '../options.js'
import { fromFastapiSettings, isFastapiSettings, toFastapiPath } from './fastapi.js'

/** What a file says. */
export interface SettingsFile {
  /** As they stand there; nobody has checked them yet. */
  readonly options: PluginOptions
  /** Says where in the file an option is: file, line, name. */
  readonly describe: (path: readonly string[]) => string
}

/**
 * Reads a settings file.
 *
 * @throws {TypeError} when it is no JSON or YAML of an object, has a name twice, or says what the plugin does not do
 * @throws {Error} when it cannot be read, or `yaml` is missing
 */
export function readSettingsFile(file: string): SettingsFile {
  // Some editors put a byte order mark before the text.
  const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '')
  const settings = parse(file, text)
  const describe = (path: readonly string[]) =>
    printable(`${file}:${findLine(text, path)}: ${path.join('.')}`)
  if (!isFastapiSettings(settings)) return { options: settings as unknown as PluginOptions, describe }
  return {
    options: fromFastapiSettings(settings, (path) => describe(path)),
    describe: (path) => describe(toFastapiPath(path)),
  }
}

function parse(file: string, text: string): Readonly<Record<string, unknown>> {
  const isJson = extname(file) === '.json'
  if (!isJson && !/^\.ya?ml$/.test(extname(file))) {
    throw new TypeError(`${printable(file)}: expected a file that ends in .json, .yaml or .yml`)
  }
  const value = isJson ? parseJson(file, text) : parseYaml(file, text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as never
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
  // `1` and `'1'` are two names in YAML, and one in JavaScript. A name that is a list has no value.
  const uniqueKeys = (a: YamlName, b: YamlName) => 'value' in a && String(a.value) === String(b.value)
  const document = parseDocument(text, { uniqueKeys, logLevel: 'error' })
  // A warning means an unknown tag, which the parser would ignore.
  const [fault] = [...document.errors, ...document.warnings]
  if (fault?.code === 'DUPLICATE_KEY') {
    throw new TypeError(`${printable(file)}:${lineOf(text, fault.pos[0])}: ${REPEATED}`)
  }
  const referred: YamlName[] = []
  // An alias in the place of a name may repeat one unseen.
  visit(document, {
    Pair(_, { key }) {
      if ('source' in key && !('value' in key)) referred.push(key)
    },
  })
  try {
    if (fault === undefined && referred.length === 0) return document.toJS()
  } catch {
    // An alias of nothing, or too many of them.
  }
  const at = fault === undefined ? '' : `:${lineOf(text, fault.pos[0])}`
  throw new TypeError(
    `${printable(file)}${at}: expected valid YAML, without tags of your own and with aliases that exist`,
  )
}

/** What is used of the package. */
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
  /** Where it begins and ends. */
  readonly pos: readonly [number, number]
}

/** `yaml` is an optional peer: it is loaded when a file asks for it. */
function loadYaml(file: string): Yaml {
  try {
    return createRequire(import.meta.url)('yaml')
  } catch {
    throw new Error(`${printable(file)}: a YAML file takes the package yaml; install it, or write JSON`)
  }
}

const lineOf = (text: string, index: number) => text.slice(0, index).split('\n').length

/** The line of the innermost of these names that the text has; they stand inside each other. */
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
