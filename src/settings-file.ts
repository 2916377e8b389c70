/**
 * Settings files: JSON and YAML, the plugin's own names and those of fastapi-cognito, and where in the text a fault is.
 * @module
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname } from 'node:path'
import { fromFastapiSettings, isFastapiSettings, toFastapiPath } from './fastapi-settings.js'
import type { PluginOptions } from './options.js'

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
 * @throws {TypeError} when it is no JSON or YAML of an object, or says what the plugin does not do
 * @throws {Error} when it cannot be read, or `yaml` is missing
 */
export function readSettingsFile(file: string): SettingsFile {
  const text = readFileSync(file, 'utf8')
  const settings = parse(file, text)
  const describe = (path: readonly string[]) => `${file}:${findLine(text, path)}: ${path.join('.')}`
  if (!isFastapiSettings(settings)) return { options: settings as unknown as PluginOptions, describe }
  return {
    options: fromFastapiSettings(settings, (path) => describe(path)),
    describe: (path) => describe(toFastapiPath(path)),
  }
}

function parse(file: string, text: string): Readonly<Record<string, unknown>> {
  const isJson = extname(file) === '.json'
  if (!isJson && !/^\.ya?ml$/.test(extname(file))) {
    throw new TypeError(`${file}: expected a file that ends in .json, .yaml or .yml`)
  }
  const parseText = isJson ? JSON.parse : loadYaml(file)
  let value: unknown
  try {
    value = parseText(text)
  } catch {
    // Nothing of the parser's message: it repeats the text.
    throw new TypeError(`${file}: expected valid ${isJson ? 'JSON' : 'YAML'}`)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as never
  throw new TypeError(`${file}:1: expected an object of options`)
}

/** `yaml` is an optional peer: it is loaded when a file asks for it. */
function loadYaml(file: string): (text: string) => unknown {
  try {
    return createRequire(import.meta.url)('yaml').parse
  } catch {
    throw new Error(`${file}: a YAML file takes the package yaml; install it, or write JSON`)
  }
}

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
  return text.slice(0, position).split('\n').length
}
