/**
 * A tRPC router behind Fastify: procedures that know their caller, over HTTP and over WebSockets.
 * @module
 */
import websocket from '@fastify/websocket'
import { initTRPC, TRPCError } from '@trpc/server'
import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from '@trpc/server/adapters/fastify'
import type { TRPC_ERROR_CODE_KEY } from '@trpc/server/rpc'
import Fastify, { type FastifyInstance } from 'fastify'
import cognito, { CognitoError, type PoolOptions, type VerifiableRequest } from 'fastify-cognito'

/** The statuses of refusals, under the names that tRPC has for them. Another status stays an internal error. */
const CODES: Readonly<Record<number, TRPC_ERROR_CODE_KEY>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  503: 'SERVICE_UNAVAILABLE',
}

/** Gives a refusal the code that tRPC answers with. The refusal itself stays as the cause. */
function toTRPCError(cause: unknown): unknown {
  const code = cause instanceof CognitoError ? CODES[cause.statusCode] : undefined
  return cause instanceof CognitoError && code !== undefined
    ? new TRPCError({ code, message: cause.message, cause })
    : cause
}

const READ = { scopes: 'orders/read' } as const

/** A request of Fastify over HTTP, and the request of the upgrade over a WebSocket. */
interface Context {
  readonly request: VerifiableRequest
}

/** Makes the router. */
function createRouter(app: FastifyInstance) {
  const t = initTRPC.context<Context>().create()
  const { verifyRequest } = app.cognito

  const guarded = t.procedure.use(async ({ ctx, next }) => {
    const caller = await verifyRequest(ctx.request, 'users', READ).catch((error) => {
      throw toTRPCError(error)
    })
    return next({ ctx: { caller } })
  })

  return t.router({
    health: t.procedure.query(() => 'up'),
    greet: t.procedure.query(async ({ ctx }) => {
      const caller = await verifyRequest.optional(ctx.request, 'users').catch((error) => {
        throw toTRPCError(error)
      })
      return `Hello, ${caller?.subject ?? 'stranger'}`
    }),
    orders: guarded.query(({ ctx: { caller } }) => [`an order of ${caller.subject}`]),
    ticks: guarded.subscription(async function* ({ ctx: { caller } }) {
      for (const tick of [1, 2]) yield `tick ${tick} for ${caller.subject}`
    }),
  })
}

export type Router = ReturnType<typeof createRouter>

/** Makes the application. */
export async function createApp(pool: PoolOptions): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(websocket)
  await app.register(cognito, { pools: { users: pool }, realm: 'orders' })
  await app.register(fastifyTRPCPlugin, {
    prefix: '/trpc',
    useWSS: true,
    trpcOptions: {
      router: createRouter(app),
      createContext: ({ req }) => ({ request: req }),
      // The challenge of a refusal: without it, a client does not know what the token lacks.
      responseMeta({ errors }) {
        const refusal = errors.map(({ cause }) => cause).find((cause) => cause instanceof CognitoError)
        return refusal === undefined ? {} : { headers: refusal.headers }
      },
    } satisfies FastifyTRPCPluginOptions<Router>['trpcOptions'],
  })
  return app
}
