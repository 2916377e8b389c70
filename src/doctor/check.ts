/**
 * The result of one check of the doctor, and the way in which it shows text that a stranger may have written.
 * @module
 */
import { escapeUnits } from '../base/printable.js'

/** The result of one check. */
export interface Check {
  /** Name of the check: `keys`, `iss`. */
  readonly name: string
  readonly ok: boolean
  readonly found: string
  /** Present where the check failed. */
  readonly expected?: string
  /** The change that helps; present where the check failed. */
  readonly advice?: string
}

/** A check that holds. */
export const holds = (name: string, found: string): Check => ({ name, ok: true, found })

/** A check that failed. */
export const fails = (name: string, found: string, expected: string, advice: string): Check => ({
  name,
  ok: false,
  found,
  expected,
  advice,
})

/** Tells whether all checks hold. */
export const areOk = (checks: readonly Check[]): boolean => checks.every(({ ok }) => ok)

const MAX_SHOWN = 100

/** Shows a claim on a terminal as one line of printable ASCII, because control characters could move the cursor. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  const short = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text
  return short.replace(/[^\x20-\x7e]/g, escapeUnits)
}

/**
 * Describes a length of time for people.
 *
 * @example describeTime(7300) // '2 h'
 */
export function describeTime(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`
}

/** @example count(2, 'part') // '2 parts' */
export const count = (number: number, thing: string) => `${number} ${thing}${number === 1 ? '' : 's'}`
