/**
 * Step-up: the level, the methods and the age of the sign-in that a route requires (RFC 9470).
 * @module
 */
import type { ChallengeParameters } from '../base/challenge.js'
import { type CognitoError, refuse } from '../base/errors.js'
import { type Members, ownMember } from '../base/members.js'
import { closedObject } from '../base/option-schema.js'
import { Type } from '../base/schema.js'
import { isTime, MIN_FUTURE_TOLERANCE } from '../jwt/times.js'
import { LEVEL } from '../pool/levels.js'
import { termsNameOf } from '../pool/tenant-name.js'
import { compileNames, isConditions, type RequiredNames } from './required-names.js'

/** Required level of the sign-in: one name, one name of a list, or a level of the pool and all above it. */
export type RequiredAcr = string | readonly string[] | { readonly atLeast: 1 | 2 | 3 | 4 }

const EXPECTED = 'a name of a level, a list of names, or { atLeast: 1 } to { atLeast: 4 }'
const level = Type.Unsafe<1 | 2 | 3 | 4>(Type.Integer({ minimum: 1, maximum: 4, expected: EXPECTED }))
const name = Type.String({ pattern: LEVEL, expected: EXPECTED })

/** Schema of {@link RequiredAcr}. */
export const acrSchema = Type.Optional(
  Type.Union(
    [
      name,
      Type.Array(name, { minItems: 1, uniqueItems: true, expected: EXPECTED }),
      closedObject({ atLeast: level }, EXPECTED),
    ],
    { expected: EXPECTED },
  ),
)

/** Requirements of a route on the sign-in. */
export interface SignInRequirement {
  readonly acr?: RequiredAcr
  readonly amr?: RequiredNames
  readonly maxAge?: number
}

/** The levels of one pool. */
export interface PoolLevels {
  /** All levels of the pool, lowest first. */
  readonly levels: readonly string[]
  /** The levels that the route accepts, highest first; empty where it requires no level. */
  readonly accepted: readonly string[]
}

/** The clock for the age of a sign-in. */
export interface SignInClock {
  /** Returns the time of day; milliseconds since 1970. */
  readonly now: () => number
  /** Leeway on `maxAge`; seconds. */
  readonly tolerance: number
}

/** The members of an authentication that tell about its sign-in. */
export interface SignedIn {
  readonly pool: string
  readonly principal: 'user' | 'machine'
  readonly payload: Members
}

/**
 * Returns the levels of a pool that a route accepts, highest first.
 *
 * @param levels - the levels of the pool, lowest first
 */
export function acceptedLevels(required: RequiredAcr, levels: readonly string[]): readonly string[] {
  const accepted = isConditions(required)
    ? levels.slice(required.atLeast - 1)
    : levels.filter((one) => [required].flat().includes(one))
  return accepted.reverse()
}

/** Finds the refusal of a sign-in; `undefined` where the sign-in meets the requirement. */
type FindRefusal = (signedIn: SignedIn, challenge: ChallengeParameters) => CognitoError | undefined

/**
 * Compiles the requirements on a sign-in. Every refusal has the whole challenge of the route for the pool of the token, so
 * that one more sign-in is enough. A token that fails several requirements is refused as too weak, and not as too old.
 *
 * @param pools - the levels of each pool that the route accepts, and of `ANY_TENANT`
 * @returns a function that throws unless the sign-in meets the requirements; `undefined` where nothing is required
 */
export function requireSignIn(
  { acr, amr, maxAge }: SignInRequirement,
  pools: ReadonlyMap<string, PoolLevels>,
  clock: SignInClock,
): ((signedIn: SignedIn) => void) | undefined {
  const rules: FindRefusal[] = []
  if (acr !== undefined || amr !== undefined) rules.push(refuseMachine)
  if (acr !== undefined) rules.push(requireLevel(pools))
  if (amr !== undefined) rules.push(requireMethods(amr))
  if (maxAge !== undefined) rules.push(requireRecentSignIn(maxAge, clock))
  if (rules.length === 0) return undefined
  const age = maxAge === undefined ? {} : { max_age: String(maxAge) }
  const challenges = new Map(
    [...pools].map(([pool, { accepted }]) => [pool, Object.freeze({ ...toAcrValues(accepted), ...age })]),
  )
  return (signedIn) => {
    const challenge = challenges.get(termsNameOf(signedIn.pool)) ?? age
    for (const find of rules) {
      const refusal = find(signedIn, challenge)
      if (refusal) throw refusal
    }
  }
}

const toAcrValues = (accepted: readonly string[]): ChallengeParameters =>
  accepted.length === 0 ? {} : { acr_values: accepted.join(' ') }

/** Refuses a machine without a way to step up, because a machine does not sign in. */
const refuseMachine: FindRefusal = ({ principal, pool }) =>
  principal === 'machine' ? refuse('MACHINE_WITHOUT_SIGN_IN', { pool }) : undefined

const requireLevel =
  (pools: ReadonlyMap<string, PoolLevels>): FindRefusal =>
  ({ payload, pool }, challenge) => {
    const acr = ownMember(payload, 'acr')
    const { levels, accepted } = pools.get(termsNameOf(pool)) ?? NO_LEVELS
    if (accepted.some((one) => one === acr)) return undefined
    if (acr === undefined) return refuse('ACR_MISSING', { pool, challenge })
    return levels.some((one) => one === acr)
      ? refuse('ACR_NOT_ACCEPTED', { pool, challenge }, { acr: accepted.join(' or ') })
      : refuse('ACR_UNKNOWN', { pool, challenge })
  }

const NO_LEVELS: PoolLevels = { levels: [], accepted: [] }

function requireMethods(required: RequiredNames): FindRefusal {
  const { text, isMetBy } = compileNames(required)
  return ({ payload, pool }, challenge) => {
    const amr = ownMember(payload, 'amr')
    if (amr === undefined) return refuse('AMR_MISSING', { pool, challenge })
    if (Array.isArray(amr) && isMetBy({ has: (method) => amr.includes(method) })) return undefined
    return refuse('AMR_NOT_ACCEPTED', { pool, challenge }, { amr: text })
  }
}

const requireRecentSignIn =
  (maxAge: number, { now, tolerance }: SignInClock): FindRefusal =>
  ({ payload, pool }, challenge) => {
    const seconds = now() / 1000
    const authTime = ownMember(payload, 'auth_time')
    const isRecent =
      isTime(authTime, seconds + MIN_FUTURE_TOLERANCE) && seconds - authTime <= maxAge + tolerance
    return isRecent ? undefined : refuse('SIGN_IN_TOO_OLD', { pool, challenge })
  }
