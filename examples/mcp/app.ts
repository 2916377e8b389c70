/**
 * A server of the official MCP SDK behind a guard: agents find out by themselves where to get a token.
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import Fastify, { type FastifyInstance } from 'fastify'
// In an application of your own: from 'fastify-cognito'.
import cognito, { type Authentication, type PoolOptions } from '../../src/index.js'

/** The tools are those of the person who asks. */
function createServer({ subject, scopes }: Authentication): McpServer {
  const server = new McpServer({ name: 'orders', version: '1.0.0' })
  server.registerTool('whoami', { description: 'Who is asking' }, () => ({
    content: [{ type: 'text', text: `${subject}, who may ${[...scopes].join(' and ')}` }],
  }))
  return server
}

/**
 * Makes the application.
 *
 * @param url - what agents know the server by, with the path `/mcp`
 */
export async function createApp(pool: PoolOptions, url: string): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(cognito, {
    pools: { agents: pool },
    resource: { url, name: 'Orders', scopes: ['orders/read'] },
  })
  const guard = app.authRequired('agents', { scopes: 'orders/read' })

  // Without sessions: each request has a server of its own, and brings its own token.
  app.post('/mcp', { onRequest: guard }, async (request, reply) => {
    const server = createServer(request.cognito)
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true })
    reply.hijack()
    reply.raw.on('close', () => void server.close())
    await server.connect(transport as never)
    await transport.handleRequest(request.raw, reply.raw, request.body)
  })

  return app
}
