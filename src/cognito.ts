/**
 * Makes `app.cognito`: the functions of the plugin outside a route's own hooks.
 * @module
 */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { assertGiven } from './base/option-schema.js'
import type { ClaimsOption } from './claims/reader.js'
import type { TokenUse } from './claims/standard-claims.js'
import { createExpiry, type Expiry } from './expiry/application.js'
import { annotateComposed } from './guard/annotations.js'
import type { ParseCookies } from './guard/node-request.js'
import { createAnswer } from './guard/refusal-answer.js'
import type { Named, ProofOf } from './guard/register.js'
import type { RequestContext } from './guard/request-authentication.js'
import type { AnyGuard, Guard, Protect } from './guard/route-types.js'
import { createVerifyRequest, type VerifyRequest } from './guard/verify-request.js'
import { createVerifyToken } from './guard/verify-token.js'
import type { KeyRingStatus } from './keys/key-ring.js'
import { jwksUrlsOf } from './keys/locations.js'
import type { ResolvedOptions } from './options.js'
import type { ResolvedPool } from './pool/pool.js'
import type { Revocation } from './revocation/mark.js'
import { createRevoke } from './revoke.js'
import { createOpenapi } from './routes/openapi.js'
import { addScopeGuard } from './routes/route-guards.js'
import { describeTenants, type TenantsInForce } from './tenants/application.js'
import type { Tenants } from './tenants/tenants.js'
import type { TokenRequirement } from './verify/token-requirement.js'

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
   * @param pool - the name of a pool, `tenant('acme')`, `anyTenant`, or a list of these; by default the option `defaultPool`
   * @param requirement - what the token must have besides, such as scopes, groups or claims; by default nothing
   * @returns the authentication that the token proves
   * @throws {CognitoError} rejected with: the refusal of the token, by its `code`
   * @throws {TypeError} rejected with: for an unknown pool or a wrong requirement
   * @example const { subject } = await app.cognito.verify(message.token, 'eu', { scopes: 'orders/read' })
   */
  readonly verify: <
    N extends Named<P> = keyof P & string,
    U extends TokenUse = never,
    C extends ClaimsOption = never,
  >(
    token: string,
    pool?: N | readonly N[],
    requirement?: TokenRequirement<U, C>,
  ) => Promise<ProofOf<P, N, U, C>>
  /**
   * Authenticates a request as a guard does, outside of a route's hooks: in the context of tRPC or GraphQL, in a guard of
   * NestJS, before an upgrade. The sources of `tokenFrom`, `check` and `loadUser` count, and guards and calls of one request share
   * one verification, one lookup of revocations and one user. The route itself stays open, and the option `routes` lists
   * it. The result is attached as `request.cognito`, unless a guard has attached one.
   *
   * @param request - a request of Fastify, or of `node:http`, such as that of an upgrade
   * @param pool - the name of a pool, a selector of tenants, a list of these, or a function from the request to a name of a
   *   pool; by default the option `defaultPool`
   * @param requirement - what the token must have besides, such as scopes, groups or claims; by default nothing. The plugin
   *   compiles each requirement object once, so the object must not change afterwards
   * @returns the authentication that the request proves
   * @throws {CognitoError} rejected with: the refusal of the request, by its `code`
   * @throws {TypeError} rejected with: for an unknown pool or a wrong requirement
   * @example const caller = await app.cognito.verifyRequest(request, 'eu', { scopes: 'orders/read' })
   */
  readonly verifyRequest: VerifyRequest<P>
  /**
   * Writes status and headers of a refusal to a reply, for code that answers a caught error itself: the challenge,
   * `Cache-Control` and `Retry-After`.
   *
   * @param reply - the reply to the request
   * @param error - a caught error: of this plugin, of the account routes, or with one of them as its `cause` and with the same
   *   status
   * @returns the reply itself
   * @throws the error, when it is any other
   * @example catch (error) { return app.cognito.answer(reply, error).send({ ok: false }) }
   */
  readonly answer: <R extends FastifyReply>(reply: R, error: unknown) => R
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
   * Adds the requirements of guards to the options of `@fastify/swagger`: the security schemes of the pools and of the tenants,
   * and the security, the answers and the required scopes of each route. Values of a route or of the given options stay
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
   * @throws {TypeError} rejected with: for an unknown pool, and for a tenant, which has `app.cognito.tenants.refresh`
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
   * Returns the health of each registered pool's signing keys, pool name → health, for a readiness probe. The call makes no request.
   *
   * @example app.get('/ready', async () => app.cognito.status())
   */
  readonly status: () => Readonly<Record<string, KeyRingStatus>>
  /** The tenants in force: their number, the reading of their list, and the health of their keys. */
  readonly tenants: TenantsInForce
  /** The registered pools: pool name → pool. Tenants are not among them. */
  readonly pools: Readonly<Record<string, PoolDescription>>
}

/**
 * Makes `app.cognito`.
 *
 * @param parseCookies - parses the header `cookie` of a request of `node:http`
 * @param tenants - `undefined` where the option `tenants` is not set
 */
export function createCognito(
  context: RequestContext,
  options: ResolvedOptions,
  parseCookies: ParseCookies,
  tenants?: Tenants,
) {
  const { pools } = options
  const { verifier, revocation: gate, now } = context
  return Object.freeze({
    verify: createVerifyToken(context),
    verifyRequest: createVerifyRequest(context, parseCookies),
    answer: createAnswer(context.realm),
    protect(scope: FastifyInstance, guard: Guard<unknown>) {
      scope.addHook('onRequest', guard)
      addScopeGuard(scope, guard)
      return scope
    },
    composed: annotateComposed,
    openapi: createOpenapi(pools, options.tenants),
    async refresh(...given: [pool?: string | readonly string[]]) {
      assertGiven(given, 'refresh')
      return verifier.refresh(given[0] === undefined ? undefined : [given[0]].flat())
    },
    revoke: createRevoke({ gate, tenants, options, now }),
    ...createExpiry(pools, gate, undefined, tenants),
    canRevoke: gate !== undefined,
    clockTolerance: options.clockTolerance,
    status: verifier.status,
    tenants: describeTenants(tenants),
    pools: Object.freeze(Object.fromEntries([...pools].map(([name, pool]) => [name, describe(pool)]))),
  })
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
