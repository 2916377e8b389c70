/**
 * The options of the plugin: their documentation, their schema, and how they are resolved once at boot.
 * @module
 */
import { CHALLENGE_VALUE } from './base/challenge.js'
import type { Environment } from './base/environment.js'
import {
  assertDefined,
  assertOptions,
  checkedLater,
  choice,
  closedObject,
  documented,
  type Filled,
  fillDefaults,
  functionOption,
  integer,
  seconds,
  text,
  withDefault,
} from './base/option-schema.js'
import { compileSchema, Type } from './base/schema.js'
import { kindOf } from './base/value-kind.js'
import type { LoadRegisteredUser, LoadUser } from './guard/register.js'
import { type TokenFrom, type TokenSource, toTokenSources } from './guard/token-sources.js'
import { type KeysOptions, keysSchema, type ResolvedKeys, resolveKeys } from './keys/options.js'
import { type PoolOptions, poolSchema, type ResolvedPool, resolvePool } from './pool/pool.js'
import { assertPoolsApart } from './pool/pools-apart.js'
import { MAX_TOLERANCE } from './revocation/mark.js'
import {
  type ResolvedRevocation,
  type RevocationOptions,
  resolveRevocation,
  revocationSchema,
} from './revocation/options.js'
import {
  type ResolvedResource,
  type ResourceOptions,
  resolveResource,
  resourceSchema,
} from './routes/resource.js'
import {
  type ResolvedTenants,
  resolveTenants,
  type TenantsOptions,
  tenantsSchema,
} from './tenants/options.js'

/** The number of verified tokens that are remembered, and the time for which they are. */
export interface TokenCacheOptions {
  /**
   * Greatest number of remembered tokens, of about 3 kB each; 2–1,000,000.
   *
   * @defaultValue 10,000
   */
  readonly max?: number
  /**
   * Time after which a remembered token is verified again; seconds, 1–86,400. A token is never accepted beyond its `exp`.
   *
   * @defaultValue 300
   */
  readonly ttl?: number
}

/** The options of the plugin. */
export interface PluginOptions {
  /**
   * The named user pools, at least one; may be left out where `tenants` is set.
   *
   * @defaultValue none
   */
  readonly pools?: Readonly<Record<string, PoolOptions>>
  /**
   * User pools, or app clients of shared pools, that the application keeps in its own database and changes while it runs.
   *
   * @defaultValue none
   */
  readonly tenants?: TenantsOptions
  /**
   * Name of the pool of a guard that names none. With `tenants`, each guard has to name its pools.
   *
   * @defaultValue the first of `pools`; none with `tenants`
   */
  readonly defaultPool?: string
  /**
   * The places where requests carry their token: a source, or an ordered list of at least one. `fromHeader()` reads the
   * header `Authorization: Bearer …`.
   *
   * @defaultValue `fromHeader()`
   */
  readonly tokenFrom?: TokenFrom
  /**
   * Leeway on the times of a token; seconds, 0–300. `iat` and `nbf` always get at least 60.
   *
   * @defaultValue 5
   */
  readonly clockTolerance?: number
  /**
   * The cache of verified tokens, so that a repeated token is not verified again. `false` remembers no token.
   *
   * @defaultValue `{ max: 10_000, ttl: 300 }`
   */
  readonly tokenCache?: TokenCacheOptions | false
  /**
   * The options by which the signing keys are fetched and kept.
   *
   * @defaultValue the defaults of {@link KeysOptions}
   */
  readonly keys?: KeysOptions
  /**
   * Finds the application's own user of each request that a guard lets pass, after everything else:
   * `request.cognito.user`. The plugin answers `null`, `undefined` and `false` with 403. An error of this function goes to
   * the application's error handler unchanged.
   *
   * @defaultValue none
   */
  readonly loadUser?: LoadRegisteredUser
  /**
   * The API as a protected resource (RFC 9728). The plugin serves the metadata, and names their URL in the challenges.
   *
   * @defaultValue none
   */
  readonly resource?: ResourceOptions
  /**
   * Refuses revoked tokens. `app.cognito.revoke` marks tokens in a store, and the plugin asks the store about every request.
   *
   * @defaultValue none
   */
  readonly revocation?: RevocationOptions
  /**
   * Realm of the challenge: printable ASCII without `"` and `\`.
   *
   * @defaultValue `'api'`
   */
  readonly realm?: string
  /**
   * Length above which a token is refused unread; characters, 512–65,536. Node itself refuses requests with more than
   * 16,384 bytes of headers, unless the application raises Node's `maxHeaderSize` as well.
   *
   * @defaultValue 16,384
   */
  readonly maxTokenLength?: number
  /**
   * Lists the routes without a guard and without `config: { cognito: false }`, when the application is ready: `'warn'` in a
   * warning, `'error'` in the error that stops the boot.
   *
   * @defaultValue `false`
   */
  readonly routes?: 'warn' | 'error' | false
}

