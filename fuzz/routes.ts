/**
 * Which route a token is sent to.
 * @module
 */
import fc, { type Arbitrary } from 'fast-check'
import { type PoolName, ROUTE_NAMES, ROUTES, type RouteFacts, type RouteName, type Use } from './setting.js'
import { BASES, type BaseName } from './tokens.js'

function takes(name: RouteName, base: BaseName): boolean {
  const route: RouteFacts = ROUTES[name]
  const [pool, use] = base.replace('machine', 'access').split('.') as [PoolName, Use]
  return route.pools.includes(pool) && route.uses.includes(use)
}

const MATCHING = new Map(
  BASES.map((base) => {
    const matching = ROUTE_NAMES.filter((name) => takes(name, base))
    const any = { weight: 1, arbitrary: fc.constantFrom(...ROUTE_NAMES) }
    return [base, fc.oneof({ weight: 7, arbitrary: fc.constantFrom(...matching) }, any)]
  }),
)

/** Mostly a route that takes tokens of this base. */
export const routeOf = (base: BaseName): Arbitrary<RouteName> =>
  MATCHING.get(base) ?? fc.constantFrom(...ROUTE_NAMES)
