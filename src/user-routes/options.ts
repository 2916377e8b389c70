/**
 * The options of the account routes: documented, validated once at boot.
 * @module
 */
import type { RouteShorthandOptions } from 'fastify'
import { assertInsecureHttp, parseUrl, URL_EXPECTED } from '../base/private-url.js'
import { assertDefined, assertOptions, compileSchema, type IsDocumented, Type, text } from '../base/schema.js'
import { kindOf } from '../base/value-kind.js'
import type { ObjectSchema } from '../claims/reader.js'
import type { PoolDescription } from '../cognito.js'
import { attributesOption } from './attributes.js'
import type { CognitoClient } from './client.js'

/** Hooks of Fastify that a route can be given. */
const HOOKS = [
  'onRequest',
  'preParsing',
  'preValidation',
  'preHandler',
  'preSerialization',
  'onSend',
  'onResponse',
  'onError',
] as const

/** Hooks of routes, as Fastify takes them: each a function, or a list of functions. */
export type UserRouteHooks = Pick<RouteShorthandOptions, (typeof HOOKS)[number]>

/** Every route, and the path that it has by default. */
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

/** Name of a route. */
export type UserRouteName = keyof typeof PATHS

/** How one route differs. */
export interface UserRouteOptions {
  /** Path below the prefix, which begins with a slash. */
  readonly path?: string
  /** Hooks of this route, after those of all. */
  readonly hooks?: UserRouteHooks
}

/** Options of the account routes, besides `prefix`. */
export interface UserRoutesOptions {
  /**
   * Name of the pool whose users these are.
   *
   * @defaultValue the only one, where there is one
   */
  readonly pool?: string
  /**
   * App client that people sign in through; one of the pool's `appClientId`.
   *
   * @defaultValue the pool's, where it has one
   */
  readonly clientId?: string
  /** Secret of the app client, where it has one. */
  readonly clientSecret?: string
  /** A client of the AWS SDK with settings of its own. It has to be one without retries, or with few. */
  readonly client?: CognitoClient
  /** URL of an emulator in Cognito's place: `https:`, `http:` on loopback, or elsewhere with `insecureHttp`. */
  readonly endpoint?: string
  /**
   * Allows plain `http:` to another host for `endpoint`: for an emulator in another container. It is refused with
   * `NODE_ENV=production`, because who is on the way reads the passwords.
   *
   * @defaultValue `false`
   */
  readonly insecureHttp?: boolean
  /**
   * Attributes that people may give themselves at sign-up, with their types: a TypeBox object schema, in which `alias`
   * names a custom attribute. No others are taken.
   *
   * @defaultValue the standard attributes that users write themselves, such as `email`; no custom ones
   */
  readonly attributes?: ObjectSchema
  /** Hooks of every route: a rate limit, for example. */
  readonly hooks?: UserRouteHooks
  /** Routes with another path (a string), with more hooks, or left out (`false`). */
  readonly routes?: { readonly [N in UserRouteName]?: UserRouteOptions | string | false }
}

/** One route after validation; `false` where it is left out. */
export type ResolvedRoute = { readonly path: string; readonly hooks: UserRouteHooks } | false

/** All options after validation. */
export interface ResolvedUserRoutes {
  readonly pool: PoolDescription
  readonly clientId: string
  readonly clientSecret: string | undefined
  readonly client: CognitoClient | undefined
  readonly endpoint: string | undefined
  readonly attributes: ObjectSchema | undefined
  /** Those of all routes. */
  readonly hooks: UserRouteHooks
  readonly routes: Readonly<Record<UserRouteName, ResolvedRoute>>
}

const hook = Type.Function([], Type.Any())
const hooksOption = Type.Optional(
  Type.Unsafe<UserRouteHooks>(
    Type.Object(
      Object.fromEntries(
        HOOKS.map((name) => [
          name,
          Type.Optional(
            Type.Union([hook, Type.Array(hook)], { expected: 'a function, or a list of functions' }),
          ),
        ]),
      ),
      { additionalProperties: false, expected: 'an object of route hooks' },
    ),
  ),
)

const path = text("a path that begins with '/'", '^/[^\\s?#]*$')
const ROUTE = Type.Object(
  { path: Type.Optional(path), hooks: hooksOption },
  { additionalProperties: false, expected: 'a path, an object of path and hooks, or false' },
)
const ROUTES = Type.Object(
  Object.fromEntries(
    Object.keys(PATHS).map((name) => [
      name,
      Type.Optional(Type.Any({ expected: 'a path, an object of path and hooks, or false' })),
    ]),
  ),
  { additionalProperties: false, expected: 'an object of routes' },
)

const OPTIONS = Type.Object(
  {
    pool: Type.Optional(text('the name of a registered pool')),
    clientId: Type.Optional(text('the id of an app client', '^[\\w+]{1,128}$')),
    clientSecret: Type.Optional(
      text('the secret of the app client, without spaces or line ends', '^[\\x21-\\x7E]+$'),
    ),
    client: Type.Optional(
      Type.Unsafe<CognitoClient>({ ...Type.Any(), expected: 'a CognitoIdentityProviderClient' }),
    ),
    endpoint: Type.Optional(text('an https URL, or an http URL on loopback')),
    insecureHttp: Type.Optional(Type.Boolean({ expected: 'true or false' })),
    attributes: attributesOption,
    hooks: hooksOption,
    routes: Type.Optional(Type.Unsafe<NonNullable<UserRoutesOptions['routes']>>(ROUTES)),
  },
  { additionalProperties: false, expected: 'an object of options' },
)

