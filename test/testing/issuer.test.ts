/**
 * `fastify-cognito/testing`: tokens of Cognito's exact shape, two keys a pool, rotation, outage and delay.
 * @module
 */
import { createPublicKey, type JsonWebKey, verify } from 'node:crypto'
import t from 'tap'
import { TestIssuer } from '../../src/testing/index.js'
import { createApp } from '../support/app.js'
import { decode } from '../support/forge.js'

t.test('the shapes of the tokens are Cognito’s', async (t) => {
  await using issuer = await TestIssuer.start()
  const pool = issuer.createPool({ region: 'us-gov-west-1', appClientId: 'client' })
  t.match(pool.userPoolId, /^us-gov-west-1_[0-9a-fA-F]+$/)
  t.match(pool.issuers, {
    original: `https://cognito-idp.us-gov-west-1.amazonaws.com/${pool.userPoolId}`,
    updated: /^https:\/\/issuer-cognito-idp\./,
  })
  const names = (token: string) => Object.keys(decode(token).payload).sort()
  const common = ['auth_time', 'exp', 'iat', 'iss', 'jti', 'sub', 'token_use']
  t.strictSame(
    names(pool.accessToken()),
    [...common, 'client_id', 'event_id', 'origin_jti', 'scope', 'username'].sort(),
  )
  t.strictSame(
    names(pool.idToken()),
    [...common, 'aud', 'cognito:username', 'email', 'email_verified', 'event_id', 'origin_jti'].sort(),
  )
  t.strictSame(names(pool.machineToken()), [...common, 'client_id', 'scope', 'version'].sort())
  t.strictSame(Object.keys(decode(pool.accessToken()).header).sort(), ['alg', 'kid'])
  const { payload } = decode(pool.machineToken())
  t.equal(payload['sub'], payload['client_id'])
  const changed = decode(pool.accessToken({ sub: 'ada', jti: undefined }, { typ: 'JWT', kid: 'k' }))
  t.strictSame(changed.header, { kid: 'k', alg: 'RS256', typ: 'JWT' })
  t.match(changed.payload, { sub: 'ada', client_id: 'client' })
  t.notOk(Object.hasOwn(changed.payload, 'jti'), 'undefined leaves a member out')
  t.throws(() => issuer.createPool({ userPoolId: 'nonsense' }), {
    name: 'TypeError',
    message: /^userPoolId: expected/,
  })
  t.equal(issuer.createPool({ userPoolId: 'eu-west-3_Fixed' }).region, 'eu-west-3')
})

t.test('two keys a pool, one for each kind of token, published on loopback', async (t) => {
  await using issuer = await TestIssuer.start()
  const pool = issuer.createPool()
  const { keys } = (await (await fetch(pool.jwksUrl)).json()) as { keys: JsonWebKey[] }
  t.equal(keys.length, 2)
  t.not(pool.kid('access'), pool.kid('id'))
  for (const [use, token] of [
    ['access', pool.accessToken()],
    ['id', pool.idToken()],
  ] as const) {
    const jwk = keys.find((key) => key['kid'] === pool.kid(use))
    t.match(jwk, { kty: 'RSA', use: 'sig', alg: 'RS256', e: 'AQAB', d: undefined })
    const [header, payload, signature = ''] = token.split('.')
    t.ok(
      verify(
        'sha256',
        Buffer.from(`${header}.${payload}`),
        createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }),
        Buffer.from(signature, 'base64url'),
      ),
    )
  }
  t.equal((await fetch(`${issuer.origin}/elsewhere/.well-known/jwks.json`)).status, 404)
  t.equal((await fetch(issuer.origin)).status, 404)
})

t.test('options, and headers with a token of the kind that the pool takes', async (t) => {
  await using issuer = await TestIssuer.start()
  const [a, b, c] = [issuer.createPool(), issuer.createPool(), issuer.createPool()]
  const app = await createApp(t, {
    a: a.options(),
    b: b.options({ tokenUse: 'id' }),
    c: c.options({ tokenUse: ['id', 'access'], appClientId: [c.appClientId, 'x'] }),
  })
  for (const [name, pool] of Object.entries({ a, b, c }))
    app.get(
      `/${name}`,
      { onRequest: app.authRequired(name as 'a') },
      async ({ cognito }) => cognito?.subject + String(pool.region),
    )
  for (const [name, pool] of Object.entries({ a, b, c })) {
    t.equal(
      (await app.inject({ url: `/${name}`, headers: pool.authorization({ sub: 'ada' }) })).body,
      'adaeu-west-1',
    )
    t.equal((await app.inject({ url: `/${name}`, headers: pool.authorization() })).statusCode, 200)
  }
})

t.test('rotation, with and without the old keys', async (t) => {
  await using issuer = await TestIssuer.start()
  const pool = issuer.createPool()
  const app = await createApp(t, { eu: pool.options() })
  const first = pool.accessToken()
  pool.rotateKeys()
  const second = pool.accessToken()
  t.equal(pool.keySet().keys.length, 4)
  for (const token of [first, second]) t.match(await app.cognito.verify(token), { pool: 'eu' })
  pool.rotateKeys({ keepOld: false })
  t.equal(pool.keySet().keys.length, 2)
  const fresh = await createApp(t, { eu: pool.options() })
  await t.rejects(fresh.cognito.verify(second), { code: 'COGNITO_ERR_TOKEN_INVALID' })
  t.match(await fresh.cognito.verify(pool.accessToken()), { pool: 'eu' })
})

t.test('outage, delay and a count of fetches', async (t) => {
  await using issuer = await TestIssuer.start()
  const pool = issuer.createPool()
  issuer.down = true
  t.equal((await fetch(pool.jwksUrl)).status, 503)
  issuer.down = false
  issuer.delay = 100
  const start = performance.now()
  t.equal((await fetch(pool.jwksUrl)).status, 200)
  t.ok(performance.now() - start >= 95)
  t.equal(issuer.fetches.get(pool.userPoolId), 2)
})
