/**
 * The revocations that an application asks for, and how a revocation becomes a mark.
 * @module
 */
import { assertOptions, closedObject, documented, spell, TEXT, text } from '../base/option-schema.js'
import { type CompiledSchema, compileSchema, Type } from '../base/schema.js'
import { MAX_LIFETIME, MIN_FUTURE_TOLERANCE } from '../jwt/times.js'
import { type RevocationMark, toKey } from './store.js'

/** The pool of a revocation. */
interface Place {
  readonly pool?: string
  /** The name of a tenant, in place of `pool`. */
  readonly tenant?: string
}

/** The revocation of one token, by its claim `jti`. */
interface OneToken extends Place {
  readonly by: 'jti'
  readonly value: string
  /** The token's claim `exp`; seconds since 1970. The mark is kept until `exp`, or for a day when `exp` is left out. */
  readonly exp?: number
}

/** The revocation of all tokens of one sign-in, by the claim `origin_jti`. */
interface OneSignIn extends Place {
  readonly by: 'origin_jti'
  readonly value: string
}

/** The revocation of the tokens of a user or an app client that are accepted now, or that were issued until a time. */
interface UntilNow extends Place {
  readonly by: 'sub' | 'client_id'
  readonly value: string
  /**
   * Revokes tokens that were issued in this second or earlier; seconds since 1970. The current time revokes less than the
   * default: a token passes when the clock of its issuer is ahead.
   *
   * @defaultValue the current time plus a minute, or plus `clockTolerance` when `clockTolerance` is longer
   */
  readonly notBefore?: number
}

/** The revocation of the tokens of a whole pool, or of a whole tenant, as {@link UntilNow}. */
interface WholePool extends Place {
  readonly by: 'pool'
  readonly notBefore?: number
}

/**
 * A revocation for `app.cognito.revoke`: of tokens with a claim, or of all tokens of a pool. `pool` is the name of a
 * registered pool; without `pool`, the default pool is meant. `tenant` is the name of a tenant in its place. A revocation concerns issued tokens only: to keep a user from
 * getting new tokens, end the sign-in in Cognito as well.
 *
 * @typeParam N - names of the pools
 * @example { pool: 'eu', by: 'sub', value: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee' }
 */
export type Revocation<N extends string = string> = (OneToken | OneSignIn | UntilNow | WholePool) & {
  readonly pool?: N
}

const value = text(`the value of the claim, ${spell(TEXT.minLength, TEXT.maxLength)} characters`)
const pool = Type.Optional(Type.String({ expected: 'the name of a pool' }))
const tenant = Type.Optional(Type.String({ expected: 'the name of a tenant' }))
const place = { pool, tenant }
const time = Type.Optional(Type.Number({ minimum: 0, maximum: 1e11, expected: 'seconds since 1970' }))
const OBJECT = 'an object'

const oneToken = compileSchema(
  documented<OneToken>()(closedObject({ ...place, by: Type.Literal('jti'), value, exp: time }, OBJECT)),
)
const oneSignIn = compileSchema(
  documented<OneSignIn>()(closedObject({ ...place, by: Type.Literal('origin_jti'), value }, OBJECT)),
)
const subjectOrClient = Type.Union([Type.Literal('sub'), Type.Literal('client_id')])
const untilNow = compileSchema(
  documented<UntilNow>()(closedObject({ ...place, by: subjectOrClient, value, notBefore: time }, OBJECT)),
)
const wholePool = compileSchema(
  documented<WholePool>()(closedObject({ ...place, by: Type.Literal('pool'), notBefore: time }, OBJECT)),
)

/** The schema of a revocation by its member `by`. */
const SCHEMAS: ReadonlyMap<unknown, CompiledSchema> = new Map([
  ['jti', oneToken],
  ['origin_jti', oneSignIn],
  ['sub', untilNow],
  ['client_id', untilNow],
  ['pool', wholePool],
])

/**
 * Refuses a value that is no {@link Revocation}.
 *
 * @throws {TypeError} with what was expected, never with the value
 */
export function assertRevocation(revocation: unknown): asserts revocation is Revocation {
  const schema = SCHEMAS.get(Reflect.get(Object(revocation), 'by'))
  if (schema === undefined) {
    const words = Array.from(SCHEMAS.keys(), (by) => `'${by}'`)
    throw new TypeError(`revoke: expected { by: ${words.join(' | ')}, … }`)
  }
  assertOptions(schema, revocation, 'revoke')
}

/** The largest `clockTolerance`; seconds. Applications that share a store may differ in `clockTolerance`. */
export const MAX_TOLERANCE = 300

/**
 * Makes the mark of a revocation. The mark is kept for as long as a token that the mark concerns can be valid.
 *
 * @param userPoolId - id of the user pool, which other applications may know by another name
 * @param now - seconds since 1970
 * @param tolerance - the option `clockTolerance`; seconds
 * @throws {TypeError} when `notBefore` lies in the future, as a time in milliseconds does
 */
export function toMark(
  revocation: Revocation,
  userPoolId: string,
  now: number,
  tolerance: number,
): RevocationMark {
  const { by } = revocation
  const value = by === 'pool' ? '' : revocation.value
  const key = toKey(userPoolId, by, value)
  return { key, userPoolId, by, value, ...lifeOf(revocation, now, tolerance) }
}

function lifeOf(
  revocation: Revocation,
  now: number,
  tolerance: number,
): Pick<RevocationMark, 'notBefore' | 'expiresAt'> {
  // The clock of the issuer may be ahead.
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
      // The mark reaches into the future, so that it concerns every token that is accepted now.
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

/** Refuses a time so long ago that no token of it is valid: the mark would revoke nothing. Such a time is mostly a duration. */
function assertRecent(time: number, now: number, name: string): void {
  if (time < now - MAX_LIFETIME - MAX_TOLERANCE) {
    throw new TypeError(`revoke.${name}: expected seconds since 1970, not longer ago than a token is valid`)
  }
}
