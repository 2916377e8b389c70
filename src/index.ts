/**
 * The plugin: connects the wings, decorates the instance, declares the types.
 * @module
 */
import type { FastifyInstance, FastifyPluginAsync, FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { CognitoError, toChallenge } from './base/errors.js'
import { plainHostOf } from './base/private-url.js'
import { type Cognito, createCognito } from './cognito.js'
import { createGuardFactories } from './guard/guard.js'
import { factoryNameOf } from './guard/guard-mark.js'
import { createUserLoader } from './guard/load-user.js'
import type { Pools } from './guard/register.js'
import type { CognitoOf, GuardFactory, NotFoundReplier, RouteMark } from './guard/route-types.js'
import { createAbsenceReason, createTokenFinder } from './guard/token-finder.js'
import { createKeysLog } from './keys/log.js'
import { type PluginOptions, type ResolvedOptions, resolveOptions } from './options.js'
import { CLIENT_ID_ADVICE, hasOddClient } from './pool/client-id.js'
import { prefetchKeys } from './prefetch.js'
import { connectStore } from './revocation/connection.js'

import { auditRoutes } from './routes/audit.js'
import { watchPlacement } from './routes/guard-placement.js'
import { serveResource } from './routes/resource.js'
import { watchRoutes } from './routes/route-guards.js'
import { createAuthenticator } from './verify/authenticator.js'

const plugin: FastifyPluginAsync<PluginOptions> = async (app, raw) => {
  assertFirst(app)
  const options = resolveOptions(raw, process.env)
  assertCookies(app, options)
  warnOfPlainKeys(app, options)
  warnOfOddClients(app, options)
  watchRoutes(app)
  watchPlacement(app)
  if (options.routes !== false) auditRoutes(app, options.routes)
  const authenticator = createAuthenticator(options, Date.now, (pool) => createKeysLog(pool, app.log))
  prefetchKeys(app, authenticator, options)
  const revocation = options.revocation && connectStore(app, options.revocation)
  const memo = Symbol('fastify-cognito.verified')
  const unrevoked = Symbol('fastify-cognito.unrevoked')
  const { authRequired, authOptional } = createGuardFactories({
    authenticator,
    findToken: createTokenFinder(options.tokenSources),
    explainAbsence: createAbsenceReason(options.tokenSources),
    defaultPool: options.defaultPool,
    loadUser: options.loadUser,
    addUser: createUserLoader(),
    revocation,
    tokenUses: new Map([...options.pools].map(([name, pool]) => [name, [...pool.tokenUses]])),
    memo,
    unrevoked,
  })
  app.decorateRequest('cognito', null as never)
  app.decorate('authRequired', authRequired as never)
  app.decorate('authOptional', authOptional as never)
  app.decorate('cognito', createCognito(authenticator, options, revocation) as never)
  if (options.resource) serveResource(app, options.resource)
  app.addHook('onError', (_request, reply, error, done) => {
    if (error instanceof CognitoError) writeHead(reply, error, options)
    done()
  })
  app.addHook('onClose', async () => authenticator.close())
}

/**
 * RFC 6750 §3, RFC 9110 §10.2.3, RFC 9111 §5.2.2.5.
 *
 * The status is written below Fastify, which then takes it for its own default: the application's error handler may send a
 * body without one, and the answer is not 200; it may redirect, and the answer is 302; and what it sets itself counts.
 */
function writeHead(
  reply: FastifyReply,
  { statusCode, challenge, retryAfter }: CognitoError,
  { realm, resource }: ResolvedOptions,
): void {
  reply.raw.statusCode = statusCode
  reply.header('cache-control', 'no-store')
  if (challenge) reply.header('www-authenticate', toChallenge(realm, challenge, resource?.metadataUrl))
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter))
}

/** Fastify would only say which decorator is there already. */
function assertFirst(app: FastifyInstance): void {
  if (!app.hasDecorator('authRequired') || factoryNameOf(app.authRequired) === undefined) return
  throw new TypeError(
    'fastify-cognito: expected one registration for a scope and the scopes inside of it; give it all pools, under names of their own in pools, or register it in sibling scopes',
  )
}

function assertCookies(app: FastifyInstance, { tokenSources }: ResolvedOptions): void {
  if (tokenSources.some(({ kind }) => kind === 'cookie') && !app.hasRequestDecorator('cookies')) {
    throw new TypeError(
      'tokenFrom: fromCookie expected @fastify/cookie to be registered before fastify-cognito',
    )
  }
}

/**
 * Keys over plain HTTP are those of an emulator, as a rule one whose private key everybody knows. Off loopback, anybody on
 * the way can replace them besides.
 */
