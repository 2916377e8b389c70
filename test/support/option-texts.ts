/**
 * What tables and docstrings state of options, compared with the schemas of the options.
 * @module
 */
import ts from 'typescript'
import { TEXT } from '../../src/base/option-schema.js'
import { findPart, type TProperties, type TSchema } from '../../src/base/schema.js'
import { cellsOf, tableLines } from './pages.js'

/** The schema of an object of options. */
export interface OptionsSchema {
  readonly properties: TProperties
  readonly required?: readonly string[] | undefined
}

/** What a text states of one option. */
export interface Statement {
  readonly option: string
  /** The stated default; `undefined` where the text has no place for one. */
  readonly fallback: string | undefined
  /** The stated ranges, such as `0–300` and `at least one`. */
  readonly ranges: readonly string[]
  /** The text itself, a part of its file. */
  readonly text: string
}

/** A number, in a text that writes thousands as `1,000` or `1_000`. */
const NUMBER = /\d(?:[\d,_.]*\d)?/
const RANGE = new RegExp(
  `${NUMBER.source}–${NUMBER.source}|at least (?:one|two)\\b|at most ${NUMBER.source}`,
  'g',
)

const rangesIn = (text: string) => text.match(RANGE) ?? []
const plain = (text: string) => text.replaceAll(/\s+/g, ' ').trim()

/** Reads what a table states. `header` is the first cell of its header row. */
export function readTable(text: string, header: string): Statement[] {
  const head = new RegExp(`^\\| ${header} \\|.*$`, 'm').exec(text)?.[0] ?? ''
  const column = cellsOf(head).findIndex((cell) => cell.trim() === 'default')
  return tableLines(text, header).map((line) => {
    const [name = '', ...cells] = cellsOf(line).map((cell) => cell.trim())
    const fallback = column < 0 ? undefined : cells[column - 1]
    return { option: name.replaceAll('`', ''), fallback, ranges: rangesIn(cells.join(' | ')), text: line }
  })
}

