/**
 * All plugins together: security headers, CORS, cookies, rate limits, the application's own tokens, and Cognito.
 * @module
 */
import cookie from '@fastify/cookie'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import jwt from '@fastify/jwt'
import rateLimit, { normalizeIP } from '@fastify/rate-limit'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
// Your application imports from 'fastify-cognito'.
import cognito, { fromCookie, fromHeader, type PoolOptions } from '../../src/index.js'

/** Settings of the application. */
export interface Settings {
  readonly pool: PoolOptions
  /** Origin of the application's own pages. */
  readonly origin: string
  /** Secret of the tokens that the application itself issues. */
  readonly secret: string
}

/** Makes the application, ready to listen. */
export async function createApp({ pool, origin, secret }: Settings): Promise<FastifyInstance> {
  const app = Fastify()
  // Plugins that answer before a guard, or add headers to its refusals, come first.
  await app.register(helmet)
  await app.register(cors, { origin, credentials: true, exposedHeaders: ['WWW-Authenticate', 'Retry-After'] })
  await app.register(cookie)
  await app.register(rateLimit, { max: 3, timeWindow: '1 minute', keyGenerator: identify })
  await app.register(jwt, { secret })
  await app.register(cognito, { pools: { eu: pool }, tokenFrom: [fromHeader(), fromCookie('access_token')] })

  // This limit counts addresses before the guards. The limit of a route counts callers after its guard.
  const countAddress = app.createRateLimit({
    max: 20,
    timeWindow: '1 minute',
    keyGenerator: ({ ip }) => normalizeIP(ip),
  })
  app.addHook('onRequest', async (request, reply) => {
    const count = await countAddress(request)
    if (count.isAllowed || !count.isExceeded) return
    reply.code(429).header('retry-after', String(count.ttlInSeconds))
    throw new Error('Too many requests')
  })
  app.addHook('onRequest', ownPagesOnly)
  addRoutes(app)

  /** Refuses cross-site requests: a request with the cookie has to come from a page of this application. */
  async function ownPagesOnly(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const isHarmless = request.method === 'GET' || request.method === 'HEAD'
    if (isHarmless || request.cookies['access_token'] === undefined || request.headers.origin === origin)
      return
    reply.code(403)
    throw new Error('A page of another origin')
  }
  return app
}

function addRoutes(app: FastifyInstance): void {
  app.get('/me', { onRequest: app.authRequired('eu') }, async (request) => request.cognito.subject)
  app.get(
    '/greeting',
    { onRequest: app.authOptional('eu') },
    async (request) => request.cognito?.subject ?? 'stranger',
  )
  app.post('/orders', { onRequest: app.authRequired('eu') }, async () => ({ ordered: true }))

  // A download needs a link that the application has signed with its own @fastify/jwt.
  app.get('/download', { onRequest: app.authRequired('eu') }, async () =>
    app.jwt.sign({ file: 'report' }, { expiresIn: 60 }),
  )
  app.get('/file', { onRequest: (request) => request.jwtVerify() }, async (request) => request.user)
}

/** Each user has a separate count, from any address. Anonymous callers are counted by address. */
function identify({ cognito, ip }: FastifyRequest): string {
  return cognito ? `user ${cognito.pool} ${cognito.subject}` : `address ${normalizeIP(ip)}`
}
