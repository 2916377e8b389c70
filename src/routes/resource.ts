/**
 * What the API is called as a protected resource, and where that is served (RFC 9728).
 * @module
 */
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { parsePrivateUrl } from '../base/private-url.js'
import { type IsDocumented, Type, text } from '../base/schema.js'
import type { ResolvedPool } from '../pool/pool.js'
import { SCOPE } from '../verify/token-requirement.js'
import { findGuards } from './route-guards.js'

/** The API as a protected resource. */
export interface ResourceOptions {
  /** Its identifier, the URL that clients know it by: `https:`, or `http:` on loopback; without query and fragment. */
  readonly url: string
  /** Its name for people, `resource_name`. */
  readonly name?: string
  /** Scopes that a client may ask for, `scopes_supported`. */
  readonly scopes?: readonly string[]
  /** URL of a page for developers, `resource_documentation`. */
  readonly documentation?: string
}

/** The metadata and where they are. */
export interface ResolvedResource {
  /** What the challenges name. */
  readonly metadataUrl: string
  readonly paths: readonly string[]
  /** RFC 9728 §2 */
  readonly metadata: Readonly<Record<string, string | readonly string[]>>
}

/** RFC 9728 §3 */
const WELL_KNOWN = '/.well-known/oauth-protected-resource'
/** Seconds. */
const MAX_AGE = 3600
/** For the audit of routes, and for @fastify/swagger. */
const OPEN = { cognito: false } as const
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

/** Names of all members of {@link ResourceOptions}, for the documentation to be held against. */
export const resourceNames: readonly string[] = Object.keys(RESOURCE.properties)

/**
 * Writes the metadata of the resource.
 *
 * @param isDefaultHeader - whether `tokenFrom` is left out, so that tokens come in `Authorization: Bearer` alone
 * @throws {TypeError} naming the path of a wrong option and what was expected
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
      // As it was given: a client compares it as text (§3.3).
      resource: url,
      authorization_servers: [...pools].map(({ issuers }) => [...issuers][0] as string),
      ...(scopes && { scopes_supported: [...scopes] }),
      ...(isDefaultHeader && { bearer_methods_supported: ['header'] }),
      ...(name !== undefined && { resource_name: name }),
      ...(documentation !== undefined && { resource_documentation: documentation }),
    }),
  })
}

function parse(value: string): URL {
  const url = parsePrivateUrl(value)
  // As clients write it, and compare it: in its normal form.
  const isNormal = url !== undefined && (url.href === value || url.href === `${value}/`)
  const isPlain = isNormal && !/[?#]/.test(value) && !url.username && !url.password
  // Fastify reads these characters of a path as something else.
  if (isPlain && !/[*:()%]/.test(url.pathname)) return url
  throw new TypeError(
    'resource.url: expected an https URL, or an http URL on loopback, without credentials, query, fragment and the characters * : ( ) % in its path',
  )
}

/**
 * Serves the metadata to everybody.
 *
 * @throws {TypeError} where the routes would not be at the root of the host; and when the application is ready, where a
 *   guard stands before them
 */
export function serveResource(app: FastifyInstance, { paths, metadata }: ResolvedResource): void {
  if (app.prefix !== '') {
    throw new TypeError('resource: expected fastify-cognito to be registered outside of a prefix')
  }
  const handler = async (_request: FastifyRequest, reply: FastifyReply) =>
    reply.header('cache-control', `public, max-age=${MAX_AGE}`).send(metadata)
  const routes: RouteOptions[] = []
  // Fastify goes on with a copy of the options: that is the one to be asked which guards stand before it.
  app.addHook('onRoute', (route) => void (route.handler === handler && routes.push(route)))
  for (const url of paths) {
    // Another resource of the same host may be there already.
    if (url === WELL_KNOWN && app.hasRoute({ method: 'GET', url })) continue
    app.route({ method: 'GET', url, schema: HIDDEN, config: OPEN, handler })
  }
  app.addHook('onReady', async () => {
    if (routes.every((route) => findGuards(route).length === 0)) return
    throw new TypeError('resource: expected no guard before its metadata; protect a scope and not the root')
  })
}
