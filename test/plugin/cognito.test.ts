/**
 * `app.cognito`: verifying tokens that came another way, protecting a scope, health, and the registered pools.
 * @module
 */
import { Type } from '@sinclair/typebox'
import t from 'tap'
import { bearer, createApp, startIssuer } from '../support/app.js'

const { issuer, eu, us } = await startIssuer(t)
const pools = () => ({ eu: eu.options(), us: us.options({ tokenUse: 'id' }) })

t.test('verify: the same checks as a guard', async (t) => {
  const app = await createApp(t, pools())
  const { verify } = app.cognito
  t.match(await verify(eu.accessToken({ sub: 'ada' })), { pool: 'eu', subject: 'ada' })
  t.match(await verify(us.idToken(), 'us'), { pool: 'us', tokenUse: 'id' })
  t.match(await verify(us.idToken(), ['eu', 'us']), { pool: 'us' })
  const requirement = { scopes: 'a', claims: Type.Object({ n: Type.Integer({ alias: 'custom:n' }) }) }
  t.match(await verify(eu.accessToken({ scope: 'a', 'custom:n': '7' }), 'eu', requirement), {
    claims: { n: 7 },
  })
  t.match(await verify(eu.accessToken({ scope: 'a', 'custom:n': '8' }), 'eu', requirement), {
    claims: { n: 8 },
  })
  await t.rejects(verify(eu.accessToken({ 'custom:n': '8' }), 'eu', requirement), {
    code: 'COGNITO_ERR_SCOPE_INSUFFICIENT',
    challenge: { scope: 'a' },
  })
  await t.rejects(verify(us.idToken(), 'eu'), {
    code: 'COGNITO_ERR_TOKEN_INVALID',
    reason: 'an ID token of pool us; this route takes access tokens of pool eu',
  })
  await t.rejects(verify(eu.accessToken({ exp: 1, iat: 0 })), { code: 'COGNITO_ERR_TOKEN_EXPIRED' })
})

t.test('verify: whatever comes as a token is a refusal, and a wrong call a TypeError', async (t) => {
  const app = await createApp(t, pools())
  const verify = app.cognito.verify as (...values: unknown[]) => Promise<unknown>
  for (const token of [
    undefined,
    null,
    7,
    '',
    {},
    [],
    Symbol.iterator,
    Buffer.from('x'),
    `${eu.accessToken()} `,
    Object.create(null),
  ]) {
    await t.rejects(
      verify(token),
      { name: 'CognitoError', code: /REQUEST_INVALID|TOKEN_INVALID/ },
      String(typeof token),
    )
  }
  for (const call of [
    ['asia'],
    [[]],
    [7],
    [null],
    [{}],
    ['eu', { scope: 'a' }],
    ['eu', { scopes: undefined }],
    ['eu', { check: () => true }],
    ['us', { scopes: 'a' }],
    ['eu', null],
    ['eu', undefined],
    [undefined],
    ['eu', []],
  ]) {
    await t.rejects(
      verify(eu.accessToken(), ...call),
      { name: 'TypeError', message: /^verify/ },
      JSON.stringify(call),
    )
  }
})

t.test('protect: every route of a scope, its children too, and nothing beside it', async (t) => {
  const app = await createApp(t, pools())
  app.get('/open', async () => 'in')
  app.register(
    async (scope) => {
      const guarded = app.cognito.protect(scope, app.authRequired('eu'))
      t.equal(guarded, scope as unknown as typeof guarded)
      guarded.get('/a', async (request) => request.cognito.subject)
      guarded.register(async (child) => child.get('/b', async () => 'in'))
    },
    { prefix: '/scope' },
  )
  const status = async (url: string, headers = {}) => (await app.inject({ url, headers })).statusCode
  t.equal(await status('/open'), 200)
  for (const url of ['/scope/a', '/scope/b']) {
    t.equal(await status(url), 401)
    t.equal(await status(url, bearer(us.idToken())), 401)
    t.equal(await status(url, bearer(eu.accessToken())), 200)
  }
})

t.test('status: each pool for itself, without asking anybody', async (t) => {
  const cold = issuer.createPool()
  const app = await createApp(t, { eu: eu.options(), cold: cold.options() })
  await app.cognito.verify(eu.accessToken())
  t.match(app.cognito.status(), {
    eu: {
      state: 'ok',
      keys: [{ ageSeconds: Number }, { ageSeconds: Number }],
      source: 'network',
      lastSuccessSeconds: Number,
      lastFailure: undefined,
    },
    cold: {
      state: 'cold',
      keys: [],
      source: undefined,
      lastSuccessSeconds: undefined,
      lastFailure: undefined,
    },
  })
  t.equal(app.cognito.status()['eu']?.keys.length, 2, 'the whole set, though one key was needed')
  t.equal(issuer.fetches.get(cold.userPoolId), undefined)
})

t.test(
  'refresh: a key that was taken out is refused at once; other pools, and an outage, change nothing',
  async (t) => {
    const [moved, other] = [issuer.createPool(), issuer.createPool()]
    const app = await createApp(t, { moved: moved.options(), other: other.options() })
    const old = moved.accessToken()
    await app.cognito.verify(old, 'moved')
    await app.cognito.verify(other.accessToken(), 'other')
    moved.rotateKeys({ keepOld: false })
    await app.cognito.refresh('other')
    t.match(await app.cognito.verify(old, 'moved'), { pool: 'moved' })
    await app.cognito.refresh(['moved'])
    await t.rejects(app.cognito.verify(old, 'moved'), { code: 'COGNITO_ERR_TOKEN_INVALID' })
    t.equal(issuer.fetches.get(other.userPoolId), 2)
    await app.cognito.verify(other.idToken(), 'other', { tokenUse: 'id' })
    issuer.down = true
    t.equal(await app.cognito.refresh(), false, 'an endpoint failed')
    issuer.down = false
    t.match(await app.cognito.verify(other.accessToken(), 'other'), { pool: 'other' })
    t.match(app.cognito.status(), {
      other: { state: 'degraded', lastFailure: { seconds: Number, reason: 'status', code: '503' } },
    })
    const tokens = [other.accessToken(), other.idToken()]
    other.rotateKeys({ keepOld: false })
    t.equal(await app.cognito.refresh('other'), true, 'asked in spite of the back-off')
    for (const token of tokens) {
      const verified = app.cognito.verify(token, 'other', { tokenUse: ['access', 'id'] })
      await t.rejects(verified, { code: 'COGNITO_ERR_TOKEN_INVALID' }, 'every key that was held')
    }
    t.equal(await (await createApp(t, { cold: other.options() })).cognito.refresh(), true)
    for (const wrong of ['nobody', [], ['other', 'nobody']]) {
      await t.rejects(app.cognito.refresh(wrong as never), TypeError)
    }
    await t.rejects(app.cognito.refresh(undefined), TypeError, 'a name that is missing by mistake')
  },
)

t.test('pools: as they were understood, read-only', async (t) => {
  const app = await createApp(t, { ...pools(), any: issuer.createPool().options({ appClientId: null }) })
  t.strictSame(app.cognito.pools['us'], {
    name: 'us',
    userPoolId: us.userPoolId,
    region: 'us-east-1',
    appClientId: [us.appClientId],
    tokenUse: ['id'],
    issuers: [us.issuers.original, us.issuers.updated],
    jwksUrls: [us.jwksUrl],
  })
  t.equal(app.cognito.pools['any']?.appClientId, null)
  t.ok(
    Object.isFrozen(app.cognito) &&
      Object.isFrozen(app.cognito.pools) &&
      Object.isFrozen(app.cognito.pools['us']),
  )
})
