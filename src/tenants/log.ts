/**
 * Logs when the list of tenants cannot be read, when it is read again, and which rows are left out.
 * @module
 */
import type { SkippedRow } from './directory.js'
import { FAULTS } from './row.js'

/** The methods of the application's logger that are used. */
export interface TenantsLogger {
  readonly warn: (details: object, message: string) => void
  readonly info: (details: object, message: string) => void
}

/** Writes the log of one list. No line has a value of a row, or the text of an error. */
export interface TenantsLog {
  /** @param cause - one word */
  readonly onFailure: (cause: string, ageSeconds: number | undefined) => void
  readonly onList: (skipped: readonly SkippedRow[], size: number) => void
}

/** Greatest number of rows that one line names. */
const MAX_NAMED = 10

/**
 * Makes the log.
 *
 * A failure is logged when it begins, with its first cause, and when it ends; a cause that changes meanwhile gives no line.
 * Rows that are left out are logged when the number of rows with some fault changes. So a row that was mended while another
 * one got the same fault gives no line; `app.cognito.tenants.skipped` tells the rows at any time.
 */
export function createTenantsLog(logger: TenantsLogger): TenantsLog {
  let isFailing = false
  let known = ''
  let hadTenants = false
  return {
    onFailure(cause, ageSeconds) {
      if (!isFailing) logger.warn({ cause, ageSeconds }, MESSAGES.failed)
      isFailing = true
    },
    onList(skipped, size) {
      if (isFailing) logger.info({ tenants: size }, MESSAGES.back)
      isFailing = false
      // The numbers of rows may change with each reading.
      const now = countFaults(skipped)
      if (now !== known && skipped.length > 0)
        logger.warn({ count: skipped.length, rows: describe(skipped) }, MESSAGES.skipped)
      known = now
      if (hadTenants && size === 0) logger.warn({}, MESSAGES.empty)
      hadTenants = size > 0
    },
  }
}

/** Returns how many rows have each fault, as a text that can be compared; 100,000 rows take some milliseconds. */
function countFaults(skipped: readonly SkippedRow[]): string {
  const counts = new Map<string, number>()
  for (const { fault } of skipped) counts.set(fault, (counts.get(fault) ?? 0) + 1)
  return Object.keys(FAULTS)
    .map((fault) => counts.get(fault) ?? 0)
    .join(' ')
}

const describe = (skipped: readonly SkippedRow[]) =>
  skipped.slice(0, MAX_NAMED).map(({ row, fault }) => `row ${row}: ${FAULTS[fault]}`)

const MESSAGES = {
  failed:
    'fastify-cognito: tenants.load failed; the known tenants go on for up to tenants.staleIfError seconds, then their requests get 503',
  back: 'fastify-cognito: tenants.load answers again',
  skipped:
    'fastify-cognito: rows of tenants.load are left out, so the tokens of their tenants are refused; the other tenants go on',
  empty:
    'fastify-cognito: tenants.load returned no tenant any more, so the tokens of all tenants are refused',
} as const
