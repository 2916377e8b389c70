/**
 * Where a request carries its token: headers, cookies, subprotocols and, only if asked for, the query string.
 * @module
 */
import type { AddressInfo } from 'node:net'
import fastifyCookie from '@fastify/cookie'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import cognito, {
  fromCookie,
  fromHeader,
  fromQuery,
  fromSubprotocol,
  type TokenFrom,
} from '../../src/index.js'
import { startIssuer } from '../support/app.js'
import { sendRaw } from '../support/raw-http.js'

const { eu } = await startIssuer(t)
const token = eu.accessToken()
const bad = eu.accessToken({ exp: 1, iat: 0 })

async function createServer(t: Test, tokenFrom: TokenFrom) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastifyCookie)
  await app.register(cognito, { pools: { eu: eu.options() }, tokenFrom })
  app.get('/', { onRequest: app.authRequired() }, async () => 'in')
  app.get('/optional', { onRequest: app.authOptional() }, async ({ cognito }) => cognito?.pool ?? 'nobody')
  const status = async (headers: Record<string, string>, query = '') =>
    (await app.inject({ url: `/${query}`, headers })).statusCode
  const optional = async (headers: Record<string, string>, query = '') => {
    const response = await app.inject({ url: `/optional${query}`, headers })
    return response.statusCode === 200 ? response.body : response.statusCode
  }
  return { app, status, optional }
}

t.test('a header of another name and scheme, in any case', async (t) => {
  const { status, optional } = await createServer(t, fromHeader({ name: 'X-Amzn-Access', scheme: 'Token' }))
  t.equal(await status({ 'x-amzn-access': `Token ${token}` }), 200)
  t.equal(await status({ 'x-amzn-access': `token   ${token}` }), 200)
  t.equal(await status({ 'x-amzn-access': `Bearer ${token}` }), 401)
  t.equal(await status({ 'x-amzn-access': 'Token' }), 400)
  t.equal(await status({ authorization: `Bearer ${token}` }), 401)
  t.equal(await optional({ authorization: `Bearer ${token}` }), 'nobody')
})

t.test('a header that holds the token alone', async (t) => {
  const { app, status, optional } = await createServer(t, fromHeader({ name: 'x-token', scheme: null }))
  t.equal(await status({ 'x-token': token }), 200)
  t.equal(await status({ 'x-token': ` ${token}\t` }), 200)
  t.equal(await status({ 'x-token': `Bearer ${token}` }), 400)
  t.equal(await optional({ 'x-token': '' }), 401)
  t.equal(await optional({}), 'nobody')
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  t.equal((await sendRaw(port, '/', [`x-token: ${token}`, `X-Token: ${token}`])).status, 400, 'two lines')
})

t.test('however a header is written, what is read of it is the same', async (t) => {
  const read = (value: string, scheme: string | null) => {
    const headers = { authorization: value }
    return fromHeader({ scheme }).read({
      headers,
      raw: { rawHeaders: Object.entries(headers).flat() },
    } as never)
  }
  for (const ending of ['', ' ', '\t', ' \t ']) {
    for (const beginning of ['Bearer ', 'bearer ', 'BEARER   ', ' \tBearer ']) {
      t.equal(read(`${beginning}a.b${ending}`, 'Bearer'), 'a.b', JSON.stringify(beginning + ending))
    }
    t.equal(read(`Bearer \u00a0a${ending}`, 'Bearer'), '\u00a0a')
    t.equal(read(`Bearer \ta${ending}`, 'Bearer'), '\ta')
    t.equal(read(`Bearer a b${ending}`, 'Bearer'), 'a b')
    t.equal(read(`Bearer${ending}`, 'Bearer'), '')
    t.equal(read(`Bearer ${ending}`, 'Bearer'), '')
    for (const other of ['Bearera.b', 'Bearer_ a.b', 'Basic a.b', 'B', '']) {
      t.equal(read(other + ending, 'Bearer'), null, other)
    }
    for (const beginning of ['', ' ', '\t']) t.equal(read(`${beginning}a.b${ending}`, null), 'a.b')
    t.equal(read(`Bearer a.b${ending}`, null), 'Bearer a.b')
  }
})

t.test('a cookie', async (t) => {
  const { status, optional } = await createServer(t, fromCookie('access_token'))
  t.equal(await status({ cookie: `a=b; access_token=${token}` }), 200)
  t.equal(await status({ cookie: `access_token=${bad}` }), 401)
  t.equal(await status({ authorization: `Bearer ${token}` }), 401)
  t.equal(await optional({ cookie: 'access_token=' }), 'nobody', 'an empty cookie is a forgotten one')
  t.equal(await optional({ cookie: 'access_token=a b' }), 400)
  t.equal(await optional({ cookie: 'toString=1' }), 'nobody')
})

t.test('a cookie without @fastify/cookie stops the boot', async (t) => {
  const app = Fastify()
  app.register(cognito, {
    pools: { eu: eu.options() },
    tokenFrom: [fromHeader(), fromCookie('access_token')],
  })
  await t.rejects(
    async () => {
      await app.ready()
    },
    { name: 'TypeError', message: /@fastify\/cookie/ },
  )
})

t.test('cookies that are not parsed yet do not pass for no cookies', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastifyCookie, { hook: 'preHandler' })
  await app.register(cognito, { pools: { eu: eu.options() }, tokenFrom: fromCookie('access_token') })
  app.get('/', { onRequest: app.authOptional() }, async () => 'in')
  t.equal((await app.inject({ url: '/', headers: { cookie: `access_token=${bad}` } })).statusCode, 500)
})

