/**
 * Makes `app.cognito`: the functions of the plugin outside a route's own hooks.
 * @module
 */
import type { FastifyInstance } from 'fastify'
import { assertGiven } from './base/option-schema.js'
import type { ClaimsOption } from './claims/reader.js'
import type { TokenUse } from './claims/standard-claims.js'
import { createExpiry, type Expiry } from './expiry/application.js'
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

/**
 * A registered pool, with its options resolved. The object is frozen.
 *
 * @example app.cognito.pools.eu.issuers[0] // 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123'
 */
export interface PoolDescription {
  /** Name of the pool in the option `pools`. */
  readonly name: string
  /** User pool id, such as `eu-west-1_AbCdEf123`. */
  readonly userPoolId: string
  /** AWS region; `undefined` for a pool of an emulator without one. */
  readonly region: string | undefined
  /** Ids of the accepted app clients; `null` when the pool accepts every client. */
  readonly appClientId: readonly string[] | null
  /** Accepted kinds of token. */
  readonly tokenUse: readonly TokenUse[]
  /** Accepted values of the claim `iss`. */
  readonly issuers: readonly string[]
  /** URLs of the pool's key sets; empty when the option `jwks` has the keys. */
  readonly jwksUrls: readonly string[]
}

/**
 * `app.cognito`: the functions of the plugin outside a route's own hooks.
 *
 * @typeParam P - the registered pools: name → type, see {@link Register}
 */
export interface Cognito<P> extends Expiry {
  /**
   * Verifies a token that did not come in the headers of a request, but from a socket, a queue or a GraphQL context. The
   * plugin compiles each requirement object once, so the object must not change afterwards.
   *
   * @param token - the token, without a scheme such as `Bearer`
   * @param pool - the name of a pool or a list of names; by default the option `defaultPool`
   * @param requirement - what the token must have besides, such as scopes, groups or claims; by default nothing
   * @returns the authentication that the token proves
   * @throws {CognitoError} rejected with: the refusal of the token, by its `code`
   * @throws {TypeError} rejected with: for an unknown pool or a wrong requirement
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
   * Adds a guard to every route of a scope as an `onRequest` hook. The type of `request.cognito` in the scope follows the
   * guard.
   *
   * @param scope - the instance of a plugin scope; the guard runs for the routes that the scope adds
   * @param guard - a guard of `app.authRequired` or `app.authOptional`
   * @returns the scope itself
   * @example
   * app.register(async (scope) => {
   *   const eu = app.cognito.protect(scope, app.authRequired('eu'))
   *   eu.get('/me', async (request) => request.cognito.subject)
   * })
   */
  readonly protect: Protect
  /**
   * Declares the guards of a composed hook for OpenAPI and for the option `routes`, because `@fastify/auth` hides its
   * guards.
   *
   * @param hook - the composed hook
   * @param guards - alternatives: a guard, or a list of guards that all have to let the request pass
   * @returns the hook itself
   * @throws {TypeError} when an item of the list is no guard
   * @example const either = app.cognito.composed(app.auth([eu, us]), [eu, us])
   */
  readonly composed: <H>(hook: H, guards: readonly (AnyGuard | readonly AnyGuard[])[]) => H
  /**
   * Adds the requirements of guards to the options of `@fastify/swagger`: the security schemes of the pools, and the
   * security, the answers and the required scopes of each route. Values of a route or of the given options stay
   * unchanged.
   *
   * @typeParam O - the type of the options of `@fastify/swagger`; inferred in `app.register(swagger, …)`
   * @param options - the options of `@fastify/swagger`; by default none
   * @returns new options, with a `transform` that runs after the given one
   * @throws {TypeError} for a static document, and for Swagger 2.0
   * @example app.register(swagger, (parent) => parent.cognito.openapi({ openapi: { info: { title: 'Shop', version: '1' } } }))
   */
  readonly openapi: <O extends object>(options?: NoInfer<O>) => O
  /**
   * Fetches the held key sets again, before `keys.refreshAfter` seconds are over: for a key that has to be refused at
   * once. A failed fetch removes no key.
   *
   * @param pool - the name of a pool or a list of names; by default all pools
   * @returns `true` when all endpoints answered; `false` when one failed, whose keys are still held
   * @throws {TypeError} rejected with: for an unknown pool
   * @example await app.cognito.refresh('eu')
   */
  readonly refresh: (pool?: (keyof P & string) | readonly (keyof P & string)[]) => Promise<boolean>
  /**
   * Revokes issued tokens in all applications with the same store. Their guards refuse the tokens from then on with code
   * `COGNITO_ERR_TOKEN_REVOKED`. Cognito does not learn of the revocation, so refresh tokens still work there.
   *
   * @param revocation - the tokens to revoke, by `jti`, `origin_jti`, `sub`, `client_id` or `pool`
   * @returns a promise that is fulfilled when the store has confirmed the mark
   * @throws {TypeError} rejected with: when the option `revocation` is not set, for a wrong argument, and for an unknown
   *   pool
   * @throws {CognitoError} rejected with: `COGNITO_ERR_REVOCATION_UNAVAILABLE` when the store did not confirm the mark
   * @example await app.cognito.revoke({ pool: 'eu', by: 'sub', value: user.sub })
   */
  readonly revoke: (revocation: Revocation<keyof P & string>) => Promise<void>
  /** `true` when the option `revocation` is set, so that `revoke` has a store. */
  readonly canRevoke: boolean
  /** The option `clockTolerance`: leeway for the times of a token; seconds. */
  readonly clockTolerance: number
  /**
   * Returns the health of each pool's signing keys, pool name → health, for a readiness probe. The call makes no request.
   *
   * @example app.get('/ready', async () => app.cognito.status())
   */
  readonly status: () => Readonly<Record<string, KeyRingStatus>>
  /** The registered pools: pool name → pool. */
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
      scope.addHook('onRequest', guard)
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
        throw new TypeError(
          'revoke: expected the option revocation to be set, because its store keeps the mark',
        )
      await revoke(gate, revocation, options, now() / 1000)
    },
    ...createExpiry(pools, gate),
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
  const [{ userPoolId }] = choosePools(pools, [pool], 'revoke.pool')
  await gate.revoke(toMark(revocation, userPoolId, now, clockTolerance), pool)
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
