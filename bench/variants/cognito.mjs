// fastify-cognito itself, with and without its memory of tokens.
import cognito from '../../dist/index.js'
import { serveFastify } from './serve.mjs'

const serve = (pool, options) =>
  serveFastify(async (app) => {
    await app.register(cognito, { pools: { eu: pool.options }, ...options })
    return { onRequest: app.authRequired('eu') }
  })

export const variants = {
  'fastify-cognito': (pool) => serve(pool, {}),
  'fastify-cognito, no cache': (pool) => serve(pool, { tokenCache: false }),
}
