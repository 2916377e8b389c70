/**
 * A small SaaS: tenants with a sub-domain and a user pool each, in PostgreSQL, which staff adds and removes while servers run.
 * @module
 */
import Fastify, { type FastifyInstance } from 'fastify'
import cognito, { type PoolOptions, tenant } from 'fastify-cognito'
import { TenantTable } from './database.js'

/** Where the application is, and who may add tenants. */
export interface Settings {
  /** Of PostgreSQL. */
  readonly databaseUrl: string
  /** The pool of the staff, which is no tenant. */
  readonly staff: PoolOptions
  /** The domain of all tenants: `acme` has `acme.example.test`. */
  readonly domain: `.${string}`
  /** Age at which the list is read without a notification; seconds. */
  readonly refreshAfter?: number
}

/** A tenant as staff sends it. The name has to be a label of a host, because the sub-domain is made of it. */
interface NewTenant {
  readonly Params: { readonly name: string }
  readonly Body: { readonly userPoolId: string; readonly appClientId: string }
}

const text = (pattern: string) => ({ type: 'string', pattern })
const newTenant = {
  params: { type: 'object', properties: { name: text('^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$') } },
  body: {
    type: 'object',
    required: ['userPoolId', 'appClientId'],
    properties: {
      userPoolId: text('^[a-z]{2}(-[a-z]+)+-\\d_[A-Za-z0-9]{1,55}$'),
      appClientId: text('^\\w+$'),
    },
  },
} as const

/** Makes the application. Several of them share a database. */
export async function createApp(settings: Settings): Promise<FastifyInstance> {
  const { databaseUrl, staff, domain, refreshAfter = 30 } = settings
  const table = new TenantTable(databaseUrl)
  await table.create()
  const app = Fastify()
  await app.register(cognito, {
    pools: { staff },
    tenants: { load: () => table.list(), refreshAfter },
  })
  followTable(app, table)

  // The host of the request says which tenant is meant, and the token has to be that tenant's.
  const ofTenant = app.authRequired(tenant.host(domain))
  app.get('/orders', { onRequest: ofTenant }, async ({ cognito: { tenant, subject } }) => ({
    tenant,
    orders: [`an order of ${subject}`],
  }))
  app.register(async (scope) => addAdminRoutes(scope, table), { prefix: '/admin' })
  return app
}

/** Lets the plugin read the list as soon as the table changes. Without a notification it does so every `refreshAfter` seconds. */
function followTable(app: FastifyInstance, table: TenantTable): void {
  const closing = new AbortController()
  let following: Promise<void> | undefined
  app.addHook('onReady', async () => {
    following = table.follow(() => void app.cognito.tenants.reload(), closing.signal)
  })
  app.addHook('onClose', async () => {
    closing.abort()
    await following
    await table.close()
  })
}

/** Routes for staff alone: no token of a tenant opens them. */
function addAdminRoutes(scope: FastifyInstance, table: TenantTable): void {
  const admin = scope.cognito.protect(scope, scope.authRequired('staff', { groups: 'admin' }))

  admin.get('/tenants', async () => {
    const { size, ageSeconds, skipped } = scope.cognito.tenants
    return { size, ageSeconds, skipped }
  })

  admin.put<NewTenant>('/tenants/:name', { schema: newTenant }, async ({ params, body }, reply) => {
    const isAdded = await table.add({ ...params, ...body })
    // This server knows of the change before it answers. The others hear of it by the database.
    await scope.cognito.tenants.reload()
    return await reply.code(isAdded ? 201 : 409).send({ isAdded })
  })

  admin.delete<Pick<NewTenant, 'Params'>>('/tenants/:name', async ({ params }, reply) => {
    const isRemoved = await table.remove(params.name)
    await scope.cognito.tenants.reload()
    return await reply.code(isRemoved ? 200 : 404).send({ isRemoved })
  })
}
