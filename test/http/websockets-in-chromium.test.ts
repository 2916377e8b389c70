/**
 * What a page sees in a real Chromium: of sockets, of their refusal and of their end, and of a refusal behind CORS.
 * @module
 */
import type { AddressInfo } from 'node:net'
import fastifyCookie from '@fastify/cookie'
import fastifyCors from '@fastify/cors'
import fastifyWebsocket from '@fastify/websocket'
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import cognito, { closeOnExpiry, fromCookie, fromHeader, fromSubprotocol } from '../../src/index.js'
import { startIssuer } from '../support/app.js'
import { inChromium, launchChromium } from '../support/chromium.js'
import { holdTime, until } from '../support/held-time.js'
import { startServer } from '../support/server.js'

/** What became of a socket, as its page can tell. */
interface Seen {
  readonly opened: boolean
  readonly protocol: string
  readonly message: string | undefined
  readonly code: number | undefined
  readonly reason: string | undefined
}

/** Opens a socket in the page; waits for its end, or for its first message only. */
function dial(
  page: Page,
  url: string,
  protocols: readonly string[] = [],
  untilClosed = false,
): Promise<Seen> {
  return page.evaluate(
    ({ url, protocols, untilClosed }) =>
      new Promise<Seen>((resolve) => {
        const socket = new WebSocket(url, protocols)
        const seen = { opened: false, protocol: '', message: undefined, code: undefined, reason: undefined }
        socket.onopen = () => Object.assign(seen, { opened: true, protocol: socket.protocol })
        socket.onmessage = ({ data }) => {
          Object.assign(seen, { message: data })
          if (!untilClosed) resolve(seen)
        }
        socket.onclose = ({ code, reason }) => resolve({ ...seen, code, reason })
      }),
    { url, protocols: [...protocols], untilClosed },
  )
}

/** A page of nothing, on an origin of its own. */
const startSite = (t: Test) =>
  startServer(t, (_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<title>page</title>'),
  )

t.test('in Chromium', inChromium, async (t) => {
  const { eu } = await startIssuer(t)
  const [own, foreign] = [await startSite(t), await startSite(t)]
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastifyWebsocket, {
    options: { handleProtocols: (offers) => (offers.has('chat.v1') ? 'chat.v1' : false) },
  })
  await app.register(fastifyCookie)
  await app.register(fastifyCors, { origin: own, exposedHeaders: ['WWW-Authenticate'] })
  await app.register(cognito, {
    pools: { eu: eu.options() },
    tokenFrom: [fromHeader(), fromSubprotocol(), fromCookie('access_token')],
  })
  const cookieOptions = { httpOnly: true, sameSite: 'strict', path: '/' } as const
  app.get('/sign-in', async (_request, reply) =>
    reply.setCookie('access_token', eu.accessToken({ sub: 'ada' }), cookieOptions).send('in'),
  )
  app.get('/me', { onRequest: app.authRequired('eu') }, async (request) => request.cognito?.subject)
  let opened = 0
  app.get('/feed', { websocket: true, onRequest: app.authRequired('eu') }, (socket, request) => {
    closeOnExpiry(socket, request.cognito)
    socket.send(request.cognito?.subject)
    opened += 1
  })
  async function ownPagesOnly(request: FastifyRequest, reply: FastifyReply) {
    if (request.headers.origin === own) return
    reply.code(403)
    throw new Error('a page of another origin')
  }
  app.get(
    '/own',
    { websocket: true, onRequest: [ownPagesOnly, app.authRequired('eu')] },
    (socket, request) => {
      socket.send(request.cognito?.subject)
    },
  )
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const url = (path: string) => `ws://127.0.0.1:${port}${path}`
  const browser = await launchChromium()
  t.teardown(() => browser.close())

  /** A page of a browser that has signed in, and so has the cookie; or has not. */
  async function open(site: string, isSignedIn = false): Promise<Page> {
    const page = await (await browser.newContext()).newPage()
    if (isSignedIn) await page.goto(`${origin}/sign-in`)
    await page.goto(site)
    return page
  }

  await t.test('a subprotocol opens a socket, where the server answers with another one', async (t) => {
    const page = await open(own)
    const token = `bearer.${eu.accessToken({ sub: 'ada' })}`
    t.match(await dial(page, url('/feed'), ['chat.v1', token]), {
      opened: true,
      protocol: 'chat.v1',
      message: 'ada',
    })
    t.match(await dial(page, url('/feed'), [token]), { opened: false, code: 1006 }, 'none to answer with')
  })

  await t.test('a refusal is 1006, whatever its reason', async (t) => {
    const page = await open(own)
    const expired = `bearer.${eu.accessToken({ exp: 1, iat: 0 })}`
    for (const protocols of [['chat.v1'], ['chat.v1', expired]]) {
      t.match(await dial(page, url('/feed'), protocols), { opened: false, code: 1006, reason: '' })
    }
  })

  await t.test('the end of a token is 4401', async (t) => {
    const page = await open(own)
    using time = holdTime()
    const token = eu.accessToken({ sub: 'ada', exp: Date.now() / 1000 + 2 })
    const before = opened
    const seen = dial(page, url('/feed'), ['chat.v1', `bearer.${token}`], true)
    await until(() => opened > before)
    await time.advance(2000)
    t.match(await seen, { opened: true, message: 'ada', code: 4401, reason: 'The token expired' })
  })

  await t.test('a cookie opens a socket; from a foreign page too, unless Origin is looked at', async (t) => {
    const page = await open(own, true)
    t.equal(await page.evaluate('document.cookie'), '', 'the page cannot read it')
    t.match(await dial(page, url('/own')), { opened: true, message: 'ada' })
    const hijacker = await open(foreign, true)
    t.match(
      await dial(hijacker, url('/feed')),
      { opened: true, message: 'ada' },
      'SameSite does not know ports',
    )
    t.match(await dial(hijacker, url('/own')), { opened: false, code: 1006 })
    const stranger = await open(foreign.replace('127.0.0.1', 'localhost'), true)
    t.match(await dial(stranger, url('/feed')), { opened: false, code: 1006 }, 'it knows sites')
    t.match(await dial(await open(own), url('/own')), { opened: false, code: 1006 }, 'without it')
  })

  await t.test('a page can read why a request was refused', async (t) => {
    const ask = (page: Page, token: string) =>
      page.evaluate(
        async ({ url, token }) => {
          const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
          return [response.status, response.headers.get('www-authenticate')]
        },
        { url: `${origin}/me`, token },
      )
    const page = await open(own)
    t.strictSame(await ask(page, eu.accessToken()), [200, null])
    const [status, challenge] = await ask(page, eu.accessToken({ exp: 1, iat: 0 }))
    t.equal(status, 401)
    t.match(challenge, /error="invalid_token", error_description="The access token expired"/)
    await t.rejects(ask(await open(foreign), eu.accessToken()), /Failed to fetch/)
  })
})
