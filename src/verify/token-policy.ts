/**
 * What one guard accepts, compiled once: of which pools, which tokens, with which claims.
 * @module
 */

import { refuse } from '../base/errors.js'
import { nearestSpelling } from '../base/nearest-name.js'
import { kindOf } from '../base/value-kind.js'
import { type ClaimsReader, compileClaims } from '../claims/reader.js'
import type { TokenUse } from '../claims/standard-claims.js'
import type { ResolvedPool } from '../pool/pool.js'
import { type Authorize, compileRequirement, type TokenRequirement } from './token-requirement.js'

/** What one guard accepts, compiled once. */
export interface TokenPolicy {
  readonly pools: ReadonlyMap<string, PoolPolicy>
  readonly authorize: Authorize
}

/** What a guard accepts of one pool. */
export interface PoolPolicy {
  readonly tokenUses: ReadonlySet<TokenUse>
  readonly claimsReader: ClaimsReader
}

/** A pool whose own claim schema is compiled. */
export interface CompiledPool {
  readonly pool: ResolvedPool
  readonly claimsReader: ClaimsReader
}

/**
 * Compiles what a guard accepts.
 *
 * @param registered - the pools of the plugin by their names
 * @param names - the guard's pools; `undefined` for all of them, of which a request chooses
 * @param requirement - valid as such
 * @param path - where the requirement stands, for the message of an error
 * @param clock - of `maxAge`: milliseconds since 1970, and seconds of leeway
 * @throws {TypeError} for an unknown pool, an unusable claim schema, and a requirement that can never hold
 */
export function compilePolicy(
  registered: ReadonlyMap<string, CompiledPool>,
  names: readonly string[] | undefined,
  requirement: TokenRequirement,
  path: string,
  clock: { readonly now: () => number; readonly tolerance: number },
): TokenPolicy {
  const ownReader = requirement.claims && compileClaims(requirement.claims, `${path}.claims`)
  const uses = requirement.tokenUse && new Set([requirement.tokenUse].flat() as TokenUse[])
  const pools = new Map<string, PoolPolicy>()
  for (const { pool, claimsReader } of choosePools(registered, names, path)) {
    pools.set(pool.name, { tokenUses: uses ?? pool.tokenUses, claimsReader: ownReader ?? claimsReader })
  }
  assertPossible(requirement, pools, names === undefined, path)
  return { pools, authorize: compileRequirement(requirement, clock.tolerance, clock.now) }
}

/**
 * The pools of these names.
 *
 * @param names - `undefined` for all of them
 * @param path - where the names stand, for the message of an error
 * @throws {TypeError} for an unknown pool, one that is named twice, and an empty list
 */
export function choosePools<P>(
  registered: ReadonlyMap<string, P>,
  names: readonly string[] = [...registered.keys()],
  path: string,
): readonly P[] {
  const chosen = [...new Set(names)].map((name) => registered.get(name)).filter((pool) => pool !== undefined)
  if (chosen.length > 0 && chosen.length === names.length) return chosen
  const known = [...registered.keys()]
  throw new TypeError(
    `${path}: expected the name of a registered pool, or a list of different ones: ${known.join(', ')}; ${describeFound(names, known)}`,
  )
}

function describeFound(names: readonly unknown[], known: readonly string[]): string {
  const stranger = names.find((name) => !known.includes(name as string))
  if (typeof stranger === 'string') {
    const near = nearestSpelling(stranger, known)
    return near === undefined ? 'found another name' : `did you mean ${near}?`
  }
  if (typeof stranger === 'object' && stranger !== null) {
    return 'found an object; a requirement is the second argument'
  }
  return `found ${kindOf(stranger === undefined ? names : stranger)}`
}

/** Narrows a policy to the pools that a guard's function chose; `undefined` where the policy lacks one of them. */
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

/** A guard of fixed pools must be able to open for each; one that chooses by the request, for some. */
function assertPossible(
  { scopes }: TokenRequirement,
  pools: ReadonlyMap<string, PoolPolicy>,
  isOneEnough: boolean,
  path: string,
): void {
  if (scopes === undefined) return
  const takesAccess = [...pools.values()].map(({ tokenUses }) => tokenUses.has('access'))
  if (isOneEnough ? takesAccess.some(Boolean) : takesAccess.every(Boolean)) return
  throw new TypeError(
    `${path}: this can never hold: only access tokens have scopes, and the route takes none`,
  )
}

/**
 * Tells what the policy accepts of a token's pool.
 *
 * @throws {CognitoError} `COGNITO_ERR_TOKEN_INVALID` when it takes no such token
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
