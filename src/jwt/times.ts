/**
 * When a token is valid: its lifetime, its issue and the clocks that disagree about them.
 * @module
 */
import { CognitoError } from '../base/errors.js'
import { type Members, ownMember } from '../base/members.js'

const invalid = (reason: string, pool: string) =>
  new CognitoError('COGNITO_ERR_TOKEN_INVALID', { reason, pool })

/** Cognito's clock may run ahead by this many seconds. */
export const MIN_FUTURE_TOLERANCE = 60
/** Cognito issues no access or ID token for longer than a day; seconds. */
export const MAX_LIFETIME = 86_400 + 60
/** The last second that a `Date` can hold. */
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
  if (!isTime(exp, MILLISECONDS_FROM)) throw invalid(describe('exp', exp), pool)
  if (!isTime(iat, latest)) throw invalid(describe('iat', iat), pool)
  if (exp <= iat || exp - iat > MAX_LIFETIME)
    throw invalid('the lifetime is not between 0 and 24 hours', pool)
  if (Object.hasOwn(payload, 'nbf') && !isTime(payload['nbf'], latest)) {
    throw invalid(describe('nbf', payload['nbf']), pool)
  }
  if (exp <= now - tolerance) {
    throw new CognitoError('COGNITO_ERR_TOKEN_EXPIRED', { reason: 'the token expired', pool })
  }
}

/** A time from 1973 on in milliseconds; in seconds it would be the year 5138. */
const MILLISECONDS_FROM = 100_000_000_000

/** Why {@link checkTimes} refuses a time: it is missing, no number of seconds, or in the future. */
function describe(name: 'exp' | 'iat' | 'nbf', value: unknown): string {
  if (value === undefined) return `${name} is missing`
  if (!isTime(value, MAX_TIME)) return `${name} is not a time in seconds`
  return value >= MILLISECONDS_FROM
    ? `${name} is not a time in seconds: is it in milliseconds?`
    : `${name} lies in the future: compare the clocks`
}

/**
 * The seconds since 1970 between which {@link checkTimes} accepts a payload that it has accepted once: from the first
 * and before the second.
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