/** All options after validation, with their defaults. */
export interface ResolvedOptions {
  readonly pools: ReadonlyMap<string, ResolvedPool>
  /** `undefined` with `tenants`. */
  readonly defaultPool: string | undefined
  readonly tenants: ResolvedTenants | undefined
  readonly tokenSources: readonly TokenSource[]
  /** Seconds. */
  readonly clockTolerance: number
  /** Times in seconds. */
  readonly keys: ResolvedKeys
  /** Times in seconds. */
  readonly tokenCache: Filled<TokenCacheOptions, typeof tokenCacheSchema> | false
  readonly loadUser: LoadUser | undefined
  readonly resource: ResolvedResource | undefined
  /** Times in seconds. */
  readonly revocation: ResolvedRevocation | undefined
  readonly realm: string
  /** Characters. */
  readonly maxTokenLength: number
  readonly routes: 'warn' | 'error' | false
}

/** Schema of {@link TokenCacheOptions}. */
export const tokenCacheSchema = documented<TokenCacheOptions>()(
  closedObject(
    {
      max: withDefault(integer(2, 1_000_000), 10_000),
      ttl: withDefault(seconds(1, 86_400), 300),
    },
    'an object of cache options, or false',
  ),
)

/** Schema of {@link PluginOptions}. */
export const pluginSchema = documented<PluginOptions>()(
  closedObject(
    {
      pools: Type.Optional(
        Type.Record(Type.String({ pattern: '^[A-Za-z][\\w.-]*$' }), poolSchema, {
          minProperties: 1,
          additionalProperties: false,
          expected:
            'at least one pool, under a name that begins with a letter and goes on with letters, digits, . _ or -',
        }),
      ),
      defaultPool: Type.Optional(Type.String({ expected: 'the name of a pool' })),
      tokenFrom: Type.Optional(checkedLater<TokenFrom>('token sources', { minItems: 1 })),
      clockTolerance: withDefault(seconds(0, MAX_TOLERANCE), 5),
      tokenCache: withDefault(checkedLater<TokenCacheOptions | false>(''), {}),
      keys: withDefault(keysSchema, {}),
      tenants: Type.Optional(tenantsSchema),
      loadUser: functionOption<LoadRegisteredUser>(),
      resource: Type.Optional(resourceSchema),
      revocation: Type.Optional(revocationSchema),
      realm: withDefault(text('printable ASCII without " and \\', CHALLENGE_VALUE.source), 'api'),
      maxTokenLength: withDefault(integer(512, 65_536, 'a whole number of characters'), 16_384),
      routes: withDefault(choice('warn', 'error', false), false),
    },
    'an object of options',
  ),
)

const plugin = compileSchema(pluginSchema)
const tokenCache = compileSchema(tokenCacheSchema)

/**
 * Validates the options and fills in the defaults. Nothing is coerced, and `given` is not changed.
 *
 * @param env - the environment, for `AWS_COGNITO_KEYS_URL` and `NODE_ENV`
 * @throws {TypeError} with the path of a wrong option, `pools.eu.userPoolId`, and what was expected
 */
export function resolveOptions(given: PluginOptions, env: Environment): ResolvedOptions {
  assertOptions(plugin, given, '')
  assertDefined(given, ['pools', 'tenants', 'loadUser', 'resource', 'revocation', 'routes'], '')
  const options = fillDefaults(pluginSchema, given)
  const { pools: named = {} } = options
  const tenants = options.tenants && resolveTenants(options.tenants, env)
  const pools = new Map(Object.entries(named).map(([name, pool]) => [name, resolvePool(name, pool, env)]))
  assertPoolsApart(named, [...pools.values()], env['AWS_COGNITO_KEYS_URL'] || undefined)
  return Object.freeze({
    pools,
    tenants,
    defaultPool: resolveDefaultPool(options.defaultPool, [...pools.keys()], tenants !== undefined),
    tokenSources: resolveTokenSources(options.tokenFrom),
    clockTolerance: options.clockTolerance,
    tokenCache: resolveTokenCache(options.tokenCache),
    keys: resolveKeys(options.keys),
    loadUser: options.loadUser as LoadUser | undefined,
    resource:
      options.resource && resolveResource(options.resource, pools.values(), options.tokenFrom === undefined),
    revocation: options.revocation && resolveRevocation(options.revocation),
    realm: options.realm,
    maxTokenLength: options.maxTokenLength,
    routes: options.routes,
  })
}

function resolveDefaultPool(
  option: string | undefined,
  names: readonly string[],
  hasTenants: boolean,
): string | undefined {
  if (hasTenants && option === undefined) return undefined
  if (hasTenants)
    throw new TypeError('defaultPool: expected none beside tenants; name the pool in each guard')
  const [first] = names
  if (first === undefined)
    throw new TypeError('pools: expected at least one pool, or the option tenants; it is missing')
  const name = option ?? first
  if (names.includes(name)) return name
  throw new TypeError(`defaultPool: expected one of ${names.join(', ')}; found ${kindOf(name)}`)
}

function resolveTokenCache(option: TokenCacheOptions | false): ResolvedOptions['tokenCache'] {
  if (option === false) return false
  assertOptions(tokenCache, option, 'tokenCache')
  return fillDefaults(tokenCacheSchema, option)
}

function resolveTokenSources(option: TokenFrom | undefined): readonly TokenSource[] {
  const sources = toTokenSources(option)
  const isSource = (source: unknown) => typeof Reflect.get(Object(source), 'read') === 'function'
  if (sources.length === 0 || !sources.every(isSource)) {
    throw new TypeError(
      `tokenFrom: expected fromHeader(), fromCookie(name), fromSubprotocol(), fromQuery(name), a function, or a list of these; found ${kindOf(option)}`,
    )
  }
  return Object.freeze(sources)
}
