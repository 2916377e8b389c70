/**
 * The verifier of the registered pools: the verification of tokens, the policies of guards, the keys and their health.
 * @module
 */
import { setMaxListeners } from 'node:events'
import { type Clock, createWakingClock, timeOfDay } from '../base/clock.js'
import { compileClaims } from '../claims/reader.js'
import type { KeyRingStatus } from '../keys/key-ring.js'
import type { ResolvedKeys } from '../keys/options.js'
import { createPoolKeys, type KeysListener } from '../keys/pool-keys.js'
import type { ResolvedPool } from '../pool/pool.js'
import { createPoolFinder } from './issuing-pool.js'
import type { PoolWithKeys, TenantList } from './tenants.js'
import {
  type CompiledPool,
  choosePools,
  compilePolicy,
  type NamedPools,
  type TokenPolicy,
} from './token-policy.js'
import type { TokenRequirement } from './token-requirement.js'
import { createTokenVerification, type VerificationSettings, type VerifyToken } from './token-verification.js'

/** Verifies tokens of the registered pools. */
export interface Verifier {
  /**
   * Compiles the policy of a guard.
   *
   * @param path - the name of the requirement in messages of errors
   * @throws {TypeError} for an unknown pool, an unusable claim schema, and a requirement that can never hold
   */
  readonly compilePolicy: (named: NamedPools, requirement: TokenRequirement, path: string) => TokenPolicy
  /**
   * Verifies a token: synchronously where its key is held.
   *
   * @throws {CognitoError} thrown or rejected, when the token is refused
   */
  readonly verify: VerifyToken
  /** Fetches the keys of a registered pool, unless fresh keys are held. Resolves to the health of the keys. */
  readonly prefetch: (name: string) => Promise<KeyRingStatus>
  /**
   * Fetches the key sets that are held. Resolves to `true` when all their endpoints answered.
   *
   * @param names - names of pools; `undefined` for all pools
   * @throws {TypeError} rejected, for an unknown pool
   */
  readonly refresh: (names: readonly string[] | undefined) => Promise<boolean>
  /** Returns the health of the keys of each pool, by the name of the pool. */
  readonly status: () => Readonly<Record<string, KeyRingStatus>>
  /** Aborts the fetches of keys that are under way. */
  readonly close: () => void
}

/** The part of the option `tenants` that policies depend on. */
export type TenantTerms = Pick<ResolvedPool, 'tokenUses' | 'acr' | 'claims'>

/** The settings of a verifier. */
export interface VerifierSettings extends VerificationSettings {
  /** The options that all tenants have in common; absent without tenants. */
  readonly tenants?: TenantTerms | undefined
  /** The registered pools by their names. */
  readonly pools: ReadonlyMap<string, ResolvedPool>
  readonly keys: ResolvedKeys
}

const ignore = () => {}
const NO_LISTENER: KeysListener = { onStatus: ignore, onStoreFailure: ignore }

/**
 * Makes the verifier of one plugin instance. The verifier fetches no keys before a token needs them.
 *
 * @param now - returns milliseconds since 1970
 * @param listenTo - makes the listener for the keys of a pool
 * @param clock - the clock for the age of keys; it includes the time of a suspended process, because keys age meanwhile
 * @param random - returns a number from 0 to 1, which spreads the times of fetches
 * @param tenants - the list of tenants, where the option `tenants` is set
 * @throws {TypeError} when a claim schema cannot be used; the message names the path
 */
export function createVerifier(
  options: VerifierSettings,
  now = timeOfDay,
  listenTo: (pool: ResolvedPool) => KeysListener = () => NO_LISTENER,
  clock: Clock = createWakingClock(),
  random = Math.random,
  tenants?: TenantList,
): Verifier {
  const pools = new Map<string, PoolWithKeys & CompiledPool>()
  const byIssuer = new Map<unknown, PoolWithKeys>()
  const closing = new AbortController()
  setMaxListeners(0, closing.signal)
  const { keys: keysOptions, clockTolerance: tolerance } = options
  const context = { options: keysOptions, tolerance, closing: closing.signal, clock, random }
  for (const pool of options.pools.values()) {
    const keys = createPoolKeys(pool, context, listenTo(pool))
    const entry = { pool, keys, claimsReader: compileClaims(pool.claims, `pools.${pool.name}.claims`) }
    pools.set(pool.name, entry)
    for (const issuer of pool.issuers) byIssuer.set(issuer, entry)
  }
  const registered = { pools, tenants: options.tenants && compileTerms(options.tenants) }
  return {
    compilePolicy: (named, requirement, path) =>
      compilePolicy(registered, named, requirement, path, { now, tolerance }),
    verify: createTokenVerification(createPoolFinder(byIssuer, tenants, { now, tolerance }), options, now),
    async prefetch(name) {
      const [{ keys }] = choosePools(pools, [name], 'prefetch')
      await keys.ensure()
      return keys.status()
    },
    async refresh(names) {
      const answers = choosePools(pools, names, 'refresh').map(({ keys }) => keys.refresh())
      return (await Promise.all(answers)).every(Boolean)
    },
    status: () => Object.fromEntries([...pools].map(([name, { keys }]) => [name, keys.status()])),
    close: () => closing.abort(),
  }
}

const compileTerms = ({ tokenUses, acr, claims }: TenantTerms) => ({
  tokenUses,
  acr,
  claimsReader: compileClaims(claims, 'tenants.claims'),
})