function warnOfPlainKeys(app: FastifyInstance, { pools }: ResolvedOptions): void {
  const isProduction = process.env['NODE_ENV'] === 'production'
  for (const { name, jwksUrls } of pools.values()) {
    const plain = [...jwksUrls.values()].filter((url) => url.startsWith('http:'))
    const [host] = plain.flatMap((url) => plainHostOf(url) ?? [])
    if (host !== undefined) app.log.warn({ pool: name, host }, FROM_ANOTHER_HOST)
    else if (plain.length > 0 && isProduction) app.log.warn({ pool: name }, IN_PRODUCTION)
  }
}

/** Every token of such a pool would be refused. What stands there is not logged, because it may be the secret. */
function warnOfOddClients(app: FastifyInstance, { pools }: ResolvedOptions): void {
  for (const pool of pools.values()) {
    if (!hasOddClient(pool)) continue
    const message = `fastify-cognito: pools.${pool.name}.appClientId: Cognito makes no such id, so no token of it will come; ${CLIENT_ID_ADVICE}`
    app.log.warn({ pool: pool.name }, message)
  }
}

const FROM_ANOTHER_HOST =
  'fastify-cognito: insecureHttp: the keys of this pool come over plain http from another host; who is on the way can replace them'
const IN_PRODUCTION =
  'fastify-cognito: the keys of this pool come over plain http, as those of an emulator do; never in production'

export {
  type ChallengeParameters,
  CognitoError,
  type CognitoErrorCode,
  cognitoErrorCodes,
  type RefusalDetails,
} from './base/errors.js'
export type { ClaimsOption, ObjectSchema } from './claims/reader.js'
export type { AccessClaims, CommonClaims, IdClaims, Payload, TokenUse } from './claims/standard-claims.js'
export { type ClosableSocket, closeOnExpiry } from './close-on-expiry.js'
export type { Cognito, PoolDescription } from './cognito.js'
export {
  type AuthOf,
  definePools,
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
  type Credentials,
  fromCookie,
  fromHeader,
  fromQuery,
  fromSubprotocol,
  type HeaderOptions,
  type TokenFrom,
  type TokenReader,
  type TokenSource,
} from './guard/token-source.js'
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
export type { Authentication, WithUser } from './verify/authentication.js'
export type { RequiredNames, TokenRequirement } from './verify/authorization.js'
export type { RevocationFailureMessage, VerificationMessage } from './verify/diagnostics.js'

/**
 * Protects an API with the tokens of one or many Amazon Cognito user pools.
 *
 * @throws {TypeError} when the application starts: a wrong option, naming its path and what was expected
 * @example
 * await app.register(cognito, {
 *   pools: { eu: { userPoolId: 'eu-west-1_AbCdEf123', appClientId: '3n4b5urk1ft4fl3mg5e62d9ado' } },
 * })
 * app.get('/me', { onRequest: app.authRequired('eu') }, async (request) => request.cognito.subject)
 */
const cognito = fp(plugin, { name: 'fastify-cognito', fastify: '>=5.3.0 <6' })

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
  > extends RouteMark<RouteGeneric> {
    /**
     * Who sent the request: what the route's guard proved; `null` where nobody did.
     *
     * @see {@link Authentication}
     */
    readonly cognito: CognitoOf<RouteGeneric, TypeProvider>
  }
  interface FastifyContextConfig {
    /** `false`: the route is meant to have no guard, so the option `routes` does not list it. Takes no guard away. */
    readonly cognito?: false
  }
  interface FastifyInstance {
    /**
     * Makes a guard that refuses a request without a valid token.
     *
     * @param pool - a name, a list of names or a function of the request; the default pool where it is left out
     * @param requirement - what the route asks besides
     * @throws {TypeError} at boot, for an unknown pool, and for a requirement that is wrong or can never hold
     * @example app.get('/orders', { onRequest: app.authRequired('eu', { scopes: 'orders/read' }) }, listOrders)
     */
    readonly authRequired: GuardFactory<Pools, never>
    /**
     * Makes a guard that lets a request without credentials pass as `null`, and refuses a bad token all the same. Its
     * parameters are those of `authRequired`.
     *
     * @throws {TypeError} at boot, for an unknown pool, and for a requirement that is wrong or can never hold
     * @example app.get('/', { onRequest: app.authOptional('eu') }, async (request) => request.cognito?.subject ?? null)
     */
    readonly authOptional: GuardFactory<Pools, null>
    /** What the plugin offers outside of a route's own hooks. */
    readonly cognito: Cognito<Pools>
    /**
     * Sets a handler for what is not found that is meant to have no guard, so that the option `routes` does not list it.
     *
     * @example app.setNotFoundHandler({ config: { cognito: false } }, async (request, reply) => reply.sendFile('index.html'))
     */
    setNotFoundHandler(
      options: { readonly config: FastifyContextConfig },
      handler: NotFoundReplier,
    ): FastifyInstance
  }
}
