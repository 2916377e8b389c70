/**
 * The functions of `app.cognito` for what outlives a token. They know the store of revocations.
 * @module
 */
import type { Clock } from '../base/clock.js'
import { refuse } from '../base/errors.js'
import type { Payload } from '../claims/standard-claims.js'
import type { RevocationGate, UsedToken } from '../revocation/gate.js'
import type { Authentication } from '../verify/authentication.js'
import { clientOf } from '../verify/cognito-claims.js'
import type { ListedTenant, TenantList } from '../verify/tenants.js'
import { type CloseOnExpiry, createCloseOnExpiry } from './close-on-expiry.js'
import { createExpirySignal, type ExpirySignal } from './expiry-signal.js'
import { type Ending, type ReadToken, readToken } from './token-in-use.js'

/** The members of `app.cognito` for what outlives a token: they hear of revocations. */
export interface Expiry {
  /**
   * Does the same as the function `expirySignal` of the package, and fires for a revoked token, too: at once where the
   * store hears of marks, else within a minute. `signal.reason.code` is then `COGNITO_ERR_TOKEN_REVOKED`. It fires also when
   * the tenant of the token is removed or changed, with `COGNITO_ERR_TOKEN_INVALID`; and at the third look in a row, one a
   * minute, at which the list of tenants is not trusted, with `COGNITO_ERR_TENANTS_UNAVAILABLE`.
   *
   * @param authentication - see `expirySignal`; an authentication of this application
   * @param options - see `expirySignal`
   * @throws {TypeError} when an argument is anything else
   * @example const signal = app.cognito.expirySignal(request.cognito, { signal: leaving })
   */
  readonly expirySignal: ExpirySignal
  /**
   * Does the same as the function `closeOnExpiry` of the package, and closes at the revocation of the token, too: at once
   * where the store hears of marks, else within a minute. A WebSocket then gets the reason `The token was revoked`. It
   * closes also when the tenant of the token is removed or changed, and when the list of tenants is not trusted at three
   * looks in a row.
   *
   * @param target - see `closeOnExpiry`
   * @param authentication - see `closeOnExpiry`; an authentication of this application
   * @throws {TypeError} when an argument is anything else
   * @example app.cognito.closeOnExpiry(socket, request.cognito)
   */
  readonly closeOnExpiry: CloseOnExpiry
}

/**
 * Makes `app.cognito.expirySignal` and `app.cognito.closeOnExpiry`.
 *
 * @param pools - the registered pools by their names
 * @param gate - `undefined` where no store of revocations is set
 * @param tenants - `undefined` where the option `tenants` is not set
 */
export function createExpiry(
  pools: ReadonlyMap<string, UsedToken['pool']>,
  gate: RevocationGate | undefined,
  clock?: Clock,
  tenants?: TenantList,
): Expiry {
  const read: ReadToken = (authentication, caller) => {
    const token = readToken(authentication, caller)
    const { pool, tenant, payload } = authentication as Followed
    const follow = (used: UsedToken['pool'] | undefined) =>
      gate === undefined ? [] : [revocationsOf(gate, toUsed(used, payload, caller))]
    if (tenants === undefined || tenant === undefined) return { ...token, endings: follow(pools.get(pool)) }
    const listed = findTenant(tenants, tenant, payload)
    if (listed === undefined) return { ...token, endings: [removed(pool)] }
    const isListed = () => findTenant(tenants, tenant, payload) === listed
    return { ...token, endings: [...follow(listed.pool), removalOf(tenants, listed, isListed)] }
  }
  return { expirySignal: createExpirySignal(read, clock), closeOnExpiry: createCloseOnExpiry(read, clock) }
}

/** The members of an authentication by which its token is followed. */
type Followed = Pick<Authentication, 'pool' | 'payload'> & Partial<Pick<Authentication, 'tenant'>>

/** Finds the tenant of a token by the issuer and the client, because a tenant of the same name may have others by now. */
function findTenant(tenants: TenantList, name: string, payload: Payload): ListedTenant | undefined {
  const tenant = tenants.lookUp(payload['iss'], clientOf(payload))
  return tenant?.pool.tenant === name ? tenant : undefined
}

const revocationsOf = (gate: RevocationGate, token: UsedToken): Ending => ({
  ask: async () => gate.pass(token),
  listen: (onEnd) => gate.watch(token, () => onEnd(refuse('TOKEN_REVOKED', { pool: token.pool.name }))),
})

/** The end of a token with its tenant. A list that is not trusted gives no answer, because it may miss the removal. */
const removalOf = (tenants: TenantList, tenant: ListedTenant, isListed: () => boolean): Ending => ({
  async ask() {
    const { pool, membership } = tenant
    if (!isListed()) throw refuse('TENANT_REMOVED', { pool: pool.name })
    if (!membership.isCurrent()) throw refuse('TENANT_LIST_FAILED', { pool: pool.name, retryAfter: 1 })
  },
  listen: (onEnd) => tenants.watch(tenant, () => onEnd(refuse('TENANT_REMOVED', { pool: tenant.pool.name }))),
})

/** The end of a token whose tenant was removed before its token was followed. */
const removed = (pool: string): Ending => ({
  ask: async () => {
    throw refuse('TENANT_REMOVED', { pool })
  },
  listen: () => () => {},
})

/** Takes the claims that a mark names. A value of another application would be followed in vain. */
function toUsed(pool: UsedToken['pool'] | undefined, payload: Payload, caller: string): UsedToken {
  if (pool === undefined || typeof payload['sub'] !== 'string' || typeof payload['iat'] !== 'number') {
    throw new TypeError(
      `${caller}: expected an authentication of this application, with its pool and the claims sub and iat, because a mark may revoke the token`,
    )
  }
  return { pool, payload, revocable: undefined }
}
