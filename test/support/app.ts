/**
 * A Fastify app with two pools of a local issuer, `eu` and `us`.
 * @module
 */
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import cognito, { type PluginOptions, type PoolOptions } from '../../src/index.js'
import { TestIssuer, type TestPool } from '../../src/testing/index.js'

/** The local issuer of a test file; closed with it. A pool is made when it is first asked for, because its keys take time. */
export async function startIssuer(
  test: Test,
): Promise<{ readonly issuer: TestIssuer; readonly eu: TestPool; readonly us: TestPool }> {
  const issuer = await TestIssuer.start()
  test.teardown(() => issuer.close())
  const pools = new Map<string, TestPool>()
  const poolOf = (region: string) => {
    const pool = pools.get(region) ?? issuer.createPool({ region })
    pools.set(region, pool)
    return pool
  }
  return {
    issuer,
    get eu() {
      return poolOf('eu-west-1')
    },
    get us() {
      return poolOf('us-east-1')
    },
  }
}

/** An app with the plugin registered, which asks for no keys before a token does; closed with the test. */
export async function createApp(
  test: Test,
  pools: Readonly<Record<string, PoolOptions>> | undefined,
  options: PluginOptions = {},
  server: FastifyServerOptions = {},
): Promise<FastifyInstance> {
  const app = Fastify(server)
  test.teardown(() => app.close())
  await app.register(cognito, {
    ...(pools && { pools }),
    ...options,
    keys: { prefetch: false, ...options.keys },
  })
  return app
}

/** Headers with a token. */
export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
