/**
 * Sends the events of each AWS service to the application, as the service would, and reads the answers as it would.
 * @module
 */
import assert from 'node:assert/strict'
import { TestIssuer, type TestPool } from 'fastify-cognito/testing'
import { createApp } from './app.js'
import { printColdStart } from './cold-start.js'
import { type Ask, askForgetfulAlb, SERVICES } from './events.js'

const SUBJECT = 'c2d5a8f0-1111-4222-8333-944445555666'

interface Tokens {
  readonly good: string
  readonly bad: string
  readonly foreign: string
}

/** Each of these says that somebody has signed in. A client can write all of them. */
const FORGED = {
  'x-apigateway-event': [JSON.stringify({ requestContext: { authorizer: { claims: { sub: SUBJECT } } } })],
  'x-amzn-oidc-identity': [SUBJECT],
  'x-amzn-oidc-data': ['eyJhbGciOiJFUzI1NiJ9.e30.AAAA'],
}

const toHeaders = (...tokens: readonly string[]) =>
  tokens.length === 0 ? {} : { authorization: tokens.map((token) => `Bearer ${token}`) }

function makeTokens(pool: TestPool, other: TestPool): Tokens {
  const good = pool.accessToken({ sub: SUBJECT })
  return { good, bad: good.replace(/[^.]+$/, 'A'.repeat(342)), foreign: other.accessToken({ sub: SUBJECT }) }
}

/** The good token is let in, with the body that it came with. */
async function checkLetIn(ask: Ask, { good }: Tokens): Promise<void> {
  const me = await ask({ method: 'GET', path: '/me', headers: toHeaders(good) })
  assert.deepEqual([me.status, JSON.parse(me.body)], [200, { subject: SUBJECT }])
  assert.match(me.headers['content-type'] ?? '', /^application\/json/)
  const headers = { ...toHeaders(good), 'content-type': ['application/json'] }
  const order = await ask({ method: 'POST', path: '/orders', headers, body: '{"tea":2}' })
  assert.deepEqual([order.status, JSON.parse(order.body)], [200, { subject: SUBJECT, body: { tea: 2 } }])
  const report = await ask({ method: 'GET', path: '/report', headers: toHeaders(good) })
  assert.deepEqual([report.status, report.body], [200, `subject\n${SUBJECT}\n`])
}

/** No other request is let in, and each is told why. */
async function checkRefused(ask: Ask, { bad, foreign }: Tokens): Promise<void> {
  const refusals = [
    { headers: toHeaders(), challenge: 'Bearer realm="api"' },
    { headers: FORGED, challenge: 'Bearer realm="api"' },
    { headers: toHeaders(bad), challenge: /error="invalid_token"/ },
    { headers: toHeaders(foreign), challenge: /error="invalid_token"/ },
  ]
  for (const path of ['/me', '/report']) {
    for (const { headers: sent, challenge } of refusals) {
      const { status, headers, body } = await ask({ method: 'GET', path, headers: sent })
      assert.equal(status, 401)
      assert.match(headers['www-authenticate'] ?? '', new RegExp(challenge))
      assert.equal(headers['cache-control'], 'no-store')
      assert.match(JSON.parse(body).code, /^COGNITO_ERR_TOKEN_/)
    }
  }
}

/** Two tokens in one request: nobody may choose between them, and a good first one opens nothing. */
async function checkTwoTokens(ask: Ask, { good, bad }: Tokens): Promise<void> {
  const { status } = await ask({ method: 'GET', path: '/me', headers: toHeaders(good, bad) })
  assert.ok(status === 400 || status === 401, `${status}`)
}

/** Without `albMultiValueHeaders` the adapter does not read the headers of such an ALB, so a good token is missing. */
async function checkForgottenOption(pool: TestPool, { good }: Tokens): Promise<void> {
  const app = await createApp(pool.options())
  const { status } = await askForgetfulAlb(app)({ method: 'GET', path: '/me', headers: toHeaders(good) })
  assert.equal(status, 401)
  await app.close()
}

export async function check(): Promise<undefined> {
  await using issuer = await TestIssuer.start()
  const pool = issuer.createPool()
  const tokens = makeTokens(pool, issuer.createPool())
  for (const [name, connect] of Object.entries(SERVICES)) {
    const app = await createApp(pool.options())
    const ask = connect(app)
    await app.ready()
    await checkLetIn(ask, tokens)
    await checkRefused(ask, tokens)
    await checkTwoTokens(ask, tokens)
    await app.close()
    console.log(`      ${name}: good 200; missing, forged headers, bad, foreign 401`)
  }
  await checkForgottenOption(pool, tokens)
  await printColdStart(pool.options(), tokens.good)
}
