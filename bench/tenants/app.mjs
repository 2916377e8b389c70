// An application whose tenants are the rows of a function.
import Fastify from 'fastify'
import cognito, { anyTenant } from '../../dist/index.js'

export async function createApp(load, options = {}) {
  const { tenants, ...others } = options
  const app = Fastify()
  await app.register(cognito, { tenants: { load, ...tenants }, keys: { prefetch: false }, ...others })
  await app.ready()
  return app
}

/** Sends a token of each tenant, twice: of tokens that do not come again, a few are remembered. */
export async function visit(app, tokens) {
  for (const token of tokens) {
    await app.cognito.verify(token, anyTenant)
    await app.cognito.verify(token, anyTenant)
  }
}
