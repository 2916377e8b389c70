/**
 * WebSockets of `@fastify/websocket`: refused before the upgrade, by a header, a subprotocol or a cookie.
 * @module
 */
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import fastifyCookie from '@fastify/cookie'
import fastifyWebsocket from '@fastify/websocket'
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import type { WebSocket } from 'ws'
import cognito, { closeOnExpiry, fromCookie, fromHeader, fromSubprotocol } from '../../src/index.js'
import { bearer, startIssuer } from '../support/app.js'
import { holdTime, until } from '../support/held-time.js'
import { dial, toUpgrade, upgradeRaw } from '../support/websocket.js'

const { issuer, eu, us } = await startIssuer(t)
const OWN = 'https://app.example.com'

/** The recipe of docs/websockets.md. */
async function ownPagesOnly(request: FastifyRequest, reply: FastifyReply) {
  if (request.headers.origin === OWN) return
  reply.code(403)
  throw new Error('a page of another origin')
}

/** An application with a socket behind each kind of guard; each tells who has opened it. */
async function createServer(t: Test) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastifyWebsocket, {
    options: { handleProtocols: (offers) => (offers.has('chat.v1') ? 'chat.v1' : false) },
  })
  await app.register(fastifyCookie)
  await app.register(cognito, {
    pools: { eu: eu.options(), us: us.options() },
    keys: { prefetch: false },
    tokenFrom: [fromHeader(), fromSubprotocol(), fromCookie('access_token')],
  })
  app.get('/feed', { websocket: true, onRequest: app.authRequired('eu') }, (socket, request) => {
    closeOnExpiry(socket, request.cognito)
    socket.send(request.cognito.subject)
  })
  app.get('/late', { websocket: true, preHandler: app.authRequired('eu') }, (socket) => socket.send('in'))
  app.get('/valid', { websocket: true, preValidation: app.authRequired('eu') }, (socket) => socket.send('in'))
  app.register(async (scope) => {
    const protectedScope = app.cognito.protect(scope, app.authRequired('eu'))
    protectedScope.get('/scope', { websocket: true }, (socket) => socket.send('in'))
  })
  app.get('/chat', { websocket: true, onRequest: app.authRequired('eu') }, (socket, request) => {
    const { pool, subject } = request.cognito
    closeOnExpiry(socket, request.cognito)
    // The recipe of docs/websockets.md.
    async function renew(token: string) {
      const renewed = await app.cognito.verify(token, 'eu')
      if (renewed.pool === pool && renewed.subject === subject) closeOnExpiry(socket, renewed)
      else socket.close(4403, 'Another user')
    }
    socket.on('message', (data) => {
      renew(String(data)).then(
        () => socket.send('renewed'),
        () => socket.send('refused'),
      )
    })
  })
  app.get('/maybe', { websocket: true, onRequest: app.authOptional('eu') }, (socket, request) => {
    closeOnExpiry(socket, request.cognito)
    socket.send(request.cognito?.subject ?? 'nobody')
  })
  const admins = app.authRequired('eu', { groups: 'admin' })
  app.get('/admins', { websocket: true, onRequest: admins }, (socket) => socket.send('in'))
  app.get('/own', { websocket: true, onRequest: [ownPagesOnly, app.authRequired('eu')] }, (socket) =>
    socket.send('in'),
  )
  const refused: string[] = []
  app.addHook('onError', async (_request, _reply, { code }) => {
    refused.push(code)
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  return { app, port, refused, url: (path: string) => `ws://127.0.0.1:${port}${path}` }
}

const { app, port, refused, url } = await createServer(t)

/** Opens a socket and waits for its first message. */
async function greet(path: string, options: Parameters<typeof dial>[1]) {
  const { status, messages, socket } = await dial(url(path), options)
  if (status === 101) await until(() => messages.length > 0)
  socket.terminate()
  return status === 101 ? messages[0] : status
}

t.test('without a token the answer to the upgrade is a 401 with a challenge, and no socket', async (t) => {
  for (const path of ['/feed', '/valid', '/late', '/scope', '/admins']) {
    const answer = String(await upgradeRaw(port, path))
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    t.match(head, /^HTTP\/1\.1 401 Unauthorized\r\n/, path)
    t.match(head, /\r\nwww-authenticate: Bearer realm="api"\r\n/i)
    t.match(head, /\r\ncache-control: no-store\r\n/i)
    t.match(JSON.parse(body), { statusCode: 401, code: 'COGNITO_ERR_TOKEN_MISSING' })
  }
  t.equal(app.websocketServer.clients.size, 0)
})

t.test('a refusal before the upgrade says the same as any other', async (t) => {
  const refusals = {
    'a token of another pool': [us.accessToken(), 401, 'invalid_token'],
    'an expired token': [eu.accessToken({ exp: 1, iat: 0 }), 401, 'The access token expired'],
    'two tokens in one': [`${eu.accessToken()} x`, 400, 'invalid_request'],
    'a token without the group': [eu.accessToken(), 403, 'insufficient_scope'],
  } as const
  for (const [name, [token, status, challenge]] of Object.entries(refusals)) {
    const answer = await dial(url('/admins'), { headers: bearer(token) })
    t.equal(answer.status, status, name)
    t.match(answer.headers['www-authenticate'], challenge)
  }
  t.equal(await greet('/admins', { headers: bearer(eu.accessToken({ 'cognito:groups': ['admin'] })) }), 'in')
})

t.test('a header opens it', async (t) => {
  t.equal(await greet('/feed', { headers: bearer(eu.accessToken({ sub: 'ada' })) }), 'ada')
  for (const path of ['/valid', '/late', '/scope']) {
    t.equal(await greet(path, { headers: bearer(eu.accessToken()) }), 'in', path)
  }
})

t.test('a subprotocol opens it, and the server answers with another one', async (t) => {
  const token = `bearer.${eu.accessToken({ sub: 'ada' })}`
  for (const protocols of [
    ['chat.v1', token],
    [token, 'chat.v1'],
  ]) {
    const { status, headers, socket } = await dial(url('/feed'), { protocols })
    t.equal(status, 101)
    t.equal(headers['sec-websocket-protocol'], 'chat.v1')
    t.notOk(JSON.stringify(headers).includes(token), 'the token is not sent back')
    socket.terminate()
  }
  t.equal((await dial(url('/feed'), { protocols: ['chat.v1'] })).status, 401)
  t.equal((await dial(url('/feed'), { protocols: ['chat.v1', `bearer.${us.accessToken()}`] })).status, 401)
})

t.test('a cookie opens it, from a page of our own', async (t) => {
  const cookie = `access_token=${eu.accessToken({ sub: 'ada' })}`
  t.equal(await greet('/feed', { headers: { cookie } }), 'ada')
  t.equal(await greet('/own', { headers: { cookie }, origin: OWN }), 'in')
  for (const origin of ['https://evil.example.com', `${OWN}.evil.example`, 'null', undefined]) {
    const { status } = await dial(url('/own'), { headers: { cookie }, ...(origin && { origin }) })
    t.equal(status, 403, String(origin))
  }
  t.equal((await dial(url('/own'), { origin: OWN })).status, 401, 'the origin is no token')
})

t.test('an optional guard opens it for nobody, and not for a bad token', async (t) => {
  t.equal(await greet('/maybe', {}), 'nobody')
  t.equal(await greet('/maybe', { headers: bearer(eu.accessToken({ sub: 'ada' })) }), 'ada')
  t.equal((await dial(url('/maybe'), { headers: bearer(us.accessToken()) })).status, 401)
})

t.test('injectWS goes the same way', async (t) => {
  const socket = await app.injectWS('/feed', { headers: bearer(eu.accessToken()) })
  socket.terminate()
  await t.rejects(app.injectWS('/feed'), /401/)
})

t.test('a client that is gone while its token waits for a key harms nobody', async (t) => {
  issuer.delay = 300
  t.teardown(() => {
    issuer.delay = 0
  })
  for (const end of ['resetAndDestroy', 'end'] as const) {
    const before = refused.length
    const line = `authorization: Bearer ${eu.accessToken({}, { kid: end })}`
    const asked = once(app.server, 'upgrade')
    const client = connect(port, '127.0.0.1', () => client.write(toUpgrade('/feed', [line])))
    client.on('error', () => {})
    await asked
    t.equal(refused.length, before, 'it waits')
    client[end]()
    await until(() => refused.length > before)
  }
  t.equal(app.websocketServer.clients.size, 0)
  t.equal(await greet('/feed', { headers: bearer(eu.accessToken({ sub: 'ada' })) }), 'ada')
})

/** Tells whether a socket answers: a close that the server sent before would come first. */
async function isAlive(socket: WebSocket): Promise<boolean> {
  const gone = once(socket, 'close').then(() => false)
  socket.ping()
  return await Promise.race([once(socket, 'pong').then(() => true), gone])
}

t.test('closeOnExpiry: a socket ends with its token', async (t) => {
  using time = holdTime()
  const exp = Date.now() / 1000 + 2
  const { socket, closed } = await dial(url('/feed'), { headers: bearer(eu.accessToken({ exp })) })
  await time.advance(1999)
  t.equal(await isAlive(socket), true, 'a millisecond before')
  await time.advance(1)
  t.strictSame(await closed, { code: 4401, reason: 'The token expired' })
  const expired = await dial(url('/feed'), {
    headers: bearer(eu.accessToken({ exp: exp - 2, iat: exp - 60 })),
  })
  t.equal(expired.status, 101, 'a token that the guard accepts by its tolerance')
  t.strictSame(await expired.closed, { code: 4401, reason: 'The token expired' })
})

t.test(
  'a renewed token keeps a socket open; a refused one does not, and another user’s closes it',
  async (t) => {
    using time = holdTime()
    const now = Date.now() / 1000
    const mint = (seconds: number, sub = 'ada') => eu.accessToken({ sub, exp: now + seconds })
    const open = async () => dial(url('/chat'), { headers: bearer(mint(4)) })
    const [renewed, refused, other] = [await open(), await open(), await open()]
    renewed.socket.send(mint(7))
    refused.socket.send(us.accessToken({ sub: 'ada' }))
    other.socket.send(mint(7, 'eve'))
    t.strictSame(await other.closed, { code: 4403, reason: 'Another user' })
    await until(() => renewed.messages.length + refused.messages.length === 2)
    await time.advance(4000)
    t.equal((await refused.closed).code, 4401)
    t.strictSame(refused.messages, ['refused'])
    t.equal(renewed.socket.readyState, 1, 'past the end of the token that opened it')
    await time.advance(2999)
    t.equal(await isAlive(renewed.socket), true)
    await time.advance(1)
    t.equal((await renewed.closed).code, 4401)
    t.ok(Date.now() >= (now + 7) * 1000)
  },
)

t.test('closeOnExpiry: a client that ignores the close is cut off', async (t) => {
  using time = holdTime()
  const exp = Date.now() / 1000 + 1
  let isCutOff = false
  const heard = upgradeRaw(port, '/feed', [`authorization: Bearer ${eu.accessToken({ exp })}`])
  void heard.then(() => {
    isCutOff = true
  })
  await until(() => [...app.websocketServer.clients].some(({ readyState }) => readyState === 1))
  await time.advance(1000 + 1999)
  t.equal(isCutOff, false)
  await time.advance(1)
  t.ok((await heard).includes(Buffer.from([0x88, 19, 0x11, 0x31])), 'it was told so')
})
