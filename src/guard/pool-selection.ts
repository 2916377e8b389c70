/**
 * The selection of a guard's pools and tenants: the same for every request, or those that a function of the request chooses.
 * @module
 */
import type { FastifyRequest } from 'fastify'
import { refuse } from '../base/errors.js'
import { chain } from '../base/promises.js'
import { EVERY_TENANT, selectPools, selectTenant, type TokenPolicy } from '../verify/token-policy.js'
import type { TokenRequirement } from '../verify/token-requirement.js'
import type { Verifier } from '../verify/verifier.js'
import type { PoolSelector } from './register.js'
import { readTenantChoice, type TenantChoice, type TenantSelector } from './tenant-selector.js'

/** A pool by its name, or tenants by a selector. */
export type Selectable = string | TenantSelector

/** The policy of a guard, and its narrowing for a request. */
export interface Selection {
  /** The policy with all pools that the guard may accept. */
  readonly policy: TokenPolicy
  /** Returns the policy with the pools for the request. */
  readonly choose: (request: FastifyRequest) => TokenPolicy | Promise<TokenPolicy>
}

/**
 * Compiles the selection of a guard.
 *
 * @param name - the name of the guard in messages of errors
 * @throws {TypeError} for an unknown pool, for several selectors of tenants, and for a requirement that can never hold
 */
export function compileSelection(
  verifier: Verifier,
  selector: PoolSelector<Selectable>,
  requirement: TokenRequirement,
  name: string,
): Selection {
  if (typeof selector === 'function') {
    const policy = verifier.compilePolicy({ names: undefined, takesTenants: false }, requirement, name)
    return { policy, choose: (request) => choose(selector(request), policy) }
  }
  const { names, tenant } = splitSelector(selector, name)
  const policy = verifier.compilePolicy({ names, takesTenants: tenant !== undefined }, requirement, name)
  if (typeof tenant !== 'function') {
    const narrowed = narrowTenant(policy, tenant)
    return { policy, choose: () => narrowed }
  }
  return {
    policy,
    choose: (request) => chain(tenant(request), (chosen) => narrowTenant(policy, chosen)),
  }
}

/** The parts of a selector. */
interface Parts {
  readonly names: readonly string[]
  /** `undefined` where the selector has no tenants. */
  readonly tenant: TenantChoice | undefined
}

/**
 * Splits a selector into names of pools and the choice of tenants. A value that is neither stays among the names, where it
 * is refused.
 *
 * @throws {TypeError} for several selectors of tenants
 */
export function splitSelector(selector: Selectable | readonly Selectable[], name: string): Parts {
  const parts = [selector].flat()
  const choices = parts.map(readTenantChoice).filter((choice) => choice !== undefined)
  if (choices.length > 1) {
    throw new TypeError(`${name}: expected one selector of tenants at most; found ${choices.length}`)
  }
  const names = parts.filter((part) => readTenantChoice(part) === undefined) as string[]
  return { names, tenant: choices[0] }
}

/** Narrows a policy to a tenant. Anything else than a name, as a function may return it, names none. */
export function narrowTenant(policy: TokenPolicy, chosen: unknown): TokenPolicy {
  if (chosen === EVERY_TENANT) return policy
  return selectTenant(policy, typeof chosen === 'string' ? chosen : undefined)
}

type Chosen = Selectable | readonly Selectable[]

function choose(chosen: Chosen | Promise<Chosen>, all: TokenPolicy): TokenPolicy | Promise<TokenPolicy> {
  if (typeof chosen === 'string' || Array.isArray(chosen)) return narrow([chosen].flat(), all)
  return Promise.resolve(chosen).then((names) => narrow([names].flat(), all))
}

/** Narrows a policy to pools. A selector of tenants is no name of a pool, so it is refused. */
function narrow(names: readonly unknown[], all: TokenPolicy): TokenPolicy {
  const policy = selectPools(all, names as string[])
  if (policy) return policy
  // The refusal does not repeat what the function returned, because it may come from the request.
  throw refuse('POOL_CHOICE_INVALID', {}, { pools: [...all.pools.keys()].join(', ') })
}
