/**
 * Who somebody is: by the token alone, or as Cognito has it now.
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
    claims: Type.Record(Type.String(), Type.Unknown(), { description: 'Of the token' }),
    attributes: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: 'As they are now, with fresh=1' }),
    ),
    user: Type.Optional(Type.Unknown({ description: 'What loadUser found' })),
  },
  { description: 'The caller' },
)

/** Adds the route. */
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
    async handle({ query: { fresh } }, { cognito }) {
      const caller = cognito as Authentication & Partial<WithUser<unknown>>
      const { UserAttributes = [] } =
        fresh === '1' ? await call('GetUser', { AccessToken: caller.token }) : {}
      return {
        pool: caller.pool,
        sub: caller.subject,
        username: caller.username,
        groups: [...caller.groups],
        scopes: [...caller.scopes],
        claims: caller.claims,
        ...(fresh === '1' && { attributes: attributes.fromCognito(UserAttributes) }),
        user: caller.user,
      }
    },
  })
}

/** As for any route of the pool; but Cognito itself takes access tokens only, whatever the pool's routes take. */
function guardMe(scope: FastifyInstance, { pool }: Accounts): AnyGuard {
  const own = scope.authRequired(pool.name as never)
  const fresh = scope.authRequired(pool.name as never, {
    tokenUse: 'access',
    scopes: ADMIN_SCOPE,
    // What the pool's schema declares is in its ID tokens then, and need not be in this one.
    ...(!pool.tokenUse.includes('access') && { claims: Type.Object({}) }),
  })
  const guard = (request: FastifyRequest, reply: object, done: () => void) =>
    isFresh(request) ? fresh(request as never, reply, done) : own(request as never, reply, done)
  return scope.cognito.composed(guard, [own, fresh])
}

const isFresh = ({ query }: FastifyRequest) => (query as { readonly fresh?: unknown }).fresh === '1'
