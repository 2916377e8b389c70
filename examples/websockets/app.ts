/**
 * A chat over WebSockets: for browsers by a subprotocol or a cookie, for everything else by a header.
 * @module
 */
import cookie from '@fastify/cookie'
import websocket from '@fastify/websocket'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
// In an application of your own: from 'fastify-cognito'.
import cognito, {
  closeOnExpiry,
  fromCookie,
  fromHeader,
  fromSubprotocol,
  type PoolOptions,
} from '../../src/index.js'

/** What the application is told. */
export interface Settings {
  readonly pool: PoolOptions
  /** Origin of the application's own pages. */
  readonly origin: string
}

/** Makes the application, ready to listen. */
export async function createApp({ pool, origin }: Settings): Promise<FastifyInstance> {
  const app = Fastify()
  // Without this `ws` answers with the first subprotocol that is offered, which may be the token.
  const handleProtocols = (offers: Set<string>) => (offers.has('chat.v1') ? 'chat.v1' : false)
  await app.register(websocket, { options: { handleProtocols } })
  await app.register(cookie)
  await app.register(cognito, {
    pools: { eu: pool },
    tokenFrom: [fromHeader(), fromSubprotocol(), fromCookie('access_token')],
  })

  /** A browser sends the cookie from every page, and tells by `Origin` which it is. */
  async function ownPagesOnly(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (request.cookies['access_token'] === undefined || request.headers.origin === origin) return
    reply.code(403)
    throw new Error('a page of another origin')
  }

  app.get(
    '/chat',
    { websocket: true, onRequest: [ownPagesOnly, app.authRequired('eu')] },
    (socket, request) => {
      const { pool, subject } = request.cognito
      closeOnExpiry(socket, request.cognito)
      socket.send(`Hello, ${subject}`)

      /** A client sends the next token before this one expires. One that is refused changes nothing. */
      async function renew(token: string): Promise<void> {
        const renewed = await app.cognito.verify(token, 'eu')
        if (renewed.pool !== pool || renewed.subject !== subject) {
          socket.close(4403, 'Another user')
          return
        }
        closeOnExpiry(socket, renewed)
        socket.send('renewed')
      }

      socket.on('message', (data) => {
        renew(String(data)).catch((error) =>
          request.log.info({ code: error.code }, 'the token is not renewed'),
        )
      })
    },
  )
  return app
}
