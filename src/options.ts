/**
 * The options: documented, validated once at boot, and frozen.
 * @module
 */
import { CHALLENGE_VALUE } from './base/challenge.js'
import {
  assertDefined,
  assertOptions,
  compileSchema,
  functionOption,
  type IsDocumented,
  integer,
  number,
  Type,
  text,
  withoutUndefined,
} from './base/schema.js'
import { kindOf } from './base/value-kind.js'
import type { LoadRegisteredUser, LoadUser } from './guard/register.js'
import { type TokenFrom, type TokenSource, toTokenSources } from './guard/token-source.js'
import { type KeysOptions, keysNames, keysOption, type ResolvedKeys, resolveKeys } from './keys/options.js'
import { type PoolOptions, poolSchema, type ResolvedPool, resolvePool } from './pool/pool.js'
import { assertPoolsApart } from './pool/pools-apart.js'
import {
  type ResolvedRevocation,
  type RevocationOptions,
  resolveRevocation,
  revocationNames,
  revocationOption,
} from './revocation/options.js'
import {
  type ResolvedResource,
  type ResourceOptions,
  resolveResource,
  resourceNames,
  resourceOption,
} from './routes/resource.js'

/** How many verified tokens are remembered, and for how long. */
export interface TokenCacheOptions {
  /**
   * Tokens remembered at the most, of about 3 kB each; 2–1,000,000.
   *
   * @defaultValue 10,000
   */
  readonly max?: number
  /**
   * A token is verified anew after this, and never later than it expires; seconds, 1–86,400.
   *
   * @defaultValue 300
   */
  readonly ttl?: number
}

/** Options of the plugin. */
export interface PluginOptions {
  /** The named user pools, at least one. */
  readonly pools: Readonly<Record<string, PoolOptions>>
  /**
   * Pool of a guard that names none.
   *
   * @defaultValue the first of `pools`
   */
  readonly defaultPool?: string
  /**
   * Where requests carry their token: a source, or an ordered list of sources.
   *
   * @defaultValue `fromHeader()`, the header `Authorization: Bearer …`
   */
  readonly tokenFrom?: TokenFrom
  /**
   * Leeway on the times of a token; seconds, 0–300. `iat` and `nbf` always get at least 60.
   *
   * @defaultValue 5
   */
  readonly clockTolerance?: number
  /**
   * How many verified tokens are remembered, so that a repeated one is not verified again. `false` remembers none.
   *
   * @defaultValue `{ max: 10_000, ttl: 300 }`
   */
  readonly tokenCache?: TokenCacheOptions | false
  /** How the signing keys are fetched and kept. */
  readonly keys?: KeysOptions
  /**
   * Finds the application's own user of each request that a guard lets pass, after everything else:
   * `request.cognito.user`. `null`, `undefined` and `false` are 403. What it throws goes to the application's error
   * handler as it is.
   */
  readonly loadUser?: LoadRegisteredUser
  /**
   * What this API is called as a protected resource (RFC 9728): serves its metadata, and names them in the challenges.
   */
  readonly resource?: ResourceOptions
  /**
   * Refuses tokens that were revoked: `app.cognito.revoke` marks them in a store, which is asked about every request.
   */
  readonly revocation?: RevocationOptions
  /**
   * Realm of the challenge: printable ASCII without `"` and `\`.
   *
   * @defaultValue `'api'`
   */
  readonly realm?: string
  /**
   * Longer tokens are refused unread; characters, 512–65,536. Node refuses requests with more than 16,384 bytes of headers
   * by itself, unless its `maxHeaderSize` is raised as well.
   *
   * @defaultValue 16,384
   */
  readonly maxTokenLength?: number
  /**
   * Whether the application lists, when it is ready, the routes that no guard stands before and that do not say
   * `config: { cognito: false }`: `'warn'` in its log, `'error'` in the error that stops the boot.
   *
   * @defaultValue `false`
   */
  readonly routes?: 'warn' | 'error' | false
}

/** All options after validation; what other files see of them. */
export interface ResolvedOptions {
  readonly pools: ReadonlyMap<string, ResolvedPool>
  readonly defaultPool: string
  readonly tokenSources: readonly TokenSource[]
  /** Seconds. */
  readonly clockTolerance: number
  /** Seconds. */
  readonly keys: ResolvedKeys
  /** Seconds. */
  readonly tokenCache: Required<TokenCacheOptions> | false
  readonly loadUser: LoadUser | undefined
  readonly resource: ResolvedResource | undefined
  /** Seconds. */
  readonly revocation: ResolvedRevocation | undefined
  readonly realm: string
  /** Characters. */
  readonly maxTokenLength: number
  readonly routes: 'warn' | 'error' | false
}

const TOKEN_CACHE = Type.Object(
  {
    max: integer(2, 1_000_000, 'a whole number from 2 to 1,000,000'),
    ttl: number(1, 86_400, 'seconds from 1 to 86,400'),
  },
  { additionalProperties: false, expected: 'an object of cache options, or false' },
)

