/**
 * Refuses pools that share an id, an issuer or a key set.
 * @module
 */
import type { PoolOptions, ResolvedPool } from './pool.js'

/**
 * Checks that each token belongs to exactly one pool, and that each key signs for exactly one pool.
 *
 * @param options - the options of the pools, by pool name
 * @param keysUrl - the environment variable `AWS_COGNITO_KEYS_URL`
 * @throws {TypeError} naming the path of the second pool that has a shared value
 */
export function assertPoolsApart(
  options: Readonly<Record<string, PoolOptions>>,
  pools: readonly ResolvedPool[],
  keysUrl: string | undefined,
): void {
  assertUnshared(
    pools,
    ({ userPoolId }) => [userPoolId],
    (name, owner) => `pools.${name}.userPoolId: expected a pool of its own; pools.${owner} has the same`,
  )
  assertUnshared(
    pools,
    ({ issuers }) => issuers,
    (name, owner) => `pools.${name}.issuer: expected an issuer of its own; pools.${owner} has the same`,
  )
  assertUnshared(
    pools,
    ({ jwksUrls }) => jwksUrls.values(),
    (name, owner) => describeSharedKeys(options, name, owner, keysUrl),
  )
  assertUnshared(
    pools,
    ({ jwks }) => [...(jwks?.values() ?? [])].map(({ pem }) => pem),
    (name, owner) => `pools.${name}.jwks: expected keys of its own; pools.${owner} has one of them`,
  )
}

function assertUnshared(
  pools: readonly ResolvedPool[],
  ownedBy: (pool: ResolvedPool) => Iterable<string>,
  describe: (name: string, owner: string) => string,
): void {
  const owners = new Map<string, string>()
  for (const pool of pools) {
    for (const value of new Set(ownedBy(pool))) {
      const owner = owners.get(value)
      if (owner !== undefined) throw new TypeError(describe(pool.name, owner))
      owners.set(value, pool.name)
    }
  }
}

function describeSharedKeys(
  options: Readonly<Record<string, PoolOptions>>,
  name: string,
  owner: string,
  keysUrl: string | undefined,
): string {
  const own = [name, owner].find((pool) => options[pool]?.jwksUrl !== undefined)
  if (own !== undefined)
    return `pools.${own}.jwksUrl: expected a key set of its own; pools.${own === name ? owner : name} has the same`
  return keysUrl === undefined
    ? `pools.${name}.issuer: expected an issuer with keys of its own; those of pools.${owner} are at the same URL`
    : 'AWS_COGNITO_KEYS_URL: expected the placeholders {region} and {userPoolId}, because several pools use it; or give each pool its jwksUrl'
}
