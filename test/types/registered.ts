/**
 * A program that declares its pools: `app.authRequired('eu')` alone types the handler.
 */
import { Type } from '@sinclair/typebox'
import Fastify, { type FastifyRequest, type RouteGenericInterface } from 'fastify'
import cognito, {
  type AccessClaims,
  type Authentication,
  type AuthOf,
  type CognitoRoute,
  definePools,
  type Guard,
  type GuardFactory,
  type IdClaims,
  type NameList,
  type Pools,
} from 'fastify-cognito'
import { memoryRevocation } from 'fastify-cognito/revocation'
import { expectType } from './expect.js'

interface Partner {
  readonly partner: string
}

const isPartner = (claims: unknown): claims is Partner =>
  typeof claims === 'object' && claims !== null && 'partner' in claims

const pools = definePools({
  eu: { region: 'eu-west-1', userPoolId: 'eu-west-1_PwMfVzLQg', appClientId: ['client1', 'client2'] },
  us: {
    userPoolId: 'us-east-1_Ab129faBb',
    appClientId: 'client',
    tokenUse: 'id',
    acr: ['password', 'code', 'two', 'totp'],
    claims: Type.Object({
      tenantId: Type.String({ alias: 'custom:tenant_id' }),
      seats: Type.Optional(Type.Integer({ alias: 'custom:seats' })),
    }),
  },
  staff: { userPoolId: 'eu-west-1_Staff1234', appClientId: null, tokenUse: ['access', 'id'] },
  trials: {
    userPoolId: 'eu-west-1_Trials123',
    appClientId: 'client',
    claims: Type.Object({
      endsAt: Type.Transform(Type.String({ alias: 'custom:ends_at' }))
        .Decode((text) => new Date(text))
        .Encode((date) => date.toISOString()),
    }),
  },
  partners: { userPoolId: 'eu-west-1_Partners1', appClientId: 'client', claims: isPartner },
})

declare module 'fastify-cognito' {
  interface Register {
    pools: typeof pools
  }
}

type Eu = Authentication<'eu', 'access', AccessClaims>
type UsClaims = { readonly tenantId: string; readonly seats?: number }
type Us = Authentication<'us', 'id', IdClaims & UsClaims>
type Staff = Authentication<'staff', 'access', AccessClaims> | Authentication<'staff', 'id', IdClaims>
type Trials = Authentication<'trials', 'access', AccessClaims & { readonly endsAt: Date }>
type Partners = Authentication<'partners', 'access', AccessClaims & Partner>
type Anyone = Eu | Us | Staff | Trials | Partners

const app = Fastify()
await app.register(cognito, {
  pools,
  defaultPool: 'eu',
  clockTolerance: 10,
  keys: { timeout: 1 },
  routes: 'error',
})
// @ts-expect-error a misspelt plugin option
await app.register(cognito, { pools, clockTolerence: 10 })
// @ts-expect-error a misspelt key option
await app.register(cognito, { pools, keys: { timeOut: 1 } })
// @ts-expect-error no such audit
await app.register(cognito, { pools, routes: 'strict' })

