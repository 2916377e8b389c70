/**
 * A Fastify app with two pools of a local issuer, `eu` and `us`.
 * @module
 */
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import cognito, { type PluginOptions, type PoolOptions } from '../../src/index.js'
import { TestIssuer, type TestPool } from '../../src/testing/index.js'

/** The local issuer of a test file; closed with it. */
export async function startIssuer(test: Test): Promise<{ issuer: TestIssuer; eu: TestPool; us: TestPool }> {
  const issuer = await TestIssuer.start()
  test.teardown(() => issuer.close())
  let us: TestPool | undefined
  return {
    issuer,
    eu: issuer.createPool({ region: 'eu-west-1' }),
    // Made for those that ask for it, because the keys of a pool take long to make.
    get us() {
      us ??= issuer.createPool({ region: 'us-east-1' })
      return us
    },
  }
}

/** An app with the plugin registered, which asks for no keys before a token does; closed with the test. */
export async function createApp(
  test: Test,
  pools: Readonly<Record<string, PoolOptions>>,
  options: Omit<PluginOptions, 'pools'> = {},
  server: FastifyServerOptions = {},
): Promise<FastifyInstance> {
  const app = Fastify(server)
  test.teardown(() => app.close())
  await app.register(cognito, { pools, ...options, keys: { prefetch: false, ...options.keys } })
  return app
}

/** Headers with a token. */
export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