t.test('a WebSocket subprotocol', async (t) => {
  const { status, optional } = await createServer(t, fromSubprotocol())
  t.equal(await status({ 'sec-websocket-protocol': `chat.v1, bearer.${token}` }), 200)
  t.equal(await status({ 'sec-websocket-protocol': `bearer.${token}` }), 200)
  t.equal(await status({ 'sec-websocket-protocol': `chat.v1,bearer.${token},bearer.${token}` }), 400)
  t.equal(await status({ 'sec-websocket-protocol': 'chat.v1, bearer.' }), 400)
  t.equal(await optional({ 'sec-websocket-protocol': 'chat.v1' }), 'nobody')
  const other = await createServer(t, fromSubprotocol('jwt-'))
  t.equal(await other.status({ 'sec-websocket-protocol': `jwt-${token}` }), 200)
})

t.test('a query string, only where it is asked for', async (t) => {
  const { status, optional } = await createServer(t, fromQuery('access_token'))
  t.equal(await status({}, `?access_token=${token}`), 200)
  t.equal(await status({}, `?access_token=${bad}`), 401)
  t.equal(await status({}, `?access_token=${token}&access_token=${token}`), 400)
  t.equal(await optional({}, '?access_token='), 400)
  t.equal(await optional({}, '?x=1'), 'nobody')
  const header = await createServer(t, fromHeader())
  t.equal(await header.status({}, `?access_token=${token}`), 401)
  t.equal(
    await header.status({ authorization: `Bearer ${token}` }, '?access_token=x'),
    200,
    'the parameter may be the application’s',
  )
})

t.test('an ordered list: the first that carries a token decides', async (t) => {
  const { status, optional } = await createServer(t, [
    fromHeader(),
    fromCookie('t'),
    fromSubprotocol(),
    fromQuery('t'),
  ])
  t.equal(await status({ authorization: `Bearer ${token}`, cookie: `t=${bad}` }), 200)
  t.equal(await status({ authorization: `Bearer ${bad}`, cookie: `t=${token}` }), 401)
  t.equal(await status({ authorization: 'Basic eDp5', cookie: `t=${token}` }), 200, 'Basic carries no token')
  t.equal(await optional({ authorization: 'Basic eDp5' }), 401)
  t.equal(await status({ authorization: 'Bearer', cookie: `t=${token}` }), 400, 'an empty token is one')
  t.equal(await optional({ authorization: 'Bearer' }), 400)
  t.equal(await status({ 'sec-websocket-protocol': `bearer.${token}` }), 200)
  t.equal(await status({}, `?t=${token}`), 200)
  t.equal(
    await status({ authorization: `Bearer ${token}` }, `?t=${token}`),
    400,
    'RFC 6750 §2: two methods at once',
  )
  t.equal(await status({ authorization: 'Basic eDp5' }, `?t=${token}`), 200)
  t.equal(await status({ cookie: `t=${token}` }, `?t=${token}`), 200)
  t.equal(await optional({}), 'nobody')
  const headers = await createServer(t, [
    fromHeader(),
    fromHeader({ name: 'x-token', scheme: null }),
    fromQuery('t'),
  ])
  t.equal(await headers.status({ authorization: `Bearer ${token}`, 'x-token': token }), 200)
})

t.test('a function of the application', async (t) => {
  const { status, optional } = await createServer(
    t,
    (request) => request.headers['x-mine'] as string | undefined,
  )
  t.equal(await status({ 'x-mine': token }), 200)
  t.equal(await status({ 'x-mine': 'a b' }), 400)
  t.equal(await status({ 'x-mine': '' }), 400)
  t.equal(await optional({}), 'nobody')
  for (const value of [
    7,
    {},
    [token],
    Buffer.from(token),
    Promise.resolve(token),
    Promise.reject(new Error('unhandled')),
  ]) {
    const odd = await createServer(t, () => value as never)
    t.equal(await odd.optional({}), 500, 'what is neither text nor nothing does not pass for nothing')
  }
  const thrower = await createServer(t, () => {
    throw Object.assign(new Error('teapot'), { statusCode: 418 })
  })
  t.equal(await thrower.status({}), 418)
})

t.test('a name that cannot be one is refused at once', async (t) => {
  for (const name of ['', 'a b', 'a:b', 'a\r\nb', 'é', 7, null]) {
    t.throws(() => fromHeader({ name: name as never }), { name: 'TypeError', message: /^fromHeader\.name/ })
    t.throws(() => fromCookie(name as never), { name: 'TypeError', message: /^fromCookie\.name/ })
    t.throws(() => fromSubprotocol(name as never), { name: 'TypeError', message: /^fromSubprotocol\.prefix/ })
    t.throws(() => fromQuery(name as never), { name: 'TypeError', message: /^fromQuery\.name/ })
  }
  for (const [key, message] of [
    ['nmae', /^fromHeader\.nmae: unknown name; did you mean name\?/],
    ['header', /^fromHeader\.header: unknown name; expected name, scheme/],
    ['\u001b[31m', /^fromHeader\.\\u001b\[31m: unknown name/],
  ] as const) {
    t.throws(() => fromHeader({ [key]: 'x-token' }), { name: 'TypeError', message })
  }
  t.throws(() => fromHeader({ scheme: 'a b' }), { name: 'TypeError', message: /^fromHeader\.scheme/ })
})
