/**
 * The check of the checks: each line so marked has to be an error, or the other programs prove nothing.
 */

import Fastify from 'fastify'
import { claimsFrom, definePools, type StandardSchema } from 'fastify-cognito'
import { closedObject, documented, integer, withDefault } from '../../dist/base/option-schema.js'
import { Type } from '../../dist/base/schema.js'
import { expectType } from './expect.js'

const pools = definePools({ eu: { userPoolId: 'eu-west-1_PwMfVzLQg', appClientId: 'client' } })

declare module 'fastify-cognito' {
  interface Register {
    pools: typeof pools
  }
}

const app = Fastify()
app.authRequired('asia') // must fail
// @ts-expect-error must fail
app.authRequired('eu')
app.get('/', { onRequest: app.authOptional('eu') }, async (request) => {
  expectType<'eu'>()(request.cognito?.pool) // must fail
})
expectType<string>()(JSON.parse('""')) // must fail

declare const text: StandardSchema<string, string>
declare const member: StandardSchema<{ seats: number }, { seats: number }>
app.authRequired('eu', { claims: text }) // must fail
app.get('/seats', { onRequest: app.authRequired('eu', { claims: member }) }, async (request) => {
  expectType<string>()(request.cognito.claims.seats) // must fail
})
claimsFrom({ seat: 'custom:seats' }, member) // must fail
expectType<{ a?: string }>()({} as { readonly a?: string }) // must fail

/** The interface and the schema of options may differ in `readonly` alone. */
interface Options {
  readonly max?: number
  readonly names: readonly string[]
}
const max = withDefault(integer(1, 9), 5)
const names = Type.Array(Type.String())
documented<Options>()(closedObject({ max, names }, 'options'))
documented<Options>()(closedObject({ names }, 'options')) // must fail
documented<Options>()(closedObject({ max, names, ttl: max }, 'options')) // must fail
documented<Options>()(closedObject({ max: integer(1, 9), names }, 'options')) // must fail
documented<Options>()(closedObject({ max, names: Type.Optional(names) }, 'options')) // must fail
documented<Options>()(closedObject({ max, names: Type.String() }, 'options')) // must fail
withDefault(integer(1, 9), '5') // must fail
