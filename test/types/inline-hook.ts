/**
 * An inline hook without a type, in the same array as the guard. TypeScript 5 loses the guard's type here.
 */
import Fastify from 'fastify'
import type { Authentication } from 'fastify-cognito'
import { expectType } from './expect.js'

const app = Fastify()
app.get(
  '/',
  { onRequest: [async (request) => request.log.info('asked'), app.authRequired('eu', { tokenUse: 'id' })] },
  async (request) => {
    expectType<'eu'>()(request.cognito.pool)
    expectType<'id'>()(request.cognito.tokenUse)
  },
)
app.get('/open', async (request) => {
  expectType<Authentication | null>()(request.cognito)
})
