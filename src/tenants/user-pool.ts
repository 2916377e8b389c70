/**
 * A user pool of tenants: its issuers, and its keys, which are made when a token needs them.
 * @module
 */

import type { Environment } from '../base/environment.js'
import { deriveIssuers, parseUserPoolId } from '../base/user-pool-id.js'
import type { KeyLocations } from '../keys/locations.js'
import type { PoolKeys } from '../keys/pool-keys.js'
import { resolveJwksUrls } from '../pool/jwks-url.js'

/** Opens the keys of a user pool. */
export type OpenKeysAt = (locations: KeyLocations) => PoolKeys

/** A user pool. Tenants may share it. */
export class TenantUserPool {
  readonly id: string
  readonly issuers: readonly string[]
  readonly #env: Environment
  readonly #openKeys: OpenKeysAt
  #locations: KeyLocations | undefined
  #open: PoolKeys | undefined
  #isUsed = false

  /** @param id - a valid user pool id */
  constructor(id: string, env: Environment, openKeys: OpenKeysAt) {
    this.id = id
    this.issuers = issuersOf(id)
    this.#env = env
    this.#openKeys = openKeys
  }

  hasIssuer(issuer: string): boolean {
    return this.issuers.includes(issuer)
  }

  /** The place of its keys. The name of the keys in the log is the user pool id. */
  get locations(): KeyLocations {
    this.#locations ??= {
      name: this.id,
      issuers: new Set(this.issuers),
      jwksUrls: locateKeys(this.id, this.issuers, this.#env),
      jwks: undefined,
    }
    return this.#locations
  }

  /** Its keys. A pool whose keys were let go gets new ones. */
  get keys(): PoolKeys {
    this.markUsed()
    this.#open ??= this.#openKeys(this.locations)
    return this.#open
  }

  /** Its keys, when they are open. Looking does not count as a use. */
  get openKeys(): PoolKeys | undefined {
    return this.#open
  }

  /** Counts as a use of the keys: a token that is remembered needs them without asking for them. */
  markUsed(): void {
    this.#isUsed = true
  }

  /** Lets the keys go, unless they were used since the last call. */
  letGoUnused(): void {
    if (!this.#isUsed) this.close()
    this.#isUsed = false
  }

  /** Lets the keys go, and ends their fetches. */
  close(): void {
    this.#open?.close()
    this.#open = undefined
  }
}

/** Returns the issuers of a user pool; none for a text that is no user pool id. */
export function issuersOf(userPoolId: string): readonly string[] {
  const parsed = parseUserPoolId(userPoolId)
  return parsed === undefined ? [] : deriveIssuers(userPoolId, parsed)
}

/** Returns the URL of the keys of each issuer of a user pool. */
export const locateKeys = (
  userPoolId: string,
  issuers: readonly string[],
  env: Environment,
): ReadonlyMap<string, string> =>
  resolveJwksUrls(
    issuers,
    { path: 'tenants', userPoolId, region: parseUserPoolId(userPoolId)?.region, insecureHttp: false },
    env,
  )
