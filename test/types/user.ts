/**
 * A program that says what its `loadUser` finds.
 */
import Fastify, { type FastifyRequest } from 'fastify'
import cognito, {
  type AccessClaims,
  type Authentication,
  type AuthOf,
  type CognitoRoute,
  definePools,
  type IdClaims,
  type Pools,
  type WithUser,
} from 'fastify-cognito'
import { expectType } from './expect.js'

interface Account {
  readonly id: number
}

const pools = definePools({
  eu: { userPoolId: 'eu-west-1_PwMfVzLQg', appClientId: 'client' },
  us: { userPoolId: 'us-east-1_Ab129faBb', appClientId: 'client', tokenUse: 'id' },
})

declare module 'fastify-cognito' {
  interface Register {
    pools: typeof pools
    user: Account
  }
}

declare const accounts: Map<string, Account>

const app = Fastify()
await app.register(cognito, {
  pools,
  loadUser: async (authentication) => {
    expectType<'eu' | 'us'>()(authentication.pool)
    return authentication.principal === 'user' && accounts.get(authentication.subject)
  },
})
await app.register(cognito, { pools, loadUser: ({ subject }) => accounts.get(subject) })
// @ts-expect-error not what is registered
await app.register(cognito, { pools, loadUser: () => ({ name: 'anna' }) })

type Eu = Authentication<'eu', 'access', AccessClaims>
type Us = Authentication<'us', 'id', IdClaims>

app.get('/', { onRequest: app.authRequired('eu') }, async (request) => {
  expectType<Eu & WithUser<Account>>()(request.cognito)
  return request.cognito.user.id
})
app.get('/maybe', { onRequest: app.authOptional('eu') }, async (request) => {
  expectType<Account | undefined>()(request.cognito?.user)
})
app.get('/any', { onRequest: app.authRequired(['eu', 'us']) }, async (request) => {
  expectType<Account>()(request.cognito.user)
  if (request.cognito.pool === 'us') expectType<IdClaims>()(request.cognito.claims)
})

// A requirement's own, at once or promised, with and without other members.
const own = app.authRequired('eu', { loadUser: ({ claims }) => ({ since: claims.iat }) })
app.get('/own', { onRequest: own }, async (request) => {
  expectType<{ since: number }>()(request.cognito.user)
})
const later = app.authOptional('us', {
  groups: 'admin',
  check: (authentication) => {
    expectType<Us>()(authentication)
    return true
  },
  loadUser: async ({ subject }, request) => {
    expectType<FastifyRequest>()(request)
    return Math.random() > 0.5 ? accounts.get(subject) : null
  },
})
app.get('/later', { onRequest: later }, async (request) => {
  expectType<Account | undefined>()(request.cognito?.user)
})
const falsy = app.authRequired('eu', { loadUser: ({ subject }) => subject !== '' && { subject } })
app.get('/falsy', { onRequest: falsy }, async (request) => {
  expectType<string>()(request.cognito.user.subject)
})

// A handler written apart.
async function show(request: FastifyRequest<CognitoRoute<AuthOf<Pools, 'eu'>>>) {
  return request.cognito.user.id
}
app.get('/apart', { onRequest: app.authRequired('eu') }, show)

// A whole scope.
app.register(async (scope) => {
  const eu = app.cognito.protect(scope, app.authRequired('eu'))
  eu.get('/scope', async (request) => expectType<number>()(request.cognito.user.id))
})

// Nobody is looked up without a request.
const proved = await app.cognito.verify('token', 'eu')
expectType<Eu>()(proved)
