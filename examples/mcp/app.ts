/**
 * A server of the official MCP SDK behind a guard. Agents find out by themselves where to get a token.
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import Fastify, { type FastifyInstance } from 'fastify'
import cognito, { type Authentication, type PoolOptions } from 'fastify-cognito'

/** Makes the tools of the user who sent the request. */
function createServer({ subject, scopes }: Authentication): McpServer {
  const server = new McpServer({ name: 'orders', version: '1.0.0' })
  server.registerTool('whoami', { description: 'Who is asking' }, () => ({
    content: [{ type: 'text', text: `${subject}, who may ${scopes.join(' and ')}` }],
  }))
  return server
}

/**
 * Makes the application.
 *
 * @param url - the URL by which agents know the server, with the path `/mcp`
 */
export async function createApp(pool: PoolOptions, url: string): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(cognito, {
    pools: { agents: pool },
    resource: { url, name: 'Orders', scopes: ['orders/read'] },
  })
  const guard = app.authRequired('agents', { scopes: 'orders/read' })

  // There are no sessions. Each request has its own server and its own token.
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
