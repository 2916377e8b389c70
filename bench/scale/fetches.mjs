// How often is the issuer asked for its keys, when a thousand requests come at once?
import { CognitoJwtVerifier } from 'aws-jwt-verify'
import { SimpleJwksCache } from 'aws-jwt-verify/jwk'
import Fastify from 'fastify'
import fastifyJwtJwks from 'fastify-jwt-jwks'
import buildGetJwks from 'get-jwks'
import cognito from '../../dist/index.js'
import { TestIssuer } from '../../dist/testing/index.js'
import { answer } from '../answer.mjs'
import { createVerify } from '../variants/jose.mjs'

const AT_ONCE = 1000

/** A function of a token that rejects a bad one. */
async function injectInto(app, route) {
  app.get('/', route, () => ({}))
  await app.ready()
  return async (token) => {
    const { statusCode } = await app.inject({ url: '/', headers: { authorization: `Bearer ${token}` } })
    if (statusCode !== 200) throw new Error(`answered ${statusCode}`)
  }
}

async function startOwn(pool) {
  const app = Fastify()
  await app.register(cognito, { pools: { eu: pool.options() }, keys: { prefetch: false } })
  return injectInto(app, { onRequest: app.authRequired('eu') })
}

/** Its own way to the keys takes https only. */
function startAws({ userPoolId, appClientId, jwksUrl }) {
  const fetcher = { fetch: async () => (await fetch(jwksUrl)).arrayBuffer() }
  const verifier = CognitoJwtVerifier.create(
    { userPoolId, clientId: appClientId, tokenUse: 'access' },
    { jwksCache: new SimpleJwksCache({ fetcher }) },
  )
  return (token) => verifier.verify(token)
}

function startGetJwks({ jwksUrl }) {
  const { origin, pathname } = new URL(jwksUrl)
  const getJwks = buildGetJwks({ jwksPath: pathname })
  return (token) => {
    const { kid, alg } = JSON.parse(Buffer.from(token.split('.')[0], 'base64url').toString())
    return getJwks.getPublicKey({ kid, alg, domain: origin })
  }
}

async function startJwtJwks({ jwksUrl, issuers }) {
  const app = Fastify()
  await app.register(fastifyJwtJwks, { jwksUrl, issuer: issuers.original })
  return injectInto(app, { preValidation: app.authenticate })
}

const starters = {
  'fastify-cognito': startOwn,
  'aws-jwt-verify': startAws,
  jose: ({ jwksUrl, issuers }) => createVerify({ jwksUrl, issuer: issuers.original }),
  'get-jwks': startGetJwks,
  'fastify-jwt-jwks': startJwtJwks,
}

const mint = (pool, toHeader) =>
  Array.from({ length: AT_ONCE }, (_, index) => pool.accessToken({}, toHeader(index)))

/** Sends all tokens at once, and returns how many of them passed and how many requests the issuer got. */
async function send(issuer, pool, verify, tokens) {
  const asked = () => issuer.fetches.get(pool.userPoolId) ?? 0
  const before = asked()
  const outcomes = await Promise.allSettled(tokens.map(async (token) => verify(token)))
  const passed = outcomes.filter(({ status }) => status === 'fulfilled').length
  return { passed, fetches: asked() - before }
}

answer({
  async count() {
    const issuer = await TestIssuer.start()
    const pool = issuer.createPool()
    const good = mint(pool, () => ({}))
    const unknown = mint(pool, (index) => ({ kid: `unknown-${index}` }))
    const results = {}
    for (const [name, start] of Object.entries(starters)) {
      const verify = await start(pool)
      const cold = await send(issuer, pool, verify, good)
      const warm = await send(issuer, pool, verify, unknown)
      if (cold.passed !== AT_ONCE || warm.passed > 0) throw new Error(`${name} is not wired right`)
      results[name] = { 'cold herd': cold.fetches, 'unknown kids': warm.fetches }
    }
    return results
  },
})
