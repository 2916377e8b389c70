/**
 * Which pools a guard takes tokens of: the same for every request, or those that a function of the request chooses.
 * @module
 */
import type { FastifyRequest } from 'fastify'
import { refuse } from '../base/errors.js'
import { selectPools, type TokenPolicy } from '../verify/token-policy.js'
import type { TokenRequirement } from '../verify/token-requirement.js'
import type { Verifier } from '../verify/verifier.js'
import type { PoolSelector } from './register.js'

/**
 * Compiles how a guard comes by its policy: at boot where its pools are fixed, else by the request.
 *
 * @param name - of the guard, for the message of an error
 * @throws {TypeError} for an unknown pool, and for a requirement that can never hold
 */
export function compileSelection(
  verifier: Verifier,
  selector: PoolSelector<string>,
  requirement: TokenRequirement,
  name: string,
): (request: FastifyRequest) => TokenPolicy | Promise<TokenPolicy> {
  if (typeof selector === 'function') {
    const all = verifier.compilePolicy(undefined, requirement, name)
    return (request) => choose(selector(request), all)
  }
  const names = [selector].flat()
  const policy = verifier.compilePolicy(names, requirement, name)
  return () => policy
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
