/**
 * One user pool: its options, and the issuers and URLs of keys that follow from the options.
 * @module
 */
import type { Environment } from '../base/environment.js'
import {
  assertDefined,
  checkedLater,
  clientId,
  closedObject,
  documented,
  type Filled,
  fillDefaults,
  flag,
  oneOrMore,
  text,
  withDefault,
} from '../base/option-schema.js'
import { assertInsecureHttp, isLoopback, parsePrivateUrl } from '../base/private-url.js'
import { Type } from '../base/schema.js'
import { deriveIssuers, parseUserPoolId } from '../base/user-pool-id.js'
import { kindOf } from '../base/value-kind.js'
import { type ClaimsOption, claimsOption, tokenUseOption } from '../claims/reader.js'
import type { TokenUse } from '../claims/standard-claims.js'
import { MAX_KEYS, type PublishedKeys, readEntries, readKeySet } from '../keys/key-set.js'
import type { KeyLocations } from '../keys/locations.js'
import { type AcceptedTokens, resolveAcceptedTokens, toSet } from './accepted-tokens.js'
import { resolveJwksUrls } from './jwks-url.js'
import { levelsOption } from './levels.js'

/** The options of one user pool. */
export interface PoolOptions {
  /** Id of the user pool as the AWS console shows it: `'eu-west-1_AbCdEf123'`. */
  readonly userPoolId: string
  /**
   * Ids of the app clients whose tokens are accepted: a string of 1–128 characters, or a list. `null` accepts every client of
   * the pool, and has to be written out.
   */
  readonly appClientId: string | readonly string[] | null
  /**
   * AWS region, which has to agree with the prefix of `userPoolId` unless `issuer` is given.
   *
   * @defaultValue the prefix of `userPoolId`
   */
  readonly region?: string
  /**
   * URL of the pool's keys: `https:`, `http:` on loopback, or `file:` for a file that is read again when the keys are due.
   *
   * @defaultValue `AWS_COGNITO_KEYS_URL`, else issuer + `/.well-known/jwks.json`
   * @example 'file:///etc/cognito/jwks.json'
   */
  readonly jwksUrl?: string
  /**
   * The pool's key set itself (RFC 7517 §5), of at most 100 keys, in place of a URL. Nothing is fetched, and the keys never
   * expire. To replace a key, deploy the application again.
   *
   * @defaultValue none
   * @example JSON.parse(readFileSync('jwks.json', 'utf8'))
   */
  readonly jwks?: JsonWebKeySet
  /**
   * Allows plain `http:` to other hosts for `jwksUrl` and `issuer`, for an emulator in another container. `true` is refused
   * with `NODE_ENV=production`, because an attacker on the network path would choose the keys.
   *
   * @defaultValue `false`
   * @example { issuer: 'http://cognito:9229/local_1', insecureHttp: true }
   */
  readonly insecureHttp?: boolean
  /**
   * Exact `iss` of the pool's tokens, or a list, for emulators, replicas and partitions that the derivation does not know.
   *
   * @defaultValue both issuers of the pool
   */
  readonly issuer?: string | readonly string[]
  /**
   * The kinds of token that the routes of the pool take.
   *
   * @defaultValue `'access'`
   */
  readonly tokenUse?: TokenUse | readonly TokenUse[]
  /**
   * Required `aud` of a resource-bound access token (RFC 8707). One `aud` of a list is enough.
   *
   * @defaultValue none
   */
  readonly audience?: string | readonly string[]
  /**
   * Names of the pool's four levels of sign-in, lowest first, as the claim `acr` has them: different names of 1–64 characters.
   *
   * @defaultValue `urn:cognito:loa:1` to `urn:cognito:loa:4`
   */
  readonly acr?: readonly [string, string, string, string]
  /**
   * Object schema of further claims (TypeBox, zod, valibot, arktype and others), or a type guard over the payload.
   *
   * @defaultValue the standard claims alone
   */
  readonly claims?: ClaimsOption
  /**
   * Domain of the pool's managed login, for the sign-in of OpenAPI documents: a host, or an `https:` origin.
   *
   * @defaultValue none
   * @example 'shop.auth.eu-west-1.amazoncognito.com'
   */
  readonly domain?: string
}

/** A JSON Web Key Set (RFC 7517 §5). */
export interface JsonWebKeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[]
}

/** A pool after validation. */
export interface ResolvedPool extends KeyLocations, AcceptedTokens {
  /** Name of the tenant whose pool it is; `undefined` for a registered pool. */
  readonly tenant: string | undefined
  readonly userPoolId: string
  /** `undefined` when neither the options nor the user pool id has the region. */
  readonly region: string | undefined
  /** `null` accepts every client. */
  readonly clientIds: ReadonlySet<string> | null
  readonly claims: ClaimsOption | undefined
  /** Origin of the managed login; `undefined` without the option `domain`. */
  readonly loginOrigin: string | undefined
}