// A guard alone types the handler, one shape of pool after the other.
app.get('/eu', { onRequest: app.authRequired('eu') }, async (request) => {
  expectType<Eu>()(request.cognito)
  expectType<'access'>()(request.cognito.claims.token_use)
  expectType<string>()(request.cognito.claims.client_id)
  // @ts-expect-error a claim of ID tokens
  request.cognito.claims.email
})
app.get('/us', { onRequest: app.authRequired('us') }, async (request) => {
  expectType<Us>()(request.cognito)
  expectType<string>()(request.cognito.claims.tenantId)
  expectType<number | undefined>()(request.cognito.claims.seats)
  expectType<string | undefined>()(request.cognito.claims.email)
  // @ts-expect-error the wire name of an aliased claim
  request.cognito.claims['custom:tenant_id']
  // @ts-expect-error a claim of access tokens
  request.cognito.claims.client_id
})
app.get('/staff', { onRequest: app.authRequired('staff') }, async (request) => {
  expectType<Staff>()(request.cognito)
  expectType<string | undefined>()(
    request.cognito.tokenUse === 'id' ? request.cognito.claims.email : request.cognito.claims.scope,
  )
})
app.get('/trials', { onRequest: app.authRequired('trials') }, async (request) => {
  expectType<Trials>()(request.cognito)
  expectType<Date>()(request.cognito.claims.endsAt)
})
app.get('/partners', { onRequest: app.authRequired('partners') }, async (request) => {
  expectType<Partners>()(request.cognito)
  expectType<string>()(request.cognito.claims.partner)
})
app.get('/default', { onRequest: app.authRequired() }, async (request) => {
  expectType<Anyone>()(request.cognito)
})
app.get('/open', async (request) => {
  expectType<Authentication | null>()(request.cognito)
  // @ts-expect-error nobody proved who it is
  request.cognito.subject
  // @ts-expect-error read-only
  request.cognito = null
})

// A profile claim that is declared has its declared type, and no other.
const numbered = app.authRequired('us', {
  claims: Type.Object({ email: Type.Integer(), name: Type.Optional(Type.Array(Type.String())) }),
})
app.get('/numbered', { onRequest: numbered }, async (request) => {
  expectType<number>()(request.cognito.claims.email)
  expectType<string[] | undefined>()(request.cognito.claims.name)
  expectType<string | undefined>()(request.cognito.claims.given_name)
  expectType<string>()(request.cognito.claims.sub)
  expectType<'id'>()(request.cognito.claims.token_use)
})
// Other standard claims can be narrowed, and required.
const verified = app.authRequired('us', { claims: Type.Object({ email_verified: Type.Literal(true) }) })
app.get('/verified', { onRequest: verified }, async (request) => {
  expectType<true>()(request.cognito.claims.email_verified)
  expectType<string | undefined>()(request.cognito.claims.email)
})
const decoded = app.authRequired('us', {
  claims: Type.Object({
    email: Type.Transform(Type.String())
      .Decode((text) => new URL(`mailto:${text}`))
      .Encode((url) => url.pathname),
  }),
})
app.get('/decoded', { onRequest: decoded }, async (request) => {
  expectType<URL>()(request.cognito.claims.email)
})
// In an access token these names are nobody's but the application's.
const access = app.authRequired('eu', { claims: Type.Object({ email: Type.Integer() }) })
app.get('/access', { onRequest: access }, async (request) => {
  expectType<number>()(request.cognito.claims.email)
  expectType<string>()(request.cognito.claims.client_id)
})
// A type guard has the payload: it says what a profile claim is, or nobody does.
const isNamed = (claims: unknown): claims is { name: { first: string }; [other: string]: unknown } =>
  typeof claims === 'object' && claims !== null && 'name' in claims
app.get('/named', { onRequest: app.authRequired('us', { claims: isNamed }) }, async (request) => {
  expectType<{ first: string }>()(request.cognito.claims.name)
  expectType<unknown>()(request.cognito.claims.email)
  expectType<string>()(request.cognito.claims.sub)
  expectType<boolean | undefined>()(request.cognito.claims.email_verified)
})
const isEither = (claims: unknown): claims is { email: number } | { name: number } =>
  typeof claims === 'object' && claims !== null && 'name' in claims
app.get('/either', { onRequest: app.authRequired('us', { claims: isEither }) }, async (request) => {
  const { claims } = request.cognito
  if (typeof claims.email === 'number') expectType<number>()(claims.email)
  // @ts-expect-error nobody says that it is text
  claims.given_name?.length
})
app.get('/partner', { onRequest: app.authRequired('eu', { claims: isPartner }) }, async (request) => {
  expectType<Authentication<'eu', 'access', AccessClaims & Partner>>()(request.cognito)
})

