/**
 * Everything at once: security headers, CORS, cookies, rate limits, tokens of the application's own, and Cognito.
 * @module
 */
import cookie from '@fastify/cookie'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import jwt from '@fastify/jwt'
import rateLimit, { normalizeIP } from '@fastify/rate-limit'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
// In an application of your own: from 'fastify-cognito'.
import cognito, { fromCookie, fromHeader, type PoolOptions } from '../../src/index.js'

/** What the application is told. */
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
  // What has to answer before a guard, or on its refusals too, comes first.
  await app.register(helmet)
  await app.register(cors, { origin, credentials: true, exposedHeaders: ['WWW-Authenticate', 'Retry-After'] })
  await app.register(cookie)
  await app.register(rateLimit, { max: 3, timeWindow: '1 minute', keyGenerator: identify })
  await app.register(jwt, { secret })
  await app.register(cognito, { pools: { eu: pool }, tokenFrom: [fromHeader(), fromCookie('access_token')] })

  // Whoever knocks too often is sent away before the guards; callers are counted behind them.
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

  /** Against cross-site requests: whoever carries the cookie has to come from a page of our own. */
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

  // Downloads by a link that the application itself has signed: @fastify/jwt is its own.
  app.get('/download', { onRequest: app.authRequired('eu') }, async () =>
    app.jwt.sign({ file: 'report' }, { expiresIn: 60 }),
  )
  app.get('/file', { onRequest: (request) => request.jwtVerify() }, async (request) => request.user)
}

/** Users are counted each for themselves, wherever they come from; everybody else by address. */
function identify({ cognito, ip }: FastifyRequest): string {
  return cognito ? `user ${cognito.pool} ${cognito.subject}` : `address ${normalizeIP(ip)}`
}
