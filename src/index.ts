/**
 * The plugin `fastify-cognito`: connects the wings of `src/`, decorates the instance and declares the types.
 * @module
 */
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { timeOfDay } from './base/clock.js'
import { warnAtBoot } from './boot-warnings.js'
import { type Cognito, createCognito } from './cognito.js'
import { factoryNameOf } from './guard/annotations.js'
import { createGuardFactories } from './guard/guard.js'
import { createUserLoader } from './guard/load-user.js'
import type { ParseCookies } from './guard/node-request.js'
import { createHeadWriter } from './guard/refusal-answer.js'
import type { Pools } from './guard/register.js'
import type { CognitoOf, GuardFactory, NotFoundReplier, RouteBrand } from './guard/route-types.js'
import { createAbsenceReason, createTokenFinder } from './guard/token-finder.js'
import { createKeysLog } from './keys/log.js'
import { type PluginOptions, type ResolvedOptions, resolveOptions } from './options.js'
import type { ResolvedPool } from './pool/pool.js'
import { prefetchKeys } from './prefetch.js'
import { connectStore } from './revocation/connection.js'
import { auditRoutes } from './routes/audit.js'
import { watchPlacement } from './routes/guard-placement.js'
import { serveResource } from './routes/resource.js'
import { watchRoutes } from './routes/route-guards.js'
import { connectTenants } from './tenants/connection.js'
import { createVerifier } from './verify/verifier.js'

const plugin: FastifyPluginAsync<PluginOptions> = async (app, raw) => {
  assertFirst(app)
  const options = resolveOptions(raw, process.env)
  assertCookies(app, options)
  warnAtBoot(app.log, options.pools.values())
  const routes = watchRoutes(app)
  const notFoundHandlers = watchPlacement(app, routes)
  if (options.routes !== false) auditRoutes(app, options.routes, routes, notFoundHandlers)
  const tenants =
    options.tenants && connectTenants(app, { ...options, tenants: options.tenants }, process.env)
  const listenTo = (pool: ResolvedPool) => createKeysLog(pool, app.log)
  const verifier = createVerifier(options, timeOfDay, listenTo, undefined, undefined, tenants)
  prefetchKeys(app, verifier, options)
  const revocation = options.revocation && connectStore(app, options.revocation)
  const realm = { realm: options.realm, metadataUrl: options.resource?.metadataUrl }
  const context = {
    verifier,
    findToken: createTokenFinder(options.tokenSources),
    explainAbsence: createAbsenceReason(options.tokenSources),
    defaultPool: options.defaultPool,
    loadUser: options.loadUser,
    addUser: createUserLoader(),
    revocation,
    memo: Symbol('fastify-cognito.steps'),
    now: timeOfDay,
    realm,
  }
  const { authRequired, authOptional } = createGuardFactories(context)
  app.decorateRequest('cognito', null, [])
  const cognito = createCognito(context, options, (header) => parseCookies(app, header), tenants)
  for (const [name, value] of Object.entries<unknown>({ authRequired, authOptional, cognito })) {
    app.decorate(name, value)
  }
  if (options.resource) serveResource(app, options.resource, routes)
  const writeHead = createHeadWriter(realm)
  app.addHook('onError', (_request, reply, error, done) => {
    writeHead(reply, error)
    done()
  })
  app.addHook('onClose', async () => verifier.close())
}

/** Refuses a second registration in one scope. Fastify's own error would only name the decorator that exists already. */
function assertFirst(app: FastifyInstance): void {
  if (!app.hasDecorator('authRequired') || factoryNameOf(app.authRequired) === undefined) return
  throw new TypeError(
    'fastify-cognito: expected one registration for a scope and the scopes inside it; put all pools into the option pools of one registration, or register the plugin in sibling scopes',
  )
}

/** Parses cookies as `@fastify/cookie` does, which has to be registered where the option `tokenFrom` names a cookie. */
const parseCookies = (app: FastifyInstance, header: string) =>
  app.getDecorator<ParseCookies>('parseCookie')(header)

function assertCookies(app: FastifyInstance, { tokenSources }: ResolvedOptions): void {
  if (tokenSources.some(({ kind }) => kind === 'cookie') && !app.hasRequestDecorator('cookies')) {
    throw new TypeError(
      'tokenFrom: fromCookie expected @fastify/cookie to be registered before fastify-cognito',
    )
  }
}

