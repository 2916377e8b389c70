/**
 * How an account route is added: its path, its hooks, its guard, and what its schema tells an OpenAPI document.
 * @module
 */
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { type Static, type TSchema, Type } from '../base/schema.js'
import type { PoolDescription } from '../cognito.js'
import type { AnyGuard } from '../guard/route-types.js'
import type { Attributes } from './attributes.js'
import { bodyLimitOf } from './body.js'
import { answers } from './fields.js'
import { mergeHooks } from './hooks.js'
import type { ResolvedUserRoutes, UserRouteName } from './options.js'
import type { Call } from './sdk.js'
import { type AppClient, toSecretHash } from './secret-hash.js'

/** What the account routes of one pool work with. */
export interface Accounts extends AppClient, Pick<ResolvedUserRoutes, 'hooks' | 'routes'> {
  readonly pool: PoolDescription
  readonly call: Call
  readonly attributes: Attributes
}

/** One route. */
export interface AccountRoute<B extends TSchema, Q extends TSchema> {
  readonly method?: 'GET' | 'POST'
  /** For the OpenAPI document. */
  readonly summary: string
  readonly body?: B
  readonly query?: Q
  /** Media types of the body, where it is not JSON alone. */
  readonly consumes?: readonly string[]
  readonly guard?: AnyGuard
  readonly status: 200 | 201 | 202 | 204
  readonly answer: TSchema
  /** Statuses of errors, besides 400, 429, 502 and 504. */
  readonly faults?: readonly number[]
  readonly errorHandler?: RouteOptions['errorHandler']
  /** Makes the body of the answer. */
  readonly handle: (
    given: { readonly body: Static<B>; readonly query: Static<Q> },
    request: FastifyRequest,
    reply: FastifyReply,
  ) => Promise<unknown>
}

/** For the audit of routes: meant to be open. */
const OPEN = { cognito: false } as const

/** Adds a route, unless it is left out. */
export function addRoute<B extends TSchema, Q extends TSchema>(
  scope: FastifyInstance,
  { routes, hooks }: Accounts,
  name: UserRouteName,
  route: AccountRoute<B, Q>,
): void {
  const resolved = routes[name]
  if (resolved === false) return
  const { method = 'POST', guard, status, handle, errorHandler } = route
  scope.route({
    ...mergeHooks(guard, hooks, resolved.hooks),
    method,
    url: resolved.path,
    bodyLimit: bodyLimitOf(route.body),
    schema: toSchema(route),
    ...(guard === undefined && { config: OPEN }),
    ...(errorHandler !== undefined && { errorHandler }),
    async handler(request, reply) {
      // Validated by the schema of the route.
      const given = { body: request.body as Static<B>, query: request.query as Static<Q> }
      const answer = await handle(given, request, reply)
      // Not before: a status that is set already would count as the application's own where the call fails.
      return reply.code(status).send(answer)
    },
  })
}

function toSchema<B extends TSchema, Q extends TSchema>(route: AccountRoute<B, Q>): object {
  const { summary, body, query, consumes, status, answer, faults = [] } = route
  return {
    tags: ['users'],
    summary,
    ...(body !== undefined && { body }),
    ...(query !== undefined && { querystring: query }),
    ...(consumes !== undefined && { consumes }),
    response: answers(status, answer, faults),
  }
}

/** `SECRET_HASH` as a member of a call's input. */
export function withSecretHash(client: AppClient, username: string): { SecretHash?: string } {
  const SecretHash = toSecretHash(client, username)
  return SecretHash === undefined ? {} : { SecretHash }
}

/** `SECRET_HASH` as one of the parameters of a sign-in. */
export function withSecretParameter(client: AppClient, username: string): { SECRET_HASH?: string } {
  const SECRET_HASH = toSecretHash(client, username)
  return SECRET_HASH === undefined ? {} : { SECRET_HASH }
}

/** The secret itself as a member of a call's input: for operations that name no user. */
export function withSecret({ clientSecret }: AppClient): { ClientSecret?: string } {
  return clientSecret === undefined ? {} : { ClientSecret: clientSecret }
}

/** Scope of an access token that Cognito's own API takes: every sign-in through the API has it. */
export const ADMIN_SCOPE = 'aws.cognito.signin.user.admin'

/**
 * The guard of what people do with their own account. It takes access tokens of all users of the pool, whatever the
 * pool's schema declares, and whether or not the application knows the user.
 */
export function guardAccount(
  scope: FastifyInstance,
  { pool }: Accounts,
  scopes?: typeof ADMIN_SCOPE,
): AnyGuard {
  return scope.authRequired(pool.name as never, {
    tokenUse: 'access',
    claims: Type.Object({}),
    check: ({ principal }) => principal === 'user',
    loadUser: () => true,
    ...(scopes !== undefined && { scopes }),
  })
}
