/**
 * A program that registers its pools and the options of its tenants.
 */
import { Type } from '@sinclair/typebox'
import Fastify, { type FastifyRequest } from 'fastify'
import cognito, {
  type AccessClaims,
  type Authentication,
  type AuthOf,
  anyTenant,
  type CognitoRoute,
  definePools,
  defineTenants,
  type IdClaims,
  type Pools,
  type TenantRow,
  type TenantSelector,
  tenant,
  type WithUser,
} from 'fastify-cognito'
import { type PoolSettings, poolsFromEnv } from 'fastify-cognito/settings'
import { expectType } from './expect.js'

interface Account {
  readonly id: number
}

const pools = definePools({
  staff: {
    userPoolId: 'eu-west-1_PwMfVzLQg',
    appClientId: 'client',
    claims: Type.Object({ desk: Type.String() }),
  },
})
const rows: readonly TenantRow[] = [
  { name: 'acme', userPoolId: 'eu-west-1_AbCdEf123', appClientId: ['a', 'b'] },
]
const tenants = defineTenants({
  load: () => rows,
  tokenUse: 'id',
  claim: 'custom:tenant_id',
  claims: Type.Object({ plan: Type.String() }),
})

declare module 'fastify-cognito' {
  interface Register {
    pools: typeof pools
    tenants: typeof tenants
    user: Account
  }
}

type Staff = Authentication<'staff', 'access', AccessClaims & { readonly desk: string }>
type Tenant = Authentication<`tenant:${string}`, 'id', IdClaims & { readonly plan: string }>

const app = Fastify()
await app.register(cognito, {
  pools,
  tenants,
  loadUser: async (authentication) => {
    expectType<'staff' | `tenant:${string}`>()(authentication.pool)
    if (authentication.tenant === undefined) expectType<string>()(authentication.claims.desk)
    else expectType<string>()(authentication.claims.plan)
    return { id: 1 }
  },
})
await app.register(cognito, { tenants })
await app.register(cognito, { tenants: { load: async () => rows, claim: false, refreshAfter: 10 } })
await app.register(cognito, { tenants: { load: ({ signal }) => (signal.aborted ? [] : rows) } })
await app.register(cognito, {
  tenants: {
    async *load() {
      yield* rows
    },
  },
})

const alone = defineTenants({ load: () => rows })
expectType<() => readonly TenantRow[]>()(alone.load)
await app.register(cognito, { tenants: alone })
const complete = defineTenants({
  load: async ({ signal }) => (signal.aborted ? [] : rows),
  claim: false,
  tokenUse: ['access', 'id'],
  audience: 'https://api.example.com',
  acr: ['low', 'middle', 'high', 'highest'],
  claims: Type.Object({}),
  refreshAfter: 30,
  unknownInterval: 2,
  staleIfError: 3600,
  timeout: 5,
  keysRefreshAfter: 3600,
})
await app.register(cognito, { tenants: complete })
// @ts-expect-error a misspelt option
defineTenants({ load: () => rows, refreshafter: 10 })
// @ts-expect-error an option of pools
defineTenants({ load: () => rows, userPoolId: 'eu-west-1_AbCdEf123' })
// @ts-expect-error a misspelt option
await app.register(cognito, { tenants: { load: () => rows, refreshafter: 10 } })
// @ts-expect-error no list
await app.register(cognito, { tenants: { load: () => 5 } })
// @ts-expect-error a tenant never has every client
await app.register(cognito, { tenants: { load: () => [{ name: 'a', userPoolId: 'b', appClientId: null }] } })

declare const anybody: Authentication
expectType<string | undefined>()(anybody.tenant)
declare const clerk: Staff
expectType<undefined>()(clerk.tenant)
expectType<TenantSelector>()(anyTenant)

const byHost = tenant.host('.example.com')
app.get('/host', { onRequest: app.authRequired(byHost) }, async ({ cognito }) => {
  expectType<Tenant & WithUser<Account>>()(cognito)
  expectType<string>()(cognito.tenant)
  return cognito.claims.plan
})
app.get('/any', { onRequest: app.authOptional(anyTenant) }, async ({ cognito }) => {
  expectType<string | undefined>()(cognito?.tenant)
})
app.get(
  '/list',
  { onRequest: app.authRequired(['staff', tenant.header('x-tenant')]) },
  async ({ cognito }) => {
    if (cognito.pool === 'staff') {
      expectType<Staff & WithUser<Account>>()(cognito)
      return cognito.claims.desk
    }
    expectType<Tenant & WithUser<Account>>()(cognito)
    return cognito.tenant
  },
)
app.get('/by-tenant', { onRequest: app.authRequired(['staff', anyTenant]) }, async ({ cognito }) => {
  // @ts-expect-error the claims of staff alone
  cognito.claims.desk
  if (cognito.tenant === undefined) return cognito.claims.desk
  return cognito.claims.plan
})
app.get('/staff', { onRequest: app.authRequired('staff') }, async ({ cognito }) => {
  expectType<undefined>()(cognito.tenant)
  // @ts-expect-error a claim of tenants
  return cognito.claims.plan
})
app.get(
  '/access',
  { onRequest: app.authRequired(tenant('acme'), { tokenUse: 'access' }) },
  async ({ cognito }) => {
    expectType<'access'>()(cognito.tokenUse)
  },
)
app.get(
  '/check',
  {
    onRequest: app.authRequired(
      tenant((request) => request.hostname),
      {
        check: ({ tenant, claims }) => tenant === 'acme' && claims.plan === 'gold',
        loadUser: async ({ tenant }) => ({ tenant }),
      },
    ),
  },
  async ({ cognito }) => {
    expectType<{ tenant: string }>()(cognito.user)
  },
)
app.register(async (scope) => {
  const guarded = app.cognito.protect(scope, app.authRequired(tenant.path('tenant')))
  guarded.get('/:tenant/orders', async ({ cognito }) => {
    expectType<string>()(cognito.tenant)
  })
})

async function listOrders({ cognito }: FastifyRequest<CognitoRoute<AuthOf<Pools, TenantSelector>>>) {
  return cognito.claims.plan
}
app.get('/apart', { onRequest: app.authRequired(byHost) }, listOrders)

expectType<Promise<Tenant>>()(app.cognito.verify('token', tenant('acme')))
expectType<Promise<Staff | Tenant>>()(app.cognito.verify('token', ['staff', anyTenant]))
declare const request: FastifyRequest
expectType<Promise<Tenant & WithUser<Account>>>()(app.cognito.verifyRequest(request, byHost))
expectType<Promise<(Tenant & WithUser<Account>) | null>>()(
  app.cognito.verifyRequest.optional(request, byHost),
)
await app.cognito.revoke({ tenant: 'acme', by: 'sub', value: 'f00' })
expectType<Promise<boolean>>()(app.cognito.tenants.reload())
expectType<PoolSettings['pools']>()(poolsFromEnv().pools)

// @ts-expect-error a tenant is no pool
app.authRequired('acme')
// @ts-expect-error nor is the name of its pool
app.authRequired('tenant:acme')
// @ts-expect-error a suffix has a leading dot
tenant.host('example.com')
// @ts-expect-error the factory itself is no selector
app.authRequired(tenant)
// @ts-expect-error a selector that a function returns would select nothing
tenant(() => anyTenant)
app.authRequired((request) => (request.url === '/' ? 'staff' : ['staff']))
app.get('/chosen', { onRequest: app.authRequired(() => 'staff') }, async ({ cognito }) => {
  expectType<Staff & WithUser<Account>>()(cognito)
})
// @ts-expect-error a suffix is no selector
app.authRequired({ host: '.example.com' })
