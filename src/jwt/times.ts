/**
 * The times of a token: its lifetime, its issue, and the leeway for clocks that disagree about them.
 * @module
 */
import { refuse } from '../base/errors.js'
import { type Members, ownMember } from '../base/members.js'
import type { FixedReasonCode } from '../base/reasons.js'

/** Seconds by which Cognito's clock may run ahead. */
export const MIN_FUTURE_TOLERANCE = 60
/** Longest lifetime of a token, in seconds: Cognito issues no access or ID token for longer than a day. */
export const MAX_LIFETIME = 86_400 + 60
/** The last time that a `Date` can hold, in seconds since 1970. */
const MAX_TIME = 8_640_000_000_000

/**
 * Checks `exp`, `iat` and `nbf` (RFC 7519 §4.1.4–6).
 *
 * @param now - seconds since 1970
 * @param tolerance - seconds
 * @throws {CognitoError} `COGNITO_ERR_TOKEN_EXPIRED` or `COGNITO_ERR_TOKEN_INVALID`
 */
export function checkTimes(payload: Members, now: number, tolerance: number, pool: string): void {
  const latest = now + Math.max(tolerance, MIN_FUTURE_TOLERANCE)
  const exp = ownMember(payload, 'exp')
  const iat = ownMember(payload, 'iat')
  if (!isTime(exp, MILLISECONDS_FROM)) throw refuse(explain(EXP, exp), { pool })
  if (!isTime(iat, latest)) throw refuse(explain(IAT, iat), { pool })
  if (exp <= iat || exp - iat > MAX_LIFETIME) throw refuse('LIFETIME_INVALID', { pool })
  if (Object.hasOwn(payload, 'nbf') && !isTime(payload['nbf'], latest)) {
    throw refuse(explain(NBF, payload['nbf']), { pool })
  }
  if (exp <= now - tolerance) throw refuse('TOKEN_EXPIRED', { pool })
}

/** The first time that is taken for milliseconds: of the year 1973, and as seconds of the year 5138. */
const MILLISECONDS_FROM = 100_000_000_000

const EXP = {
  missing: 'EXP_MISSING',
  notSeconds: 'EXP_NOT_SECONDS',
  inMilliseconds: 'EXP_IN_MILLISECONDS',
  // An expiry may lie in the future. The limit of its check is the first time in milliseconds.
  inFuture: 'EXP_IN_MILLISECONDS',
} as const
const IAT = {
  missing: 'IAT_MISSING',
  notSeconds: 'IAT_NOT_SECONDS',
  inMilliseconds: 'IAT_IN_MILLISECONDS',
  inFuture: 'IAT_IN_FUTURE',
} as const
const NBF = {
  // JSON has no `undefined`, so the claim has a value wherever it is there.
  missing: 'NBF_NOT_SECONDS',
  notSeconds: 'NBF_NOT_SECONDS',
  inMilliseconds: 'NBF_IN_MILLISECONDS',
  inFuture: 'NBF_IN_FUTURE',
} as const

/** Finds out why {@link checkTimes} refuses a time. */
function explain(reasons: typeof EXP | typeof IAT | typeof NBF, value: unknown): FixedReasonCode {
  if (value === undefined) return reasons.missing
  if (!isTime(value, MAX_TIME)) return reasons.notSeconds
  return value >= MILLISECONDS_FROM ? reasons.inMilliseconds : reasons.inFuture
}

/**
 * Computes when {@link checkTimes} accepts a payload that it has accepted once, in seconds since 1970: from the first time
 * on, and before the second.
 */
export function validityOf(payload: Members, tolerance: number): readonly [from: number, until: number] {
  const { exp, iat } = payload as { readonly exp: number; readonly iat: number }
  const nbf = (ownMember(payload, 'nbf') ?? 0) as number
  return [Math.max(iat, nbf) - Math.max(tolerance, MIN_FUTURE_TOLERANCE), exp + tolerance]
}

/** Tells a finite number from 0 to `latest`. */
export function isTime(value: unknown, latest: number): value is number {
  return typeof value === 'number' && value >= 0 && value <= latest
}
