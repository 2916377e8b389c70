/**
 * One user pool as the options describe it, and what follows from them: its issuers and where their keys are.
 * @module
 */
import { fileURLToPath } from 'node:url'
import {
  assertInsecureHttp,
  isLoopback,
  parsePrivateUrl,
  parseUrl,
  URL_EXPECTED,
} from '../base/private-url.js'
import { assertDefined, type IsDocumented, oneOrMore, Type, text } from '../base/schema.js'
import { deriveIssuers, deriveJwksUrl, parseUserPoolId } from '../base/user-pool-id.js'
import { kindOf } from '../base/value-kind.js'
import { type ClaimsOption, claimsOption, tokenUseOption } from '../claims/reader.js'
import type { TokenUse } from '../claims/standard-claims.js'
import { type PublishedKeys, readEntries, readKeySet } from '../keys/key-set.js'
import type { KeyLocations } from '../keys/locations.js'

/** One user pool. */
export interface PoolOptions {
  /** Id of the user pool as the AWS console shows it: `'eu-west-1_AbCdEf123'`. */
  readonly userPoolId: string
  /**
   * Ids of the app clients whose tokens are accepted: a string, or a list. `null` accepts every client of the pool,
   * and has to be written out.
   */
  readonly appClientId: string | readonly string[] | null
  /**
   * AWS region. It has to agree with the prefix of `userPoolId` unless `issuer` is given.
   *
   * @defaultValue the prefix of `userPoolId`
   */
  readonly region?: string
  /**
   * Where the pool's keys are published: `https:`, `http:` on loopback, or `file:` for a file that is read again when the
   * keys are due.
   *
   * @defaultValue the environment variable `AWS_COGNITO_KEYS_URL`, else derived from the issuer
   * @example 'file:///etc/cognito/jwks.json'
   */
  readonly jwksUrl?: string
  /**
   * The pool's key set itself (RFC 7517 §5), in place of a URL. Nothing is fetched, and the keys never get old: a key that
   * was replaced or stolen needs a new deployment.
   *
   * @defaultValue none: the keys are fetched
   * @example JSON.parse(readFileSync('jwks.json', 'utf8'))
   */
  readonly jwks?: JsonWebKeySet
  /**
   * Allows plain `http:` to other hosts for `jwksUrl` and `issuer`: for an emulator in another container. It is refused with
   * `NODE_ENV=production`, because who is on the way chooses the keys.
   *
   * @defaultValue `false`
   * @example { issuer: 'http://cognito:9229/local_1', insecureHttp: true }
   */
  readonly insecureHttp?: boolean
  /**
   * Exact `iss` of the pool's tokens, for emulators, replicas and partitions that the derivation does not know.
   *
   * @defaultValue both issuers that Cognito can use for the pool
   */
  readonly issuer?: string | readonly string[]
  /**
   * Which tokens the routes of the pool take.
   *
   * @defaultValue `'access'`
   */
  readonly tokenUse?: TokenUse | readonly TokenUse[]
  /** Required `aud` of a resource-bound access token (RFC 8707); one of them, in a list. */
  readonly audience?: string | readonly string[]
  /**
   * TypeBox object schema of further claims, or a type guard over the payload.
   *
   * @defaultValue the standard claims alone
   */
  readonly claims?: ClaimsOption
  /**
   * Domain of the pool's managed login, for the sign-in of OpenAPI documents: a host, or an `https:` origin.
   *
   * @example 'shop.auth.eu-west-1.amazoncognito.com'
   */
  readonly domain?: string
}

/** A JSON Web Key Set (RFC 7517 §5). */
export interface JsonWebKeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[]
}

/** A pool after validation. */
export interface ResolvedPool extends KeyLocations {
  readonly userPoolId: string
  /** `undefined` where neither the options nor the id tell it. */
  readonly region: string | undefined
  /** `null` accepts every client. */
  readonly clientIds: ReadonlySet<string> | null
  readonly tokenUses: ReadonlySet<TokenUse>
  /** `null` where no audience is required. */
  readonly audiences: ReadonlySet<string> | null
  readonly claims: ClaimsOption | undefined
  /** Origin of the managed login; `undefined` where none is given. */
  readonly loginOrigin: string | undefined
}

