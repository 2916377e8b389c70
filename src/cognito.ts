/**
 * `app.cognito`: what the plugin offers outside of a route's own hooks.
 * @module
 */
import type { FastifyInstance } from 'fastify'
import { assertGiven } from './base/option-schema.js'
import type { ClaimsOption } from './claims/reader.js'
import type { TokenUse } from './claims/standard-claims.js'
import { annotateComposed } from './guard/annotations.js'
import type { ProofOf } from './guard/register.js'
import type { AnyGuard, Guard, Protect } from './guard/route-types.js'
import type { KeyRingStatus } from './keys/key-ring.js'
import { jwksUrlsOf } from './keys/locations.js'
import type { ResolvedOptions } from './options.js'
import type { ResolvedPool } from './pool/pool.js'
import type { RevocationGate } from './revocation/gate.js'
import { assertRevocation, type Revocation, toMark } from './revocation/mark.js'
import { createOpenapi } from './routes/openapi.js'
import { addScopeGuard } from './routes/route-guards.js'
import type { VerifiedToken } from './verify/authentication.js'
import { readAuthentication } from './verify/authentication-reader.js'
import { isObserved, observePromise } from './verify/diagnostics.js'
import { choosePools, type TokenPolicy } from './verify/token-policy.js'
import { assertRequirement, type TokenRequirement } from './verify/token-requirement.js'
import type { Verifier } from './verify/verifier.js'

/** A registered pool, as it was understood. */
export interface PoolDescription {
  readonly name: string
  readonly userPoolId: string
  readonly region: string | undefined
  /** `null` where every client of the pool is accepted. */
  readonly appClientId: readonly string[] | null
  readonly tokenUse: readonly TokenUse[]
  readonly issuers: readonly string[]
  readonly jwksUrls: readonly string[]
}

/** `app.cognito`. `P` are the pools that the program knows. */
export interface Cognito<P> {
  /**
   * Verifies a token that did not come with a request's headers: of a socket, a queue, a GraphQL context. A
   * requirement object that is used again is compiled once, so it must not change.
   *
   * @param pool - a name or a list of names; the default pool where it is left out
   * @returns what the token proves
   * @throws {CognitoError} rejected: why the token is refused
   * @throws {TypeError} rejected: for an unknown pool or a wrong requirement
   * @example const { subject } = await app.cognito.verify(message.token, 'eu', { scopes: 'orders/read' })
   */
  readonly verify: <
    N extends keyof P & string = keyof P & string,
    U extends TokenUse = never,
    C extends ClaimsOption = never,
  >(
    token: string,
    pool?: N | readonly N[],
    requirement?: TokenRequirement<U, C>,
  ) => Promise<ProofOf<P, N, U, C>>
  /**
   * Puts a guard before every route of a scope, as an `onRequest` hook, and types them by it.
   *
   * @returns the scope itself
   * @example
   * app.register(async (scope) => {
   *   const eu = app.cognito.protect(scope, app.authRequired('eu'))
   *   eu.get('/me', async (request) => request.cognito.subject)
   * })
   */
  readonly protect: Protect
  /**
   * Tells which guards a hook is composed of, for OpenAPI and for the option `routes`: `@fastify/auth` hides them.
   *
   * @param guards - of which one has to let the request pass; of a list among them, all
   * @returns the hook itself
   * @throws {TypeError} where something in the list is no guard
   * @example const either = app.cognito.composed(app.auth([eu, us]), [eu, us])
   */
  readonly composed: <H>(hook: H, guards: readonly (AnyGuard | readonly AnyGuard[])[]) => H
  /**
   * Adds to the options of `@fastify/swagger` what guards ask for: the schemes of the pools, and the security, answers
   * and required scopes of each route. Where a route or the options say something themselves, that stays.
   *
   * @typeParam O - the options of `@fastify/swagger`; inferred in `app.register(swagger, …)`
   * @returns the options, with a `transform` that runs after their own
   * @throws {TypeError} for a static document, and for Swagger 2.0
   * @example app.register(swagger, (parent) => parent.cognito.openapi({ openapi: { info: { title: 'Shop', version: '1' } } }))
   */
  readonly openapi: <O extends object>(options?: NoInfer<O>) => O
  /**
   * Fetches the key sets that are held now, as happens by itself every `keys.refreshAfter` seconds: for a key that has to
   * be refused at once. A failing endpoint takes no key away.
   *
   * @param pool - a name or a list of names; all pools where it is left out
   * @returns whether all endpoints answered; `false` where one failed, and its keys are still held
   * @throws {TypeError} rejected: for an unknown pool
   * @example await app.cognito.refresh('eu')
   */
  readonly refresh: (pool?: (keyof P & string) | readonly (keyof P & string)[]) => Promise<boolean>
  /**
   * Revokes tokens that are out there, for all applications with the same store: they are refused from then on with code
   * `COGNITO_ERR_TOKEN_REVOKED`. Cognito is not told; it would go on to refresh them.
   *
   * @param revocation - by `jti`, `origin_jti`, `sub`, `client_id` or `pool`
   * @returns when the store has confirmed it
   * @throws {TypeError} rejected: where the option `revocation` is not set, and for a wrong argument or an unknown pool
   * @throws {CognitoError} rejected: `COGNITO_ERR_REVOCATION_UNAVAILABLE` where the store did not confirm it
   * @example await app.cognito.revoke({ pool: 'eu', by: 'sub', value: user.sub })
   */
  readonly revoke: (revocation: Revocation<keyof P & string>) => Promise<void>
  /** Whether the option `revocation` is set, so that `revoke` has a store. */
  readonly canRevoke: boolean
  /** The option `clockTolerance`: leeway on the times of a token; seconds. */
  readonly clockTolerance: number
  /** Health of each pool's signing keys, by the pool's name, for a readiness probe. It asks nobody. */
  readonly status: () => Readonly<Record<string, KeyRingStatus>>
  /** The registered pools by their names. */
  readonly pools: Readonly<Record<string, PoolDescription>>
}

