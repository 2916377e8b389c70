/**
 * The application of the demo: two user pools, tenants that come and go, and a route for each kind of guard.
 * @module
 */
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { Type } from '@sinclair/typebox'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
// Your application imports from 'fastify-cognito', also in `declare module` below.
import cognito, {
  type Authentication,
  CognitoError,
  definePools,
  defineTenants,
  type TenantRow,
  tenant,
} from '../src/index.js'
import { memoryRevocation } from '../src/revocation/index.js'
import userRoutes from '../src/user-routes/index.js'

/** Where a pool is. */
export interface PoolSettings {
  /** Of the emulator. */
  readonly endpoint: string
  readonly userPoolId: string
  readonly appClientId: string
  readonly issuer: string
}

/** The pools of the application. Against Cognito itself `issuer` is left out: it follows from `userPoolId`. */
export function createPools({ eu, us }: Readonly<Record<'eu' | 'us', PoolSettings>>) {
  return definePools({
    eu: { userPoolId: eu.userPoolId, appClientId: eu.appClientId, issuer: eu.issuer },
    us: { userPoolId: us.userPoolId, appClientId: us.appClientId, issuer: us.issuer },
  })
}

/** The tenants by their names. An application keeps them in its database: examples/tenants has them in PostgreSQL. */
type Tenants = Map<string, TenantRow>

const createTenants = (tenants: Tenants) => defineTenants({ load: () => tenants.values() })

// Types the names of the pools and what their guards prove: authRequired('asia') does not compile.
declare module '../src/index.js' {
  interface Register {
    pools: ReturnType<typeof createPools>
    tenants: ReturnType<typeof createTenants>
  }
}

/**
 * Custom attributes of pool eu. Cognito sends them as text, and in ID tokens only: as an option of the pool they would
 * be asked of access tokens too, and none would pass.
 */
const Member = Type.Object({
  tenantId: Type.String({ alias: 'custom:tenant_id' }),
  seats: Type.Optional(Type.Integer({ alias: 'custom:seats' })),
})

/** Attributes that users may set at sign-up. */
const Attributes = Type.Object({
  email: Type.String(),
  tenantId: Type.Optional(Type.String({ alias: 'custom:tenant_id' })),
})

const HALF_A_DAY = 12 * 3600

/**
 * Makes the application, ready to listen.
 *
 * @param explain - told why a request was refused: the client only learns the code, Fastify's log has it as `err.reason`
 */
export async function createApp(
  settings: Readonly<Record<'eu' | 'us', PoolSettings>>,
  explain: (line: string) => void = () => {},
): Promise<FastifyInstance> {
  const app = Fastify()
  app.addHook('onError', async ({ method, routeOptions }, _reply, error) => {
    if (error instanceof CognitoError) {
      const { statusCode, code, reasonCode, reason } = error
      explain(`${method} ${routeOptions.url}: ${statusCode} ${code} ${reasonCode}: ${reason}`)
    }
  })
  const tenants: Tenants = new Map()
  await app.register(cognito, {
    pools: createPools(settings),
    tenants: createTenants(tenants),
    // This store is for one process. Several processes share their marks through Redis.
    revocation: { store: memoryRevocation() },
  })
  await app.register(swagger, (parent) =>
    parent.cognito.openapi({ openapi: { info: { title: 'Demo', version: '1' } } }),
  )
  await app.register(swaggerUi)
  // Sign-up to sign-out. Against Cognito itself `endpoint` is left out.
  await app.register(userRoutes, {
    prefix: '/users',
    pool: 'eu',
    endpoint: settings.eu.endpoint,
    attributes: Attributes,
  })
  addPoolRoutes(app)
  addRequirementRoutes(app)
  addTenantRoutes(app)
  app.register(async (scope) => addStaffRoutes(scope, tenants), { prefix: '/staff' })
  return app
}

