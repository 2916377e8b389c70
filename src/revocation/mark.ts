/**
 * What an application asks to be revoked, and the mark that it becomes.
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
  /** The token's claim `exp`: the mark is forgotten after it, and after a day where it is not known. */
  readonly exp?: number
}

/** Everything that one sign-in led to, by the claim `origin_jti`. */
interface OneSignIn {
  readonly pool?: string
  readonly by: 'origin_jti'
  readonly value: string
}

/** The tokens of a user or of an app client that are accepted now, or that were issued until a time. */
interface UntilNow {
  readonly pool?: string
  readonly by: 'sub' | 'client_id'
  readonly value: string
  /**
   * Tokens that were issued in that second or earlier are revoked; seconds since 1970. The time of now revokes less than
   * the default: a token whose issuer's clock is ahead passes.
   *
   * @defaultValue now, and as far beyond as a token may be dated ahead (a minute, or `clockTolerance`)
   */
  readonly notBefore?: number
}

/** The same of a whole pool. */
interface WholePool {
  readonly pool?: string
  readonly by: 'pool'
  readonly notBefore?: number
}

/**
 * What `app.cognito.revoke` takes: tokens by a claim of theirs, or all of a pool. `pool` is the name of a registered pool,
 * the default pool where it is left out. Only tokens that are out there are revoked: to keep a user from getting new ones,
 * tell Cognito.
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
 * Refuses what is no {@link Revocation}.
 *
 * @throws {TypeError} naming what was expected, never the value
 */
export function assertRevocation(revocation: unknown): asserts revocation is Revocation {
  const by = (revocation as Partial<Revocation> | null | undefined)?.by
  if (typeof by !== 'string' || !Object.hasOwn(SCHEMAS, by)) {
    throw new TypeError(`revoke: expected { by: ${Object.keys(SCHEMAS).map(quote).join(' | ')}, … }`)
  }
  assertOptions(SCHEMAS[by], revocation, 'revoke')
}

const quote = (word: string) => `'${word}'`

/** The largest `clockTolerance`: applications that share a store may differ in theirs. Seconds. */
const MAX_TOLERANCE = 300

/**
 * The mark of a revocation, for as long as a token that it concerns can be valid.
 *
 * @param userPoolId - of the pool, which other applications may know by another name
 * @param now - seconds since 1970
 * @param tolerance - the option `clockTolerance`; seconds
 * @throws {TypeError} when `notBefore` lies in the future, as one in milliseconds does
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
  // The clock that dates tokens may be ahead.
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
      // All that is accepted now is refused after it, also what a clock that is ahead has dated.
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

/** No token of such a time is valid any more: it is a duration, or a mistake. A mark of it would revoke nothing. */
function assertRecent(time: number, now: number, name: string): void {
  if (time < now - MAX_LIFETIME - MAX_TOLERANCE) {
    throw new TypeError(`revoke.${name}: expected seconds since 1970, not longer ago than a token is valid`)
  }
}
