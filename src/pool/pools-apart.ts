/**
 * What no two pools may have in common.
 * @module
 */
import type { PoolOptions, ResolvedPool } from './pool.js'

/**
 * A token belongs to exactly one pool, and a key signs for exactly one: pools share neither id, issuer nor key set.
 *
 * @param options - of the pools, by their names
 * @param keysUrl - the environment variable `AWS_COGNITO_KEYS_URL`
 * @throws {TypeError} naming the path of the second one that has something
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
    for (const thing of new Set(ownedBy(pool))) {
      const owner = owners.get(thing)
      if (owner !== undefined) throw new TypeError(describe(pool.name, owner))
      owners.set(thing, pool.name)
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
