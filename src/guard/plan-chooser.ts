/**
 * Which pools a guard takes tokens of: the same for every request, or those that a function of the request chooses.
 * @module
 */
import type { FastifyRequest } from 'fastify'
import { CognitoError } from '../base/errors.js'
import type { Authenticator } from '../verify/authenticator.js'
import type { TokenRequirement } from '../verify/authorization.js'
import { type Plan, selectPools } from '../verify/plan.js'
import type { PoolSelector } from './register.js'

/**
 * Compiles how a guard comes by its plan: at boot where its pools are fixed, else by the request.
 *
 * @param name - of the guard, for the message of an error
 * @throws {TypeError} for an unknown pool, and for a requirement that can never hold
 */
export function createPlanChooser(
  authenticator: Authenticator,
  selector: PoolSelector<string>,
  requirement: TokenRequirement,
  name: string,
): (request: FastifyRequest) => Plan | Promise<Plan> {
  if (typeof selector === 'function') {
    const all = authenticator.plan(undefined, requirement, name)
    return (request) => choose(selector(request), all)
  }
  const names = [selector].flat()
  const plan = authenticator.plan(names, requirement, name)
  return () => plan
}

type Chosen = string | readonly string[]

function choose(chosen: Chosen | Promise<Chosen>, all: Plan): Plan | Promise<Plan> {
  if (typeof chosen === 'string' || Array.isArray(chosen)) return narrow([chosen].flat(), all)
  return Promise.resolve(chosen).then((names) => narrow([names].flat(), all))
}

function narrow(names: readonly string[], all: Plan): Plan {
  const plan = selectPools(all, names)
  if (plan) return plan
  const known = [...all.pools.keys()].join(', ')
  // What the function returned is not repeated: it may come from the request.
  const reason = `the guard's function chose no pool or an unknown one; registered are ${known}`
  throw new CognitoError('COGNITO_ERR_INTERNAL', { reason })
}