const CLIENT_EXPECTED = 'an app client id, a list of them, or null to accept every client of the pool'

const DOMAIN_EXPECTED =
  "the whole domain of the managed login, such as 'shop.auth.eu-west-1.amazoncognito.com', or its https origin"

const JWKS_EXPECTED = 'a key set, { keys: [...] }, of at most 100 public keys, one of them usable with RS256'

/** Schema of {@link PoolOptions}. */
export const poolSchema = Type.Object(
  {
    userPoolId: text("a user pool id such as 'eu-west-1_AbCdEf123'"),
    // AWS: API_UserPoolClientType. The client's name or secret, pasted by mistake, mostly does not match.
    appClientId: Type.Union(
      [oneOrMore(Type.String({ pattern: '^[\\w+]{1,128}$' }), CLIENT_EXPECTED), Type.Null()],
      { expected: CLIENT_EXPECTED },
    ),
    region: Type.Optional(text("an AWS region such as 'eu-west-1'", '^[a-z]+(-[a-z]+)+-[0-9]+$')),
    jwksUrl: Type.Optional(text('an https URL of a key set, an http URL on loopback, or a file URL')),
    jwks: Type.Optional(Type.Unsafe<JsonWebKeySet>({ ...Type.Any(), expected: JWKS_EXPECTED })),
    insecureHttp: Type.Optional(Type.Boolean({ expected: 'true or false' })),
    issuer: Type.Optional(
      oneOrMore(text('an issuer'), 'an issuer URL as tokens carry it, or a list of them'),
    ),
    tokenUse: tokenUseOption,
    audience: Type.Optional(oneOrMore(text('an audience'), 'an audience, or a list of them')),
    claims: claimsOption,
    domain: Type.Optional(text(DOMAIN_EXPECTED)),
  },
  { additionalProperties: false, expected: 'the options of a pool' },
)

/** Does not compile when the interface and the schema drift apart. */
const isDocumented: IsDocumented<PoolOptions, typeof poolSchema> = true
void isDocumented

const toSet = <T>(value: T | readonly T[]): ReadonlySet<T> => new Set([value].flat() as T[])

/**
 * Fills in what a pool's options leave out.
 *
 * @param env - the environment, for `AWS_COGNITO_KEYS_URL` and `NODE_ENV`
 * @throws {TypeError} naming the path of a wrong option and what was expected
 */
export function resolvePool(
  name: string,
  options: PoolOptions,
  env: Readonly<Record<string, string | undefined>>,
): ResolvedPool {
  const path = `pools.${name}`
  assertDefined(options, ['issuer', 'tokenUse', 'audience', 'claims', 'jwks'], path)
  assertInsecureHttp(options.insecureHttp === true, path, env)
  const tokenUses = toSet<TokenUse>(options.tokenUse ?? 'access')
  if (options.audience !== undefined && !tokenUses.has('access')) {
    throw new TypeError(
      `${path}.audience: expected tokenUse to include 'access'; only access tokens are bound to a resource`,
    )
  }
  const region = options.region ?? parseUserPoolId(options.userPoolId)?.region
  const issuers = resolveIssuers(path, options)
  return Object.freeze({
    name,
    userPoolId: options.userPoolId,
    region,
    clientIds: options.appClientId === null ? null : toSet(options.appClientId),
    tokenUses,
    audiences: options.audience === undefined ? null : toSet(options.audience),
    issuers: new Set(issuers),
    jwksUrls:
      options.jwks === undefined ? resolveJwksUrls(path, options, issuers, { region, env }) : new Map(),
    jwks: options.jwks === undefined ? undefined : resolveJwks(path, options),
    claims: options.claims,
    loginOrigin: options.domain === undefined ? undefined : toLoginOrigin(path, options.domain),
  })
}

const resolveIssuers = (path: string, { userPoolId, region, issuer }: PoolOptions): readonly string[] =>
  issuer === undefined ? toCognitoIssuers(path, userPoolId, region) : [issuer].flat()

