/**
 * Step-up: the level and the methods of a sign-in under the names of each pool, and what a refused client is told.
 * @module
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import t from 'tap'
import type { PoolOptions, Requirement } from '../../src/index.js'
import { requireSignIn } from '../../src/verify/sign-in.js'
import { bearer, createApp, startIssuer } from '../support/app.js'

const { eu, us } = await startIssuer(t)
const NAMES = ['password', 'code', 'two', 'totp'] as const
const pools = () => ({ eu: eu.options(), us: us.options({ acr: NAMES }) })
const LOA = 'urn:cognito:loa:'
const old = () => Math.floor(Date.now() / 1000) - 1000
const pool = async (request: FastifyRequest) => ({ pool: request.cognito?.pool ?? null })

async function ask(app: FastifyInstance, url: string, token: string) {
  const { statusCode, headers, body } = await app.inject({ url, headers: bearer(token) })
  const { code = '' } = JSON.parse(body)
  const challenge = headers['www-authenticate']?.toString().replace('Bearer realm="api", error=', '')
  return [statusCode, code.replace('COGNITO_ERR_', ''), challenge] as const
}

const PASSED = [200, '', undefined] as const
const WEAK = 'AUTHENTICATION_TOO_WEAK'
const ERROR = '"insufficient_user_authentication"'

t.test('a guard of several pools compares and answers with the names of the pool of the token', async (t) => {
  const app = await createApp(t, pools())
  app.get('/', { onRequest: app.authRequired(['eu', 'us'], { acr: { atLeast: 3 }, maxAge: 300 }) }, pool)
  app.get('/names', { onRequest: app.authRequired(['eu', 'us'], { acr: [`${LOA}4`, 'totp', 'two'] }) }, pool)
  app.get('/function', { onRequest: app.authRequired(() => ['eu', 'us'], { acr: 'totp' }) }, pool)
  const inEu = (level: string) => eu.accessToken({ acr: level })
  const inUs = (level: string) => us.accessToken({ acr: level })
  t.strictSame(await ask(app, '/', inEu(`${LOA}3`)), PASSED)
  t.strictSame(await ask(app, '/', inUs('totp')), PASSED)
  const euChallenge = `${ERROR}, acr_values="${LOA}4 ${LOA}3", max_age="300"`
  const usChallenge = `${ERROR}, acr_values="totp two", max_age="300"`
  t.strictSame(await ask(app, '/', inEu(`${LOA}2`)), [401, WEAK, euChallenge])
  t.strictSame(await ask(app, '/', inEu('totp')), [401, WEAK, euChallenge], 'a name of another pool')
  t.strictSame(await ask(app, '/', inUs('code')), [401, WEAK, usChallenge])
  t.strictSame(await ask(app, '/', inUs(`${LOA}4`)), [401, WEAK, usChallenge], 'a default that is renamed')
  t.strictSame(await ask(app, '/names', inEu(`${LOA}4`)), PASSED)
  t.strictSame(await ask(app, '/names', inEu('two')), [401, WEAK, `${ERROR}, acr_values="${LOA}4"`])
  t.strictSame(await ask(app, '/names', inUs('code')), [401, WEAK, `${ERROR}, acr_values="totp two"`])
  t.strictSame(await ask(app, '/function', inUs('totp')), PASSED)
  t.strictSame(
    await ask(app, '/function', inEu('totp')),
    [401, WEAK, ERROR],
    'no level of the pool is enough',
  )
})

t.test(
  'the challenge is whole when only the age failed, and a sign-in that fails both is too weak',
  async (t) => {
    const app = await createApp(t, pools())
    app.get('/', { onRequest: app.authRequired('eu', { acr: { atLeast: 4 }, maxAge: 300 }) }, pool)
    app.get('/amr', { onRequest: app.authRequired('eu', { amr: 'mfa', maxAge: 300 }) }, pool)
    const challenge = `${ERROR}, acr_values="${LOA}4", max_age="300"`
    const acr = `${LOA}4`
    t.strictSame(await ask(app, '/', eu.accessToken({ acr })), PASSED)
    t.strictSame(await ask(app, '/', eu.accessToken({ acr, auth_time: old() })), [
      401,
      'AUTHENTICATION_TOO_OLD',
      challenge,
    ])
    t.strictSame(await ask(app, '/', eu.accessToken({ auth_time: old() })), [401, WEAK, challenge])
    t.strictSame(await ask(app, '/amr', eu.accessToken({ amr: ['pwd'], auth_time: old() })), [
      401,
      WEAK,
      `${ERROR}, max_age="300"`,
    ])
  },
)

t.test('who lacks a scope or a group is not sent to sign in for nothing', async (t) => {
  const app = await createApp(t, pools())
  const requirement: Requirement = {
    scopes: 'orders',
    groups: { anyOf: ['staff'], noneOf: ['suspended'] },
    acr: { atLeast: 4 },
    amr: 'mfa',
    maxAge: 300,
  }
  app.get('/', { onRequest: app.authRequired('eu', requirement) }, pool)
  const codeOf = async (claims: Readonly<Record<string, unknown>>) =>
    (await ask(app, '/', eu.accessToken(claims))).slice(0, 2)
  const scope = 'orders'
  const weak = { auth_time: old() }
  t.strictSame(await codeOf(weak), [403, 'SCOPE_INSUFFICIENT'])
  t.strictSame(await codeOf({ ...weak, scope }), [403, 'GROUP_INSUFFICIENT'])
  const groups = (...names: string[]) => ({ 'cognito:groups': names })
  t.strictSame(await codeOf({ ...weak, scope, ...groups('staff', 'suspended') }), [403, 'GROUP_PROHIBITED'])
  t.strictSame(await codeOf({ ...weak, scope, ...groups('staff') }), [401, WEAK])
  const strong = { scope, ...groups('staff'), acr: `${LOA}4`, amr: ['mfa'] }
  t.strictSame(await codeOf({ ...strong, ...weak }), [401, 'AUTHENTICATION_TOO_OLD'])
  t.strictSame(await codeOf(strong), [200, ''])
})

t.test('a machine is refused without a way to step up, because it does not sign in', async (t) => {
  for (const [url, requirement] of [
    ['/acr', { acr: { atLeast: 1 }, maxAge: 300 }],
    ['/amr', { amr: 'pwd' }],
  ] as const) {
    const app = await createApp(t, pools())
    app.get(url, { onRequest: app.authRequired('eu', requirement) }, pool)
    t.strictSame(await ask(app, url, eu.machineToken()), [401, WEAK, ERROR])
    const claimed = { acr: `${LOA}4`, amr: ['pwd'] }
    t.strictSame(await ask(app, url, eu.machineToken(claimed)), [401, WEAK, ERROR], 'whatever it claims')
    t.strictSame(await ask(app, url, eu.accessToken(claimed)), PASSED)
  }
})

t.test('ID tokens have a level and methods as well, and a guard of a scope asks for them', async (t) => {
  const app = await createApp(t, { eu: eu.options({ tokenUse: ['id', 'access'] }) })
  await app.register(async (scope) => {
    app.cognito.protect(scope, app.authRequired('eu', { acr: { atLeast: 2 } }))
    scope.get(
      '/',
      { onRequest: app.authRequired('eu', { amr: 'mfa' }) },
      async ({ cognito }) => cognito?.claims,
    )
  })
  t.match(await ask(app, '/', eu.idToken({ acr: `${LOA}2`, amr: ['pwd', 'mfa'] })), PASSED)
  t.match(await ask(app, '/', eu.idToken({ acr: `${LOA}1`, amr: ['pwd', 'mfa'] })), [401, WEAK])
  t.match(await ask(app, '/', eu.idToken({ acr: `${LOA}2`, amr: ['pwd'] })), [401, WEAK])
})

t.test('acr and amr of a wrong type pass nowhere', async (t) => {
  const app = await createApp(t, { eu: eu.options({ tokenUse: ['id', 'access'] }) })
  app.get('/', { onRequest: app.authRequired('eu') }, pool)
  app.get('/asking', { onRequest: app.authRequired('eu', { acr: { atLeast: 1 }, amr: 'pwd' }) }, pool)
  const sound = { acr: `${LOA}1`, amr: ['pwd'] }
  for (const claims of [
    { acr: 1 },
    { acr: [`${LOA}1`] },
    { acr: null },
    { amr: 'pwd' },
    { amr: ['pwd', 1] },
    { amr: { 0: 'pwd' } },
    { amr: null },
  ]) {
    for (const make of ['accessToken', 'idToken'] as const) {
      for (const url of ['/', '/asking']) {
        const name = `${url} ${make} ${JSON.stringify(claims)}`
        t.match(await ask(app, url, eu[make]({ ...sound, ...claims } as never)), [401, 'TOKEN_INVALID'], name)
        t.match(await ask(app, url, eu[make](sound)), PASSED, name)
      }
    }
  }
})

t.test('verify asks for the sign-in as guards do', async (t) => {
  const app = await createApp(t, pools())
  const verify = (token: string) => app.cognito.verify(token, 'us', { acr: { atLeast: 3 } })
  t.match(await verify(us.accessToken({ acr: 'two' })), { claims: { acr: 'two' } })
  await t.rejects(verify(us.accessToken({ acr: 'code' })), {
    code: `COGNITO_ERR_${WEAK}`,
    statusCode: 401,
    challenge: { error: 'insufficient_user_authentication', acr_values: 'totp two' },
    pool: 'us',
  })
})

t.test('names that the application changes after the boot change nothing', async (t) => {
  const acr = ['password', 'code', 'two', 'totp']
  const needed = ['totp']
  const methods = ['mfa']
  const options = us.options({ acr: acr as never }) as PoolOptions
  const app = await createApp(t, { us: options })
  app.get('/', { onRequest: app.authRequired('us', { acr: needed, amr: { anyOf: methods } }) }, pool)
  acr.reverse()
  needed.push('password')
  methods.push('pwd')
  t.match(await ask(app, '/', us.accessToken({ acr: 'password', amr: ['mfa'] })), [401, WEAK])
  t.match(await ask(app, '/', us.accessToken({ acr: 'totp', amr: ['pwd'] })), [401, WEAK])
  t.match(await ask(app, '/', us.accessToken({ acr: 'totp', amr: ['mfa'] })), PASSED)
})

t.test('a token of a pool that the requirement does not know is refused', async (t) => {
  const levels = [1, 2, 3, 4].map((level) => LOA + level)
  const known = new Map([['eu', { levels, accepted: [`${LOA}4`] }]])
  const authorize = requireSignIn({ acr: `${LOA}4` }, known, { now: Date.now, tolerance: 0 })
  const of = (pool: string) => ({ pool, principal: 'user', payload: { acr: `${LOA}4` } }) as const
  t.equal(authorize?.(of('eu')), undefined)
  try {
    authorize?.(of('us'))
    t.fail('it was accepted')
  } catch (error) {
    t.match(error, { reasonCode: 'ACR_UNKNOWN', challenge: { acr_values: undefined } })
  }
})
