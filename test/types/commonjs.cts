/**
 * A CommonJS program: TypeBox declares its symbols once more for it. TypeScript 5.8 is the first to take `require` of an
 * ES module.
 */
import { Type } from '@sinclair/typebox'

import Fastify = require('fastify')
import cognito = require('fastify-cognito')

import { expectType } from './expect.js'

const pools = cognito.definePools({
  eu: {
    userPoolId: 'eu-west-1_PwMfVzLQg',
    appClientId: 'client',
    claims: Type.Object({
      tenantId: Type.String({ alias: 'custom:tenant_id' }),
      endsAt: Type.Transform(Type.String())
        .Decode((text) => new Date(text))
        .Encode((date) => date.toISOString()),
    }),
  },
})

declare module 'fastify-cognito' {
  interface Register {
    pools: typeof pools
  }
}

type Claims = cognito.AccessClaims & { readonly tenantId: string; readonly endsAt: Date }

const app = Fastify()
app.register(cognito.default, { pools })
app.register(cognito.cognito, { pools })
app.after(() => {
  app.get('/eu', { onRequest: app.authRequired('eu') }, async (request) => {
    expectType<cognito.Authentication<'eu', 'access', Claims>>()(request.cognito)
  })
  // @ts-expect-error an unknown pool
  app.authRequired('us')
})
