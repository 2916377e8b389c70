/**
 * The names of tenants: what a name may be, and how a tenant is called among the pools.
 * @module
 */

/** Begins the pool name of each tenant. The name of a registered pool has no colon. */
const PREFIX = 'tenant:'

/** The name that stands for the pools of all tenants. No tenant has it. */
export const ANY_TENANT = 'tenant:*'

/** Pattern of the name of a tenant. */
export const TENANT_NAME = /^[A-Za-z0-9][\w.-]{0,127}$/

/** Returns the pool name of a tenant. */
export const toPoolName = (tenant: string): `tenant:${string}` => `${PREFIX}${tenant}`

/**
 * Returns the name under which a guard keeps its terms for a pool: {@link ANY_TENANT} for each tenant, because all tenants
 * have the same terms.
 */
export const termsNameOf = (pool: string): string => (pool.startsWith(PREFIX) ? ANY_TENANT : pool)
