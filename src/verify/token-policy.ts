/**
 * The policy of a guard, compiled at boot: which tokens of which pools it accepts, and with which claims.
 * @module
 */

import { refuse } from '../base/errors.js'
import { nearestSpelling } from '../base/nearest-name.js'
import { printable } from '../base/printable.js'
import { kindOf } from '../base/value-kind.js'
import { type ClaimsReader, compileClaims } from '../claims/reader.js'
import type { TokenUse } from '../claims/standard-claims.js'
import type { ResolvedPool } from '../pool/pool.js'
import { isConditions } from './required-names.js'
import { acceptedLevels, type PoolLevels, type RequiredAcr, type SignInClock } from './sign-in.js'
import { type Authorize, compileRequirement, type TokenRequirement } from './token-requirement.js'

/** The policy of one guard. */
export interface TokenPolicy {
  readonly pools: ReadonlyMap<string, PoolPolicy>
  readonly authorize: Authorize
}

/** The kinds of token of one pool that a guard accepts, and the reader of their claims. */
export interface PoolPolicy extends PoolLevels {
  readonly tokenUses: ReadonlySet<TokenUse>
  readonly claimsReader: ClaimsReader
}

/** A pool whose own claim schema is compiled. */
export interface CompiledPool {
  readonly pool: ResolvedPool
  readonly claimsReader: ClaimsReader
}

/**
 * Compiles the policy of a guard.
 *
 * @param registered - the pools of the plugin by their names
 * @param names - the pools of the guard; `undefined` for all pools, where a function of the request chooses
 * @param requirement - a requirement that matches its schema
 * @param path - the name of the requirement in messages of errors
 * @throws {TypeError} for an unknown pool, an unusable claim schema, and a requirement that can never hold
 */
export function compilePolicy(
  registered: ReadonlyMap<string, CompiledPool>,
  names: readonly string[] | undefined,
  requirement: TokenRequirement,
  path: string,
  clock: SignInClock,
): TokenPolicy {
  const { claims } = requirement
  const ownReader = claims === undefined ? undefined : compileClaims(claims, `${path}.claims`)
  const uses = requirement.tokenUse && new Set([requirement.tokenUse].flat())
  const pools = new Map<string, PoolPolicy>()
  for (const { pool, claimsReader } of choosePools(registered, names, path)) {
    pools.set(pool.name, {
      tokenUses: uses ?? pool.tokenUses,
      claimsReader: ownReader ?? claimsReader,
      levels: pool.acr,
      accepted: requirement.acr === undefined ? [] : acceptedLevels(requirement.acr, pool.acr),
    })
  }
  assertKnownLevels(requirement.acr, pools, path)
  assertPossible(requirement, pools, names === undefined, path)
  return { pools, authorize: compileRequirement(requirement, path, pools, clock) }
}

/**
 * Returns the pools with these names: at least one.
 *
 * @param names - `undefined` for all pools
 * @param path - the name of the argument in messages of errors
 * @throws {TypeError} for an unknown pool, a pool that is named twice, and an empty list
 */
export function choosePools<P>(
  registered: ReadonlyMap<string, P>,
  names: readonly string[] = [...registered.keys()],
  path: string,
): readonly [P, ...P[]] {
  const chosen = [...new Set(names)].map((name) => registered.get(name)).filter((pool) => pool !== undefined)
  const [first, ...others] = chosen
  if (first !== undefined && chosen.length === names.length) return [first, ...others]
  const known = [...registered.keys()]
  throw new TypeError(
    `${path}: expected the name of a registered pool, or a list of different ones: ${known.join(', ')}; ${describeFound(names, known)}`,
  )
}

function describeFound(names: readonly unknown[], known: readonly string[]): string {
  const stranger = names.find((name) => !known.some((one) => one === name))
  if (typeof stranger === 'string') {
    const near = nearestSpelling(stranger, known)
    return near === undefined ? 'found another name' : `did you mean ${near}?`
  }
  if (typeof stranger === 'object' && stranger !== null) {
    return 'found an object; a requirement is the second argument'
  }
  return `found ${kindOf(stranger === undefined ? names : stranger)}`
}

/**
 * Narrows a policy to the pools that the function of a guard chose. Returns `undefined` where the policy lacks one of them.
 */
export function selectPools(
  { pools, authorize }: TokenPolicy,
  names: readonly string[],
): TokenPolicy | undefined {
  const chosen = new Map<string, PoolPolicy>()
  for (const name of names) {
    const pool = pools.get(name)
    if (pool === undefined) return undefined
    chosen.set(name, pool)
  }
  return chosen.size > 0 ? { pools: chosen, authorize } : undefined
}

/**
 * Refuses the name of a level that no pool of the guard has.
 *
 * @throws {TypeError} with the names that the pools have
 */
function assertKnownLevels(
  acr: RequiredAcr | undefined,
  pools: ReadonlyMap<string, PoolPolicy>,
  path: string,
): void {
  if (acr === undefined || isConditions(acr)) return
  const known = [...new Set([...pools.values()].flatMap(({ levels }) => levels))]
  const stranger = [acr].flat().find((name) => !known.includes(name))
  if (stranger === undefined) return
  const near = nearestSpelling(stranger, known)
  throw new TypeError(
    `${path}.acr: expected names of levels of its pools: ${printable(known.join(', '))}; ${near === undefined ? 'found another name' : `did you mean ${printable(near)}?`}`,
  )
}

/**
 * Checks that tokens can meet the requirement: those of every pool where the pools are fixed, or those of one pool where a
 * function of the request chooses.
 */
function assertPossible(
  { scopes, acr }: TokenRequirement,
  pools: ReadonlyMap<string, PoolPolicy>,
  isOneEnough: boolean,
  path: string,
): void {
  const policies = [...pools.values()]
  const canHold = (isPossible: (policy: PoolPolicy) => boolean) =>
    isOneEnough ? policies.some(isPossible) : policies.every(isPossible)
  if (scopes !== undefined && !canHold(({ tokenUses }) => tokenUses.has('access'))) {
    throw new TypeError(
      `${path}: this can never hold: only access tokens have scopes, and the route takes none`,
    )
  }
  if (acr !== undefined && !canHold(({ accepted }) => accepted.length > 0)) {
    throw new TypeError(`${path}.acr: this can never hold: a pool has no level of these names`)
  }
}

/**
 * Returns the policy for the pool of a token.
 *
 * @throws {CognitoError} `COGNITO_ERR_TOKEN_INVALID` when the policy does not accept this kind of token of the pool
 */
export function assertAccepted(
  name: string,
  tokenUse: TokenUse,
  pools: ReadonlyMap<string, PoolPolicy>,
): PoolPolicy {
  const expected = pools.get(name)
  if (expected?.tokenUses.has(tokenUse)) return expected
  const taken = [...pools].map(
    ([pool, { tokenUses }]) => `${[...tokenUses].map(describe).join(' or ')} tokens of pool ${pool}`,
  )
  const reasonCode = expected === undefined ? 'POOL_NOT_ACCEPTED' : KIND_NOT_ACCEPTED[tokenUse]
  const details = { kind: describe(tokenUse), pool: name, accepted: taken.join(', ') }
  throw refuse(reasonCode, { pool: name }, details)
}

const KIND_NOT_ACCEPTED = { id: 'ID_TOKEN_NOT_ACCEPTED', access: 'ACCESS_TOKEN_NOT_ACCEPTED' } as const

const describe = (tokenUse: TokenUse) => (tokenUse === 'id' ? 'ID' : 'access')