export type { AnswerHeaders } from './base/answer-headers.js'
export type { ChallengeParameters } from './base/challenge.js'
export { CognitoError, type RefusalDetails } from './base/errors.js'
export type { NameList } from './base/name-list.js'
export { type ReasonCode, reasonCodes } from './base/reasons.js'
export { type CognitoErrorCode, cognitoErrorCodes } from './base/refusal-codes.js'
export type { ClaimsOption, ObjectSchema } from './claims/reader.js'
export { type ClaimNames, type ClaimSource, claimsFrom } from './claims/renaming.js'
export type { AccessClaims, CommonClaims, IdClaims, Payload, TokenUse } from './claims/standard-claims.js'
export type { StandardSchema } from './claims/standard-schema.js'
export type { Cognito, PoolDescription } from './cognito.js'
export type { ClosableReply, ClosableSocket, ClosableStream, ClosableTarget } from './expiry/closable.js'
export { closeOnExpiry } from './expiry/close-on-expiry.js'
export { type ExpirySignalOptions, expirySignal } from './expiry/expiry-signal.js'
export {
  type AuthOf,
  definePools,
  defineTenants,
  type LoadRegisteredUser,
  type LoadUser,
  type OnlyKnown,
  type PoolSelector,
  type PoolSet,
  type Pools,
  type Register,
} from './guard/register.js'
export type { Requirement } from './guard/requirement.js'
export type { AnyGuard, CognitoRoute, Guard, GuardFactory, Identified, Protect } from './guard/route-types.js'
export {
  anyTenant,
  type TenantFactory,
  type TenantOfRequest,
  type TenantSelector,
  tenant,
} from './guard/tenant-selector.js'
export {
  type Credentials,
  fromCookie,
  fromHeader,
  fromQuery,
  fromSubprotocol,
  type HeaderOptions,
  type TokenFrom,
  type TokenReader,
  type TokenSource,
} from './guard/token-sources.js'
export type { RequestVerification, VerifiableRequest, VerifyRequest } from './guard/verify-request.js'
export type { EndpointFailure } from './keys/document.js'
export type { KeySetSource } from './keys/endpoint.js'
export type { JwksFetchMessage } from './keys/fetch.js'
export type { KeyRingStatus } from './keys/key-ring.js'
export type { KeysOptions } from './keys/options.js'
export type { KeyStore, StoredKeySet } from './keys/store.js'
export type { PluginOptions, TokenCacheOptions } from './options.js'
export type { JsonWebKeySet, PoolOptions } from './pool/pool.js'
export type { Revocation } from './revocation/mark.js'
export type { RevocationOptions } from './revocation/options.js'
export type { RevocableToken, RevocationClaim, RevocationMark, RevocationStore } from './revocation/store.js'
export type { ResourceOptions } from './routes/resource.js'
export type { TenantsInForce } from './tenants/application.js'
export type { SkippedRow } from './tenants/directory.js'
export type { LoadTenants, TenantRow, TenantRows, TenantsOptions } from './tenants/options.js'
export type { RowFault } from './tenants/row.js'
export type { Authentication, WithUser } from './verify/authentication.js'
export type { RevocationFailureMessage, VerificationMessage } from './verify/diagnostics.js'
export type { GroupConditions, RequiredGroups, RequiredNames } from './verify/required-names.js'
export type { RequiredAcr } from './verify/sign-in.js'
export type { TokenRequirement } from './verify/token-requirement.js'

/**
 * Protects an API with the tokens of one or many Amazon Cognito user pools. The plugin decorates the instance with
 * `authRequired`, `authOptional` and `cognito`, and the request with `cognito`. Its options are {@link PluginOptions}.
 *
 * @throws {TypeError} at boot, for a wrong option: names the path of the option and what was expected
 * @example
 * await app.register(cognito, {
 *   pools: { eu: { userPoolId: 'eu-west-1_AbCdEf123', appClientId: '3n4b5urk1ft4fl3mg5e62d9ado' } },
 * })
 * app.get('/me', { onRequest: app.authRequired('eu') }, async (request) => request.cognito.subject)
 */
const cognito = fp(plugin, { name: 'fastify-cognito', fastify: '^5.3.0 || ^6.0.0' })

export { cognito, cognito as default }

declare module 'fastify' {
  interface FastifyRequest<
    RouteGeneric,
    RawServer,
    RawRequest,
    SchemaCompiler,
    TypeProvider,
    ContextConfig,
    Logger,
    RequestType,
  > extends RouteBrand<RouteGeneric> {
    /**
     * The authentication that the route's guard proved; `null` for a request without a guard, and for one without
     * credentials.
     *
     * @see {@link Authentication}
     */
    readonly cognito: CognitoOf<RouteGeneric, TypeProvider>
  }
  interface FastifyContextConfig {
    /**
     * `false` declares that the route has no guard on purpose, so that the option `routes` does not list the route. It
     * removes no guard.
     */
    readonly cognito?: false
  }
  interface FastifyInstance {
    /**
     * Makes a guard that refuses a request without a valid token.
     *
     * @param pool - the name of a pool, a selector of tenants such as `tenant.host('.example.com')`, a list of these, or a
     *   function from the request to a name of a pool; by default the option `defaultPool`
     * @param requirement - what the token must have besides, such as scopes, groups or claims; by default nothing
     * @throws {TypeError} at boot, for an unknown pool, without `pool` beside the option `tenants`, and for a requirement that is
     *   wrong or can never hold
     * @example app.get('/orders', { onRequest: app.authRequired('eu', { scopes: 'orders/read' }) }, listOrders)
     */
    readonly authRequired: GuardFactory<Pools, never>
    /**
     * Makes a guard that lets a request without credentials pass, with `request.cognito` as `null`, but refuses an
     * invalid token.
     *
     * @param pool - see `authRequired`
     * @param requirement - see `authRequired`
     * @throws {TypeError} at boot, for an unknown pool, without `pool` beside the option `tenants`, and for a requirement that is
     *   wrong or can never hold
     * @example app.get('/', { onRequest: app.authOptional('eu') }, async (request) => request.cognito?.subject ?? null)
     */
    readonly authOptional: GuardFactory<Pools, null>
    /** The functions of the plugin outside a route's own hooks, such as `verify`, `protect` and `revoke`. */
    readonly cognito: Cognito<Pools>
    /**
     * Sets a not-found handler that has no guard on purpose, so that the option `routes` does not list the handler.
     *
     * @example app.setNotFoundHandler({ config: { cognito: false } }, async (request, reply) => reply.sendFile('index.html'))
     */
    setNotFoundHandler(
      options: { readonly config: FastifyContextConfig },
      handler: NotFoundReplier,
    ): FastifyInstance
  }
}
