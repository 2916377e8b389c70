/**
 * A revocation as an application asks for it, and the mark that it becomes.
 * @module
 */
import { assertOptions, compileSchema, type IsDocumented, number, Type, text } from '../base/schema.js'
import { MAX_LIFETIME, MIN_FUTURE_TOLERANCE } from '../jwt/times.js'
import { type RevocationMark, toKey } from './store.js'

/** One token, by its claim `jti`. */
interface OneToken {
  readonly pool?: string
  readonly by: 'jti'
  readonly value: string
  /** The claim `exp` of the token, seconds since 1970: the mark expires after it. Without `exp`, it lives for a day. */
  readonly exp?: number
}

/** All tokens of one sign-in, by the claim `origin_jti`. */
interface OneSignIn {
  readonly pool?: string
  readonly by: 'origin_jti'
  readonly value: string
}

/** The tokens of a user or of an app client that were issued until now, or until another time. */
interface UntilNow {
  readonly pool?: string
  readonly by: 'sub' | 'client_id'
  readonly value: string
  /**
   * Tokens that were issued in this second or earlier are revoked; seconds since 1970. The current time revokes less than
   * the default, because a token passes whose issuer has a fast clock.
   *
   * @defaultValue the current time plus the greatest `iat` ahead of it that is accepted (a minute, or `clockTolerance`)
   */
  readonly notBefore?: number
}

/** The tokens of a whole pool that were issued until now, or until another time. */
interface WholePool {
  readonly pool?: string
  readonly by: 'pool'
  readonly notBefore?: number
}

/**
 * The argument of `app.cognito.revoke`: tokens by one of their claims, or all tokens of a pool. `pool` is the name of a
 * registered pool, by default the default pool. Only existing tokens are revoked: to keep a user from getting new tokens,
 * sign the user out at Cognito or disable the user there.
 *
 * @typeParam N - names of the pools
 * @example { pool: 'eu', by: 'sub', value: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee' }
 */
export type Revocation<N extends string = string> = (OneToken | OneSignIn | UntilNow | WholePool) & {
  readonly pool?: N
}

const value = text('the value of the claim, 1 to 2,048 characters')
const pool = Type.Optional(Type.String({ expected: 'the name of a pool' }))
const time = number(0, 1e11, 'seconds since 1970')
const closed = { additionalProperties: false, expected: 'an object' }

const ONE_TOKEN = Type.Object({ pool, by: Type.Literal('jti'), value, exp: time }, closed)
const ONE_SIGN_IN = Type.Object({ pool, by: Type.Literal('origin_jti'), value }, closed)
const UNTIL_NOW = Type.Object(
  { pool, by: Type.Union([Type.Literal('sub'), Type.Literal('client_id')]), value, notBefore: time },
  closed,
)
const WHOLE_POOL = Type.Object({ pool, by: Type.Literal('pool'), notBefore: time }, closed)

/** Does not compile when an interface and its schema drift apart. */
const areDocumented: [
  IsDocumented<OneToken, typeof ONE_TOKEN>,
  IsDocumented<OneSignIn, typeof ONE_SIGN_IN>,
  IsDocumented<UntilNow, typeof UNTIL_NOW>,
  IsDocumented<WholePool, typeof WHOLE_POOL>,
] = [true, true, true, true]
void areDocumented

const untilNow = compileSchema(UNTIL_NOW)
const SCHEMAS = {
  jti: compileSchema(ONE_TOKEN),
  origin_jti: compileSchema(ONE_SIGN_IN),
  sub: untilNow,
  client_id: untilNow,
  pool: compileSchema(WHOLE_POOL),
} as const

/**
 * Checks that a value is a {@link Revocation}.
 *
 * @throws {TypeError} for any other value; the message has the expected form and never the value
 */
export function assertRevocation(revocation: unknown): asserts revocation is Revocation {
  const by = (revocation as Partial<Revocation> | null | undefined)?.by
  if (typeof by !== 'string' || !Object.hasOwn(SCHEMAS, by)) {
    throw new TypeError(`revoke: expected { by: ${Object.keys(SCHEMAS).map(quote).join(' | ')}, … }`)
  }
  assertOptions(SCHEMAS[by], revocation, 'revoke')
}

const quote = (word: string) => `'${word}'`

/** The largest `clockTolerance`, in seconds. Applications with the same store may have different tolerances. */
const MAX_TOLERANCE = 300

/**
 * Returns the mark of a revocation. The mark expires when no token that it revokes can be valid any more.
 *
 * @param userPoolId - id of the pool, because other applications may give the pool another name
 * @param now - seconds since 1970
 * @param tolerance - the option `clockTolerance`, in seconds
 * @throws {TypeError} when `notBefore` lies in the future, as a time in milliseconds does
 */
export function toMark(
  revocation: Revocation,
  userPoolId: string,
  now: number,
  tolerance: number,
): RevocationMark {
  const { by } = revocation
  const ofMark = by === 'pool' ? '' : revocation.value
  const key = toKey(userPoolId, by, ofMark)
  return { key, userPoolId, by, value: ofMark, ...lifeOf(revocation, now, tolerance) }
}

function lifeOf(
  revocation: Revocation,
  now: number,
  tolerance: number,
): Pick<RevocationMark, 'notBefore' | 'expiresAt'> {
  // The issuer may have a fast clock.
  const latest = Math.ceil(now) + MAX_TOLERANCE + MAX_LIFETIME
  switch (revocation.by) {
    case 'jti': {
      const { exp = latest } = revocation
      assertRecent(exp, now, 'exp')
      return { notBefore: null, expiresAt: Math.ceil(Math.min(exp, latest)) + MAX_TOLERANCE }
    }
    case 'origin_jti':
      return { notBefore: null, expiresAt: latest + MAX_TOLERANCE }
    default: {
      // The default revokes every token that is accepted now, even one that a fast clock has dated.
      const latestIssue = now + Math.max(tolerance, MIN_FUTURE_TOLERANCE)
      const notBefore = Math.floor(revocation.notBefore ?? latestIssue)
      if (notBefore > now + MAX_TOLERANCE) {
        throw new TypeError('revoke.notBefore: expected seconds since 1970, not later than now')
      }
      assertRecent(notBefore, now, 'notBefore')
      return { notBefore, expiresAt: notBefore + MAX_LIFETIME + MAX_TOLERANCE }
    }
  }
}

/** Checks that a token of this time can still be valid. An older time is a duration or a mistake, and revokes nothing. */
function assertRecent(time: number, now: number, name: string): void {
  if (time < now - MAX_LIFETIME - MAX_TOLERANCE) {
    throw new TypeError(`revoke.${name}: expected seconds since 1970, not longer ago than a token is valid`)
  }
}
