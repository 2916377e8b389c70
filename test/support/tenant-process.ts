/**
 * A process of its own that serves tenants of a PostgreSQL.
 * @module
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import pg from 'pg'
import type { Test } from 'tap'
import cognito, { anyTenant } from '../../src/index.js'
import { bearer } from './app.js'

/** The list of tenants, of a table `tenants`. */
export const LIST = 'select name, user_pool_id as "userPoolId", app_client_id as "appClientId" from tenants'

const file = fileURLToPath(import.meta.url)

/**
 * Starts a process, which ends with the test. It reads the list every second.
 *
 * @param url - URL of the database
 * @returns a function that tells the status of a request with a token
 */
export async function startTenantProcess(
  test: Test,
  url: string,
): Promise<(token: string) => Promise<number>> {
  const child = fork(file, [url])
  test.teardown(async () => {
    const exit = once(child, 'exit')
    child.disconnect()
    await exit
  })
  const [port] = await once(child, 'message')
  return async (token) => {
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: bearer(token) })
    await response.arrayBuffer()
    return response.status
  }
}

/** Returns the port. */
async function serve(url: string): Promise<number> {
  const database = new pg.Pool({ connectionString: url, max: 1 })
  database.on('error', () => undefined)
  const app = Fastify()
  await app.register(cognito, {
    tenants: {
      load: async () => (await database.query(LIST)).rows,
      refreshAfter: 1,
      unknownInterval: 0.05,
      timeout: 30,
    },
  })
  app.get('/', { onRequest: app.authRequired(anyTenant) }, async ({ cognito }) => cognito.tenant)
  app.addHook('onClose', () => database.end())
  // Also when the process of the test is gone.
  process.once('disconnect', () => void app.close())
  await app.listen({ host: '127.0.0.1', port: 0 })
  return (app.server.address() as AddressInfo).port
}

if (process.argv[1] === file) process.send?.(await serve(process.argv[2] ?? ''))
