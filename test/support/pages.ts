/**
 * How tests read the texts of the project: files, sections of a page, and tables.
 * @module
 */
import { readFileSync } from 'node:fs'

/** Reads a file by its path from the root of the project. */
export const readText = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

/** The text below a heading, down to the next one of its level or above. */
export function section(page: string, heading: string): string {
  const level = heading.indexOf(' ')
  const [, rest] = page.split(`\n${heading}\n`)
  return `\n${rest ?? ''}`.split(new RegExp(`\n#{1,${level}} `))[0] ?? ''
}

/** The lines of the table whose header row begins with `header`. */
export function tableLines(text: string, header: string): string[] {
  const [, rest = ''] = text.split(`\n| ${header} |`)
  const rows = rest.split('\n').slice(2)
  const end = rows.findIndex((row) => !row.startsWith('|'))
  return rows.slice(0, end < 0 ? undefined : end)
}

/** The cells of a line of a table. */
export const cellsOf = (line: string) => line.split(/(?<!\\)\|/).slice(1, -1)

/** The cells of the table whose header row begins with `header`. */
export const table = (text: string, header: string): string[][] => tableLines(text, header).map(cellsOf)

/** What stands in backquotes in the first cells, in order of the alphabet. */
export const namesIn = (rows: readonly string[][]) =>
  rows.flatMap(([cell = '']) => Array.from(cell.matchAll(/`([^`]+)`/g), ([, name = '']) => name)).sort()

export const sorted = (list: readonly string[]) => [...list].sort()
