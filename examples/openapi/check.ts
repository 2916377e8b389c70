/**
 * Starts the shop in front of a local issuer, reads its document, and compares the shop with the document.
 * @module
 */
import { deepEqual, equal } from 'node:assert/strict'
import { TestIssuer } from '../../src/testing/index.js'
import { createApp } from './app.js'

interface Operation {
  readonly security?: readonly object[]
  readonly description?: string
  readonly responses: object
}

/** @throws {AssertionError} where something does not hold */
export async function check(): Promise<void> {
  await using issuer = await TestIssuer.start()
  const [customers, staff] = [issuer.createPool(), issuer.createPool()]
  const app = await createApp({ customers: customers.options(), staff: staff.options({ tokenUse: 'id' }) })
  try {
    const origin = await app.listen({ host: '127.0.0.1', port: 0 })
    await checkDocument(origin)
    await checkCalls(origin, {
      reader: customers.accessToken({ scope: 'orders/read' }),
      writer: customers.accessToken({ scope: 'orders/read orders/write' }),
      admin: staff.idToken({ 'cognito:groups': ['admin'] }),
    })
  } finally {
    await app.close()
  }
}

async function checkDocument(origin: string): Promise<void> {
  const response = await fetch(`${origin}/documentation/json`)
  const { paths, components } = (await response.json()) as {
    readonly components: { readonly securitySchemes: object }
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  }
  deepEqual(Object.keys(components.securitySchemes), ['customers', 'staff'])
  const show = (url: string, method = 'get') => {
    const { security, description, responses } = paths[url]?.[method] ?? { responses: {} }
    return [security, description, Object.keys(responses)]
  }
  deepEqual(show('/health'), [undefined, undefined, ['200']])
  deepEqual(show('/articles'), [[{}, { customers: [] }], undefined, ['200', '401', '503']])
  deepEqual(show('/orders'), [
    [{ customers: [] }],
    'The latest comes first.\n\nRequires the scope `orders/read`.',
    ['200', '401', '403', '503'],
  ])
  deepEqual(show('/staff/me'), [
    [{ staff: [] }],
    'Requires one of the groups `admin`, `ops`.',
    ['200', '401', '403', '503'],
  ])
}

async function checkCalls(
  origin: string,
  { reader, writer, admin }: Readonly<Record<'reader' | 'writer' | 'admin', string>>,
): Promise<void> {
  async function call(method: string, path: string, token?: string): Promise<number> {
    const response = await fetch(origin + path, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(method === 'POST' && { 'content-type': 'application/json' }),
      },
      ...(method === 'POST' && { body: JSON.stringify({ article: 'tea' }) }),
    })
    await response.body?.cancel()
    return response.status
  }
  equal(await call('GET', '/documentation/'), 200)
  equal(await call('GET', '/health'), 200)
  equal(await call('GET', '/articles'), 200)
  equal(await call('GET', '/orders'), 401)
  equal(await call('GET', '/orders', reader), 200)
  equal(await call('GET', '/orders', admin), 401)
  equal(await call('POST', '/orders', reader), 403)
  equal(await call('POST', '/orders', writer), 201)
  equal(await call('GET', '/staff/me', admin), 200)
  equal(await call('GET', '/staff/me', writer), 401)
}
