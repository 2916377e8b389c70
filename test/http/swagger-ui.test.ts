/**
 * The OpenAPI document in a real browser: what Swagger UI makes of it, and what it then sends.
 * @module
 */
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import swagger from '@fastify/swagger'
import swaggerUi, { type FastifySwaggerUiOptions } from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import type { Locator, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import type { PoolOptions } from '../../src/index.js'
import type { TestPool } from '../../src/testing/index.js'
import { createApp, startIssuer } from '../support/app.js'
import { inChromium, openPage } from '../support/chromium.js'
import { startServer } from '../support/server.js'
import { tryOut } from '../support/swagger-page.js'

const { eu, us } = await startIssuer(t)

/** An app with a route for each pool, and Swagger UI open in a browser. */
async function openDocumentation(
  t: Test,
  pools: Readonly<Record<string, PoolOptions>>,
  options: FastifySwaggerUiOptions = {},
): Promise<{ page: Page; sent: (string | undefined)[] }> {
  const app = await createApp(t, pools)
  await app.register(swagger, (parent) => parent.cognito.openapi())
  await app.register(swaggerUi, { routePrefix: '/documentation', ...options })
  const sent: (string | undefined)[] = []
  app.addHook('onRequest', async ({ url, headers }) => {
    if (!url.startsWith('/documentation')) sent.push(headers.authorization)
  })
  for (const name of Object.keys(pools)) addRoute(app, name)
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const page = await openPage(t)
  await page.goto(`${origin}/documentation/`)
  await page.locator('.auth-wrapper .btn.authorize').click()
  return { page, sent }
}

function addRoute(app: FastifyInstance, name: string): void {
  app.get(`/${name}`, { onRequest: app.authRequired(name) }, async (request) => ({
    pool: request.cognito?.pool,
    tokenUse: request.cognito?.tokenUse,
  }))
}

const entry = (page: Page, index: number): Locator => page.locator('.auth-container').nth(index)

t.test('the Authorize dialog has a field for each pool, and its token is sent', inChromium, async (t) => {
  const { page, sent } = await openDocumentation(t, { eu: eu.options(), us: us.options({ tokenUse: 'id' }) })
  const names = page.locator('.auth-container h4 code')
  await names.nth(1).waitFor()
  t.strictSame(await names.allTextContents(), ['eu', 'us'])
  const token = eu.accessToken()
  await entry(page, 0).locator('input').fill(token)
  await entry(page, 0).locator('button.authorize').click()
  await page.locator('.btn-done').last().click()
  t.match(await tryOut(page, '/eu'), /^200/)
  t.match(await tryOut(page, '/us'), /^401/)
  t.strictSame(sent, [`Bearer ${token}`, undefined])
})

/** A stand-in for Cognito's managed login: a page with a button, and the token endpoint behind it. */
async function startLogin(t: Test, pool: TestPool): Promise<{ origin: string; asked: URLSearchParams[] }> {
  const asked: URLSearchParams[] = []
  const origin = await startServer(t, async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://login')
    if (pathname === '/oauth2/authorize') {
      asked.push(searchParams)
      showLogin(searchParams, response)
    } else if (pathname === '/oauth2/token') {
      await answerToken(pool, asked.at(-1), request, response)
    } else {
      response.writeHead(404).end()
    }
  })
  return { origin, asked }
}

function showLogin(asked: URLSearchParams, response: ServerResponse): void {
  const back = new URL(asked.get('redirect_uri') ?? '')
  back.searchParams.set('code', 'the-code')
  back.searchParams.set('state', asked.get('state') ?? '')
  response.setHeader('content-type', 'text/html')
  response.end(`<a id="sign-in" href="${back.href.replaceAll('&', '&amp;')}">Sign in</a>`)
}