// What a handler gets cannot be written to.
app.get('/read-only', { onRequest: app.authRequired('us') }, async (request) => {
  expectType<NameList>()(request.cognito.scopes)
  expectType<NameList>()(request.cognito.groups)
  expectType<boolean>()(request.cognito.groups.has('admin'))
  expectType<string[]>()([...request.cognito.groups, ...request.cognito.scopes])
  expectType<Readonly<Record<string, unknown>>>()(request.cognito.payload)
  // @ts-expect-error read-only
  request.cognito.claims.sub = 'someone-else'
  // @ts-expect-error read-only
  request.cognito.claims.tenantId = 'another'
  // @ts-expect-error read-only
  request.cognito.subject = 'someone-else'
  // @ts-expect-error read-only
  request.cognito.payload['sub'] = 'someone-else'
  // @ts-expect-error read-only
  request.cognito.groups.push('admin')
  // @ts-expect-error read-only
  request.cognito.groups[0] = 'admin'
  // @ts-expect-error read-only
  request.cognito.groups.has = () => true
})

// The level and the methods of a sign-in, and prohibited groups.
const stepUp = {
  acr: { atLeast: 3 },
  amr: { anyOf: ['hwk', 'swk', 'mfa'] },
  groups: { anyOf: ['staff'], noneOf: ['suspended'] },
} as const
app.get('/step-up', { onRequest: app.authRequired('us', stepUp) }, async (request) => {
  expectType<string | undefined>()(request.cognito.claims.acr)
  expectType<readonly string[] | undefined>()(request.cognito.claims.amr)
  // @ts-expect-error read-only
  request.cognito.claims.amr?.push('mfa')
})
app.authRequired('us', { acr: ['two', 'totp'], groups: { allOf: ['a'], noneOf: ['b'] } })
// @ts-expect-error there are four levels
app.authRequired('us', { acr: { atLeast: 5 } })
// @ts-expect-error a name is no level above others
app.authRequired('us', { acr: { atLeast: 'two' } })
// @ts-expect-error a list
app.authRequired('us', { groups: { noneOf: 'suspended' } })
// @ts-expect-error scopes cannot be prohibited
app.authRequired('eu', { scopes: { noneOf: ['orders/read'] } })
// @ts-expect-error three levels
definePools({ other: { userPoolId: 'eu-west-1_Other1234', appClientId: null, acr: ['a', 'b', 'c'] } })

// A list is a union told apart by `pool`.
app.get('/list', { onRequest: app.authRequired(['eu', 'us']) }, async (request) => {
  expectType<Eu | Us>()(request.cognito)
  if (request.cognito.pool === 'us') {
    expectType<Us>()(request.cognito)
    return request.cognito.claims.tenantId
  }
  expectType<Eu>()(request.cognito)
  // @ts-expect-error a claim of the other pool
  return request.cognito.claims.tenantId
})
app.get('/constant-list', { onRequest: app.authRequired(['eu', 'us'] as const) }, async (request) => {
  expectType<Eu | Us>()(request.cognito)
})

// Optional is `null` besides.
app.get('/optional', { onRequest: app.authOptional('us') }, async (request) => {
  expectType<Us | null>()(request.cognito)
  expectType<string | undefined>()(request.cognito?.claims.tenantId)
  // @ts-expect-error it may be null
  request.cognito.claims
})
app.get('/optional-list', { onRequest: app.authOptional(['eu', 'us']) }, async (request) => {
  expectType<Eu | Us | null>()(request.cognito)
})
app.get('/optional-default', { onRequest: app.authOptional() }, async (request) => {
  expectType<Anyone | null>()(request.cognito)
})

