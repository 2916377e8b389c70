/**
 * A program with `module: commonjs`. TypeScript 5 reads no `exports` for it, only `typesVersions`.
 */
import Fastify from 'fastify'
import cognito, { type Authentication, definePools } from 'fastify-cognito'
import { fileKeyStore, type KeyStore } from 'fastify-cognito/keys'
import { memoryRevocation } from 'fastify-cognito/revocation'
import { poolsFromEnv } from 'fastify-cognito/settings'
import { TestIssuer } from 'fastify-cognito/testing'
import userRoutes, { UserRouteError } from 'fastify-cognito/user-routes'
import { expectType } from '../expect.js'

const pools = definePools({ eu: { userPoolId: 'eu-west-1_PwMfVzLQg', appClientId: 'client' } })

expectType<KeyStore>()(fileKeyStore('/var/cache/shop'))
expectType<Promise<TestIssuer>>()(TestIssuer.start())

const app = Fastify()
app.register(cognito, { pools, revocation: { store: memoryRevocation() } })
app.register(cognito, poolsFromEnv())
app.register(userRoutes)
app.after(() => {
  app.get('/eu', { onRequest: app.authRequired() }, async ({ cognito }) => {
    const authentication: Authentication = cognito
    return authentication.subject
  })
})
export const isOurs = (error: unknown): boolean => error instanceof UserRouteError
