/**
 * The options of the account routes: their documentation, their schema, and how they are resolved once at boot.
 * @module
 */
import type { Environment } from '../base/environment.js'
import {
  assertDefined,
  assertOptions,
  checkedLater,
  clientId,
  closedObject,
  documented,
  type Filled,
  fillDefaults,
  flag,
  optionalMembers,
  text,
  withDefault,
} from '../base/option-schema.js'
import { assertInsecureHttp, parseUrl, URL_EXPECTED } from '../base/private-url.js'
import { compileSchema, Type } from '../base/schema.js'
import { kindOf } from '../base/value-kind.js'
import type { ObjectSchema } from '../claims/reader.js'
import type { PoolDescription } from '../cognito.js'
import { attributesOption } from './attributes.js'
import type { CognitoClient } from './client.js'
import { hooksOption, type UserRouteHooks } from './hooks.js'

/** The name of every route, with the default path of the route. */
export const PATHS = {
  signup: '/signup',
  confirm: '/confirm',
  resend: '/resend',
  signin: '/signin',
  challenge: '/challenge',
  refresh: '/refresh',
  signout: '/signout',
  forgotPassword: '/password/forgot',
  resetPassword: '/password/reset',
  changePassword: '/password/change',
  me: '/me',
} as const

/** The name of an account route. */
export type UserRouteName = keyof typeof PATHS

/** The options of one route. */
export interface UserRouteOptions {
  /**
   * Path below the prefix. The path begins with a slash.
   *
   * @defaultValue the route's own path, such as `/signup`
   */
  readonly path?: string
  /**
   * Hooks of this route, which run after the hooks of all routes.
   *
   * @defaultValue none
   */
  readonly hooks?: UserRouteHooks
}

/** The options of the account routes, besides `prefix`. */
export interface UserRoutesOptions {
  /**
   * Name of the registered pool that the users belong to.
   *
   * @defaultValue the only one
   */
  readonly pool?: string
  /**
   * Id of the app client that users sign in through, 1–128 characters; one of the pool's `appClientId`.
   *
   * @defaultValue the pool's only one
   */
  readonly clientId?: string
  /**
   * Secret of the app client, when the client has one.
   *
   * @defaultValue none
   */
  readonly clientSecret?: string
  /**
   * A client of the AWS SDK with settings of the application. The client should make no retries, or few.
   *
   * @defaultValue one without retries
   */
  readonly client?: CognitoClient
  /**
   * URL of an emulator in Cognito's place: `https:`, `http:` on loopback, or `http:` to another host with `insecureHttp`.
   *
   * @defaultValue Cognito in the pool's region
   */
  readonly endpoint?: string
  /**
   * Allows plain `http:` to another host for `endpoint`, for an emulator in another container. `true` is refused with
   * `NODE_ENV=production`, because an attacker on the network path would read the passwords.
   *
   * @defaultValue `false`
   */
  readonly insecureHttp?: boolean
  /**
   * The attributes that users may set at sign-up, with their types: a TypeBox object schema, in which `alias` names a custom
   * attribute. Any other attribute is refused. By default users may set attributes such as `email`, and no
   * custom attribute.
   *
   * @defaultValue the standard attributes that users write themselves
   */
  readonly attributes?: ObjectSchema
  /**
   * Hooks of every route, such as a rate limit.
   *
   * @defaultValue none
   */
  readonly hooks?: UserRouteHooks
  /**
   * The routes that differ: another path (a string), a path and more hooks (an object), or no route (`false`).
   *
   * @defaultValue every route under its own path
   */
  readonly routes?: { readonly [N in UserRouteName]?: UserRouteOptions | string | false }
}

/** One route after validation; `false` for a route that is left out. */
export type ResolvedRoute = Required<UserRouteOptions> | false

/** All options after validation. */
export interface ResolvedUserRoutes {
  readonly pool: PoolDescription
  readonly clientId: string
  readonly clientSecret: string | undefined
  readonly client: CognitoClient | undefined
  readonly endpoint: string | undefined
  readonly attributes: ObjectSchema | undefined
  /** The hooks of all routes. */
  readonly hooks: UserRouteHooks
  readonly routes: Readonly<Record<UserRouteName, ResolvedRoute>>
}

const ROUTE = 'a path, an object of path and hooks, or false'
const ROUTES = optionalMembers(Object.keys(PATHS), checkedLater(ROUTE), 'an object of routes')

const path = text("a path that begins with '/'", '^/[^\\s?#]*$')

/** Schema of {@link UserRouteOptions}. */
export const userRouteSchema = documented<UserRouteOptions>()(
  closedObject({ path: Type.Optional(path), hooks: hooksOption }, ROUTE),
)

/** Schema of {@link UserRoutesOptions}. */
export const userRoutesSchema = documented<UserRoutesOptions>()(
  closedObject(
    {
      pool: Type.Optional(text('the name of a registered pool')),
      clientId: Type.Optional(clientId('the id of an app client')),
      clientSecret: Type.Optional(
        text('the secret of the app client, without spaces or line ends', '^[\\x21-\\x7E]+$'),
      ),
      client: Type.Optional(checkedLater<CognitoClient>('a CognitoIdentityProviderClient')),
      endpoint: Type.Optional(text('an https URL, or an http URL on loopback')),
      insecureHttp: withDefault(flag(), false),
      attributes: attributesOption,
      hooks: hooksOption,
      routes: withDefault(Type.Unsafe<NonNullable<UserRoutesOptions['routes']>>(ROUTES), {}),
    },
    'an object of options',
  ),
)

type FilledOptions = Filled<UserRoutesOptions, typeof userRoutesSchema>

