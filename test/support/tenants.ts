/**
 * Apps whose tenants are pools of the local issuer.
 * @module
 */
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import type { PluginOptions, TenantRow, TenantsOptions } from '../../src/index.js'
import type { TestIssuer, TestPool } from '../../src/testing/index.js'
import { createApp } from './app.js'

/** Lets the plugin find the keys of the issuer's pools by their ids, until the end of the test. */
export function useKeysOf(test: Test, issuer: TestIssuer): void {
  const before = process.env['AWS_COGNITO_KEYS_URL']
  process.env['AWS_COGNITO_KEYS_URL'] = issuer.keysUrl
  test.teardown(() => {
    if (before === undefined) delete process.env['AWS_COGNITO_KEYS_URL']
    else process.env['AWS_COGNITO_KEYS_URL'] = before
  })
}

/** The row of a tenant with a pool of its own. */
export const toRow = (name: string, { userPoolId, appClientId }: TestPool): TenantRow => ({
  name,
  userPoolId,
  appClientId,
})

/** An app with tenants, and with registered pools where `options` has them. The keys are those of `useKeysOf`. */
export const createTenantApp = (
  test: Test,
  tenants: TenantsOptions,
  options: PluginOptions = {},
): Promise<FastifyInstance> => createApp(test, undefined, { ...options, tenants })
