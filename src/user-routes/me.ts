/**
 * The route `me`: the caller as the token proves it, or with the current attributes at Cognito.
 * @module
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from '../base/schema.js'
import type { AnyGuard } from '../guard/route-types.js'
import type { Authentication, WithUser } from '../verify/authentication.js'
import { body } from './fields.js'
import { type Accounts, ADMIN_SCOPE, addRoute } from './route.js'

const ME = Type.Object(
  {
    pool: Type.String(),
    sub: Type.String(),
    username: Type.Optional(Type.String()),
    groups: Type.Array(Type.String()),
    scopes: Type.Array(Type.String()),
    claims: Type.Record(Type.String(), Type.Unknown(), { description: 'The claims of the token' }),
    attributes: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'The current attributes at Cognito, with fresh=1',
      }),
    ),
    user: Type.Optional(Type.Unknown({ description: 'The result of loadUser' })),
  },
  { description: 'The caller' },
)

/** Adds the route `me`. */
export function addMeRoute(scope: FastifyInstance, accounts: Accounts): void {
  const { call, attributes } = accounts
  addRoute(scope, accounts, 'me', {
    method: 'GET',
    summary: 'The caller',
    query: body({ fresh: Type.Optional(Type.Union([Type.Literal('0'), Type.Literal('1')])) }),
    guard: guardMe(scope, accounts),
    status: 200,
    answer: ME,
    faults: [401, 403],
    async handle({ query: { fresh } }, request) {
      const caller = request.getDecorator<Authentication & Partial<WithUser<unknown>>>('cognito')
      const { UserAttributes = [] } =
        fresh === '1' ? await call('GetUser', { AccessToken: caller.token }) : {}
      return {
        pool: caller.pool,
        sub: caller.subject,
        username: caller.username,
        groups: caller.groups,
        scopes: caller.scopes,
        claims: caller.claims,
        ...(fresh === '1' && { attributes: attributes.fromCognito(UserAttributes) }),
        user: caller.user,
      }
    },
  })
}

/**
 * Makes the guard. A request with `fresh=1` needs an access token, because Cognito's API accepts no other kind. Any other
 * request needs a token that the routes of the pool accept.
 */
function guardMe(scope: FastifyInstance, { pool }: Accounts): AnyGuard {
  const own = scope.authRequired(pool.name)
  const fresh = scope.authRequired(pool.name, {
    tokenUse: 'access',
    scopes: ADMIN_SCOPE,
    // The schema of a pool of ID tokens declares claims that access tokens may lack.
    ...(!pool.tokenUse.includes('access') && { claims: Type.Object({}) }),
  })
  const guard = (request: FastifyRequest, reply: object, done: () => void) =>
    isFresh(request) ? fresh(request, reply, done) : own(request, reply, done)
  return scope.cognito.composed(guard, [own, fresh])
}

function isFresh({ query }: FastifyRequest): boolean {
  const { fresh }: { readonly fresh?: unknown } = Object(query)
  return fresh === '1'
}
