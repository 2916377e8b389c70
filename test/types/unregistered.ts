/**
 * A program that declares no pools: names are any strings, and claims the standard ones.
 */
import { Type } from '@sinclair/typebox'
import Fastify, { type FastifyRequest } from 'fastify'
import cognito, {
  type AccessClaims,
  type Authentication,
  type AuthOf,
  anyTenant,
  type CognitoRoute,
  type IdClaims,
  type PoolSet,
  type Pools,
  tenant,
} from 'fastify-cognito'
import userRoutes, { type CognitoClient, type UserRouteError } from 'fastify-cognito/user-routes'
import { expectType } from './expect.js'

type Of<N extends string> = Authentication<N, 'access', AccessClaims> | Authentication<N, 'id', IdClaims>

expectType<PoolSet>()(null as never as Pools)

const app = Fastify()
await app.register(cognito, {
  pools: { eu: { userPoolId: 'eu-west-1_PwMfVzLQg', appClientId: 'client', tokenUse: 'id' } },
})
await app.register(cognito, {
  // @ts-expect-error a misspelt key of a pool
  pools: { eu: { userPoolId: 'eu-west-1_PwMfVzLQg', appClientId: 'client', tokenuse: 'id' } },
})

app.get('/one', { onRequest: app.authRequired('eu') }, async (request) => {
  expectType<Of<'eu'>>()(request.cognito)
  expectType<string>()(request.cognito.claims.sub)
  if (request.cognito.tokenUse === 'id') {
    expectType<IdClaims>()(request.cognito.claims)
  } else {
    expectType<AccessClaims>()(request.cognito.claims)
  }
})
app.get('/list', { onRequest: app.authRequired(['eu', 'us']) }, async (request) => {
  expectType<Of<'eu'> | Of<'us'>>()(request.cognito)
})
app.get('/default', { onRequest: app.authRequired() }, async (request) => {
  expectType<Of<string>>()(request.cognito)
})
app.get('/any', { onRequest: app.authRequired((request) => request.hostname) }, async (request) => {
  expectType<Of<string>>()(request.cognito)
})
app.get('/optional', { onRequest: app.authOptional('eu') }, async (request) => {
  expectType<Of<'eu'> | null>()(request.cognito)
})
app.get('/id', { onRequest: app.authRequired('eu', { tokenUse: 'id' }) }, async (request) => {
  expectType<Authentication<'eu', 'id', IdClaims>>()(request.cognito)
})
app.get(
  '/claims',
  {
    onRequest: app.authRequired('eu', {
      tokenUse: 'access',
      claims: Type.Object({ tenantId: Type.String({ alias: 'custom:tenant_id' }) }),
    }),
  },
  async (request) => {
    expectType<Authentication<'eu', 'access', AccessClaims & { readonly tenantId: string }>>()(
      request.cognito,
    )
  },
)
app.get('/open', async (request) => {
  expectType<Authentication | null>()(request.cognito)
})

async function show(request: FastifyRequest<CognitoRoute<AuthOf<Pools, 'eu', 'id'>>>) {
  expectType<IdClaims>()(request.cognito.claims)
}
app.get('/apart', { onRequest: app.authRequired('eu', { tokenUse: 'id' }) }, show)
// @ts-expect-error the pool may take access tokens
app.get('/apart-either', { onRequest: app.authRequired('eu') }, show)

// @ts-expect-error a name is a string
app.authRequired(1)
// @ts-expect-error a misspelt requirement
app.authRequired('eu', { group: 'admin' })

expectType<Of<'eu'>>()(await app.cognito.verify('token', 'eu'))
expectType<Authentication<'eu', 'id', IdClaims>>()(
  await app.cognito.verify('token', 'eu', { tokenUse: 'id' }),
)

app.register(async (scope) => {
  app.cognito.protect(scope, app.authRequired('eu', { tokenUse: 'id' })).get('/mine', async (request) => {
    expectType<Authentication<'eu', 'id', IdClaims>>()(request.cognito)
  })
})

declare const client: CognitoClient
await app.register(userRoutes, {
  pool: 'eu',
  prefix: '/users',
  client,
  routes: { signup: false, me: '/self' },
})
await app.register(userRoutes, {
  attributes: Type.Object({ seats: Type.Integer({ alias: 'custom:seats' }) }),
  hooks: { onRequest: [async (request) => void request.ip], preHandler: (_request, _reply, done) => done() },
})
// @ts-expect-error a misspelt option
await app.register(userRoutes, { pool: 'eu', clientID: 'client' })
// @ts-expect-error a misspelt route
await app.register(userRoutes, { routes: { signUp: false } })
app.setErrorHandler<UserRouteError>((error, _request, reply) =>
  error.code === 'COGNITO_USER_ERR_NOT_CONFIRMED' ? reply.send({ next: '/confirm' }) : reply.send(error),
)

// @ts-expect-error a guard that was not made
app.get('/not-made', { onRequest: app.authRequired }, async () => 1)
// @ts-expect-error a hook that runs when something failed
app.get('/on-error', { onError: app.authRequired('eu') }, async () => 1)
// @ts-expect-error a hook that runs when a request was given up
app.get('/on-request-abort', { onRequestAbort: app.authRequired('eu') }, async () => 1)
// @ts-expect-error a hook that runs after the handler
app.get('/on-send', { onSend: app.authRequired('eu') }, async () => 1)
// @ts-expect-error a hook that runs after the handler
app.get('/pre-serialization', { preSerialization: app.authRequired('eu') }, async () => 1)
// @ts-expect-error a hook that is called in another way
app.get('/pre-parsing', { preParsing: app.authRequired('eu') }, async () => 1)
// @ts-expect-error a guard that was not made
app.addHook('onRequest', app.authRequired)

app.get('/tenant', { onRequest: app.authRequired(tenant.host('.example.com')) }, async ({ cognito }) => {
  expectType<string>()(cognito.tenant)
  expectType<`tenant:${string}`>()(cognito.pool)
})
app.get('/tenants', { onRequest: app.authRequired(['staff', anyTenant]) }, async ({ cognito }) => {
  expectType<string | undefined>()(cognito.tenant)
})