const compiled = compileSchema(userRoutesSchema)
const compiledRoute = compileSchema(userRouteSchema)
const compiledPath = compileSchema(path)

/** Options of a registration that Fastify itself reads. */
const REGISTRATION = new Set(['prefix', 'logLevel', 'logSerializers'])

/**
 * Validates the options and fills in the defaults.
 *
 * @param registration - the options of the registration, `prefix` among them
 * @param pools - the registered pools, `app.cognito.pools`
 * @param env - the environment, in which variables of the AWS SDK can name another endpoint
 * @throws {TypeError} with the path of a wrong option, `user-routes.endpoint`, and what was expected
 */
export function resolveUserRoutes(
  registration: object,
  pools: Readonly<Record<string, PoolDescription>>,
  env: Environment,
): ResolvedUserRoutes {
  const own = Object.entries(registration).filter(([name]) => !REGISTRATION.has(name))
  const given: UserRoutesOptions = Object.fromEntries(own)
  assertOptions(compiled, given, 'user-routes')
  assertDefined(given, Object.keys(userRoutesSchema.properties), 'user-routes')
  const options = fillDefaults(userRoutesSchema, given)
  const { clientSecret, client, endpoint, insecureHttp, attributes, hooks, routes } = options
  assertInsecureHttp(insecureHttp, 'user-routes', env)
  const pool = choosePool(options, pools)
  assertReachable(pool, options)
  return {
    pool,
    clientId: chooseClientId(options, pool),
    clientSecret,
    client,
    endpoint: client === undefined ? (endpoint ?? endpointOf(env, insecureHttp)) : undefined,
    attributes,
    hooks,
    routes: resolveRoutes(routes),
  }
}

const NO_TENANT = 'the name of a pool of the option pools; the account routes do not know tenants'

function choosePool(
  { pool }: FilledOptions,
  pools: Readonly<Record<string, PoolDescription>>,
): PoolDescription {
  const names = Object.keys(pools)
  const name = pool ?? (names.length === 1 ? names[0] : undefined)
  const chosen = name !== undefined && Object.hasOwn(pools, name) ? pools[name] : undefined
  if (chosen !== undefined) return chosen
  const isTenant = names.length === 0 || pool?.startsWith('tenant:')
  throw new TypeError(`user-routes.pool: expected ${isTenant ? NO_TENANT : `one of ${names.join(', ')}`}`)
}

function chooseClientId({ clientId }: FilledOptions, { name, appClientId }: PoolDescription): string {
  const chosen = clientId ?? (appClientId?.length === 1 ? appClientId[0] : undefined)
  if (chosen !== undefined && (appClientId === null || appClientId.includes(chosen))) return chosen
  const known =
    appClientId === null ? 'the app client to sign in through' : `one of pools.${name}.appClientId`
  throw new TypeError(`user-routes.clientId: expected ${known}; tokens of another are not accepted`)
}

function assertReachable(
  { name, region }: PoolDescription,
  { client, endpoint, insecureHttp }: FilledOptions,
): void {
  if (client !== undefined) {
    if (endpoint !== undefined) {
      throw new TypeError('user-routes.endpoint: expected client to have it, as client is given')
    }
    if (typeof Reflect.get(Object(client), 'send') === 'function') return
    throw new TypeError(
      `user-routes.client: expected a CognitoIdentityProviderClient; found ${kindOf(client)}`,
    )
  }
  if (endpoint === undefined) {
    if (region !== undefined) return
    throw new TypeError(`user-routes.endpoint: expected a URL, as pools.${name} has no region`)
  }
  if (parseUrl(endpoint, insecureHttp) === undefined) {
    throw new TypeError(`user-routes.endpoint: ${URL_EXPECTED}`)
  }
}

/** Environment variables of the AWS SDK that name an endpoint, in the order of their precedence. */
const ENDPOINTS = ['AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER', 'AWS_ENDPOINT_URL'] as const

/** Finds the endpoint of the environment. Passwords must not go to an endpoint that the option `endpoint` would refuse. */
function endpointOf(env: Environment, insecureHttp: boolean): string | undefined {
  if (env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true') return undefined
  const name = ENDPOINTS.find((variable) => env[variable])
  const url = name === undefined ? undefined : env[name]
  if (url === undefined || parseUrl(url, insecureHttp) !== undefined) return url
  throw new TypeError(`user-routes: ${name}: ${URL_EXPECTED}`)
}

function resolveRoutes(routes: FilledOptions['routes']): ResolvedUserRoutes['routes'] {
  const resolve = (name: UserRouteName) => resolveRoute(name, routes)
  return {
    signup: resolve('signup'),
    confirm: resolve('confirm'),
    resend: resolve('resend'),
    signin: resolve('signin'),
    challenge: resolve('challenge'),
    refresh: resolve('refresh'),
    signout: resolve('signout'),
    forgotPassword: resolve('forgotPassword'),
    resetPassword: resolve('resetPassword'),
    changePassword: resolve('changePassword'),
    me: resolve('me'),
  }
}

function resolveRoute(name: UserRouteName, routes: FilledOptions['routes']): ResolvedRoute {
  assertDefined(routes, [name], 'user-routes.routes')
  const { [name]: option = {} } = routes
  const at = `user-routes.routes.${name}`
  if (option === false) return false
  if (typeof option === 'string') {
    assertOptions(compiledPath, option, at)
    return { path: option, hooks: {} }
  }
  assertOptions(compiledRoute, option, at)
  assertDefined(option, ['path', 'hooks'], at)
  const { path = PATHS[name], hooks } = fillDefaults(userRouteSchema, option)
  return { path, hooks }
}
