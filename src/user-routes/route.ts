/**
 * The making of an account route: its path, its hooks, its guard and its schema.
 * @module
 */
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { type Static, type TSchema, Type } from '../base/schema.js'
import type { PoolDescription } from '../cognito.js'
import type { Pools } from '../guard/register.js'
import type { AnyGuard } from '../guard/route-types.js'
import type { Attributes } from './attributes.js'
import { bodyLimitOf } from './body.js'
import { answers } from './fields.js'
import { mergeHooks } from './hooks.js'
import type { ResolvedUserRoutes, UserRouteName } from './options.js'
import type { Call } from './sdk.js'
import { type AppClient, toSecretHash } from './secret-hash.js'

/** A pool whose name TypeScript accepts as that of a registered pool. */
export type RegisteredPool = PoolDescription & { readonly name: keyof Pools & string }

/** The parts that the account routes of one pool share. */
export interface Accounts extends AppClient, Pick<ResolvedUserRoutes, 'hooks' | 'routes'> {
  readonly pool: RegisteredPool
  readonly call: Call
  readonly attributes: Attributes
}

/** An account route. */
export interface AccountRoute<B extends TSchema, Q extends TSchema> {
  readonly method?: 'GET' | 'POST'
  /** Summary in the OpenAPI document. */
  readonly summary: string
  readonly body?: B
  readonly query?: Q
  /** Media types of the body; absent for JSON alone. */
  readonly consumes?: readonly string[]
  readonly guard?: AnyGuard
  readonly status: 200 | 201 | 202 | 204
  readonly answer: TSchema
  /** Statuses of errors besides 400, 429, 502 and 504. */
  readonly faults?: readonly number[]
  readonly errorHandler?: RouteOptions['errorHandler']
  /** Makes the body of the answer. */
  readonly handle: (
    given: { readonly body: Static<B>; readonly query: Static<Q> },
    request: FastifyRequest,
    reply: FastifyReply,
  ) => Promise<unknown>
}

/** Tells the audit of routes that a route is meant to be open. */
const OPEN = { cognito: false } as const

/** Adds a route, unless the option `routes` leaves it out. */
export function addRoute<B extends TSchema, Q extends TSchema>(
  scope: FastifyInstance,
  { routes, hooks }: Accounts,
  name: UserRouteName,
  route: AccountRoute<B, Q>,
): void {
  const resolved = routes[name]
  if (resolved === false) return
  const { method = 'POST', guard, status, handle, errorHandler } = route
  scope.route<{ Body: Static<B>; Querystring: Static<Q> }>({
    ...mergeHooks(guard, hooks, resolved.hooks),
    method,
    url: resolved.path,
    bodyLimit: bodyLimitOf(route.body),
    schema: toSchema(route),
    ...(guard === undefined && { config: OPEN }),
    ...(errorHandler !== undefined && { errorHandler }),
    async handler(request, reply) {
      const answer = await handle({ body: request.body, query: request.query }, request, reply)
      // The status is set last, because an earlier one would count as the application's own when the call fails.
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

/** Returns the secret hash as a member of a call's input. */
export function withSecretHash(client: AppClient, username: string): { SecretHash?: string } {
  const SecretHash = toSecretHash(client, username)
  return SecretHash === undefined ? {} : { SecretHash }
}

/** Returns the secret hash as a parameter of a sign-in. */
export function withSecretParameter(client: AppClient, username: string): { SECRET_HASH?: string } {
  const SECRET_HASH = toSecretHash(client, username)
  return SECRET_HASH === undefined ? {} : { SECRET_HASH }
}

/** Returns the secret itself as a member of a call's input, for operations without a username. */
export function withSecret({ clientSecret }: AppClient): { ClientSecret?: string } {
  return clientSecret === undefined ? {} : { ClientSecret: clientSecret }
}

/** The scope that Cognito's own API requires of an access token. Every sign-in through the API grants this scope. */
export const ADMIN_SCOPE = 'aws.cognito.signin.user.admin'

/**
 * Makes the guard of the routes for a user's own account. The guard accepts access tokens of all users of the pool. The
 * guard ignores the claim schema of the pool, and does not load the application's user.
 */
export function guardAccount(
  scope: FastifyInstance,
  { pool }: Accounts,
  scopes?: typeof ADMIN_SCOPE,
): AnyGuard {
  return scope.authRequired(pool.name, {
    tokenUse: 'access',
    claims: Type.Object({}),
    check: ({ principal }) => principal === 'user',
    loadUser: () => true,
    ...(scopes !== undefined && { scopes }),
  })
}
