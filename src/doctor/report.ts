/**
 * The text of a report, on a terminal and in a pipe.
 * @module
 */

import { printable } from '../base/printable.js'
import { type Check, count } from './check.js'
import type { DoctorReport } from './index.js'

interface Section {
  readonly title: string
  readonly checks: readonly Check[]
}

/**
 * Writes a report, with a line break at its end.
 *
 * @param isTerminal - headings and marks for people; else each line stands for itself
 */
export function formatReport(report: DoctorReport, isTerminal: boolean): string {
  const sections = toSections(report)
  const lines = isTerminal
    ? sections.flatMap((section) => [...formatForPeople(section), ''])
    : sections.flatMap(formatForPipe)
  // Text of a settings file may have line breaks. It must not begin a line of the report.
  return [...lines.map(printable), summarize(sections, isTerminal), ''].join('\n')
}

/** Colours the marks of a report for people. */
export const paint = (report: string): string =>
  report.replace(/^( {2})([✔✖])/gm, (_, indent, mark) => `${indent}\u001b[${COLOURS[mark]}m${mark}\u001b[39m`)

/** Green and red. */
const COLOURS: Readonly<Record<string, number>> = { '✔': 32, '✖': 31 }

function toSections({ pools, token }: DoctorReport): readonly Section[] {
  const sections = pools.map(({ name, checks }) => ({ title: `pool ${name}`, checks }))
  return token === undefined ? sections : [...sections, { title: 'token', checks: token.checks }]
}

function formatForPeople({ title, checks }: Section): string[] {
  const lines = checks.flatMap((check) => {
    const line = `  ${check.ok ? '✔' : '✖'} ${describe(check)}`
    return check.advice === undefined ? [line] : [line, `    → ${check.advice}`]
  })
  return [title, ...lines]
}

function formatForPipe({ title, checks }: Section): string[] {
  return checks.map((check) => {
    const advice = check.advice === undefined ? '' : `; ${check.advice}`
    return `${check.ok ? 'ok  ' : 'FAIL'} ${title}: ${describe(check)}${advice}`
  })
}

function describe({ name, ok, found, expected }: Check): string {
  return ok ? `${name}: ${found}` : `${name}: found ${found}; expected ${expected}`
}

function summarize(sections: readonly Section[], isTerminal: boolean): string {
  const checks = sections.flatMap((section) => section.checks)
  const failed = checks.filter(({ ok }) => !ok).length
  const text =
    failed === 0 ? `all ${checks.length} checks hold` : `${failed} of ${count(checks.length, 'check')} failed`
  return isTerminal ? text : `${failed === 0 ? 'ok  ' : 'FAIL'} ${text}`
}