// A function of the request names one pool or a list, now or later.
const isAmerican = (request: FastifyRequest) => request.headers.host === 'us.example.com'
app.get(
  '/selected',
  { onRequest: app.authRequired((request) => (isAmerican(request) ? 'us' : 'eu')) },
  async (request) => {
    expectType<Eu | Us>()(request.cognito)
  },
)
app.get('/selected-list', { onRequest: app.authRequired(() => ['us', 'eu']) }, async (request) => {
  expectType<Eu | Us>()(request.cognito)
})
app.get(
  '/selected-later',
  { onRequest: app.authRequired(async (request) => (isAmerican(request) ? 'us' : 'eu')) },
  async (request) => {
    expectType<Eu | Us>()(request.cognito)
  },
)
app.get(
  '/selected-list-later',
  { onRequest: app.authOptional(async () => ['us', 'eu']) },
  async (request) => {
    expectType<Eu | Us | null>()(request.cognito)
  },
)

// @ts-expect-error an unknown pool
app.authRequired('asia')
// @ts-expect-error an unknown pool
app.authOptional('asia')
// @ts-expect-error an unknown pool in a list
app.authRequired(['eu', 'asia'])
// @ts-expect-error an unknown pool that a function returns
app.authRequired(() => 'asia')
// @ts-expect-error an unknown pool in a list that a function returns
app.authRequired(() => ['eu', 'asia'])
// @ts-expect-error an unknown pool that a function returns later
app.authRequired(async () => 'asia')
// @ts-expect-error any string is not a known pool
app.authRequired((request) => request.headers.host ?? 'eu')
// @ts-expect-error no pool at all
app.authRequired(null)

// A requirement replaces the pool's `tokenUse` and `claims`.
app.get('/id', { onRequest: app.authRequired('eu', { tokenUse: 'id' }) }, async (request) => {
  expectType<Authentication<'eu', 'id', IdClaims>>()(request.cognito)
})
app.get('/access', { onRequest: app.authRequired('us', { tokenUse: 'access' }) }, async (request) => {
  expectType<Authentication<'us', 'access', AccessClaims & UsClaims>>()(request.cognito)
})
app.get('/either', { onRequest: app.authRequired('eu', { tokenUse: ['access', 'id'] }) }, async (request) => {
  expectType<Eu | Authentication<'eu', 'id', IdClaims>>()(request.cognito)
})
app.get(
  '/claims',
  { onRequest: app.authRequired('us', { claims: Type.Object({ plan: Type.Literal('gold') }) }) },
  async (request) => {
    expectType<Authentication<'us', 'id', IdClaims & { readonly plan: 'gold' }>>()(request.cognito)
    // @ts-expect-error the route's claims replace the pool's
    request.cognito.claims.tenantId
  },
)
app.get('/claims-guard', { onRequest: app.authRequired('eu', { claims: isPartner }) }, async (request) => {
  expectType<Authentication<'eu', 'access', AccessClaims & Partner>>()(request.cognito)
})
app.get(
  '/required',
  {
    onRequest: app.authRequired(['eu', 'us'], {
      scopes: ['orders/read'],
      groups: { anyOf: ['admin', 'ops'] },
      maxAge: 300,
      check: async (authentication, request) => {
        expectType<Eu | Us>()(authentication)
        expectType<FastifyRequest>()(request)
        return authentication.groups.has(request.ip)
      },
    }),
  },
  async (request) => {
    expectType<Eu | Us>()(request.cognito)
  },
)
app.authRequired('eu', {
  tokenUse: 'id',
  claims: Type.Object({ plan: Type.String() }),
  check: (authentication) => {
    expectType<Authentication<'eu', 'id', IdClaims & { readonly plan: string }>>()(authentication)
    return true
  },
})

// @ts-expect-error a misspelt requirement
app.authRequired('eu', { scope: 'orders/read' })
// @ts-expect-error no such token
app.authRequired('eu', { tokenUse: 'refresh' })
// @ts-expect-error it has to say which
app.authRequired('eu', { groups: { every: ['admin'] } })
// @ts-expect-error a check answers true or false
app.authRequired('eu', { check: () => 'yes' })
// @ts-expect-error an object is no schema
app.authRequired('eu', { claims: { tenantId: 'string' } })

