/**
 * The policy of a guard, compiled at boot: which tokens of which pools it accepts, and with which claims.
 * @module
 */

import { type CognitoError, refuse } from '../base/errors.js'
import { nearestSpelling } from '../base/nearest-name.js'
import { printable } from '../base/printable.js'
import { kindOf } from '../base/value-kind.js'
import { type ClaimsReader, compileClaims } from '../claims/reader.js'
import type { TokenUse } from '../claims/standard-claims.js'
import type { ResolvedPool } from '../pool/pool.js'
import { ANY_TENANT } from '../pool/tenant-name.js'
import { isConditions } from './required-names.js'
import { acceptedLevels, type PoolLevels, type RequiredAcr, type SignInClock } from './sign-in.js'
import { type Authorize, compileRequirement, type TokenRequirement } from './token-requirement.js'

/** The policy of one guard. */
export interface TokenPolicy {
  readonly pools: ReadonlyMap<string, PoolPolicy>
  /** The tenants that are accepted; `undefined` for a guard that names no tenants. */
  readonly tenants: TenantsPolicy | undefined
  readonly authorize: Authorize
}

/** Accepts every tenant. No name of a tenant is a symbol. */
export const EVERY_TENANT: unique symbol = Symbol('every tenant')

/** The tenants that a guard accepts: one, {@link EVERY_TENANT}, or none where the request names none. */
export interface TenantsPolicy {
  readonly name: string | typeof EVERY_TENANT | undefined
  readonly terms: PoolPolicy
}

/** The pools that a guard names. */
export interface NamedPools {
  /** Names of pools; `undefined` for all registered pools, where a function of the request chooses. */
  readonly names: readonly string[] | undefined
  readonly takesTenants: boolean
}

/** The kinds of token of one pool that a guard accepts, and the reader of their claims. */
export interface PoolPolicy extends PoolLevels {
  readonly tokenUses: ReadonlySet<TokenUse>
  readonly claimsReader: ClaimsReader
}

/** The options of pools that a policy depends on, and the reader of their claims. */
export interface CompiledTerms {
  readonly tokenUses: ReadonlySet<TokenUse>
  readonly acr: readonly string[]
  readonly claimsReader: ClaimsReader
}

/** A pool whose own claim schema is compiled. */
export interface CompiledPool {
  readonly pool: ResolvedPool
  readonly claimsReader: ClaimsReader
}

/** The registered pools, and what all tenants have in common. */
export interface Registered {
  readonly pools: ReadonlyMap<string, CompiledPool>
  /** `undefined` without the option `tenants`. */
  readonly tenants: CompiledTerms | undefined
}

/**
 * Compiles the policy of a guard.
 *
 * @param requirement - a requirement that matches its schema
 * @param path - the name of the requirement in messages of errors
 * @throws {TypeError} for an unknown pool, an unusable claim schema, and a requirement that can never hold
 */
export function compilePolicy(
  registered: Registered,
  { names, takesTenants }: NamedPools,
  requirement: TokenRequirement,
  path: string,
  clock: SignInClock,
): TokenPolicy {
  const toTerms = createTerms(requirement, path)
  const isWithoutPools = takesTenants && names?.length === 0
  const chosen = isWithoutPools ? [] : choosePools(registered.pools, names, path)
  const pools = new Map(
    chosen.map(({ pool, claimsReader }) => [pool.name, toTerms({ ...pool, claimsReader })] as const),
  )
  const terms = takesTenants ? toTerms(assertTenants(registered, path)) : undefined
  const all = terms === undefined ? pools : new Map([...pools, [ANY_TENANT, terms]])
  assertKnownLevels(requirement.acr, all, path)
  assertPossible(requirement, all, names === undefined, path)
  const authorize = compileRequirement(requirement, path, all, clock)
  return { pools, tenants: terms && { name: EVERY_TENANT, terms }, authorize }
}

function createTerms(requirement: TokenRequirement, path: string): (from: CompiledTerms) => PoolPolicy {
  const { claims, acr: required } = requirement
  const ownReader = claims === undefined ? undefined : compileClaims(claims, `${path}.claims`)
  const uses = requirement.tokenUse && new Set([requirement.tokenUse].flat())
  return ({ tokenUses, claimsReader, acr }) => ({
    tokenUses: uses ?? tokenUses,
    claimsReader: ownReader ?? claimsReader,
    levels: acr,
    accepted: required === undefined ? [] : acceptedLevels(required, acr),
  })
}

function assertTenants({ tenants }: Registered, path: string): CompiledTerms {
  if (tenants !== undefined) return tenants
  throw new TypeError(`${path}: expected the option tenants to be set, because the guard names tenants`)
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
  { pools, tenants, authorize }: TokenPolicy,
  names: readonly string[],
): TokenPolicy | undefined {
  const chosen = new Map<string, PoolPolicy>()
  for (const name of names) {
    const pool = pools.get(name)
    if (pool === undefined) return undefined
    chosen.set(name, pool)
  }
  return chosen.size > 0 ? { pools: chosen, tenants, authorize } : undefined
}

/** Narrows a policy to one tenant; to none, where `name` is `undefined`. The pools stay accepted. */
export function selectTenant(
  { pools, tenants, authorize }: TokenPolicy,
  name: string | undefined,
): TokenPolicy {
  return { pools, tenants: tenants && { name, terms: tenants.terms }, authorize }
}

/** The accepted kinds of token by the name of their pool; those of tenants under {@link ANY_TENANT}. */
export const termsOf = ({ pools, tenants }: TokenPolicy): ReadonlyMap<string, PoolPolicy> =>
  tenants === undefined ? pools : new Map([...pools, [ANY_TENANT, tenants.terms]])

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
  pool: Pick<ResolvedPool, 'name' | 'tenant'>,
  tokenUse: TokenUse,
  policy: TokenPolicy,
): PoolPolicy {
  const expected =
    pool.tenant === undefined ? policy.pools.get(pool.name) : findTerms(pool.tenant, policy.tenants)
  if (expected?.tokenUses.has(tokenUse)) return expected
  throw explain(pool, tokenUse, policy, expected !== undefined)
}

function findTerms(tenant: string, accepted: TenantsPolicy | undefined): PoolPolicy | undefined {
  return accepted?.name === tenant || accepted?.name === EVERY_TENANT ? accepted.terms : undefined
}

function explain(
  { name, tenant }: Pick<ResolvedPool, 'name' | 'tenant'>,
  tokenUse: TokenUse,
  policy: TokenPolicy,
  isAcceptedPool: boolean,
): CognitoError {
  // The name that the request chose is not repeated.
  if (!isAcceptedPool && tenant !== undefined && policy.tenants !== undefined) {
    return refuse(policy.tenants.name === undefined ? 'TENANT_NOT_NAMED' : 'TENANT_NOT_ACCEPTED', {
      pool: name,
    })
  }
  const taken = [...termsOf(policy)].map(
    ([pool, { tokenUses }]) => `${[...tokenUses].map(describe).join(' or ')} tokens of pool ${pool}`,
  )
  const reasonCode = isAcceptedPool ? KIND_NOT_ACCEPTED[tokenUse] : 'POOL_NOT_ACCEPTED'
  const details = { kind: describe(tokenUse), pool: name, accepted: taken.join(', ') }
  return refuse(reasonCode, { pool: name }, details)
}

const KIND_NOT_ACCEPTED = { id: 'ID_TOKEN_NOT_ACCEPTED', access: 'ACCESS_TOKEN_NOT_ACCEPTED' } as const

const describe = (tokenUse: TokenUse) => (tokenUse === 'id' ? 'ID' : 'access')
