/**
 * The metadata of the API as a protected resource, and their route (RFC 9728).
 * @module
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { parsePrivateUrl } from '../base/private-url.js'
import { type IsDocumented, Type, text } from '../base/schema.js'
import type { ResolvedPool } from '../pool/pool.js'
import { SCOPE } from '../verify/token-requirement.js'
import { type AddedRoute, findGuards } from './route-guards.js'

/** The API as a protected resource. */
export interface ResourceOptions {
  /** Identifier of the resource: an `https:` URL, or an `http:` URL on loopback, without query and fragment. */
  readonly url: string
  /** Name of the resource for people, `resource_name`. */
  readonly name?: string
  /** Scopes that a client may request, `scopes_supported`. */
  readonly scopes?: readonly string[]
  /** URL of a page for developers, `resource_documentation`. */
  readonly documentation?: string
}

/** The metadata with their URL and paths. */
export interface ResolvedResource {
  /** URL of the metadata, for challenges (RFC 9728 §5.1). */
  readonly metadataUrl: string
  readonly paths: readonly string[]
  /** The metadata of RFC 9728 §2. */
  readonly metadata: Readonly<Record<string, string | readonly string[]>>
}

/** The well-known path of RFC 9728 §3. */
const WELL_KNOWN = '/.well-known/oauth-protected-resource'
/** Time for which a client may cache the metadata, in seconds. */
const MAX_AGE = 3600
/** Tells the audit of routes that the route is meant to be open. */
const OPEN = { cognito: false } as const
/** Tells `@fastify/swagger` to leave the route out. */
const HIDDEN: object = { hide: true }

const RESOURCE = Type.Object(
  {
    url: text('an https URL without query and fragment, or such an http URL on loopback'),
    name: Type.Optional(text('a name')),
    scopes: Type.Optional(
      Type.Array(text('a scope', SCOPE), {
        minItems: 1,
        uniqueItems: true,
        expected: 'a list of scopes',
      }),
    ),
    documentation: Type.Optional(text('an https URL', '^https://\\S+$')),
  },
  { additionalProperties: false, expected: 'an object with the url of the resource' },
)

/** Does not compile when the interface and the schema drift apart. */
const isDocumented: IsDocumented<ResourceOptions, typeof RESOURCE> = true
void isDocumented

/** Schema of the option `resource`. */
export const resourceOption = Type.Optional(RESOURCE)

/** Names of all members of {@link ResourceOptions}. A test compares the documentation with these names. */
export const resourceNames: readonly string[] = Object.keys(RESOURCE.properties)

/**
 * Makes the metadata of the resource.
 *
 * @param isDefaultHeader - `true` without the option `tokenFrom`, so that tokens come in `Authorization: Bearer` alone
 * @throws {TypeError} for a wrong option; the message has the path and the expected value
 */
export function resolveResource(
  { url, name, scopes, documentation }: ResourceOptions,
  pools: Iterable<ResolvedPool>,
  isDefaultHeader: boolean,
): ResolvedResource {
  const resource = parse(url)
  const suffix = resource.pathname === '/' ? '' : resource.pathname
  return Object.freeze({
    metadataUrl: `${resource.origin}${WELL_KNOWN}${suffix}`,
    paths: [...new Set([WELL_KNOWN + suffix, WELL_KNOWN])],
    metadata: Object.freeze({
      // The URL stays unchanged, because a client compares it as text (§3.3).
      resource: url,
      authorization_servers: [...pools].flatMap(({ issuers }) => [...issuers].slice(0, 1)),
      ...(scopes && { scopes_supported: [...scopes] }),
      ...(isDefaultHeader && { bearer_methods_supported: ['header'] }),
      ...(name !== undefined && { resource_name: name }),
      ...(documentation !== undefined && { resource_documentation: documentation }),
    }),
  })
}

function parse(value: string): URL {
  const url = parsePrivateUrl(value)
  // The URL has to be in its normal form, because clients compare it in this form.
  const isNormal = url !== undefined && (url.href === value || url.href === `${value}/`)
  const isPlain = isNormal && !/[?#]/.test(value) && !url.username && !url.password
  // These characters have a special meaning in a path of Fastify.
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
