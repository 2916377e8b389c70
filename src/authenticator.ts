/**
 * A token's way to an {@link Authentication}: its pool by its issuer, the checks in their order, its key, its claims.
 * @module
 */
import { type Authentication, toAuthentication, type VerifiedToken } from './authentication.js'
import type { TokenRequirement } from './authorization.js'
import { compileClaims } from './claims.js'
import { checkCognitoClaims } from './cognito-token.js'
import { CognitoError } from './errors.js'
import type { EndpointFailure } from './jwks-fetch.js'
import { parseToken } from './jwt.js'
import type { KeyRingStatus } from './key-ring.js'
import { ownMember } from './members.js'
import type { ResolvedOptions } from './options.js'
import { assertPlanned, type CompiledPool, choosePools, compilePlan, type Plan } from './plan.js'
import { createPoolKeys, type PoolKeys } from './pool-keys.js'
import { checkTimes } from './times.js'

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
  readonly verify: (text: string, plan: Plan) => VerifiedToken | Promise<VerifiedToken>
  /** Asks whether a registered pool's keys can be had: how its endpoint failed, `undefined` where one answers. */
  readonly probe: (name: string) => Promise<EndpointFailure | undefined>
  /**
   * Re-checks the keys that are held.
   *
   * @param names - of pools; `undefined` for all of them
   * @throws {TypeError} rejected: for an unknown pool
   */
  readonly refresh: (names: readonly string[] | undefined) => Promise<void>
  /** Health of each pool's keys. */
  readonly status: () => Readonly<Record<string, KeyRingStatus>>
  /** Ends the lookups that are under way. */
  readonly close: () => void
}

/** A pool at work. */
interface PoolWithKeys extends CompiledPool {
  readonly keys: PoolKeys
}

/**
 * Makes the authenticator of one plugin instance. It asks no endpoint before a token needs it.
 *
 * @throws {TypeError} when a pool's claim schema cannot be used, naming the path
 */
export function createAuthenticator(options: ResolvedOptions): Authenticator {
  const live = new Map<string, PoolWithKeys>()
  const byIssuer = new Map<unknown, PoolWithKeys>()
  for (const pool of options.pools.values()) {
    const keys = createPoolKeys(pool, options.keys, options.clockTolerance)
    const entry = { pool, keys, claimsReader: compileClaims(pool.claims, `pools.${pool.name}.claims`) }
    live.set(pool.name, entry)
    for (const issuer of pool.issuers.keys()) byIssuer.set(issuer, entry)
  }
  return {
    plan: (names, requirement, path) => compilePlan(live, names, requirement, path, options.clockTolerance),
    verify: (text, plan) => verify(text, plan, byIssuer, options),
    probe: async (name) => live.get(name)?.keys.probe(),
    async refresh(names) {
      await Promise.all(choosePools(live, names, 'refresh').map(({ keys }) => keys.refresh()))
    },
    status: () => Object.fromEntries([...live].map(([name, { keys }]) => [name, keys.status()])),
    close() {
      for (const { keys } of live.values()) keys.close()
    },
  }
}

/** Everything that can refuse a token without its key comes before its key. */
function verify(
  text: string,
  { pools }: Plan,
  byIssuer: ReadonlyMap<unknown, PoolWithKeys>,
  { maxTokenLength, clockTolerance }: ResolvedOptions,
): VerifiedToken | Promise<VerifiedToken> {
  const { kid, payload } = parseToken(text, maxTokenLength)
  const issuer = ownMember(payload, 'iss')
  const chosen = byIssuer.get(issuer)
  if (!chosen) {
    throw new CognitoError('COGNITO_ERR_TOKEN_INVALID', { reason: 'the issuer is of no registered pool' })
  }
  const { pool, keys } = chosen
  const tokenUse = checkCognitoClaims(payload, pool)
  assertPlanned(pool.name, tokenUse, pools)
  checkTimes(payload, Date.now() / 1000, clockTolerance, pool.name)
  const conclude = (checkSignature: (text: string) => void): VerifiedToken => {
    checkSignature(text)
    return { text, payload: deepFreeze(payload), pool, tokenUse }
  }
  const key = keys.held(kid)
  return key === undefined ? keys.find(kid, issuer as string).then(conclude) : conclude(key)
}

/** Freezes a parsed payload, so that no handler can change what another one reads. */
function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null) deepFreeze(member)
  }
  return Object.freeze(value)
}

/**
 * Holds a verified token against what a guard accepts.
 *
 * @param earlier - what an earlier guard of the request proved; its claims are kept where it proved the same token
 * @throws {CognitoError}
 */
export function admit(
  token: VerifiedToken,
  { pools, authorize }: Plan,
  earlier: Authentication | null = null,
): Authentication {
  const { payload, pool, tokenUse } = token
  const { claimsReader } = assertPlanned(pool.name, tokenUse, pools)
  const { claims, misfits } = claimsReader.read(payload, tokenUse)
  if (misfits) {
    const reason = `the claims do not fit their schema: ${misfits.join(', ')}`
    throw new CognitoError('COGNITO_ERR_TOKEN_INVALID', { reason, pool: pool.name })
  }
  const kept = earlier?.token === token.text ? omit(earlier.claims, claimsReader.names) : {}
  const authentication = toAuthentication(token, { ...kept, ...claims })
  authorize(authentication, Date.now() / 1000)
  return authentication
}

/** What a schema declares is as that schema found it, even if it found nothing. */
function omit(claims: object, names: ReadonlySet<string>): object {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !names.has(name)))
}