// Every place that takes a hook.
app.get('/pre-validation', { preValidation: app.authRequired('eu') }, async (request) => {
  expectType<Eu>()(request.cognito)
})
app.get('/pre-handler', { preHandler: app.authRequired('eu') }, async (request) => {
  expectType<Eu>()(request.cognito)
})
app.get('/in-array', { onRequest: [app.authRequired('eu')] }, async (request) => {
  expectType<Eu>()(request.cognito)
})
app.get(
  '/beside-annotated',
  { onRequest: [async (request: FastifyRequest) => request.log.info('asked'), app.authRequired('eu')] },
  async (request) => {
    expectType<Eu>()(request.cognito)
  },
)
app.get(
  '/beside-inline',
  { onRequest: app.authRequired('eu'), preHandler: async (request) => request.log.info('asked') },
  async (request) => {
    expectType<Eu>()(request.cognito)
  },
)
app.route({
  method: ['GET', 'POST'],
  url: '/route',
  onRequest: app.authRequired('eu'),
  preHandler: async (request) => {
    expectType<Eu>()(request.cognito)
  },
  handler: async (request) => {
    expectType<Eu>()(request.cognito)
  },
})
app.get('/callback', { onRequest: app.authRequired('eu') }, (request, reply) => {
  expectType<Eu>()(request.cognito)
  reply.code(204).send()
})
app.get('/config', { onRequest: app.authRequired('eu'), config: { audit: 'full' } }, async (request) => {
  expectType<Eu>()(request.cognito)
  expectType<string>()(request.routeOptions.config.audit)
})
app.get('/meant-to-be-open', { config: { cognito: false } }, async (request) => {
  expectType<Authentication | null>()(request.cognito)
  expectType<false>()(request.routeOptions.config.cognito)
})
app.get(
  '/config-beside',
  { onRequest: app.authRequired('eu'), config: { cognito: false, audit: 'full' } },
  async (request) => {
    expectType<Eu>()(request.cognito)
    expectType<string>()(request.routeOptions.config.audit)
  },
)
// @ts-expect-error a guard is not put on by the config
app.get('/config-true', { config: { cognito: true } }, async () => 'ok')
app.addHook('onRoute', (route) => {
  route.config = { ...route.config, cognito: false }
})
app.addHook('onRequest', app.authRequired('eu'))
app.addHook('preHandler', app.authOptional())
app.get('/hooked', async (request) => {
  expectType<Authentication | null>()(request.cognito)
})
// @ts-expect-error a payload comes before `done` there
app.get('/pre-parsing', { preParsing: app.authRequired('eu') }, async () => 'ok')
app.get(
  '/two-guards',
  // @ts-expect-error no token is of two pools
  { onRequest: app.authRequired('eu'), preHandler: app.authRequired('us') },
  async () => 'ok',
)

// A scope behind one guard.
app.register(async (scope) => {
  const us = app.cognito.protect(scope, app.authRequired('us'))
  us.get('/mine', async (request) => {
    expectType<Us>()(request.cognito)
  })
  us.get('/same', { onRequest: app.authRequired('us', { groups: 'admin' }) }, async (request) => {
    expectType<Us>()(request.cognito)
  })
  // @ts-expect-error a scope takes a guard, not its name
  app.cognito.protect(scope, 'us')
})
app.register(async (scope) => {
  const both = app.cognito.protect(scope, app.authRequired(['eu', 'us']))
  both.get('/both', async (request) => {
    expectType<Eu | Us>()(request.cognito)
  })
  both.get('/narrower', { onRequest: both.authRequired('eu') }, async (request) => {
    expectType<Eu>()(request.cognito)
  })
  both.register(async (nested) => {
    nested.get('/nested', async (request) => {
      expectType<Authentication | null>()(request.cognito)
    })
  })
})
app.register(async (scope) => {
  app.cognito.protect(scope, app.authOptional('us')).get('/perhaps', async (request) => {
    expectType<Us | null>()(request.cognito)
  })
})