/** The options of a pool that claims are compared with. */
export type PoolIdentity = Pick<ResolvedPool, 'name' | 'clientIds' | 'audiences'>

const CLIENT_EXPECTED = 'an app client id, a list of them, or null to accept every client of the pool'

const DOMAIN_EXPECTED =
  "the whole domain of the managed login, such as 'shop.auth.eu-west-1.amazoncognito.com', or its https origin"

const JWKS_EXPECTED = `a key set, { keys: [...] }, of at most ${MAX_KEYS} public keys, one of them usable with RS256`

/** Schema of {@link PoolOptions}. */
export const poolSchema = documented<PoolOptions>()(
  closedObject(
    {
      userPoolId: text("a user pool id such as 'eu-west-1_AbCdEf123'"),
      appClientId: Type.Union([oneOrMore(clientId(CLIENT_EXPECTED), CLIENT_EXPECTED), Type.Null()], {
        expected: CLIENT_EXPECTED,
      }),
      region: Type.Optional(text("an AWS region such as 'eu-west-1'", '^[a-z]+(-[a-z]+)+-[0-9]+$')),
      jwksUrl: Type.Optional(text('an https URL of a key set, an http URL on loopback, or a file URL')),
      jwks: Type.Optional(checkedLater<JsonWebKeySet>(JWKS_EXPECTED, { maxItems: MAX_KEYS })),
      insecureHttp: withDefault(flag(), false),
      issuer: Type.Optional(
        oneOrMore(text('an issuer'), 'an issuer URL as tokens carry it, or a list of them'),
      ),
      tokenUse: withDefault(tokenUseOption, 'access'),
      audience: Type.Optional(oneOrMore(text('an audience'), 'an audience, or a list of them')),
      acr: levelsOption,
      claims: claimsOption,
      domain: Type.Optional(text(DOMAIN_EXPECTED)),
    },
    'the options of a pool',
  ),
)

type FilledPool = Filled<PoolOptions, typeof poolSchema>

/**
 * Resolves the options of a pool.
 *
 * @param env - the environment, for `AWS_COGNITO_KEYS_URL` and `NODE_ENV`
 * @throws {TypeError} with the path of a wrong option and what was expected
 */
export function resolvePool(name: string, given: PoolOptions, env: Environment): ResolvedPool {
  const path = `pools.${name}`
  assertDefined(given, ['issuer', 'tokenUse', 'audience', 'acr', 'claims', 'jwks'], path)
  const options = fillDefaults(poolSchema, given)
  assertInsecureHttp(options.insecureHttp, path, env)
  const accepted = resolveAcceptedTokens(options, path)
  const region = options.region ?? parseUserPoolId(options.userPoolId)?.region
  const issuers = resolveIssuers(path, options)
  return Object.freeze({
    name,
    tenant: undefined,
    userPoolId: options.userPoolId,
    region,
    clientIds: options.appClientId === null ? null : toSet(options.appClientId),
    ...accepted,
    issuers: new Set(issuers),
    jwksUrls:
      options.jwks === undefined ? resolveJwksUrls(issuers, { ...options, path, region }, env) : new Map(),
    jwks: options.jwks === undefined ? undefined : resolveJwks(path, options),
    claims: options.claims,
    loginOrigin: options.domain === undefined ? undefined : toLoginOrigin(path, options.domain),
  })
}

const resolveIssuers = (path: string, { userPoolId, region, issuer }: FilledPool): readonly string[] =>
  issuer === undefined ? toCognitoIssuers(path, userPoolId, region) : [issuer].flat()

/**
 * Reads the key set of the options. An endpoint may publish keys that are passed over. In the options, a private key is a
 * leak, and a set without a usable key is a mistake: both are refused.
 */
function resolveJwks(path: string, { jwks, jwksUrl }: FilledPool): PublishedKeys {
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

/** Reads the option `domain`. The prefix of the domain alone, as the AWS console shows it, is refused; so is a URL with a path. */
function toLoginOrigin(path: string, domain: string): string {
  const url = parsePrivateUrl(domain.includes('://') ? domain : `https://${domain}`)
  const isHost = url !== undefined && (isLoopback(url.hostname) || url.hostname.includes('.'))
  if (isHost && url.href === `${url.origin}/`) return url.origin
  throw new TypeError(`${path}.domain: expected ${DOMAIN_EXPECTED}; http on loopback only`)
}
