/**
 * Beside other plugins: the type provider of TypeBox keeps its inference, `@fastify/auth` takes guards, and
 * `@fastify/swagger` the options that `app.cognito.openapi` returns.
 */
import fastifyAuth from '@fastify/auth'
import swagger from '@fastify/swagger'
import {
  type FastifyPluginAsyncTypebox,
  Type,
  type TypeBoxTypeProvider,
} from '@fastify/type-provider-typebox'
import Fastify from 'fastify'
import type { AccessClaims, Authentication, AuthOf, Pools } from 'fastify-cognito'
import { TestIssuer } from 'fastify-cognito/testing'
import { expectType } from './expect.js'

type Eu = Authentication<'eu', 'access', AccessClaims>
type Us = AuthOf<Pools, 'us'>

const app = Fastify().withTypeProvider<TypeBoxTypeProvider>()

const schema = {
  body: Type.Object({ item: Type.String(), count: Type.Optional(Type.Integer()) }),
  querystring: Type.Object({ dry: Type.Boolean() }),
  params: Type.Object({ id: Type.Integer() }),
  headers: Type.Object({ 'x-trace': Type.String() }),
  response: { 200: Type.Object({ ok: Type.Boolean() }) },
}

app.post('/orders/:id', { schema, onRequest: app.authRequired('eu') }, async (request) => {
  expectType<Eu>()(request.cognito)
  expectType<{ item: string; count?: number }>()(request.body)
  expectType<boolean>()(request.query.dry)
  expectType<number>()(request.params.id)
  expectType<string>()(request.headers['x-trace'])
  return { ok: true }
})
app.post('/list/:id', { schema, onRequest: app.authRequired(['eu', 'us']) }, async (request, reply) => {
  expectType<Eu | Us>()(request.cognito)
  expectType<{ item: string; count?: number }>()(request.body)
  // @ts-expect-error not what the response's schema says
  reply.code(200).send({ ok: 'yes' })
  return reply.code(200).send({ ok: true })
})
// @ts-expect-error not what the response's schema says
app.get('/wrong', { schema: { response: schema.response }, onRequest: app.authRequired('eu') }, async () => ({
  ok: 'yes',
}))
app.route({
  method: 'POST',
  url: '/route/:id',
  schema,
  preHandler: app.authOptional('us'),
  handler: async (request) => {
    expectType<Us | null>()(request.cognito)
    expectType<{ item: string; count?: number }>()(request.body)
    return { ok: request.query.dry }
  },
})
app.register(async (scope) => {
  const eu = app.cognito.protect(scope.withTypeProvider<TypeBoxTypeProvider>(), app.authRequired('eu'))
  eu.post('/protected/:id', { schema }, async (request) => {
    expectType<Eu>()(request.cognito)
    expectType<{ item: string; count?: number }>()(request.body)
    expectType<number>()(request.params.id)
    return { ok: true }
  })
})

export const routes: FastifyPluginAsyncTypebox = async (scope) => {
  scope.post(
    '/plugin',
    { schema: { body: schema.body }, onRequest: scope.authRequired('eu') },
    async (request) => {
      expectType<Eu>()(request.cognito)
      expectType<{ item: string; count?: number }>()(request.body)
    },
  )
}

await app.register(swagger, (parent) =>
  parent.cognito.openapi({
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Shop', version: '1.0.0' },
      components: { securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'x-key' } } },
    },
    transform: ({ schema, url, route }) => ({ schema: { ...schema, summary: route.url }, url }),
    hideUntagged: true,
  }),
)
await app.register(swagger, (parent) => parent.cognito.openapi())
// @ts-expect-error a misspelt option
app.register(swagger, (parent) => parent.cognito.openapi({ hideUntaged: true }))
// @ts-expect-error no title
app.register(swagger, (parent) => parent.cognito.openapi({ openapi: { info: { version: '1.0.0' } } }))

await app.register(fastifyAuth)
const guards = [app.authRequired('eu'), app.authRequired('us')] as const
app.get('/composed', { onRequest: app.cognito.composed(app.auth([...guards]), guards) }, async (request) => {
  expectType<Authentication | null>()(request.cognito)
})
app.get(
  '/auth',
  { onRequest: app.auth([app.authRequired('eu'), app.authRequired('us')], { relation: 'or' }) },
  async (request) => {
    expectType<Authentication | null>()(request.cognito)
  },
)
app.get(
  '/auth-nested',
  { preHandler: app.auth([[app.authRequired('eu'), app.authOptional()], app.authRequired(['us'])]) },
  async () => ({ ok: true }),
)
app.post(
  '/auth-body',
  { schema: { body: schema.body }, preHandler: app.auth([app.authRequired('eu')]) },
  async (request) => {
    expectType<{ item: string; count?: number }>()(request.body)
  },
)

// The pools of the tests stand in for the program's own.
await using issuer = await TestIssuer.start()
const pool = issuer.createPool({ region: 'eu-west-1' })
expectType<'id'>()(pool.options({ tokenUse: 'id' }).tokenUse)
