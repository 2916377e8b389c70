/**
 * Claims by a schema of zod 4: its output is what a handler gets.
 * @module
 */
import Fastify, { type FastifyInstance } from 'fastify'
import cognito, { claimsFrom, definePools, type PoolOptions } from 'fastify-cognito'
import { z } from 'zod'

/** The claims of a member. `claimsFrom` gives them names, and makes a number of Cognito's text. */
const Member = claimsFrom(
  { tenant: 'custom:tenant_id', seats: { claim: 'custom:seats', as: 'integer' } },
  z.object({
    tenant: z
      .string()
      .min(1)
      .transform((name) => name.toUpperCase()),
    seats: z.number().min(1).optional(),
  }),
)

/** The claims of an administrator, under the names in the token. */
const Admin = z.object({ 'custom:tenant_id': z.literal('acme'), email_verified: z.literal(true) })

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