interface Surroundings {
  readonly region: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
}

function resolveJwksUrls(
  path: string,
  { userPoolId, jwksUrl, insecureHttp = false }: PoolOptions,
  issuers: readonly string[],
  { region, env }: Surroundings,
): ReadonlyMap<string, string> {
  const keysUrl = env['AWS_COGNITO_KEYS_URL']
  // An empty variable is none.
  const overriding = jwksUrl ?? (keysUrl ? fillPlaceholders(keysUrl, userPoolId, region) : undefined)
  const source =
    jwksUrl !== undefined ? `${path}.jwksUrl` : overriding ? 'AWS_COGNITO_KEYS_URL' : `${path}.issuer`
  return new Map(
    issuers.map((iss) => [iss, toJwksUrl(source, overriding ?? deriveJwksUrl(iss), insecureHttp)]),
  )
}

/** What an endpoint publishes is only passed over. In the options a private key is a leak, and no usable key a mistake. */
function resolveJwks(path: string, { jwks, jwksUrl }: PoolOptions): PublishedKeys {
  if (jwksUrl !== undefined) throw new TypeError(`${path}.jwks: expected no jwksUrl beside it`)
  if (readEntries(jwks)?.some((entry) => 'd' in entry)) {
    throw new TypeError(
      `${path}.jwks: expected public keys; one of these has its private part, and is to be replaced`,
    )
  }
  const keys = readKeySet(jwks)
  if (keys === undefined || keys.size === 0) throw new TypeError(`${path}.jwks: expected ${JWKS_EXPECTED}`)
  return keys
}

function toCognitoIssuers(path: string, userPoolId: string, region: string | undefined): readonly string[] {
  const parsed = parseUserPoolId(userPoolId)
  if (parsed === undefined) {
    throw new TypeError(
      `${path}.userPoolId: expected a user pool id such as 'eu-west-1_AbCdEf123'; an emulator's needs issuer; found ${kindOf(userPoolId)}`,
    )
  }
  if (region !== undefined && region !== parsed.region) {
    throw new TypeError(
      `${path}.region: expected ${parsed.region}, the prefix of userPoolId; a replica needs issuer`,
    )
  }
  return deriveIssuers(userPoolId, parsed)
}

const fillPlaceholders = (url: string, userPoolId: string, region: string | undefined) =>
  url.replaceAll('{userPoolId}', userPoolId).replaceAll('{region}', region ?? '{region}')

/** Refuses URLs that cannot be asked, and those that anybody on the way could answer. */
function toJwksUrl(path: string, value: string, insecureHttp: boolean): string {
  const url = value.startsWith('file:') ? parseFileUrl(path, value) : parseUrl(value, insecureHttp)
  if (url === undefined) throw new TypeError(`${path}: ${URL_EXPECTED}`)
  if (url.username || url.password || url.hash || url.pathname === '/' || /[{}]/.test(value)) {
    throw new TypeError(
      `${path}: expected a URL with a path, and without credentials, fragment or unfilled placeholders`,
    )
  }
  return url.href
}

/** A relative URL is refused, because `new URL` would take it for one of the root folder. */
function parseFileUrl(path: string, value: string): URL {
  try {
    const url = new URL(value)
    fileURLToPath(url)
    if (value.startsWith('file:/') && url.search === '') return url
  } catch {
    // The message below says what is wrong.
  }
  throw new TypeError(`${path}: expected a file URL of this machine, such as 'file:///etc/cognito/jwks.json'`)
}

/** The prefix alone, as the console asks for it, is no host; and a longer URL was meant for something else. */
function toLoginOrigin(path: string, domain: string): string {
  const url = parsePrivateUrl(domain.includes('://') ? domain : `https://${domain}`)
  const isHost = url !== undefined && (isLoopback(url.hostname) || url.hostname.includes('.'))
  if (isHost && url.href === `${url.origin}/`) return url.origin
  throw new TypeError(`${path}.domain: expected ${DOMAIN_EXPECTED}; http on loopback only`)
}