const NOTHING: TokenRequirement = Object.freeze({})

/**
 * Makes `app.cognito`.
 *
 * @param now - milliseconds since 1970
 */
export function createCognito(
  verifier: Verifier,
  options: ResolvedOptions,
  gate: RevocationGate | undefined,
  now: () => number,
) {
  const { pools } = options
  return Object.freeze({
    verify: createVerify(verifier, options, gate),
    protect(scope: FastifyInstance, guard: Guard<unknown>) {
      scope.addHook('onRequest', guard as never)
      addScopeGuard(scope, guard)
      return scope
    },
    composed: annotateComposed,
    openapi: createOpenapi(pools),
    async refresh(...given: [pool?: string | readonly string[]]) {
      assertGiven(given, 'refresh')
      return verifier.refresh(given[0] === undefined ? undefined : [given[0]].flat())
    },
    async revoke(revocation: Revocation) {
      if (!gate)
        throw new TypeError('revoke: expected the option revocation to be set: its store takes the mark')
      await revoke(gate, revocation, options, now() / 1000)
    },
    canRevoke: gate !== undefined,
    clockTolerance: options.clockTolerance,
    status: verifier.status,
    pools: Object.freeze(Object.fromEntries([...pools].map(([name, pool]) => [name, describe(pool)]))),
  })
}

function createVerify(
  verifier: Verifier,
  { defaultPool }: ResolvedOptions,
  gate: RevocationGate | undefined,
) {
  const policies = new WeakMap<TokenRequirement, Map<string, TokenPolicy>>()

  function compile(names: readonly string[], requirement: TokenRequirement): TokenPolicy {
    assertRequirement(requirement, 'verify')
    return verifier.compilePolicy(names, requirement, 'verify')
  }

  function policyFor(pool: string | readonly string[], requirement: TokenRequirement): TokenPolicy {
    const names = [pool].flat()
    const key = JSON.stringify(names)
    const ofRequirement = policies.get(requirement) ?? new Map<string, TokenPolicy>()
    const policy = ofRequirement.get(key) ?? compile(names, requirement)
    policies.set(requirement, ofRequirement.set(key, policy))
    return policy
  }

  return async (
    token: string,
    ...given: [pool?: string | readonly string[], requirement?: TokenRequirement]
  ) => {
    assertGiven(given, 'verify')
    const [pool = defaultPool, requirement = NOTHING] = given
    const policy = policyFor(pool, requirement)
    let verified: VerifiedToken | undefined
    const run = async () => {
      verified = await verifier.verify(typeof token === 'string' ? token : '', policy)
      const authentication = readAuthentication(verified, policy)
      await gate?.pass(verified)
      policy.authorize(authentication)
      return authentication
    }
    return isObserved() ? observePromise(run, () => verified) : run()
  }
}

async function revoke(
  gate: RevocationGate,
  revocation: Revocation,
  { pools, defaultPool, clockTolerance }: ResolvedOptions,
  now: number,
): Promise<void> {
  assertRevocation(revocation)
  const { pool = defaultPool } = revocation
  const [chosen] = choosePools(pools, [pool], 'revoke.pool') as [ResolvedPool]
  await gate.revoke(toMark(revocation, chosen.userPoolId, now, clockTolerance), pool)
}

function describe({
  name,
  userPoolId,
  region,
  clientIds,
  tokenUses,
  issuers,
  jwksUrls,
}: ResolvedPool): PoolDescription {
  return Object.freeze({
    name,
    userPoolId,
    region,
    appClientId: clientIds && [...clientIds],
    tokenUse: [...tokenUses],
    issuers: [...issuers],
    jwksUrls: jwksUrlsOf({ jwksUrls }),
  })
}
