/**
 * The security schemes of an OpenAPI document: one for each pool, one for all tenants, and one for each further kind of token
 * of a route.
 * @module
 */

import type { TokenUse } from '../claims/standard-claims.js'
import type { Alternative } from '../guard/annotations.js'
import type { ResolvedPool } from '../pool/pool.js'
import { ANY_TENANT } from '../pool/tenant-name.js'

/** One entry of `security`: names of schemes, each with its required scopes (OpenAPI 3.1 §4.8.30). */
export type Security = Readonly<Record<string, readonly string[]>>

/** The part of `components.securitySchemes` that matters here. */
export type Schemes = Readonly<Record<string, { readonly type?: string }>>

/** Scopes that the dialog of Swagger UI offers, each with a description. */
type OfferedScopes = Record<string, string>

/** The part of the options of tenants that a scheme depends on. */
export type TenantKinds = Pick<ResolvedPool, 'tokenUses'>

/** A registered pool, or all tenants together. */
interface Subject {
  /** Name of its scheme. */
  readonly name: string
  readonly description: string
  readonly tokenUses: ReadonlySet<TokenUse>
  readonly loginOrigin: string | undefined
}

/** The parts that the schemes of a document are made from. */
export interface SchemeSources {
  /** The registered pools by their names. */
  readonly pools: ReadonlyMap<string, ResolvedPool>
  /** The kinds of token that routes of tenants take; `undefined` without tenants. */
  readonly tenants: TenantKinds | undefined
  /** Path of the route for signing in with a password, by the name of the pool. */
  readonly signIns: ReadonlyMap<string, string>
  /** The application's own schemes. Such a scheme replaces one of the plugin. */
  readonly own: Schemes
}

/** The schemes of one document. */
export interface SecuritySchemes {
  /** The schemes of the pools, and those that {@link SecuritySchemes.toEntries} has added. */
  readonly all: Schemes
  /** Returns the entries of `security` for an alternative of a guard. One of the entries is enough. */
  readonly toEntries: (alternative: Alternative) => readonly Security[]
  /** Adds the scopes that a route requires to the dialog of Swagger UI. */
  readonly offer: (security: readonly Security[]) => void
}

/** Makes the schemes of one document. */
export function createSecuritySchemes({ pools, tenants, signIns, own }: SchemeSources): SecuritySchemes {
  const all: Schemes = {}
  const offered = new Map<string, OfferedScopes>()
  const subjects = listSubjects(pools, tenants)
  const takesScopes = (scheme: string) => /^(?:oauth2|openIdConnect)$/.test(String(all[scheme]?.type))

  function add(name: string, subject: Subject, tokenUses: readonly TokenUse[]): string {
    if (Object.hasOwn(all, name)) return name
    const scopes: OfferedScopes = { openid: 'Who the user is' }
    offered.set(name, scopes)
    // A getter, because the routes for signing in are added after these options.
    const get = () => toScheme(subject, tokenUses, scopes, signIns.get(subject.name))
    Object.defineProperty(all, name, { enumerable: true, configurable: true, get })
    return name
  }

  /** The scheme of a pool is for the kinds of its option `tokenUse`. A scheme of the application is for all kinds. */
  function schemesOf(subject: Subject, tokenUses: readonly TokenUse[]): readonly string[] {
    const { name } = subject
    if (Object.hasOwn(own, name) || isSame(tokenUses, subject.tokenUses)) return [name]
    return tokenUses.map((tokenUse) =>
      isSame([tokenUse], subject.tokenUses)
        ? name
        : add(toFreeName(`${name}.${tokenUse}`, pools), subject, [tokenUse]),
    )
  }

  for (const subject of subjects.values()) add(subject.name, subject, [...subject.tokenUses])
  Object.defineProperties(all, Object.getOwnPropertyDescriptors(own))
  return {
    all,
    toEntries({ pool: name, tokenUses, scopes }) {
      if (name === null) return [{}]
      const subject = subjects.get(name)
      // Only access tokens have scopes, so a required scope excludes other kinds.
      const taken = scopes.length > 0 ? tokenUses.filter((tokenUse) => tokenUse === 'access') : tokenUses
      const schemes =
        subject === undefined ? [addForeign(all, toSchemeName(name, pools))] : schemesOf(subject, taken)
      return schemes.map((scheme) => ({ [scheme]: takesScopes(scheme) ? scopes : [] }))
    },
    offer(security) {
      for (const [scheme, scopes] of security.flatMap((entry) => Object.entries(entry))) {
        for (const scope of scopes) Object.assign(offered.get(scheme) ?? {}, { [scope]: '' })
      }
    },
  }
}

/** Lists what has a scheme, by the name of the pool in alternatives. */
function listSubjects(
  pools: ReadonlyMap<string, ResolvedPool>,
  tenants: TenantKinds | undefined,
): ReadonlyMap<string, Subject> {
  const subjects = new Map<string, Subject>()
  for (const { name, tokenUses, loginOrigin } of pools.values()) {
    subjects.set(name, { name, description: `the user pool ${name}`, tokenUses, loginOrigin })
  }
  if (tenants === undefined) return subjects
  const name = toSchemeName(ANY_TENANT, pools)
  const { tokenUses } = tenants
  return subjects.set(ANY_TENANT, { name, description: 'a tenant', tokenUses, loginOrigin: undefined })
}

/** Returns the name of the scheme of a pool. All tenants share one, because their names are not those of pools. */
const toSchemeName = (pool: string, pools: ReadonlyMap<string, unknown>): string =>
  pool === ANY_TENANT ? toFreeName('tenants', pools) : pool

/** Adds a scheme for a pool of another plugin instance, of which only the name is known. */
function addForeign(all: Schemes, name: string): string {
  const scheme = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }
  if (!(name in all)) Object.defineProperty(all, name, { enumerable: true, value: scheme })
  return name
}

const isSame = (tokenUses: readonly TokenUse[], others: ReadonlySet<TokenUse>) =>
  tokenUses.length === others.size && tokenUses.every((tokenUse) => others.has(tokenUse))

/** Returns a name that no pool has, because a pool may be named like a scheme. */
function toFreeName(wanted: string, pools: ReadonlyMap<string, unknown>): string {
  let name = wanted
  while (pools.has(name)) name += '_'
  return name
}

const KINDS = { access: 'access token', id: 'ID token' } as const

function toScheme(
  { description: whose, loginOrigin }: Subject,
  tokenUses: readonly TokenUse[],
  scopes: OfferedScopes,
  signInUrl: string | undefined,
) {
  const kinds = tokenUses.map((tokenUse) => KINDS[tokenUse]).join(' or ')
  const description = `An ${kinds} of ${whose}`
  if (loginOrigin === undefined && signInUrl === undefined) {
    return { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description }
  }
  const authorizationUrl = `${loginOrigin}/oauth2/authorize`
  const tokenUrl = `${loginOrigin}/oauth2/token`
  return {
    type: 'oauth2',
    description,
    flows: {
      ...(loginOrigin !== undefined && { authorizationCode: { authorizationUrl, tokenUrl, scopes } }),
      ...(signInUrl !== undefined && { password: { tokenUrl: signInUrl, scopes: {} } }),
    },
    // Swagger UI sends the access token, unless `x-tokenName` names another member of the token response.
    ...(!tokenUses.includes('access') && { 'x-tokenName': 'id_token' }),
  }
}
