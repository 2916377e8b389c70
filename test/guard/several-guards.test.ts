/**
 * Several guards before one handler: how often a token is verified, and what each guard keeps of the one before.
 * @module
 */
import { Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import t from 'tap'
import { bearer, createApp, startIssuer } from '../support/app.js'

const { issuer, eu, us } = await startIssuer(t)
const pools = () => ({ eu: eu.options(), us: us.options() })
const pool = async (request: FastifyRequest) => ({ pool: request.cognito?.pool ?? null })

async function status(app: FastifyInstance, url: string, token?: string): Promise<number> {
  return (await app.inject({ url, headers: token === undefined ? {} : bearer(token) })).statusCode
}

t.test('however many guards run, a token is verified once', async (t) => {
  const fresh = issuer.createPool()
  let reads = 0
  const app = await createApp(
    t,
    { fresh: fresh.options(), us: us.options() },
    {
      tokenFrom: (request) => {
        reads += 1
        return request.headers.authorization?.slice(7)
      },
    },
  )
  const verifications: unknown[] = []
  app.addHook('onRequest', app.authRequired(['fresh', 'us']))
  app.addHook('onRequest', async (request) => void verifications.push(request.cognito?.payload))
  const again = Type.Object({ jti: Type.String() })
  const last = Type.Object({ tenant: Type.String({ alias: 'custom:tenant' }) })
  const guards = [
    app.authRequired('fresh'),
    app.authRequired('fresh', { claims: again }),
    app.authRequired('fresh', { scopes: 'a' }),
  ]
  app.get(
    '/',
    // Guards that prove different claims do not compile on one route; at run time they add up.
    { onRequest: guards as never, preHandler: app.authOptional('fresh', { claims: last }) as never },
    async (request: FastifyRequest) => {
      verifications.push(request.cognito?.payload)
      return request.cognito?.claims
    },
  )
  const response = await app.inject({
    url: '/',
    headers: bearer(fresh.accessToken({ scope: 'a', 'custom:tenant': 't' })),
  })
  t.match(response.json(), { tenant: 't', jti: /./ }, 'the claims of all guards are there')
  t.equal(reads, 5)
  t.equal(verifications.length, 2)
  t.equal(verifications[0], verifications[1], 'one and the same payload object')
  t.equal(await status(app, '/', us.accessToken({ scope: 'a' })), 401, 'a later guard narrows')
  t.equal(await status(app, '/', fresh.accessToken({ scope: 'b' })), 403)
})

t.test('a second guard that finds another token keeps nothing of the first one', async (t) => {
  const claims = Type.Object({ tenant: Type.String({ alias: 'custom:tenant' }) })
  const app = await createApp(t, pools())
  app.addHook('onRequest', app.authRequired('eu', { claims }))
  app.addHook('onRequest', async (request) => {
    request.raw.headers.authorization = bearer(eu.accessToken({ sub: 'bob' })).authorization
  })
  app.get('/', { preHandler: app.authRequired('eu') }, async (request) => request.cognito)
  const ada = eu.accessToken({ sub: 'ada', 'custom:tenant': 't', 'cognito:groups': ['admin'] })
  const answer = (await app.inject({ url: '/', headers: bearer(ada) })).json()
  t.match(answer, { subject: 'bob', claims: { sub: 'bob' } })
  t.strictSame([answer.claims.tenant, answer.claims['cognito:groups']], [undefined, undefined])
})

t.test('a second guard decides by what its own schema finds', async (t) => {
  const app = await createApp(t, pools())
  const first = Type.Object({
    tenant: Type.String({ alias: 'custom:org' }),
    seats: Type.Integer({ alias: 'custom:seats' }),
  })
  const second = Type.Object({ tenant: Type.Optional(Type.String({ alias: 'custom:tenant' })) })
  const check = ({ claims }: { claims: { tenant?: string } }) => claims.tenant !== undefined
  const decide = app.authRequired('eu', { claims: second, check })
  const isAny = (_claims: unknown): _claims is object => true
  app.get(
    '/schema',
    { onRequest: [app.authRequired('eu', { claims: first }), decide] as never },
    async (request: FastifyRequest) => request.cognito?.claims,
  )
  app.get('/guard', { onRequest: [app.authRequired('eu', { claims: isAny }), decide] as never }, pool)
  const org = { 'custom:org': 'o', 'custom:seats': '7' }
  t.equal(await status(app, '/schema', eu.accessToken(org)), 403)
  t.equal(await status(app, '/guard', eu.accessToken({ tenant: 'raw' })), 403)
  const both = await app.inject({
    url: '/schema',
    headers: bearer(eu.accessToken({ ...org, 'custom:tenant': 't' })),
  })
  t.match(both.json(), { tenant: 't', seats: 7 })
})
