/**
 * The account routes: sign-up, sign-in, sign-out, passwords and `me`, of the users of one pool. The side door
 * `fastify-cognito/user-routes`.
 * @module
 */
import type { FastifyInstance, FastifyPluginAsync, FastifyReply } from 'fastify'
import { plainHostOf } from '../base/private-url.js'
import { addSignIn } from '../routes/openapi.js'
import { compileAttributes } from './attributes.js'
import { readStrictly } from './body.js'
import { UserRouteError } from './errors.js'
import { addMeRoute } from './me.js'
import { type ResolvedUserRoutes, resolveUserRoutes, type UserRoutesOptions } from './options.js'
import { addPasswordRoutes } from './password.js'
import type { Accounts } from './route.js'
import { connect } from './sdk.js'
import { addSignInRoutes } from './sign-in.js'
import { addSignOutRoute } from './sign-out.js'
import { addSignUpRoutes } from './sign-up.js'

export type { CognitoClient } from './client.js'
export {
  type OAuthError,
  UserRouteError,
  type UserRouteErrorCode,
  type UserRouteErrorDetails,
  userRouteErrorCodes,
} from './errors.js'
export type { UserRouteHooks } from './hooks.js'
export type { UserRouteName, UserRouteOptions, UserRoutesOptions } from './options.js'

/**
 * Adds the account routes of one pool, under the prefix of the registration. It needs `fastify-cognito` to be registered
 * before, and `@aws-sdk/client-cognito-identity-provider` to be installed.
 *
 * @throws {TypeError} when the application starts: a wrong option, naming its path and what was expected
 * @throws {Error} when the application starts: the AWS SDK is not installed
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
  // Unsigned calls to an endpoint that is given need no region, but the SDK wants one.
  const region = pool.region ?? 'us-east-1'
  const { call, close } = await connect({ pool: pool.name, region, endpoint, client })
  scope.addHook('onClose', async () => close())
  readStrictly(scope)
  addHeaders(scope)
  const accounts: Accounts = { ...options, attributes, call }
  addSignUpRoutes(scope, accounts)
  await addSignInRoutes(scope, accounts)
  addSignOutRoute(scope, accounts, Date.now)
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
  'fastify-cognito: insecureHttp: the account routes send passwords over plain http to another host; who is on the way can read them'

function addHeaders(scope: FastifyInstance): void {
  // RFC 6749 §5.1
  scope.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'no-store'))
  scope.addHook('onError', async (_request, reply, error) => {
    if ((error as unknown) instanceof UserRouteError) writeHead(reply, error as unknown as UserRouteError)
  })
}

/** The status is written as for a refusal of a guard: a handler that sets none cannot make it 200, one that does is obeyed. */
function writeHead(reply: FastifyReply, { statusCode, retryAfter }: UserRouteError): void {
  reply.raw.statusCode = statusCode
  // RFC 9110 §15.5.2, §10.2.3
  if (statusCode === 401) reply.header('www-authenticate', 'Bearer')
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter))
}

export { userRoutes, userRoutes as default }
