/**
 * The pools at work: what verifies their tokens, and holds a verified one against what a guard accepts.
 * @module
 */
import { setMaxListeners } from 'node:events'
import { type Clock, createWakingClock } from '../base/clock.js'
import { CognitoError } from '../base/errors.js'
import { deepFreeze } from '../base/members.js'
import { type ClaimsReader, compileClaims } from '../claims/reader.js'
import type { KeyRingStatus } from '../keys/key-ring.js'
import type { ResolvedKeys } from '../keys/options.js'
import { createPoolKeys, type KeysListener } from '../keys/pool-keys.js'
import type { ResolvedPool } from '../pool/pool.js'
import { type Authentication, toAuthentication, type VerifiedToken, type WithUser } from './authentication.js'
import type { TokenRequirement } from './authorization.js'
import { assertPlanned, type CompiledPool, choosePools, compilePlan, type Plan } from './plan.js'
import {
  createTokenVerifier,
  type PoolWithKeys,
  type VerifierSettings,
  type VerifyToken,
} from './token-verifier.js'

/** Verifies tokens of the registered pools. */
export interface Authenticator {
  /**
   * Compiles what a guard accepts.
   *
   * @param names - of pools; `undefined` for all pools, of which a request chooses
   * @param path - where the requirement stands, for the message of an error
   * @throws {TypeError} for an unknown pool, an unusable claim schema, and a requirement that can never hold
   */
  readonly plan: (names: readonly string[] | undefined, requirement: TokenRequirement, path: string) => Plan
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

/** What an authenticator is made of. */
export interface AuthenticatorSettings extends VerifierSettings {
  /** The registered pools by their names. */
  readonly pools: ReadonlyMap<string, ResolvedPool>
  readonly keys: ResolvedKeys
}

const ignore = () => {}
const DEAF: KeysListener = { onStatus: ignore, onStoreFailure: ignore }

/**
 * Makes the authenticator of one plugin instance. It asks no endpoint before a token needs it.
 *
 * @param now - milliseconds since 1970
 * @param listenTo - makes what is told of a pool's keys
 * @param clock - measures the age of keys; it goes on while the process sleeps, because keys go out of date meanwhile
 * @param random - spreads the times of fetches: 0 to 1
 * @throws {TypeError} when a pool's claim schema cannot be used, naming the path
 */
export function createAuthenticator(
  options: AuthenticatorSettings,
  now = Date.now,
  listenTo: (pool: ResolvedPool) => KeysListener = () => DEAF,
  clock: Clock = createWakingClock(),
  random = Math.random,
): Authenticator {
  const live = new Map<string, PoolWithKeys & CompiledPool>()
  const byIssuer = new Map<unknown, PoolWithKeys>()
  const closing = new AbortController()
  setMaxListeners(0, closing.signal)
  const { keys: keysOptions, clockTolerance: tolerance } = options
  const context = { options: keysOptions, tolerance, closing: closing.signal, clock, random }
  for (const pool of options.pools.values()) {
    const keys = createPoolKeys(pool, context, listenTo(pool))
    const entry = { pool, keys, claimsReader: compileClaims(pool.claims, `pools.${pool.name}.claims`) }
    live.set(pool.name, entry)
    for (const issuer of pool.issuers) byIssuer.set(issuer, entry)
  }
  return {
    plan: (names, requirement, path) => compilePlan(live, names, requirement, path, options.clockTolerance),
    verify: createTokenVerifier(byIssuer, options, now),
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

/**
 * Reads what a verified token proves to a guard: whether it takes the token's pool and kind, and what its claims are.
 *
 * @param earlier - what an earlier guard of the request proved; its claims are kept where it proved the same token
 * @throws {CognitoError}
 */
export function recognize(
  token: VerifiedToken,
  plan: Plan,
  earlier: Authentication | null = null,
): Authentication {
  // What a plan took it takes again: it never changes.
  if (earlier === null && token.lastReading?.plan === plan) return token.lastReading.authentication
  const { claimsReader } = assertPlanned(token.pool.name, token.tokenUse, plan.pools)
  return read(token, plan, claimsReader, earlier?.token === token.text ? earlier : null)
}

/**
 * Holds whom a token proves against what a guard asks. A revoked token has to be refused before: it proves nobody, so it
 * is 401 whatever the route asks.
 *
 * @throws {CognitoError}
 */
export function authorize(authentication: Authentication, plan: Plan): void {
  plan.authorize(authentication)
}

/** One reading serves all requests with a token, where it can. */
function read(
  token: VerifiedToken,
  plan: Plan,
  reader: ClaimsReader,
  earlier: Authentication | null,
): Authentication {
  const { lastReading } = token
  if (earlier === null && lastReading?.reader === reader) {
    lastReading.plan = plan
    return lastReading.authentication
  }
  const { claims, misfits } = reader.read(token.payload, token.tokenUse)
  if (misfits) {
    const reason = `the claims do not fit their schema: ${misfits.join(', ')}`
    throw new CognitoError('COGNITO_ERR_TOKEN_INVALID', { reason, pool: token.pool.name })
  }
  if (earlier !== null) {
    const { claims: known, user } = earlier as Authentication & Partial<WithUser<unknown>>
    return toAuthentication(token, { ...omit(known, reader.names[token.tokenUse]), ...claims }, user)
  }
  if (!reader.isRepeatable) return toAuthentication(token, claims)
  const authentication = toAuthentication(token, deepFreeze(claims))
  token.lastReading = { plan, reader, authentication }
  return authentication
}

/** What a schema declares is as that schema found it, even if it found nothing. */
function omit(claims: object, names: ReadonlySet<string>): object {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !names.has(name)))
}
