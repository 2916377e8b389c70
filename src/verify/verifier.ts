/**
 * The registered pools at work: their keys, the verification of their tokens, the policies of guards, their health.
 * @module
 */
import { setMaxListeners } from 'node:events'
import { compileClaims } from '../claims/reader.js'
import type { KeyRingStatus } from '../keys/key-ring.js'
import type { ResolvedKeys } from '../keys/options.js'
import { createPoolKeys, type KeysListener } from '../keys/pool-keys.js'
import type { ResolvedPool } from '../pool/pool.js'
import { type CompiledPool, choosePools, compilePolicy, type TokenPolicy } from './token-policy.js'
import type { TokenRequirement } from './token-requirement.js'
import {
  createTokenVerification,
  type PoolWithKeys,
  type VerificationSettings,
  type VerifyToken,
} from './token-verification.js'

/** Verifies tokens of the registered pools. */
export interface Verifier {
  /**
   * Compiles what a guard accepts.
   *
   * @param names - of pools; `undefined` for all pools, of which a request chooses
   * @param path - where the requirement stands, for the message of an error
   * @throws {TypeError} for an unknown pool, an unusable claim schema, and a requirement that can never hold
   */
  readonly compilePolicy: (
    names: readonly string[] | undefined,
    requirement: TokenRequirement,
    path: string,
  ) => TokenPolicy
  /**
   * Verifies a token; synchronously where its key is held.
   *
   * @throws {CognitoError} thrown or rejected
   */
  readonly verify: VerifyToken
  /** Fetches a registered pool's keys where none are held that are fresh. Resolves to how they are then. */
  readonly prefetch: (name: string) => Promise<KeyRingStatus>
  /**
   * Fetches the key sets that are held. Resolves to whether all of their endpoints answered.
   *
   * @param names - of pools; `undefined` for all of them
   * @throws {TypeError} rejected: for an unknown pool
   */
  readonly refresh: (names: readonly string[] | undefined) => Promise<boolean>
  /** Health of each pool's keys. */
  readonly status: () => Readonly<Record<string, KeyRingStatus>>
  /** Ends the fetches of keys that are under way. */
  readonly close: () => void
}

/** What a verifier is made of. */
export interface VerifierSettings extends VerificationSettings {
  /** The registered pools by their names. */
  readonly pools: ReadonlyMap<string, ResolvedPool>
  readonly keys: ResolvedKeys
}

const ignore = () => {}
const DEAF: KeysListener = { onStatus: ignore, onStoreFailure: ignore }

/**
 * Makes the verifier of one plugin instance. It asks no endpoint before a token needs it.
 *
 * @param now - milliseconds since 1970
 * @param listenTo - makes what is told of a pool's keys
 * @throws {TypeError} when a pool's claim schema cannot be used, naming the path
 */
export function createVerifier(
  options: VerifierSettings,
  now = Date.now,
  listenTo: (pool: ResolvedPool) => KeysListener = () => DEAF,
): Verifier {
  const live = new Map<string, PoolWithKeys & CompiledPool>()
  const byIssuer = new Map<unknown, PoolWithKeys>()
  const closing = new AbortController()
  setMaxListeners(0, closing.signal)
  const context = { options: options.keys, tolerance: options.clockTolerance, closing: closing.signal }
  for (const pool of options.pools.values()) {
    const keys = createPoolKeys(pool, context, listenTo(pool))
    const entry = { pool, keys, claimsReader: compileClaims(pool.claims, `pools.${pool.name}.claims`) }
    live.set(pool.name, entry)
    for (const issuer of pool.issuers) byIssuer.set(issuer, entry)
  }
  return {
    compilePolicy: (names, requirement, path) =>
      compilePolicy(live, names, requirement, path, { now, tolerance: options.clockTolerance }),
    verify: createTokenVerification(byIssuer, options, now),
    async prefetch(name) {
      const { keys } = live.get(name) as PoolWithKeys
      await keys.ensure()
      return keys.status()
    },
    async refresh(names) {
      const answers = choosePools(live, names, 'refresh').map(({ keys }) => keys.refresh())
      return (await Promise.all(answers)).every(Boolean)
    },
    status: () => Object.fromEntries([...live].map(([name, { keys }]) => [name, keys.status()])),
    close: () => closing.abort(),
  }
}
