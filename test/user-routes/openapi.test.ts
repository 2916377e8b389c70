/**
 * The account routes in an OpenAPI document, and the sign-in that Swagger UI makes of it, in a real browser.
 * @module
 */
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import type { Locator } from 'playwright-core'
import t, { type Test } from 'tap'
import { createPool, createUser, startCognitoLocal } from '../../demo/cognito-local.js'
import type { PoolOptions } from '../../src/index.js'
import userRoutes, { type UserRoutesOptions } from '../../src/user-routes/index.js'
import { createApp, startIssuer } from '../support/app.js'
import { inChromium, openPage } from '../support/chromium.js'
import { tryOut } from '../support/swagger-page.js'

const { eu, us } = await startIssuer(t)

interface Operation {
  readonly tags: readonly string[]
  readonly summary: string
  readonly security?: readonly unknown[]
  readonly requestBody: { readonly content: Readonly<Record<string, { readonly schema: unknown }>> }
  readonly responses: Readonly<Record<string, { readonly description: string }>>
}

interface Document {
  readonly components: { readonly securitySchemes: Readonly<Record<string, unknown>> }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** An app with two pools and the account routes of the first. */
async function createDocumented(
  test: Test,
  pools: Readonly<Record<string, PoolOptions>>,
  options: Partial<UserRoutesOptions> = {},
): Promise<FastifyInstance> {
  const app = await createApp(test, pools)
  await app.register(swagger, (parent) => parent.cognito.openapi())
  await app.register(swaggerUi, { routePrefix: '/documentation' })
  const [pool = ''] = Object.keys(pools)
  await app.register(userRoutes, { pool, prefix: '/users', ...options })
  app.get('/orders', { onRequest: app.authRequired(pool) }, async (request) => request.cognito?.username)
  return app
}

const documentOf = (app: FastifyInstance) => app.swagger() as unknown as Document

const ROUTES: Readonly<Record<string, number>> = {
  '/users/signup': 201,
  '/users/confirm': 204,
  '/users/resend': 202,
  '/users/signin': 200,
  '/users/challenge': 200,
  '/users/refresh': 200,
  '/users/signout': 204,
  '/users/password/forgot': 202,
  '/users/password/reset': 204,
  '/users/password/change': 204,
  '/users/me': 200,
}
const account = { eu: ['aws.cognito.signin.user.admin'] }
const SECURITY: Readonly<Record<string, readonly unknown[]>> = {
  '/users/signout': [{ eu: [] }],
  '/users/password/change': [account],
  '/users/me': [{ eu: [] }, account],
}

t.test('every route shows what it takes, what it answers and who may call it', async (t) => {
  const app = await createDocumented(t, { eu: eu.options(), us: us.options() })
  await app.ready()
  const { paths } = documentOf(app)
  t.strictSame(Object.keys(paths).sort(), [...Object.keys(ROUTES), '/orders'].sort())
  for (const [path, status] of Object.entries(ROUTES)) {
    const [operation] = Object.values(paths[path] ?? {})
    t.match(operation, { tags: ['users'], summary: /^[A-Z]/ }, path)
    const described = Object.fromEntries(
      [status, 400, 429, 502, 504].map((answer) => [answer, { description: /./ }]),
    )
    t.match(operation?.responses, described, path)
    t.strictSame(operation?.security, SECURITY[path], path)
  }
})

t.test('bodies: the form of the sign-in, and the attributes of a sign-up', async (t) => {
  const app = await createDocumented(t, { eu: eu.options() })
  await app.ready()
  const { paths } = documentOf(app)
  const contentOf = (path: string) => paths[path]?.['post']?.requestBody.content ?? {}
  const forms = Object.keys(contentOf('/users/signin'))
  t.strictSame(forms, ['application/json', 'application/x-www-form-urlencoded'])
  t.match(contentOf('/users/signup')['application/json']?.schema, {
    required: ['username', 'password'],
    properties: { attributes: { properties: { email: { type: 'string' } } } },
  })
})

t.test('a pool with a sign-in offers the password flow, beside the one of its domain', async (t) => {
  const schemeOf = async (pool: Partial<PoolOptions>, options: Partial<UserRoutesOptions> = {}) => {
    const app = await createDocumented(t, { eu: { ...eu.options(), ...pool }, us: us.options() }, options)
    await app.ready()
    const { eu: scheme, us: other } = documentOf(app).components.securitySchemes
    t.match(other, { type: 'http' }, 'a pool without account routes stays as it is')
    return scheme
  }
  const password = { tokenUrl: '/users/signin', scopes: {} }
  t.strictSame(await schemeOf({}), {
    type: 'oauth2',
    description: 'An access token of the user pool eu',
    flows: { password },
  })
  t.match(await schemeOf({ tokenUse: 'id' }), { type: 'oauth2', 'x-tokenName': 'id_token' })
  t.match(await schemeOf({ domain: 'shop.auth.eu-west-1.amazoncognito.com' }), {
    flows: { password, authorizationCode: { tokenUrl: /amazoncognito/ } },
  })
  t.match(await schemeOf({}, { routes: { signin: '/login' } }), {
    flows: { password: { tokenUrl: '/users/login' } },
  })
  t.match(await schemeOf({}, { prefix: '/users/' } as object), {
    flows: { password: { tokenUrl: '/users/signin' } },
  })
  t.match(await schemeOf({}, { routes: { signin: false } }), { type: 'http' })
})

t.test('of two sign-ins of a pool the first counts', async (t) => {
  const app = await createDocumented(t, { eu: eu.options() })
  await app.register(userRoutes, { prefix: '/accounts' })
  await app.ready()
  t.match(documentOf(app).components.securitySchemes['eu'], {
    flows: { password: { tokenUrl: '/users/signin' } },
  })
})

/** Starts an emulator with one user, `ada`, for all tests of this file. */
async function startAccount() {
  const emulator = await startCognitoLocal()
  t.teardown(() => emulator.stop())
  const pool = await createPool(emulator, { name: 'eu' })
  await createUser(pool, { username: 'ada', password: 'Correct-horse-1' })
  return pool
}

let started: ReturnType<typeof startAccount> | undefined
const openAccount = () => {
  started ??= startAccount()
  return started
}

/** Fills in the form of the dialog that a scheme has. */
async function authorize(scheme: Locator, username: string, password: string): Promise<void> {
  await scheme.locator('#oauth_username').fill(username)
  await scheme.locator('#oauth_password').fill(password)
  await scheme.locator('.auth-btn-wrapper .btn.authorize').click()
}

t.test('Swagger UI signs in by its form, and the token opens a guarded route', inChromium, async (t) => {
  const { endpoint, issuer, userPoolId, appClientId } = await openAccount()
  for (const tokenUse of ['access', 'id'] as const) {
    const app = await createDocumented(t, { eu: { userPoolId, issuer, appClientId, tokenUse } }, { endpoint })
    const origin = await app.listen({ host: '127.0.0.1', port: 0 })
    const page = await openPage(t)
    await page.goto(`${origin}/documentation/`)
    await page.locator('.auth-wrapper .btn.authorize').click()
    // A pool of ID tokens has a second one, because the account routes take access tokens.
    const scheme = page.locator('.auth-container').first()
    await authorize(scheme, 'ada', 'wrong')
    await scheme.locator('.errors').waitFor()
    t.match(await scheme.locator('.errors').textContent(), /Incorrect username or password/)
    await authorize(scheme, 'ada', 'Correct-horse-1')
    await scheme.getByText('Logout').waitFor()
    await page.locator('.btn-done').last().click()
    t.match(await tryOut(page, '/orders'), /^200/, tokenUse)
  }
})

t.test('Swagger UI signs in for the ID token of a pool of access tokens', inChromium, async (t) => {
  const { endpoint, issuer, userPoolId, appClientId } = await openAccount()
  const app = await createDocumented(t, { eu: { userPoolId, issuer, appClientId } }, { endpoint })
  app.get('/profile', { onRequest: app.authRequired('eu', { tokenUse: 'id' }) }, async () => 'in')
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const page = await openPage(t)
  await page.goto(`${origin}/documentation/`)
  await page.locator('.auth-wrapper .btn.authorize').click()
  const scheme = page.locator('.auth-container', { hasText: 'eu.id' })
  await authorize(scheme, 'ada', 'Correct-horse-1')
  await scheme.getByText('Logout').waitFor()
  await page.locator('.btn-done').last().click()
  t.match(await tryOut(page, '/profile'), /^200/)
  t.match(await tryOut(page, '/orders'), /^401/, 'the access token is asked for by its own field')
})
