/**
 * A chat over WebSockets. Browsers send the token as a subprotocol or a cookie, other clients in a header.
 * @module
 */
import cookie from '@fastify/cookie'
import websocket from '@fastify/websocket'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
// Your application imports from 'fastify-cognito'.
import cognito, {
  closeOnExpiry,
  fromCookie,
  fromHeader,
  fromSubprotocol,
  type PoolOptions,
} from '../../src/index.js'

/** Settings of the application. */
export interface Settings {
  readonly pool: PoolOptions
  /** Origin of the application's own pages. */
  readonly origin: string
}

/** Makes the application, ready to listen. */
export async function createApp({ pool, origin }: Settings): Promise<FastifyInstance> {
  const app = Fastify()
  // Without this function `ws` answers with the first offered subprotocol, which may be the token.
  const handleProtocols = (offers: Set<string>) => (offers.has('chat.v1') ? 'chat.v1' : false)
  await app.register(websocket, { options: { handleProtocols } })
  await app.register(cookie)
  await app.register(cognito, {
    pools: { eu: pool },
    tokenFrom: [fromHeader(), fromSubprotocol(), fromCookie('access_token')],
  })

  /** A browser sends the cookie from pages of every origin. `Origin` tells the origin of the page. */
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

      /** A client sends the next token before the current token expires. A refused token changes nothing. */
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
