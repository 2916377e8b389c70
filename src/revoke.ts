/**
 * `app.cognito.revoke`: revokes tokens of a registered pool or of a tenant.
 * @module
 */
import type { ResolvedOptions } from './options.js'
import type { RevocationGate } from './revocation/gate.js'
import { assertRevocation, type Revocation, toMark } from './revocation/mark.js'
import type { Tenants } from './tenants/tenants.js'
import { choosePools } from './verify/token-policy.js'

/** The parts of the plugin that revoke tokens. */
export interface RevokeContext {
  /** `undefined` without the option `revocation`. */
  readonly gate: RevocationGate | undefined
  /** `undefined` without the option `tenants`. */
  readonly tenants: Tenants | undefined
  readonly options: ResolvedOptions
  /** Returns milliseconds since 1970. */
  readonly now: () => number
}

/** The tokens that one revocation concerns, in one user pool. */
interface Concerned {
  readonly userPoolId: string
  /** Name of the pool, for messages. */
  readonly name: string
  readonly revocations: readonly Revocation[]
}

/** Makes `app.cognito.revoke`. */
export function createRevoke({ gate, tenants, options, now }: RevokeContext) {
  return async (revocation: Revocation): Promise<void> => {
    if (!gate) {
      throw new TypeError(
        'revoke: expected the option revocation to be set, because its store keeps the mark',
      )
    }
    assertRevocation(revocation)
    const { userPoolId, name, revocations } = findConcerned(revocation, tenants, options)
    const marks = revocations.map((one) => toMark(one, userPoolId, now() / 1000, options.clockTolerance))
    await Promise.all(marks.map((mark) => gate.revoke(mark, name)))
  }
}

function findConcerned(
  revocation: Revocation,
  tenants: Tenants | undefined,
  { pools, defaultPool, tenants: tenantOptions }: ResolvedOptions,
): Concerned {
  const { pool = defaultPool, tenant: tenantName } = revocation
  if (tenantName === undefined) {
    if (pool === undefined)
      throw new TypeError('revoke: expected pool or tenant, because the option tenants is set')
    const [{ userPoolId }] = choosePools(pools, [pool], 'revoke.pool')
    return { userPoolId, name: pool, revocations: [revocation] }
  }
  if (revocation.pool !== undefined) throw new TypeError('revoke: expected pool or tenant, and not both')
  const tenant = tenants?.directory.named(tenantName)
  if (tenant === undefined) throw new TypeError('revoke.tenant: expected the name of a tenant in force')
  const { userPoolId, appClientId } = tenant.row
  const isShared = tenantOptions?.claim !== undefined
  const revocations = isShared ? splitByClient(revocation, appClientId) : [revocation]
  return { userPoolId, name: tenant.pool.name, revocations }
}

/** Makes the revocation of a whole pool one of each client, because other tenants may have clients in the pool. */
function splitByClient(revocation: Revocation, clients: readonly string[]): readonly Revocation[] {
  if (revocation.by !== 'pool') return [revocation]
  const { notBefore } = revocation
  return clients.map((value) => ({ by: 'client_id', value, ...(notBefore !== undefined && { notBefore }) }))
}
