/**
 * How a report of the doctor reads: on a terminal, and in a pipe.
 * @module
 */
import type { DoctorReport } from './doctor.js'
import { type Check, count } from './doctor-check.js'

/** Where a report is read. */
export interface ReportStyle {
  /** Headings and marks for people; else each line stands for itself. */
  readonly isTerminal: boolean
  readonly hasColour: boolean
}

interface Section {
  readonly title: string
  readonly checks: readonly Check[]
}

/** Writes a report, with a line break at its end. */
export function formatReport(report: DoctorReport, { isTerminal, hasColour }: ReportStyle): string {
  const sections = toSections(report)
  const lines = isTerminal
    ? sections.flatMap((section) => [...formatForPeople(section, hasColour), ''])
    : sections.flatMap(formatForPipe)
  return [...lines, summarize(sections, isTerminal), ''].join('\n')
}

function toSections({ pools, token }: DoctorReport): readonly Section[] {
  const sections = pools.map(({ name, checks }) => ({ title: `pool ${name}`, checks }))
  return token === undefined ? sections : [...sections, { title: 'token', checks: token.checks }]
}

const GREEN = 32
const RED = 31
const paint = (colour: number, text: string, hasColour: boolean) =>
  hasColour ? `\u001b[${colour}m${text}\u001b[39m` : text

function formatForPeople({ title, checks }: Section, hasColour: boolean): string[] {
  const lines = checks.flatMap((check) => {
    const mark = check.ok ? paint(GREEN, '✔', hasColour) : paint(RED, '✖', hasColour)
    const line = `  ${mark} ${describe(check)}`
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
