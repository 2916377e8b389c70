/**
 * The security schemes of an OpenAPI document: one for each pool, and one for each further kind of token of a route.
 * @module
 */

import type { TokenUse } from '../claims/standard-claims.js'
import type { Alternative } from '../guard/annotations.js'
import type { ResolvedPool } from '../pool/pool.js'

/** One entry of `security`: names of schemes, each with its required scopes (OpenAPI 3.1 §4.8.30). */
export type Security = Readonly<Record<string, readonly string[]>>

/** The part of `components.securitySchemes` that matters here. */
export type Schemes = Readonly<Record<string, { readonly type?: string }>>

/** Scopes that the dialog of Swagger UI offers, each with a description. */
type OfferedScopes = Record<string, string>

/** The parts that the schemes of a document are made from. */
export interface SchemeSources {
  /** The registered pools by their names. */
  readonly pools: ReadonlyMap<string, ResolvedPool>
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
export function createSecuritySchemes({ pools, signIns, own }: SchemeSources): SecuritySchemes {
  const all: Schemes = {}
  const offered = new Map<string, OfferedScopes>()
  const takesScopes = (scheme: string) => /^(?:oauth2|openIdConnect)$/.test(String(all[scheme]?.type))

  function add(name: string, pool: ResolvedPool, tokenUses: readonly TokenUse[]): string {
    if (Object.hasOwn(all, name)) return name
    const scopes: OfferedScopes = { openid: 'Who the user is' }
    offered.set(name, scopes)
    // A getter, because the routes for signing in are added after these options.
    const get = () => toScheme(pool, tokenUses, scopes, signIns.get(pool.name))
    Object.defineProperty(all, name, { enumerable: true, configurable: true, get })
    return name
  }

  /** The scheme of a pool is for the kinds of its option `tokenUse`. A scheme of the application is for all kinds. */
  function schemesOf(pool: ResolvedPool, tokenUses: readonly TokenUse[]): readonly string[] {
    if (Object.hasOwn(own, pool.name) || isSame(tokenUses, pool.tokenUses)) return [pool.name]
    return tokenUses.map((tokenUse) =>
      isSame([tokenUse], pool.tokenUses)
        ? pool.name
        : add(toName(pool.name, tokenUse, pools), pool, [tokenUse]),
    )
  }

  for (const pool of pools.values()) add(pool.name, pool, [...pool.tokenUses])
  Object.defineProperties(all, Object.getOwnPropertyDescriptors(own))
  return {
    all,
    toEntries({ pool: name, tokenUses, scopes }) {
      if (name === null) return [{}]
      const pool = pools.get(name)
      // Only access tokens have scopes, so a required scope excludes other kinds.
      const taken = scopes.length > 0 ? tokenUses.filter((tokenUse) => tokenUse === 'access') : tokenUses
      const schemes = pool === undefined ? [addForeign(all, name)] : schemesOf(pool, taken)
      return schemes.map((scheme) => ({ [scheme]: takesScopes(scheme) ? scopes : [] }))
    },
    offer(security) {
      for (const [scheme, scopes] of security.flatMap((entry) => Object.entries(entry))) {
        for (const scope of scopes) Object.assign(offered.get(scheme) ?? {}, { [scope]: '' })
      }
    },
  }
}

/** Adds a scheme for a pool of another plugin instance, of which only the name is known. */
function addForeign(all: Schemes, name: string): string {
  const scheme = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }
  if (!(name in all)) Object.defineProperty(all, name, { enumerable: true, value: scheme })
  return name
}

const isSame = (tokenUses: readonly TokenUse[], others: ReadonlySet<TokenUse>) =>
  tokenUses.length === others.size && tokenUses.every((tokenUse) => others.has(tokenUse))

/** Returns a name that no pool has, because a pool may be named like a scheme. */
function toName(pool: string, tokenUse: TokenUse, pools: ReadonlyMap<string, unknown>): string {
  let name = `${pool}.${tokenUse}`
  while (pools.has(name)) name += '_'
  return name
}

const KINDS = { access: 'access token', id: 'ID token' } as const

function toScheme(
  { name, loginOrigin }: ResolvedPool,
  tokenUses: readonly TokenUse[],
  scopes: OfferedScopes,
  signInUrl: string | undefined,
) {
  const kinds = tokenUses.map((tokenUse) => KINDS[tokenUse]).join(' or ')
  const description = `An ${kinds} of the user pool ${name}`
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
