/**
 * Where types of several plugins meet on one route: sockets, cookies, limits, tokens of the application's own, and both
 * generations of TypeBox.
 */
import fastifyCookie from '@fastify/cookie'
import fastifyJwt from '@fastify/jwt'
import fastifyRateLimit from '@fastify/rate-limit'
import fastifyWebsocket from '@fastify/websocket'
import { Type } from '@sinclair/typebox'
import Fastify, { type FastifyRequest } from 'fastify'
import cognito, {
  type AccessClaims,
  type Authentication,
  type AuthOf,
  type ClosableSocket,
  closeOnExpiry,
  definePools,
  fromCookie,
  type IdClaims,
  type Pools,
} from 'fastify-cognito'
import type { TypeBoxTypeProvider } from 'type-provider-typebox-next'
import { Type as NextType } from 'typebox'
import type { WebSocket as NodeWebSocket } from 'ws'
import { expectType } from './expect.js'

const pools = definePools({
  eu: { userPoolId: 'eu-west-1_PwMfVzLQg', appClientId: 'client' },
  us: { userPoolId: 'us-east-1_Ab129faBb', appClientId: 'client', tokenUse: 'id' },
})

declare module 'fastify-cognito' {
  interface Register {
    pools: typeof pools
  }
}

interface OwnUser {
  readonly own: true
}

declare module '@fastify/jwt' {
  interface FastifyJWT {
    user: OwnUser
  }
}

type Eu = Authentication<'eu', 'access', AccessClaims>
type Us = Authentication<'us', 'id', IdClaims>

const app = Fastify()
await app.register(fastifyCookie)
await app.register(fastifyJwt, { secret: 'own' })
await app.register(fastifyWebsocket)
await app.register(fastifyRateLimit, {
  keyGenerator: ({ cognito, ip }) => {
    expectType<Authentication | null>()(cognito)
    return cognito?.subject ?? ip
  },
})
await app.register(cognito, { pools, tokenFrom: fromCookie('access_token') })

// Sockets.
async function ownPagesOnly(request: FastifyRequest) {
  expectType<string | undefined>()(request.cookies['access_token'])
}
app.get('/feed', { websocket: true, onRequest: app.authRequired('eu') }, (socket, request) => {
  expectType<NodeWebSocket>()(socket)
  expectType<Eu>()(request.cognito)
  closeOnExpiry(socket, request.cognito)
})
app.get(
  '/own',
  { websocket: true, onRequest: [ownPagesOnly, app.authRequired('eu')] },
  (_socket, request) => {
    expectType<Eu>()(request.cognito)
  },
)
app.get('/any', { websocket: true, preHandler: app.authRequired(['eu', 'us']) }, async (socket, request) => {
  expectType<Eu | Us>()(request.cognito)
  closeOnExpiry(socket, await app.cognito.verify('token', 'us'))
})
app.get('/maybe', { websocket: true, onRequest: app.authOptional('us') }, (socket, request) => {
  expectType<Us | null>()(request.cognito)
  closeOnExpiry(socket, request.cognito)
  // @ts-expect-error nobody has to be said
  closeOnExpiry(socket, request.cognito?.subject === 'ada' ? request.cognito : undefined)
  // @ts-expect-error the request is no authentication
  closeOnExpiry(socket, request)
  // @ts-expect-error and no socket
  closeOnExpiry(request, request.cognito)
})
app.register(async (scope) => {
  const us = app.cognito.protect(scope, app.authRequired('us'))
  us.get('/protected', { websocket: true }, (_socket, request) => {
    expectType<Us>()(request.cognito)
  })
})
declare const browsers: {
  readonly readyState: 0 | 1 | 2 | 3
  close(code?: number, reason?: string): void
  addEventListener<K extends 'close' | 'open'>(type: K, listener: (event: { type: K }) => unknown): void
  addEventListener(type: string, listener: (event: object) => unknown, options?: boolean): void
}
expectType<void>()(closeOnExpiry(browsers, null as AuthOf<Pools, 'eu'> | null))
export const closable: ClosableSocket = browsers

// The application's own tokens.
app.get('/both', { onRequest: [app.authRequired('eu')] }, async (request) => {
  expectType<Eu>()(request.cognito)
  expectType<OwnUser>()(request.user)
  await request.jwtVerify()
  return app.jwt.sign({ own: true })
})

// Bodies of one TypeBox, claims of the other.
const next = app.withTypeProvider<TypeBoxTypeProvider>()
const body = NextType.Object({ item: NextType.String(), count: NextType.Optional(NextType.Integer()) })
const claims = Type.Object({ seats: Type.Integer({ alias: 'custom:seats' }) })
next.post('/orders', { schema: { body }, onRequest: app.authRequired('eu', { claims }) }, async (request) => {
  expectType<{ item: string; count?: number }>()(request.body)
  expectType<number>()(request.cognito.claims.seats)
})
next.get('/feed/next', { websocket: true, onRequest: app.authRequired('eu') }, (_socket, request) => {
  expectType<Eu>()(request.cognito)
})
// @ts-expect-error a schema of the other TypeBox
app.authRequired('eu', { claims: body })
