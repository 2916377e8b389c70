// What do all variants have in common? The route, where it listens, and how a hook refuses.
import Fastify from 'fastify'

export const HOST = '127.0.0.1'
export const ANSWER = { ok: true }
export const REFUSAL = { message: 'Unauthorized' }

/**
 * @param {(app: import('fastify').FastifyInstance) => object | Promise<object>} guard - registers what it needs, and
 *   returns the options of the route
 */
export async function serveFastify(guard) {
  const app = Fastify()
  app.get('/', await guard(app), () => ANSWER)
  await app.listen({ host: HOST, port: 0 })
  return app.server.address().port
}

/** A hook around a function that throws for a bad token. */
export const onRequestSync = (verify) => ({
  onRequest(request, reply, done) {
    const token = readBearer(request)
    if (token === undefined) return void refuse(reply)
    try {
      request.raw.user = verify(token)
    } catch {
      return void refuse(reply)
    }
    done()
  },
})

/** A hook around a function that rejects for a bad token. */
export const onRequestAsync = (verify) => ({
  async onRequest(request, reply) {
    const token = readBearer(request)
    if (token === undefined) return refuse(reply)
    try {
      request.raw.user = await verify(token)
    } catch {
      return refuse(reply)
    }
  },
})

const readBearer = (request) => request.headers.authorization?.slice('Bearer '.length)

const refuse = (reply) => reply.code(401).send(REFUSAL)