const OPTIONS = Type.Object(
  {
    pools: Type.Record(Type.String({ pattern: '^[A-Za-z][\\w.-]*$' }), poolSchema, {
      minProperties: 1,
      additionalProperties: false,
      expected:
        'at least one pool, under a name that begins with a letter and goes on with letters, digits, . _ or -',
    }),
    defaultPool: Type.Optional(Type.String({ expected: 'the name of a pool' })),
    tokenFrom: Type.Optional(Type.Unsafe<TokenFrom>({ ...Type.Any(), expected: 'token sources' })),
    clockTolerance: number(0, 300, 'seconds from 0 to 300'),
    tokenCache: Type.Optional(Type.Unsafe<TokenCacheOptions | false>({ ...Type.Any(), expected: '' })),
    keys: keysOption,
    loadUser: functionOption<LoadRegisteredUser>(),
    resource: resourceOption,
    revocation: revocationOption,
    realm: Type.Optional(text('printable ASCII without " and \\', CHALLENGE_VALUE.source)),
    maxTokenLength: integer(512, 65_536, 'a whole number of characters from 512 to 65,536'),
    routes: Type.Optional(
      Type.Union([Type.Literal('warn'), Type.Literal('error'), Type.Literal(false)], {
        expected: "'warn', 'error' or false",
      }),
    ),
  },
  { additionalProperties: false, expected: 'an object of options' },
)

/** Does not compile when an interface and its schema drift apart. */
const areDocumented: [
  IsDocumented<PluginOptions, typeof OPTIONS>,
  IsDocumented<TokenCacheOptions, typeof TOKEN_CACHE>,
] = [true, true]
void areDocumented

/** Names of all options, for the documentation to be held against. */
export const optionNames = {
  plugin: Object.keys(OPTIONS.properties),
  pool: Object.keys(poolSchema.properties),
  tokenCache: Object.keys(TOKEN_CACHE.properties),
  keys: keysNames,
  resource: resourceNames,
  revocation: revocationNames,
} as const

const schema = compileSchema(OPTIONS)
const tokenCacheSchema = compileSchema(TOKEN_CACHE)

/**
 * Validates the options and fills in the defaults. Nothing is coerced, and `options` is not changed.
 *
 * @param env - the environment, for `AWS_COGNITO_KEYS_URL` and `NODE_ENV`
 * @throws {TypeError} naming the path of a wrong option, `pools.eu.userPoolId`, and what was expected
 */
export function resolveOptions(
  options: PluginOptions,
  env: Readonly<Record<string, string | undefined>>,
): ResolvedOptions {
  assertOptions(schema, options, '')
  assertDefined(options, ['loadUser', 'resource', 'revocation', 'routes'], '')
  const names = Object.keys(options.pools)
  const pools = new Map(
    names.map((name) => [name, resolvePool(name, options.pools[name] as PoolOptions, env)]),
  )
  assertPoolsApart(options.pools, [...pools.values()], env['AWS_COGNITO_KEYS_URL'] || undefined)
  const { defaultPool = names[0] as string, realm = 'api' } = options
  if (!pools.has(defaultPool))
    throw new TypeError(`defaultPool: expected one of ${names.join(', ')}; found ${kindOf(defaultPool)}`)
  return Object.freeze({
    pools,
    defaultPool,
    tokenSources: resolveTokenSources(options.tokenFrom),
    clockTolerance: options.clockTolerance ?? 5,
    tokenCache: resolveTokenCache(options.tokenCache),
    keys: resolveKeys(options.keys),
    loadUser: options.loadUser as LoadUser | undefined,
    resource:
      options.resource && resolveResource(options.resource, pools.values(), options.tokenFrom === undefined),
    revocation: options.revocation && resolveRevocation(options.revocation),
    realm,
    maxTokenLength: options.maxTokenLength ?? 16_384,
    routes: options.routes ?? false,
  })
}

function resolveTokenCache(option: TokenCacheOptions | false = {}): ResolvedOptions['tokenCache'] {
  if (option === false) return false
  assertOptions(tokenCacheSchema, option, 'tokenCache')
  return Object.freeze({ max: 10_000, ttl: 300, ...withoutUndefined(option) })
}

function resolveTokenSources(option: TokenFrom | undefined): readonly TokenSource[] {
  const sources = toTokenSources(option)
  const isSource = (source: unknown) => typeof (source as TokenSource | null)?.read === 'function'
  if (sources.length === 0 || !sources.every(isSource)) {
    throw new TypeError(
      `tokenFrom: expected fromHeader(), fromCookie(name), fromSubprotocol(), fromQuery(name), a function, or a list of these; found ${kindOf(option)}`,
    )
  }
  return Object.freeze(sources)
}