// What documents and audits are told.
const composed = app.cognito.composed(app.authRequired('eu'), [
  app.authRequired('eu'),
  [app.authOptional('us'), app.authRequired(['eu', 'us'])],
])
expectType<Guard<Eu>>()(composed)
// @ts-expect-error a name is no guard
app.cognito.composed(composed, ['eu'])
expectType<{ mode: 'dynamic' }>()(app.cognito.openapi<{ mode: 'dynamic' }>({ mode: 'dynamic' }))
expectType<object>()(app.cognito.openapi())

// What is revoked.
app.cognito.revoke({ by: 'jti', value: 'j', exp: 1 })
app.cognito.revoke({ pool: 'eu', by: 'origin_jti', value: 'o' })
app.cognito.revoke({ pool: 'us', by: 'sub', value: 's', notBefore: 1 })
app.cognito.revoke({ pool: 'us', by: 'pool' })
// @ts-expect-error there is no such pool
app.cognito.revoke({ pool: 'asia', by: 'pool' })
// @ts-expect-error whose?
app.cognito.revoke({ pool: 'eu', by: 'sub' })
// @ts-expect-error a whole pool has no value
app.cognito.revoke({ pool: 'eu', by: 'pool', value: 's' })
// @ts-expect-error one token is revoked for good
app.cognito.revoke({ by: 'jti', value: 'j', notBefore: 1 })
// @ts-expect-error no claim that tokens are revoked by
app.cognito.revoke({ by: 'username', value: 'ada' })
app.register(cognito, { pools, revocation: { store: memoryRevocation({ max: 10 }), onError: 'allow' } })
// @ts-expect-error no store
app.register(cognito, { pools, revocation: { timeout: 0.1 } })

// Tokens that come another way.
expectType<Eu>()(await app.cognito.verify('token', 'eu'))
expectType<Eu | Us>()(await app.cognito.verify('token', ['eu', 'us']))
expectType<Anyone>()(await app.cognito.verify('token'))
const partner = await app.cognito.verify('token', 'eu', { tokenUse: 'id', claims: isPartner })
expectType<'id'>()(partner.tokenUse)
expectType<string>()(partner.claims.partner)
expectType<string>()(partner.claims.aud)
expectType<unknown>()(partner.claims.email)
// @ts-expect-error an unknown pool
await app.cognito.verify('token', 'asia')
// @ts-expect-error an unknown pool in a list
await app.cognito.verify('token', ['eu', 'asia'])
// @ts-expect-error a misspelt requirement
await app.cognito.verify('token', 'eu', { scope: 'orders/read' })
// @ts-expect-error no request, no check
await app.cognito.verify('token', 'eu', { check: () => true })

// Handlers written apart, and routes with explicit generics.
type OfEu = CognitoRoute<AuthOf<Pools, 'eu'>>

async function showEu(request: FastifyRequest<OfEu>) {
  expectType<Eu>()(request.cognito)
}
async function showList(request: FastifyRequest<CognitoRoute<AuthOf<Pools, 'eu' | 'us'>>>) {
  expectType<Eu | Us>()(request.cognito)
}
async function showOptional(request: FastifyRequest<CognitoRoute<AuthOf<Pools, 'eu'> | null>>) {
  expectType<Eu | null>()(request.cognito)
}
app.get('/apart', { onRequest: app.authRequired('eu') }, showEu)
app.get('/apart-list', { onRequest: app.authRequired(['eu', 'us']) }, showList)
app.get('/apart-optional', { onRequest: app.authOptional('eu') }, showOptional)
app.route({ method: 'GET', url: '/apart-route', onRequest: app.authRequired('eu'), handler: showEu })
// @ts-expect-error another pool
app.get('/apart-other', { onRequest: app.authRequired('us') }, showEu)
// @ts-expect-error it may be null
app.get('/apart-maybe', { onRequest: app.authOptional('eu') }, showEu)
// @ts-expect-error it may be of the other pool
app.get('/apart-either', { onRequest: app.authRequired(['eu', 'us']) }, showEu)
// @ts-expect-error another kind of token
app.get('/apart-use', { onRequest: app.authRequired('eu', { tokenUse: 'id' }) }, showEu)

