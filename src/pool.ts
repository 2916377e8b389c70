/**
 * One user pool as the options describe it, and what follows from them: its issuers and where their keys are.
 * @module
 */
import { type ClaimsOption, claimsOption, tokenUseOption } from './claims.js'
import { isLoopback, parsePrivateUrl } from './private-url.js'
import { assertDefined, type IsDocumented, oneOrMore, Type, text } from './schema.js'
import type { TokenUse } from './standard-claims.js'
import { deriveIssuers, deriveJwksUrl, parseUserPoolId } from './user-pool-id.js'

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
   * Where the pool's keys are published, `https:`, or `http:` on loopback.
   *
   * @defaultValue the environment variable `AWS_COGNITO_KEYS_URL`, else derived from the issuer
   */
  readonly jwksUrl?: string
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

/** A pool after validation. */
export interface ResolvedPool {
  readonly name: string
  readonly userPoolId: string
  /** `undefined` where neither the options nor the id tell it. */
  readonly region: string | undefined
  /** `null` accepts every client. */
  readonly clientIds: ReadonlySet<string> | null
  readonly tokenUses: ReadonlySet<TokenUse>
  /** `null` where no audience is required. */
  readonly audiences: ReadonlySet<string> | null
  /** Issuer → URL of its keys. */
  readonly issuers: ReadonlyMap<string, string>
  readonly claims: ClaimsOption | undefined
  /** Origin of the managed login; `undefined` where none is given. */
  readonly loginOrigin: string | undefined
}

const CLIENT_EXPECTED = 'an app client id, a list of them, or null to accept every client of the pool'

const DOMAIN_EXPECTED =
  "the whole domain of the managed login, such as 'shop.auth.eu-west-1.amazoncognito.com', or its https origin"

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
    jwksUrl: Type.Optional(text('an https URL of a key set, or an http URL on loopback')),
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
 * @param keysUrl - the environment variable `AWS_COGNITO_KEYS_URL`
 * @throws {TypeError} naming the path of a wrong option and what was expected
 */
export function resolvePool(name: string, options: PoolOptions, keysUrl: string | undefined): ResolvedPool {
  const path = `pools.${name}`
  assertDefined(options, ['issuer', 'tokenUse', 'audience', 'claims'], path)
  const tokenUses = toSet<TokenUse>(options.tokenUse ?? 'access')
  if (options.audience !== undefined && !tokenUses.has('access')) {
    throw new TypeError(
      `${path}.audience: expected tokenUse to include 'access'; only access tokens are bound to a resource`,
    )
  }
  const region = options.region ?? parseUserPoolId(options.userPoolId)?.region
  return Object.freeze({
    name,
    userPoolId: options.userPoolId,
    region,
    clientIds: options.appClientId === null ? null : toSet(options.appClientId),
    tokenUses,
    audiences: options.audience === undefined ? null : toSet(options.audience),
    issuers: resolveIssuers(path, options, region, keysUrl),
    claims: options.claims,
    loginOrigin: options.domain === undefined ? undefined : toLoginOrigin(path, options.domain),
  })
}

function resolveIssuers(
  path: string,
  { userPoolId, region, issuer, jwksUrl }: PoolOptions,
  knownRegion: string | undefined,
  keysUrl: string | undefined,
): ReadonlyMap<string, string> {
  const issuers = issuer === undefined ? toCognitoIssuers(path, userPoolId, region) : [issuer].flat()
  const overriding = jwksUrl ?? (keysUrl && fillPlaceholders(keysUrl, userPoolId, knownRegion))
  const source =
    jwksUrl !== undefined ? `${path}.jwksUrl` : overriding ? 'AWS_COGNITO_KEYS_URL' : `${path}.issuer`
  return new Map(issuers.map((iss) => [iss, toJwksUrl(source, overriding ?? deriveJwksUrl(iss))]))
}

function toCognitoIssuers(path: string, userPoolId: string, region: string | undefined): readonly string[] {
  const parsed = parseUserPoolId(userPoolId)
  if (parsed === undefined) {
    throw new TypeError(
      `${path}.userPoolId: expected a user pool id such as 'eu-west-1_AbCdEf123'; an emulator's needs issuer`,
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

/** Refuses URLs that `fetch` or `get-jwks` cannot ask, and those that anybody on the way could answer. */
function toJwksUrl(path: string, value: string): string {
  const url = parsePrivateUrl(value)
  if (url === undefined) {
    throw new TypeError(`${path}: expected an https URL, or an http URL on loopback`)
  }
  if (url.username || url.password || url.hash || url.pathname === '/' || /[{}]/.test(value)) {
    throw new TypeError(
      `${path}: expected a URL with a path, and without credentials, fragment or unfilled placeholders`,
    )
  }
  return url.href
}

/** The prefix alone, as the console asks for it, is no host; and a longer URL was meant for something else. */
function toLoginOrigin(path: string, domain: string): string {
  const url = parsePrivateUrl(domain.includes('://') ? domain : `https://${domain}`)
  const isHost = url !== undefined && (isLoopback(url.hostname) || url.hostname.includes('.'))
  if (isHost && url.href === `${url.origin}/`) return url.origin
  throw new TypeError(`${path}.domain: expected ${DOMAIN_EXPECTED}; http on loopback only`)
}
