/**
 * A GraphQL API by mercurius: resolvers that ask for the caller, with 401 and its challenge where there is none.
 * @module
 */
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import cognito, { CognitoError, type PoolOptions } from 'fastify-cognito'
import { GraphQLError } from 'graphql'
import { type IResolvers, mercurius } from 'mercurius'

const SCHEMA = `
  type Query {
    health: String!
    greeting: String!
    orders: [String!]!
  }
  type Subscription {
    ticks: String!
  }
`

const READ = { scopes: 'orders/read' } as const

declare module 'mercurius' {
  interface MercuriusContext {
    readonly request: FastifyRequest
  }
}

/** Makes the resolvers. A request has one verification, however many resolvers ask. */
function createResolvers({ cognito: { verifyRequest } }: FastifyInstance): IResolvers {
  return {
    Query: {
      health: () => 'up',
      async greeting(_root, _args, { request }) {
        const caller = await verifyRequest.optional(request, 'users')
        return `Hello, ${caller?.subject ?? 'stranger'}`
      },
      async orders(_root, _args, { request }) {
        const { subject } = await verifyRequest(request, 'users', READ)
        return [`an order of ${subject}`]
      },
    },
    Subscription: {
      ticks: {
        async *subscribe(_root, _args, { request }) {
          const { subject } = await verifyRequest(request, 'users', READ)
          for (const tick of [1, 2]) yield { ticks: `tick ${tick} for ${subject}` }
        },
      },
    },
  }
}

const isRefusal = (error: unknown) => error instanceof CognitoError

/** Gives the error of a refusal its code, for programs. By default it has the message alone. */
function withCode(error: GraphQLError): GraphQLError {
  const { originalError: cause, nodes = null, path = null } = error
  if (!(cause instanceof CognitoError)) return error
  return new GraphQLError(cause.message, {
    nodes,
    path,
    originalError: cause,
    extensions: { code: cause.code },
  })
}

/** Makes the application. */
export async function createApp(pool: PoolOptions): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(cognito, { pools: { users: pool }, realm: 'orders' })
  await app.register(mercurius, {
    schema: SCHEMA,
    resolvers: createResolvers(app),
    context: (request) => ({ request }),
    subscription: { context: (_socket, request) => ({ request }) },
    errorFormatter(execution, context) {
      const answer = mercurius.defaultErrorFormatter(execution, context)
      const { errors = [], data } = execution
      const refusal = errors.map(({ originalError }) => originalError).find(isRefusal)
      if (refusal === undefined) return answer
      const response = { ...answer.response, errors: errors.map(withCode) }
      // An answer with data stays 200 (GraphQL over HTTP), and a subscription has no reply.
      if (data || context.reply === undefined) return { ...answer, response }
      app.cognito.answer(context.reply, refusal)
      return { statusCode: refusal.statusCode, response }
    },
  })
  return app
}