/** Reads what the docstrings of an interface state of its own members. */
export function readInterface(source: string, name: string): Statement[] {
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true)
  const found = file.statements.find((one) => ts.isInterfaceDeclaration(one) && one.name.text === name)
  if (found === undefined || !ts.isInterfaceDeclaration(found)) return []
  return found.members.map((member) => {
    const [comment] = ts.getJSDocCommentsAndTags(member)
    const text = comment?.getText(file) ?? ''
    const [body = '', tag] = text.replaceAll(/\n\s*\* ?/g, '\n').split('@defaultValue ')
    return {
      option: member.name?.getText(file) ?? '',
      fallback: tag === undefined ? '' : plain(tag.split(/\n@|\*\/|\n\//)[0] ?? ''),
      ranges: rangesIn(plain(body)),
      text,
    }
  })
}

const written = (value: number) => value.toLocaleString('en-US')

/** The default of an option as texts write it; `undefined` for an option without one. */
export function defaultOf({ properties, required = [] }: OptionsSchema, option: string): string | undefined {
  if (required.includes(option)) return 'required'
  const value: unknown = properties[option]?.['default']
  if (typeof value === 'number') return written(value)
  if (typeof value === 'string') return `\`'${value}'\``
  return typeof value === 'boolean' ? `\`${value}\`` : undefined
}

/** The range of an option as texts write it; `undefined` for an option without a range of its own. */
export function rangeOf(schema: TSchema | undefined): string | undefined {
  // The members of an object have ranges of their own.
  if (schema === undefined || (schema['properties'] !== undefined && schema['minProperties'] === undefined)) {
    return undefined
  }
  const { minimum, maximum, minItems, maxItems, minProperties } = schema
  if (minimum !== undefined) return `${written(minimum)}–${written(maximum)}`
  // A list of a fixed length has the range of its items.
  if (maxItems !== undefined && maxItems !== minItems) return `at most ${written(maxItems)}`
  if (minItems === 1 || minProperties === 1) return 'at least one'
  const text = findPart(schema, ({ maxLength = TEXT.maxLength }) => maxLength !== TEXT.maxLength)
  return text === undefined ? undefined : `${written(text['minLength'])}–${written(text['maxLength'])}`
}

/** How a kind of text states options. */
export interface Place {
  readonly statements: readonly Statement[]
  /** The options that the text has to state. */
  readonly options: readonly string[]
  /** Defaults that no schema has as a value, by their options: the texts that may stand for them. */
  readonly derived: Readonly<Record<string, readonly string[]>>
  /** Whether ranges may be left out that are not ranges of numbers. */
  readonly isShort?: boolean
}

/** What is wrong in a place; empty where it agrees with the schema. */
export function findFaults(schema: OptionsSchema, place: Place): string[] {
  const stated = place.statements.map(({ option }) => option)
  return [
    ...place.options.filter((option) => !stated.includes(option)).map((option) => `${option}: not there`),
    ...stated.filter((option) => !place.options.includes(option)).map((option) => `${option}: unknown`),
    ...place.statements.flatMap((one) => [
      ...findDefaultFault(schema, place, one),
      ...findRangeFault(schema.properties[one.option], place, one),
    ]),
  ]
}

function findDefaultFault(schema: OptionsSchema, { derived }: Place, { option, fallback }: Statement) {
  if (fallback === undefined) return []
  const value = defaultOf(schema, option)
  const expected = value === undefined ? (derived[option] ?? ['none']) : [value]
  // A docstring has no word for a required option.
  const isStated = expected.includes(fallback) || (value === 'required' && fallback === '')
  return isStated ? [] : [`${option}: the default is ${expected.join(' or ')}, not ${fallback}`]
}

/** The unit of a range, as a pattern. */
function unitOf(schema: TSchema | undefined): string {
  if (schema?.['minimum'] === undefined) return 'characters|letters'
  return /\b(?:seconds|characters)\b/.exec(schema['expected'])?.[0] ?? ''
}

function findRangeFault(
  schema: TSchema | undefined,
  { isShort }: Place,
  { option, ranges, text }: Statement,
) {
  const range = rangeOf(schema)
  const isNumeric = schema?.['minimum'] !== undefined
  const expected = range === undefined || (isShort && !isNumeric && ranges.length === 0) ? [] : [range]
  const hasUnit = !expected.join().includes('–') || new RegExp(`\\b(?:${unitOf(schema)})\\b`).test(text)
  return [
    ...(ranges.join() === expected.join()
      ? []
      : [`${option}: the range is ${expected.join()}, not ${ranges.join()}`]),
    ...(hasUnit ? [] : [`${option}: its unit is ${unitOf(schema)}`]),
  ]
}

/** Copies of a text, each with another number or another last word: `5` becomes `50`. */
export function alter(text: string): string[] {
  const numbers = [...text.matchAll(new RegExp(NUMBER, 'g'))]
  if (text.endsWith('one')) return [text.replace(/one$/, 'two')]
  if (numbers.length === 0) return [text.replace(/\w(?=\W*$)/, '$&x')]
  return numbers.map(({ 0: number, index }) => splice(text, index, number, `${number}0`))
}

/** Copies of the text of a statement, each with another default, another end of a range, or another unit. */
export function plantIn({ text, fallback = '', ranges }: Statement): string[] {
  const units = ranges.some((range) => range.includes('–')) ? ['seconds', 'characters', 'letters'] : []
  return [
    ...(fallback === '' ? [] : alter(fallback)).map((other) =>
      splice(text, text.lastIndexOf(fallback), fallback, other),
    ),
    ...ranges.flatMap((range) =>
      alter(range).map((other) => splice(text, text.indexOf(range), range, other)),
    ),
    ...units.filter((unit) => text.includes(unit)).map((unit) => text.replaceAll(unit, 'ms')),
  ]
}

const splice = (text: string, index: number, part: string, other: string) =>
  text.slice(0, index) + other + text.slice(index + part.length)