// Functions that know nothing of guards.
async function showOrder(request: FastifyRequest) {
  expectType<Authentication | null>()(request.cognito)
}
function subjectOf<R extends RouteGenericInterface>(request: FastifyRequest<R>): string | undefined {
  return request.cognito?.subject
}
app.get('/plain', { onRequest: app.authRequired('eu') }, showOrder)
app.get('/plain-hook', { onRequest: app.authRequired('eu'), preHandler: showOrder }, async (request) => {
  expectType<Eu>()(request.cognito)
  await showOrder(request)
  return subjectOf(request)
})

interface Order {
  item: string
}
app.post<{ Body: Order } & OfEu>('/generics', { onRequest: app.authRequired('eu') }, async (request) => {
  expectType<Eu>()(request.cognito)
  expectType<Order>()(request.body)
})
app.post<{ Body: Order }>('/body-only', { onRequest: app.authRequired('eu') }, async (request) => {
  expectType<Authentication | null>()(request.cognito)
  expectType<Order>()(request.body)
})
async function createOrder(request: FastifyRequest<{ Body: Order }>) {
  expectType<Order>()(request.body)
}
app.post<{ Body: Order }>('/apart-body', { onRequest: app.authRequired('eu') }, createOrder)
// @ts-expect-error the guard's generic and the handler's compete: the route has to say which, as above
app.post('/apart-body-inferred', { onRequest: app.authRequired('eu') }, createOrder)
app.post<{ Body: Order } & OfEu>(
  '/generics-other',
  // @ts-expect-error another pool than the generic says
  { onRequest: app.authRequired('us') },
  async () => 'ok',
)

// Pools that cannot be used.
definePools({
  // @ts-expect-error a misspelt key of a pool
  eu: { userPoolId: 'eu-west-1_PwMfVzLQg', appClientId: 'client', tokenuse: 'id' },
})
definePools({
  // @ts-expect-error no app client: `null` has to be written out
  eu: { userPoolId: 'eu-west-1_PwMfVzLQg' },
})
definePools({
  // @ts-expect-error no such token
  eu: { userPoolId: 'eu-west-1_PwMfVzLQg', appClientId: 'client', tokenUse: 'refresh' },
})

/** The shape of `Type.Object({ tenantId: Type.String() })` of `typebox` 1.x. */
declare const nextTypeBox: {
  '~kind': 'Object'
  type: 'object'
  required: ['tenantId']
  properties: { tenantId: { '~kind': 'String'; type: 'string' } }
}
definePools({
  // @ts-expect-error a schema of typebox 1.x
  eu: { userPoolId: 'eu-west-1_PwMfVzLQg', appClientId: 'client', claims: nextTypeBox },
})
// @ts-expect-error a schema of typebox 1.x
app.authRequired('eu', { claims: nextTypeBox })

// Another set of pools in a scope of its own.
const agencies = definePools({
  north: { userPoolId: 'eu-north-1_Abc123456', appClientId: 'client', tokenUse: 'id' },
})
app.register(async (scope) => {
  await scope.register(cognito, { pools: agencies })
  const authRequired = scope.getDecorator<GuardFactory<typeof agencies, never>>('authRequired')
  scope.get('/north', { onRequest: authRequired('north') }, async (request) => {
    expectType<Authentication<'north', 'id', IdClaims>>()(request.cognito)
  })
  // @ts-expect-error a pool of the other set
  authRequired('eu')
})

// What a user exports has to be nameable in a declaration file.
export const guard = app.authRequired(['eu', 'us'], { groups: 'admin' })
export const optionalGuard = app.authOptional('trials')
export const protectedApp = app.cognito.protect(app, guard)
export { pools, showEu }