/** Does not compile when an interface and its schema drift apart. */
const areDocumented: [
  IsDocumented<UserRoutesOptions, typeof OPTIONS>,
  IsDocumented<UserRouteOptions, typeof ROUTE>,
] = [true, true]
void areDocumented

type Environment = Readonly<Record<string, string | undefined>>

/** Names of all options, for the documentation to be held against. */
export const userRoutesNames = {
  options: Object.keys(OPTIONS.properties),
  routes: Object.keys(PATHS) as UserRouteName[],
} as const

const schema = compileSchema(OPTIONS)
const routeSchema = compileSchema(ROUTE)
const pathSchema = compileSchema(path)

/** What Fastify itself takes of the options of a registration. */
const REGISTRATION = new Set(['prefix', 'logLevel', 'logSerializers'])

/**
 * Validates the options and fills in the defaults.
 *
 * @param given - the options of the registration, `prefix` among them
 * @param pools - the registered ones, `app.cognito.pools`
 * @param env - the environment, which can send the SDK elsewhere
 * @throws {TypeError} naming the path of a wrong option, `user-routes.endpoint`, and what was expected
 */
export function resolveUserRoutes(
  given: object,
  pools: Readonly<Record<string, PoolDescription>>,
  env: Environment,
): ResolvedUserRoutes {
  const options = Object.fromEntries(Object.entries(given).filter(([name]) => !REGISTRATION.has(name)))
  assertOptions(schema, options, 'user-routes')
  assertDefined(options, userRoutesNames.options, 'user-routes')
  const { clientSecret, client, endpoint, attributes, hooks = {}, routes = {} }: UserRoutesOptions = options
  const { insecureHttp = false }: UserRoutesOptions = options
  assertInsecureHttp(insecureHttp, 'user-routes', env)
  const pool = choosePool(options, pools)
  assertReachable(pool, options)
  const ownEndpoint = client === undefined ? (endpoint ?? endpointOf(env, insecureHttp)) : undefined
  return {
    pool,
    clientId: chooseClientId(options, pool),
    clientSecret,
    client,
    endpoint: ownEndpoint,
    attributes,
    hooks,
    routes: Object.fromEntries(
      userRoutesNames.routes.map((name) => [name, resolveRoute(name, routes)]),
    ) as ResolvedUserRoutes['routes'],
  }
}

function choosePool(
  { pool }: UserRoutesOptions,
  pools: Readonly<Record<string, PoolDescription>>,
): PoolDescription {
  const names = Object.keys(pools)
  const name = pool ?? (names.length === 1 ? names[0] : undefined)
  const chosen = name !== undefined && Object.hasOwn(pools, name) ? pools[name] : undefined
  if (chosen !== undefined) return chosen
  throw new TypeError(`user-routes.pool: expected one of ${names.join(', ')}`)
}

function chooseClientId({ clientId }: UserRoutesOptions, { name, appClientId }: PoolDescription): string {
  const chosen = clientId ?? (appClientId?.length === 1 ? appClientId[0] : undefined)
  if (chosen !== undefined && (appClientId === null || appClientId.includes(chosen))) return chosen
  const known =
    appClientId === null ? 'the app client to sign in through' : `one of pools.${name}.appClientId`
  throw new TypeError(`user-routes.clientId: expected ${known}; tokens of another are not accepted`)
}

function assertReachable(
  { name, region }: PoolDescription,
  { client, endpoint, insecureHttp = false }: UserRoutesOptions,
): void {
  if (client !== undefined) {
    if (endpoint !== undefined) {
      throw new TypeError('user-routes.endpoint: expected client to have it, as client is given')
    }
    if (typeof (client as Partial<CognitoClient> | null)?.send === 'function') return
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

/** Names that the SDK reads by itself, the first one first. */
const ENDPOINTS = ['AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER', 'AWS_ENDPOINT_URL'] as const

/** Passwords must not go to a place that an option could not name. */
function endpointOf(env: Environment, insecureHttp: boolean): string | undefined {
  if (env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true') return undefined
  const name = ENDPOINTS.find((variable) => env[variable])
  const url = name === undefined ? undefined : env[name]
  if (url === undefined || parseUrl(url, insecureHttp) !== undefined) return url
  throw new TypeError(`user-routes: ${name}: ${URL_EXPECTED}`)
}

function resolveRoute(name: UserRouteName, routes: NonNullable<UserRoutesOptions['routes']>): ResolvedRoute {
  assertDefined(routes, [name], 'user-routes.routes')
  const option = routes[name] ?? {}
  const at = `user-routes.routes.${name}`
  if (option === false) return false
  if (typeof option === 'string') {
    assertOptions(pathSchema, option, at)
    return { path: option, hooks: {} }
  }
  assertOptions(routeSchema, option, at)
  assertDefined(option, ['path', 'hooks'], at)
  return { path: option.path ?? PATHS[name], hooks: option.hooks ?? {} }
}

/**
 * The hooks of a route: its guard, those of all routes, then its own.
 *
 * @param guard - stands first, so that the others see who it is
 */
export function mergeHooks(guard: unknown, ...all: readonly UserRouteHooks[]): UserRouteHooks {
  const merged = HOOKS.map((name) => {
    const hooks = all.flatMap((hooks): unknown[] => [hooks[name] ?? []].flat())
    return [name, name === 'onRequest' && guard !== undefined ? [guard, ...hooks] : hooks]
  })
  return Object.fromEntries(merged)
}
