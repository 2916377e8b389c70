/**
 * A guard and one request: what the handler gets, and what becomes of a request whose key is not there yet.
 * @module
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import t from 'tap'
import { bearer, createApp, startIssuer } from '../support/app.js'

const { issuer, eu, us } = await startIssuer(t)
const pools = () => ({ eu: eu.options(), us: us.options() })
const pool = async (request: FastifyRequest) => ({ pool: request.cognito?.pool ?? null })

async function status(app: FastifyInstance, url: string, token?: string): Promise<number> {
  return (await app.inject({ url, headers: token === undefined ? {} : bearer(token) })).statusCode
}

t.test('what a handler gets', async (t) => {
  const app = await createApp(t, { eu: eu.options({ tokenUse: ['access', 'id'] }) })
  let seen: FastifyRequest['cognito'] = null
  app.get('/', { onRequest: app.authRequired('eu') }, async (request) => {
    seen = request.cognito
    return { spread: { ...request.cognito }, json: request.cognito }
  })
  const token = eu.accessToken({
    sub: 'ada',
    username: 'ada.l',
    scope: 'a b',
    'cognito:groups': ['g'],
    deep: { list: [{ x: 1 }] },
  })
  const response = await app.inject({ url: '/', headers: bearer(token) })
  t.match(seen, {
    pool: 'eu',
    tokenUse: 'access',
    principal: 'user',
    subject: 'ada',
    username: 'ada.l',
    clientId: eu.appClientId,
    scopes: ['a', 'b'],
    groups: ['g'],
    token,
  })
  t.notOk(response.body.includes(token), 'neither JSON nor a copy carries the token')
  const { payload, claims } = seen as unknown as {
    payload: { deep: { list: [{ x: number }] } }
    claims: { sub: string }
  }
  for (const value of [seen, payload, payload.deep, payload.deep.list, payload.deep.list[0], claims])
    t.ok(Object.isFrozen(value))

  await app.inject({ url: '/', headers: bearer(eu.machineToken()) })
  t.match(seen, {
    principal: 'machine',
    subject: eu.appClientId,
    username: undefined,
    clientId: eu.appClientId,
  })
  await app.inject({ url: '/', headers: bearer(eu.machineToken({ username: 'x' })) })
  t.match(seen, { principal: 'user' })
  await app.inject({
    url: '/',
    headers: bearer(eu.idToken({ 'cognito:username': 'ada.l', sub: eu.appClientId })),
  })
  t.match(seen, { principal: 'user', tokenUse: 'id', username: 'ada.l', clientId: eu.appClientId })
})

t.test('scopes and groups are sent as lists, with a response schema and without', async (t) => {
  const app = await createApp(t, { eu: eu.options() })
  const names = { type: 'array', items: { type: 'string' } }
  const response = { 200: { type: 'object', properties: { scopes: names, groups: names } } }
  const handler = async ({ cognito }: FastifyRequest) => ({
    scopes: cognito?.scopes,
    groups: cognito?.groups,
  })
  app.get('/', { onRequest: app.authRequired('eu'), handler })
  app.get('/schema', { onRequest: app.authRequired('eu'), schema: { response }, handler })
  const named = eu.accessToken({ scope: 'b a b', 'cognito:groups': ['g', 'e', 'g'] })
  for (const url of ['/', '/schema']) {
    const answers = [named, eu.accessToken()].map((token) => app.inject({ url, headers: bearer(token) }))
    const [some, none] = (await Promise.all(answers)).map((answer) => answer.json())
    t.strictSame(some, { scopes: ['b', 'a'], groups: ['g', 'e'] }, url)
    t.strictSame(none.groups, [], url)
  }
})

t.test('nobody can change the claims, whoever has read them', async (t) => {
  const isMember = (claims: unknown): claims is { sub: string } => claims !== null
  const app = await createApp(t, { eu: eu.options({ claims: isMember }), us: us.options() })
  for (const name of ['eu', 'us']) {
    app.get(`/${name}`, { onRequest: app.authRequired(name) }, async (request) =>
      Object.isFrozen(request.cognito?.claims),
    )
  }
  for (const [url, token] of [
    ['/eu', eu.accessToken()],
    ['/us', us.accessToken()],
  ] as const) {
    t.equal((await app.inject({ url, headers: bearer(token) })).json(), true, url)
  }
})

t.test('an optional guard: null without credentials, everything else as a required one', async (t) => {
  const app = await createApp(t, pools())
  app.get('/', { onRequest: app.authOptional('eu') }, pool)
  const answer = async (headers: Record<string, string>) => {
    const { statusCode, body } = await app.inject({ url: '/', headers })
    return statusCode === 200 ? body : statusCode
  }
  t.equal(await answer({}), '{"pool":null}')
  t.equal(await answer(bearer(eu.accessToken())), '{"pool":"eu"}')
  t.equal(await answer(bearer(us.accessToken())), 401)
  t.equal(await answer(bearer(eu.accessToken({ exp: 1, iat: 0 }))), 401)
  t.equal(await answer({ authorization: 'Basic eDp5' }), 401)
  t.equal(await answer({ authorization: '' }), 401)
  t.equal(await answer({ authorization: 'Bearer' }), 400)
})

t.test('requests that wait for a key are answered each for itself', async (t) => {
  const cold = issuer.createPool()
  const app = await createApp(t, { cold: cold.options() })
  app.get(
    '/',
    { onRequest: app.authRequired('cold', { scopes: 'a' }) },
    async ({ cognito }) => cognito?.subject,
  )
  const answers = await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      const token =
        index % 3 === 0
          ? cold.accessToken({ scope: 'b' })
          : cold.accessToken({ sub: `s${index}`, scope: 'a' })
      const response = await app.inject({
        url: '/',
        headers: bearer(index % 3 === 1 ? `${token.slice(0, -8)}AAAAAAAA` : token),
      })
      return response.statusCode === 200 ? response.body : response.statusCode
    }),
  )
  t.strictSame(
    answers,
    answers.map((_, index) => (index % 3 === 0 ? 403 : index % 3 === 1 ? 401 : `s${index}`)),
  )
  t.equal(issuer.fetches.get(cold.userPoolId), 1)
})

t.test(
  'a pool that nobody answers for is 503 with Retry-After, and the others are not touched',
  async (t) => {
    const dark = await startIssuer(t)
    dark.issuer.down = true
    const app = await createApp(t, { dark: dark.eu.options(), us: us.options() })
    app.get('/', { onRequest: app.authRequired(['dark', 'us']) }, pool)
    const response = await app.inject({ url: '/', headers: bearer(dark.eu.accessToken()) })
    t.equal(response.statusCode, 503)
    t.strictSame(response.json(), {
      statusCode: 503,
      code: 'COGNITO_ERR_KEYS_UNAVAILABLE',
      error: 'Service Unavailable',
      message: 'Signing keys are temporarily unavailable',
    })
    t.match(response.headers, {
      'retry-after': /^[1-9]\d?$/,
      'cache-control': 'no-store',
      'www-authenticate': undefined,
    })
    t.equal(await status(app, '/', us.accessToken()), 200)
    t.match(app.cognito.status(), { dark: { state: 'down' }, us: { state: 'ok' } })
  },
)
