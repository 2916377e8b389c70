/**
 * The check of the checks: each line so marked has to be an error, or the other programs prove nothing.
 */

import Fastify from 'fastify'
import { definePools } from 'fastify-cognito'
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
expectType<{ a?: string }>()({} as { readonly a?: string }) // must fail
