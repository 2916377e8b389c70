import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import {
  discoverOAuthProtectedResourceMetadata,
  extractWWWAuthenticateParams,
} from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { TestIssuer, type TestPool } from 'fastify-cognito/testing'
import { createApp } from './app.js'

/** The resource has to be known before the server listens. */
async function findFreePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function callTool(url: URL, token?: string): Promise<unknown> {
  const client = new Client({ name: 'check', version: '1.0.0' })
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const transport = new StreamableHTTPClientTransport(url, { requestInit: { headers } })
  try {
    await client.connect(transport as never)
    return (await client.callTool({ name: 'whoami' })).content
  } finally {
    await client.close()
  }
}

async function discover(url: URL, pool: TestPool): Promise<void> {
  const refused = await fetch(url, { method: 'POST' })
  assert.equal(refused.status, 401)
  const { resourceMetadataUrl } = extractWWWAuthenticateParams(refused)
  assert.equal(resourceMetadataUrl?.href, `${url.origin}/.well-known/oauth-protected-resource/mcp`)
  const metadata = await discoverOAuthProtectedResourceMetadata(url, { resourceMetadataUrl })
  assert.equal(metadata.resource, url.href)
  assert.deepEqual(metadata.authorization_servers, [pool.issuers.original])
  assert.deepEqual(metadata.scopes_supported, ['orders/read'])
}

export async function check(): Promise<undefined> {
  await using issuer = await TestIssuer.start()
  const pool = issuer.createPool()
  const url = new URL(`http://127.0.0.1:${await findFreePort()}/mcp`)
  const app = await createApp(pool.options(), url.href)
  await app.listen({ port: Number(url.port), host: '127.0.0.1' })
  try {
    await discover(url, pool)
    const token = pool.accessToken({ sub: 'agent-7', scope: 'orders/read' })
    assert.deepEqual(await callTool(url, token), [{ type: 'text', text: 'agent-7, who may orders/read' }])
    await assert.rejects(callTool(url), /401|Unauthorized|Authentication/i)
    await assert.rejects(callTool(url, pool.accessToken({ scope: 'openid' })), /403|scope/i)
  } finally {
    await app.close()
  }
}
