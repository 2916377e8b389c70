/**
 * The selection of a guard's pools: the same pools for every request, or those that a function of the request chooses.
 * @module
 */
import type { FastifyRequest } from 'fastify'
import { refuse } from '../base/errors.js'
import { selectPools, type TokenPolicy } from '../verify/token-policy.js'
import type { TokenRequirement } from '../verify/token-requirement.js'
import type { Verifier } from '../verify/verifier.js'
import type { PoolSelector } from './register.js'

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
 * @throws {TypeError} for an unknown pool, and for a requirement that can never hold
 */
export function compileSelection(
  verifier: Verifier,
  selector: PoolSelector<string>,
  requirement: TokenRequirement,
  name: string,
): Selection {
  if (typeof selector === 'function') {
    const policy = verifier.compilePolicy(undefined, requirement, name)
    return { policy, choose: (request) => choose(selector(request), policy) }
  }
  const policy = verifier.compilePolicy([selector].flat(), requirement, name)
  return { policy, choose: () => policy }
}

type Chosen = string | readonly string[]

function choose(chosen: Chosen | Promise<Chosen>, all: TokenPolicy): TokenPolicy | Promise<TokenPolicy> {
  if (typeof chosen === 'string' || Array.isArray(chosen)) return narrow([chosen].flat(), all)
  return Promise.resolve(chosen).then((names) => narrow([names].flat(), all))
}

function narrow(names: readonly string[], all: TokenPolicy): TokenPolicy {
  const policy = selectPools(all, names)
  if (policy) return policy
  // The refusal does not repeat what the function returned, because it may come from the request.
  throw refuse('POOL_CHOICE_INVALID', {}, { pools: [...all.pools.keys()].join(', ') })
}
