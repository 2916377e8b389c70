/**
 * The entry point `fastify-cognito/user-routes`: the account routes of one pool, for sign-up, sign-in, sign-out, passwords
 * and `me`.
 * @module
 */
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { timeOfDay } from '../base/clock.js'
import { plainHostOf } from '../base/private-url.js'
import { addSignIn } from '../routes/openapi.js'
import { compileAttributes } from './attributes.js'
import { readStrictly } from './body.js'
import { addMeRoute } from './me.js'
import { type ResolvedUserRoutes, resolveUserRoutes, type UserRoutesOptions } from './options.js'
import { addPasswordRoutes } from './password.js'
import type { Accounts, RegisteredPool } from './route.js'
import { connect } from './sdk.js'
import { addSignInRoutes } from './sign-in.js'
import { addSignOutRoute } from './sign-out.js'
import { addSignUpRoutes } from './sign-up.js'

export type { CognitoClient } from './client.js'
export { UserRouteError, type UserRouteErrorDetails } from './errors.js'
export { type OAuthError, type UserRouteErrorCode, userRouteErrorCodes } from './fault-codes.js'
export type { UserRouteHooks } from './hooks.js'
export type { UserRouteName, UserRouteOptions, UserRoutesOptions } from './options.js'
export { type UserRouteReasonCode, userRouteReasonCodes } from './reasons.js'

/**
 * Adds the account routes of one pool, under the prefix of the registration. The plugin needs an earlier registration of
 * `fastify-cognito`, and the package `@aws-sdk/client-cognito-identity-provider`.
 *
 * @throws {TypeError} when the application starts, for a wrong option; the message has the path and the expected value
 * @throws {Error} when the application starts, if the AWS SDK is not installed
 * @example await app.register(userRoutes, { pool: 'eu', prefix: '/users', clientSecret: process.env.COGNITO_SECRET })
 */
const userRoutes: FastifyPluginAsync<UserRoutesOptions> = async (scope, given) => {
  if (!scope.hasDecorator('cognito') || !scope.hasDecorator('authRequired')) {
    throw new TypeError('user-routes: expected fastify-cognito to be registered before')
  }
  const { attributes: declared, ...options } = resolveUserRoutes(given, scope.cognito.pools, process.env)
  const { pool, endpoint, client, routes } = options
  const attributes = compileAttributes(declared)
  warnOfPlainEndpoint(scope, options)
  // The SDK needs a region, although unsigned calls to a configured endpoint do not.
  const region = pool.region ?? 'us-east-1'
  const { call, close } = await connect({ pool: pool.name, region, endpoint, client })
  scope.addHook('onClose', async () => close())
  readStrictly(scope)
  // Tokens must not be cached (RFC 6749 §5.1).
  scope.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'no-store'))
  const accounts: Accounts = { ...options, pool: pool as RegisteredPool, attributes, call }
  addSignUpRoutes(scope, accounts)
  await addSignInRoutes(scope, accounts)
  addSignOutRoute(scope, accounts, timeOfDay)
  addPasswordRoutes(scope, accounts)
  addMeRoute(scope, accounts)
  if (routes.signin !== false)
    addSignIn(scope.cognito.openapi, pool.name, scope.prefix.replace(/\/$/, '') + routes.signin.path)
}

function warnOfPlainEndpoint(
  scope: FastifyInstance,
  { pool, endpoint }: Pick<ResolvedUserRoutes, 'pool' | 'endpoint'>,
): void {
  const host = endpoint === undefined ? undefined : plainHostOf(endpoint)
  if (host !== undefined) scope.log.warn({ pool: pool.name, host }, PASSWORDS_IN_PLAIN)
}

const PASSWORDS_IN_PLAIN =
  'fastify-cognito: insecureHttp: the account routes send passwords over plain http to another host; an attacker on the network path can read them'

export { userRoutes, userRoutes as default }
