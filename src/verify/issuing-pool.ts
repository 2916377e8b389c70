/**
 * The pool that issued a token: a registered pool by the issuer alone, or a tenant by the issuer and the app client.
 * @module
 */
import { refuse } from '../base/errors.js'
import { ownMember } from '../base/members.js'
import type { Payload } from '../claims/standard-claims.js'
import { checkTimes } from '../jwt/times.js'
import { checkCognitoClaims, clientOf } from './cognito-claims.js'
import type { PoolWithKeys, TenantList } from './tenants.js'
import type { TokenPolicy } from './token-policy.js'

/**
 * Finds the pool of a token. The list of tenants may have to be read first.
 *
 * @throws {CognitoError} thrown or rejected, when there is none
 */
export type FindIssuingPool = (payload: Payload, policy: TokenPolicy) => PoolWithKeys | Promise<PoolWithKeys>

/**
 * Makes the finder. A registered pool goes before a tenant with the same issuer.
 *
 * @param byIssuer - the registered pools
 * @param clock - the time of day in milliseconds since 1970, and the leeway in seconds
 */
export function createPoolFinder(
  byIssuer: ReadonlyMap<unknown, PoolWithKeys>,
  tenants: TenantList | undefined,
  { now, tolerance }: { readonly now: () => number; readonly tolerance: number },
): FindIssuingPool {
  /** Searches a tenant. A token that could be of no tenant at all does not cause a reading of the list. */
  function search(issuer: unknown, payload: Payload, policy: TokenPolicy) {
    if (tenants === undefined || policy.tenants?.name === undefined) throw refuse('ISSUER_UNKNOWN')
    checkCognitoClaims(payload, tenants.anyTenant)
    checkTimes(payload, now() / 1000, tolerance, tenants.anyTenant.name)
    return tenants.search(issuer, clientOf(payload))
  }

  return (payload, policy) => {
    const issuer = ownMember(payload, 'iss')
    return byIssuer.get(issuer) ?? tenants?.find(issuer, clientOf(payload)) ?? search(issuer, payload, policy)
  }
}
