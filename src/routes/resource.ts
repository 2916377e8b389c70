/**
 * The API as a protected resource: its option, its metadata, and the routes that serve them (RFC 9728).
 * @module
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { closedObject, documented, text } from '../base/option-schema.js'
import { parsePrivateUrl } from '../base/private-url.js'
import { Type } from '../base/schema.js'
import type { ResolvedPool } from '../pool/pool.js'
import { SCOPE } from '../verify/required-names.js'
import { type AddedRoute, findGuards } from './route-guards.js'

/** The option `resource`: the API as a protected resource. */
export interface ResourceOptions {
  /** Identifier of the API, the URL that clients use: `https:`, or `http:` on loopback; without query and fragment. */
  readonly url: string
  /**
   * Name of the API for people, `resource_name`.
   *
   * @defaultValue none
   */
  readonly name?: string
  /**
   * Scopes that a client may ask for, `scopes_supported`; at least one.
   *
   * @defaultValue none
   */
  readonly scopes?: readonly string[]
  /**
   * URL of a page for developers, `resource_documentation`.
   *
   * @defaultValue none
   */
  readonly documentation?: string
}

/** The metadata and their URL. */
export interface ResolvedResource {
  /** URL of the metadata, which the challenges name. */
  readonly metadataUrl: string
  readonly paths: readonly string[]
  /** The metadata (RFC 9728 §2). */
  readonly metadata: Readonly<Record<string, string | readonly string[]>>
}

/** Path of the metadata (RFC 9728 §3). */
const WELL_KNOWN = '/.well-known/oauth-protected-resource'
/** Time for which the metadata may be cached; seconds. */
const MAX_AGE = 3600
/** Marks the routes of the metadata as open for the audit of routes. `HIDDEN` hides them from @fastify/swagger. */
const OPEN = { cognito: false } as const
/** Tells `@fastify/swagger` to leave the route out. */
const HIDDEN: object = { hide: true }

/** Schema of {@link ResourceOptions}. */
export const resourceSchema = documented<ResourceOptions>()(
  closedObject(
    {
      url: text('an https URL without query and fragment, or such an http URL on loopback'),
      name: Type.Optional(text('a name')),
      scopes: Type.Optional(
        Type.Array(text('a scope', SCOPE), { minItems: 1, uniqueItems: true, expected: 'a list of scopes' }),
      ),
      documentation: Type.Optional(text('an https URL', '^https://\\S+$')),
    },
    'an object with the url of the resource',
  ),
)

/**
 * Makes the metadata of the resource.
 *
 * @param isDefaultHeader - `true` when `tokenFrom` is left out, so that tokens come in `Authorization: Bearer` alone
 * @throws {TypeError} with the path of a wrong option and what was expected
 */
export function resolveResource(
  { url, name, scopes, documentation }: ResourceOptions,
  pools: Iterable<ResolvedPool>,
  isDefaultHeader: boolean,
): ResolvedResource {
  const resource = parse(url)
  const suffix = resource.pathname === '/' ? '' : resource.pathname
  const servers = [...pools].flatMap(({ issuers }) => [...issuers].slice(0, 1))
  return Object.freeze({
    metadataUrl: `${resource.origin}${WELL_KNOWN}${suffix}`,
    paths: [...new Set([WELL_KNOWN + suffix, WELL_KNOWN])],
    metadata: Object.freeze({
      // The URL stays as the application wrote it, because a client compares the text (§3.3).
      resource: url,
      // The member is optional, and it is never empty (§2, §3.2). The pools of tenants are left out, because they would list
      // the customers of the application.
      ...(servers.length > 0 && { authorization_servers: servers }),
      ...(scopes && { scopes_supported: [...scopes] }),
      ...(isDefaultHeader && { bearer_methods_supported: ['header'] }),
      ...(name !== undefined && { resource_name: name }),
      ...(documentation !== undefined && { resource_documentation: documentation }),
    }),
  })
}

function parse(value: string): URL {
  const url = parsePrivateUrl(value)
  // The URL has to be in its normal form, because clients write and compare that form.
  const isNormal = url !== undefined && (url.href === value || url.href === `${value}/`)
  const isPlain = isNormal && !/[?#]/.test(value) && !url.username && !url.password
  // Fastify gives these characters of a path a meaning of their own.
  if (isPlain && !/[*:()%]/.test(url.pathname)) return url
  throw new TypeError(
    'resource.url: expected an https URL, or an http URL on loopback, without credentials, query, fragment and the characters * : ( ) % in its path',
  )
}

/**
 * Serves the metadata without a guard.
 *
 * @param routes - the routes of the application, complete when it is ready
 * @throws {TypeError} when the plugin is registered with a prefix. The boot stops with a `TypeError` when a guard is before
 *   the metadata.
 */
export function serveResource(
  app: FastifyInstance,
  { paths, metadata }: ResolvedResource,
  routes: readonly AddedRoute[],
): void {
  if (app.prefix !== '') {
    throw new TypeError('resource: expected fastify-cognito to be registered outside of a prefix')
  }
  const handler = async (_request: FastifyRequest, reply: FastifyReply) =>
    reply.header('cache-control', `public, max-age=${MAX_AGE}`).send(metadata)
  for (const url of paths) {
    // Another resource of the same host may have this route already.
    if (url === WELL_KNOWN && app.hasRoute({ method: 'GET', url })) continue
    app.route({ method: 'GET', url, schema: HIDDEN, config: OPEN, handler })
  }
  app.addHook('onReady', async () => {
    const own = routes.filter(({ options }) => options.handler === handler)
    if (own.every(({ options }) => findGuards(options).length === 0)) return
    throw new TypeError('resource: expected no guard before its metadata; protect a scope and not the root')
  })
}
