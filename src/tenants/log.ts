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

/** Makes the log. Each trouble is logged once, until it changes or ends. */
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
      const faults = skipped.map(({ fault }) => fault)
      // The numbers of rows may change with each reading.
      const now = faults.toSorted().join(' ')
      if (now !== known && now !== '')
        logger.warn({ count: skipped.length, rows: describe(skipped) }, MESSAGES.skipped)
      known = now
      if (hadTenants && size === 0) logger.warn({}, MESSAGES.empty)
      hadTenants = size > 0
    },
  }
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