/** RFC 6749 §4.1.3 and RFC 7636 §4.6; from another origin, so that the browser asks before it sends. */
async function answerToken(
  pool: TestPool,
  asked: URLSearchParams | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('access-control-allow-origin', '*')
  response.setHeader('access-control-allow-headers', '*')
  if (request.method === 'OPTIONS') return void response.writeHead(204).end()
  const form = new URLSearchParams(await text(request))
  const challenge = createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url')
  const isGenuine =
    form.get('grant_type') === 'authorization_code' &&
    form.get('code') === 'the-code' &&
    form.get('client_id') === pool.appClientId &&
    form.get('redirect_uri') === asked?.get('redirect_uri') &&
    asked?.get('code_challenge_method') === 'S256' &&
    asked.get('code_challenge') === challenge
  response.setHeader('content-type', 'application/json')
  if (!isGenuine) return void response.writeHead(400).end('{"error":"invalid_grant"}')
  const [access_token, id_token] = [pool.accessToken(), pool.idToken()]
  response.end(JSON.stringify({ token_type: 'Bearer', expires_in: 3600, access_token, id_token }))
}

/** Signs in through the dialog, and closes the popup by the button of the login page. */
async function signIn(page: Page): Promise<void> {
  await entry(page, 0).locator('.scopes .checkbox label').first().click()
  const popup = page.waitForEvent('popup')
  await entry(page, 0).locator('button.authorize').click()
  await (await popup).locator('#sign-in').click()
}

for (const tokenUse of ['access', 'id'] as const) {
  t.test(
    `with a domain, Swagger UI signs in with PKCE and sends the ${tokenUse} token`,
    inChromium,
    async (t) => {
      const { origin, asked } = await startLogin(t, eu)
      const { page, sent } = await openDocumentation(
        t,
        { eu: eu.options({ tokenUse, domain: origin }), us: us.options() },
        { initOAuth: { usePkceWithAuthorizationCodeGrant: true, clientId: eu.appClientId } },
      )
      await signIn(page)
      await entry(page, 0).getByText('Logout').waitFor()
      await page.locator('.btn-done').last().click()
      t.match(await tryOut(page, '/eu'), /^200/)
      t.match(await tryOut(page, '/us'), /^401/)
      t.match(sent, [/^Bearer /, undefined])
      t.strictSame(asked.length, 1)
      t.match(asked[0]?.get('scope'), 'openid')
      t.equal(asked[0]?.get('response_type'), 'code')
    },
  )
}

t.test(
  'a route that takes the other kind of token of its pool has a field of its own',
  inChromium,
  async (t) => {
    const app = await createApp(t, { eu: eu.options() })
    await app.register(swagger, (parent) => parent.cognito.openapi())
    await app.register(swaggerUi, { routePrefix: '/documentation' })
    addRoute(app, 'eu')
    app.get('/profile', { onRequest: app.authRequired('eu', { tokenUse: 'id' }) }, async () => 'in')
    const origin = await app.listen({ host: '127.0.0.1', port: 0 })
    const page = await openPage(t)
    await page.goto(`${origin}/documentation/`)
    await page.locator('.auth-wrapper .btn.authorize').click()
    for (const [index, token] of [eu.accessToken(), eu.idToken()].entries()) {
      await entry(page, index).locator('input').fill(token)
      await entry(page, index).locator('button.authorize').click()
    }
    t.strictSame(await page.locator('.auth-container h4 code').allTextContents(), ['eu', 'eu.id'])
    await page.locator('.btn-done').last().click()
    t.match(await tryOut(page, '/eu'), /^200/)
    t.match(await tryOut(page, '/profile'), /^200/)
  },
)

t.test('without PKCE in its options, Swagger UI gets no token', inChromium, async (t) => {
  const { origin, asked } = await startLogin(t, eu)
  const { page, sent } = await openDocumentation(
    t,
    { eu: eu.options({ domain: origin }) },
    { initOAuth: { clientId: eu.appClientId } },
  )
  await signIn(page)
  await entry(page, 0).locator('.errors').waitFor()
  await page.locator('.btn-done').last().click()
  t.match(await tryOut(page, '/eu'), /^401/)
  t.strictSame(sent, [undefined])
  t.equal(asked[0]?.get('code_challenge'), null)
})
