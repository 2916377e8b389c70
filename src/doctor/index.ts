/**
 * The doctor: examines the configured pools, and a token that they refuse.
 * @module
 */

import { timeOfDay } from '../base/clock.js'
import type { ResolvedOptions } from '../options.js'
import type { Verifier } from '../verify/verifier.js'
import { askKeySet } from './key-set.js'
import { type ExaminedPool, examinePool, type Instruments, type PoolReport } from './pool.js'
import { examineToken, type TokenReport } from './token.js'

/** All results; the document of `--json`. */
export interface DoctorReport {
  /** `true` where all checks hold. */
  readonly ok: boolean
  readonly pools: readonly PoolReport[]
  /** Absent where no token was given. */
  readonly token?: TokenReport
}

/** The pools and the token to examine. */
export interface Patient {
  readonly options: ResolvedOptions
  /** A verifier that is made of these options. */
  readonly verifier: Verifier
  readonly token: string | undefined
}

/** Number of pools that are asked at once, so that a thousand pools do not make a thousand connections. */
const AT_ONCE = 8

/** Examines every pool and then the token. Only the JWKS URLs of the pools are asked. */
export async function examine(
  { options, verifier, token }: Patient,
  instruments: Instruments = { now: timeOfDay, ask: askKeySet },
): Promise<DoctorReport> {
  const pools = [...options.pools.values()]
  const examined: ExaminedPool[] = []
  for (let start = 0; start < pools.length; start += AT_ONCE) {
    const some = pools.slice(start, start + AT_ONCE)
    examined.push(...(await Promise.all(some.map((pool) => examinePool(pool, options, instruments)))))
  }
  const reports = examined.map(({ report }) => report)
  const areHealthy = reports.every(({ ok }) => ok)
  if (token === undefined) return { ok: areHealthy, pools: reports }
  const keysOf = (name: string) => examined.find(({ report }) => report.name === name)?.keys
  const report = await examineToken(token, { options, verifier, keysOf, now: instruments.now })
  return { ok: areHealthy && report.ok, pools: reports, token: report }
}
