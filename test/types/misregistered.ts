/**
 * A program that declares pools which `definePools` never saw: `tokenUse` is any string there, so what a guard
 * proves is unknown. It has to be told so, and not to fall back to any names in silence.
 */
import Fastify from 'fastify'
import cognito, { type Pools } from 'fastify-cognito'
import { expectType } from './expect.js'

const pools = { eu: { userPoolId: 'eu-west-1_PwMfVzLQg', appClientId: 'client', tokenUse: 'id' } }

declare module 'fastify-cognito' {
  interface Register {
    pools: typeof pools
  }
}

expectType<'Register.pools has to be typeof what definePools returned'>()(null as never as keyof Pools)

const app = Fastify()
// @ts-expect-error pools that are no pools
await app.register(cognito, { pools })
// @ts-expect-error no name is known
app.authRequired('eu')