/** Routes that differ in the accepted pools and kinds of token. */
function addPoolRoutes(app: FastifyInstance): void {
  app.get('/', async () => ({ open: true }))

  app.get('/eu', { onRequest: app.authRequired('eu') }, async (request) => describeCaller(request.cognito))

  app.get('/us', { onRequest: app.authRequired('us') }, async (request) => describeCaller(request.cognito))

  // An ID token tells who the user is. The schema types `claims`: { tenantId: string, seats?: number }.
  const member = app.authRequired('eu', { tokenUse: 'id', claims: Member })
  app.get('/eu/profile', { onRequest: member }, async (request) => {
    const { tenantId, seats } = request.cognito.claims
    return { tenantId, seats }
  })

  // The issuer of the token selects the pool.
  app.get('/any', { onRequest: app.authRequired(['eu', 'us']) }, async (request) =>
    describeCaller(request.cognito),
  )

  app.get('/here', { onRequest: app.authRequired(regionOf) }, async (request) =>
    describeCaller(request.cognito),
  )

  // Without a token `request.cognito` is null; a bad token is refused here too.
  app.get('/greeting', { onRequest: app.authOptional('eu') }, async (request) => ({
    greeting: `Hello, ${request.cognito?.username ?? 'stranger'}`,
  }))
}

/** The request chooses the pool. What it says is mapped to a known name, never passed on. */
function regionOf(request: FastifyRequest) {
  return request.headers['x-region'] === 'us' ? 'us' : 'eu'
}

function describeCaller({ pool, username }: Authentication) {
  return { pool, username }
}

/** Routes that differ in their requirements. */
function addRequirementRoutes(app: FastifyInstance): void {
  // A sign-in through the API gives only this scope. Cognito's OAuth endpoints give other scopes.
  const account = app.authRequired('eu', { scopes: 'aws.cognito.signin.user.admin' })
  app.get('/account', { onRequest: account }, async (request) => ({ scopes: request.cognito.scopes }))

  const orders = app.authRequired('eu', { scopes: ['orders/read'] })
  app.get('/orders', { onRequest: orders }, async () => ({ orders: [] }))

  // The token needs every group of a list.
  const admin = app.authRequired('eu', { groups: ['admin', 'staff'] })
  app.get('/admin', { onRequest: admin }, async (request) => ({ groups: request.cognito.groups }))

  const support = app.authRequired(['eu', 'us'], { groups: { anyOf: ['admin', 'ops'] } })
  app.get('/support', { onRequest: support }, async (request) => describeCaller(request.cognito))

  // `check` decides last.
  const ownTenant = app.authRequired('eu', {
    tokenUse: 'id',
    claims: Member,
    check: ({ claims }, request) => claims.tenantId === (request.params as { tenantId: string }).tenantId,
  })
  app.get('/tenants/:tenantId', { onRequest: ownTenant }, async (request) => ({
    tenantId: request.cognito.claims.tenantId,
  }))

  const recent = app.authRequired('eu', { maxAge: HALF_A_DAY })
  app.post('/transfers', { onRequest: recent }, async (request) => ({ by: request.cognito.username }))
}

/** Routes of tenants, whose user pools the application learns of while it runs. */
function addTenantRoutes(app: FastifyInstance): void {
  // The path says which tenant is meant, and the token has to be that tenant's. `tenant.host` takes the sub-domain.
  app.get('/t/:tenant/me', { onRequest: app.authRequired(tenant.path('tenant')) }, async (request) => ({
    tenant: request.cognito.tenant,
    username: request.cognito.username,
  }))
}

/** One guard protects a whole scope, so no route of the scope lacks a guard. */
function addStaffRoutes(scope: FastifyInstance, tenants: Tenants): void {
  const staff = scope.cognito.protect(scope, scope.authRequired('eu', { groups: 'staff' }))
  staff.get('/me', async (request) => describeCaller(request.cognito))

  // Without the reload, the list is read again within 30 seconds.
  staff.post<{ Body: TenantRow }>('/tenants/add', async ({ body }) => {
    tenants.set(body.name, body)
    await scope.cognito.tenants.reload()
    return { tenants: scope.cognito.tenants.size }
  })
  staff.post<{ Body: Pick<TenantRow, 'name'> }>('/tenants/remove', async ({ body }) => {
    tenants.delete(body.name)
    await scope.cognito.tenants.reload()
    return { tenants: scope.cognito.tenants.size }
  })
}
