/**
 * The options of tenants: user pools, or app clients of shared pools, that the application keeps in its own database.
 * @module
 */
import type { Environment } from '../base/environment.js'
import {
  assertDefined,
  checkedLater,
  closedObject,
  documented,
  type Filled,
  fillDefaults,
  oneOrMore,
  seconds,
  text,
  withDefault,
} from '../base/option-schema.js'
import { Type } from '../base/schema.js'
import { kindOf } from '../base/value-kind.js'
import { type ClaimsOption, claimsOption, tokenUseOption } from '../claims/reader.js'
import type { TokenUse } from '../claims/standard-claims.js'
import { type AcceptedTokens, resolveAcceptedTokens } from '../pool/accepted-tokens.js'
import { keysUrlOf } from '../pool/jwks-url.js'
import { levelsOption } from '../pool/levels.js'
import { issuersOf, locateKeys } from './user-pool.js'

/** A tenant as the application's list has it. Further members of a row are ignored. */
export interface TenantRow {
  /** Name of the tenant: a letter or a digit, then up to 127 letters, digits, `_`, `.` and `-`. Case counts. */
  readonly name: string
  /** Id of the tenant's user pool: `'eu-west-1_AbCdEf123'`. The issuers and the URL of the keys follow from it. */
  readonly userPoolId: string
  /** Ids of the app clients whose tokens are the tenant's: a text of 1–128 characters, or a list of 1–100. */
  readonly appClientId: string | readonly string[]
}

/** The list of tenants: a list, or another iterable. */
export type TenantRows = Iterable<TenantRow> | AsyncIterable<TenantRow>

/** The function that returns the list of tenants. */
export type LoadTenants = (context: {
  /** Is aborted when the deadline of the reading is over, so that a hanging query can be cancelled. */
  readonly signal: AbortSignal
}) => TenantRows | Promise<TenantRows>

/** The options of tenants. */
export interface TenantsOptions {
  /**
   * Returns the whole list of tenants, of up to 100,000: a list, an iterable, an async iterable, or a promise of one. The
   * plugin calls it when the application is ready, then again every `refreshAfter` seconds.
   *
   * @example () => sql`select name, user_pool_id as "userPoolId", app_client_id as "appClientId" from tenants`
   */
  readonly load: LoadTenants
  /**
   * The claim whose value has to be the name of the tenant, in every token. Required where tenants share a user pool, because
   * Cognito lets a user of a pool sign in at any app client of the pool. `false` accepts that, and has to be written out.
   *
   * @defaultValue none: each tenant needs a user pool of its own
   * @example 'custom:tenant_id'
   */
  readonly claim?: string | false
  /**
   * The kinds of token that the routes of tenants take.
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
   * Names of the four levels of sign-in of all tenants' pools, lowest first, as the claim `acr` has them: different names of
   * 1–64 characters.
   *
   * @defaultValue `urn:cognito:loa:1` to `urn:cognito:loa:4`
   */
  readonly acr?: readonly [string, string, string, string]
  /**
   * Object schema of further claims (TypeBox, zod, valibot, arktype and others), or a type guard over the payload, for all
   * tenants.
   *
   * @defaultValue the standard claims alone
   */
  readonly claims?: ClaimsOption
  /**
   * Age at which the list is read again; seconds, 1–3,600. A tenant that was removed or changed is refused within this time.
   *
   * @defaultValue 30
   */
  readonly refreshAfter?: number
  /**
   * Shortest time between two readings that tokens of unknown tenants cause; seconds, 0.05–3,600.
   *
   * @defaultValue 2
   */
  readonly unknownInterval?: number
  /**
   * Age up to which the list is trusted while it cannot be read; seconds, 0–604,800. At least twice `refreshAfter`
   * counts, and twice the time of a reading.
   *
   * @defaultValue 3,600
   */
  readonly staleIfError?: number
  /**
   * Deadline of a reading, from the call of `load` to the last row; seconds, 0.05–60. Fastify's `pluginTimeout` limits the first
   * reading as well.
   *
   * @defaultValue 5
   */
  readonly timeout?: number
  /**
   * Age at which a key set of a tenant in use is fetched again; seconds, 1–86,400. The other options of `keys` are those of all
   * pools.
   *
   * @defaultValue 3,600
   */
  readonly keysRefreshAfter?: number
}

const CLAIM = 'the name of the claim that has the name of the tenant, or false to accept a token without it'

/** Schema of {@link TenantsOptions}. */
export const tenantsSchema = documented<TenantsOptions>()(
  closedObject(
    {
      load: checkedLater<LoadTenants>('a function that returns the list of tenants'),
      claim: Type.Optional(Type.Union([text(CLAIM), Type.Literal(false)], { expected: CLAIM })),
      tokenUse: withDefault(tokenUseOption, 'access'),
      audience: Type.Optional(oneOrMore(text('an audience'), 'an audience, or a list of them')),
      acr: levelsOption,
      claims: claimsOption,
      refreshAfter: withDefault(seconds(1, 3600), 30),
      unknownInterval: withDefault(seconds(0.05, 3600), 2),
      staleIfError: withDefault(seconds(0, 604_800), 3600),
      timeout: withDefault(seconds(0.05, 60), 5),
      keysRefreshAfter: withDefault(seconds(1, 86_400), 3600),
    },
    'an object of options of tenants',
  ),
)

/** The options of tenants with their defaults. Times in seconds. */
export interface ResolvedTenants
  extends AcceptedTokens,
    Omit<Filled<TenantsOptions, typeof tenantsSchema>, 'tokenUse' | 'audience' | 'acr'> {}

/**
 * Resolves options that match their schema.
 *
 * @param env - the environment, for `AWS_COGNITO_KEYS_URL`
 * @throws {TypeError} with the path of a wrong option and what was expected
 */
export function resolveTenants(given: TenantsOptions, env: Environment): ResolvedTenants {
  assertDefined(given, ['claim', 'tokenUse', 'audience', 'acr', 'claims'], 'tenants')
  const { tokenUse, audience, acr, ...options } = fillDefaults(tenantsSchema, given)
  if (typeof options.load !== 'function') {
    throw new TypeError(
      `tenants.load: expected a function that returns the list of tenants; found ${kindOf(options.load)}`,
    )
  }
  const accepted = resolveAcceptedTokens({ tokenUse, audience, acr }, 'tenants')
  assertKeysUrl(env)
  return Object.freeze({ ...options, ...accepted })
}

/** Refuses a URL of the environment that would fail when the first token needs its keys. */
function assertKeysUrl(env: Environment): void {
  if (keysUrlOf(env)?.includes('{userPoolId}') === false) {
    throw new TypeError(
      'AWS_COGNITO_KEYS_URL: expected the placeholder {userPoolId}, because each user pool of the tenants has keys of its own',
    )
  }
  locateKeys(EXAMPLE, issuersOf(EXAMPLE), env)
}

const EXAMPLE = 'eu-west-1_AbCdEf123'
