/**
 * Claims by a schema of typebox 1.x, with the aliases and conversions of TypeBox 0.34.
 * @module
 */
import Fastify, { type FastifyInstance } from 'fastify'
import cognito, { definePools, type PoolOptions } from 'fastify-cognito'
import { claims } from 'fastify-cognito/typebox'
import Type from 'typebox'

/** The claims of a member. `alias` names them, and a number is made of Cognito's text. */
const Member = claims(
  Type.Object({
    tenant: Type.Decode(Type.String({ alias: 'custom:tenant_id', minLength: 1 }), (name) =>
      name.toUpperCase(),
    ),
    seats: Type.Optional(Type.Integer({ alias: 'custom:seats', minimum: 1 })),
  }),
)

/** The claims of an administrator. */
const Admin = claims(
  Type.Object({ 'custom:tenant_id': Type.Literal('acme'), email_verified: Type.Literal(true) }),
)

/** Makes the pools: tokens of `eu` have to be ID tokens with the claims of a member. */
const toPools = (eu: PoolOptions) => definePools({ eu: { ...eu, tokenUse: 'id', claims: Member } })

declare module 'fastify-cognito' {
  interface Register {
    pools: ReturnType<typeof toPools>
  }
}

/**
 * Makes the application.
 *
 * @param eu - the options of the pool
 * @param log - gets each line of the log
 */
export async function createApp(eu: PoolOptions, log: (line: string) => void): Promise<FastifyInstance> {
  const app = Fastify({ logger: { stream: { write: log } } })
  await app.register(cognito, { pools: toPools(eu) })
  app.get('/me', { onRequest: app.authRequired('eu') }, async ({ cognito: { claims } }) => {
    const tenant: string = claims.tenant
    const seats: number | undefined = claims.seats
    return { tenant, seats }
  })
  const admin = app.authRequired('eu', { claims: Admin })
  app.get('/admin', { onRequest: admin }, async ({ cognito: { claims } }) => {
    const tenant: 'acme' = claims['custom:tenant_id']
    return { tenant, subject: claims.sub }
  })
  return app
}
