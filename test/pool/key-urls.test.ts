/**
 * Where the keys of a pool are: which option the URL comes from, and where plain http is refused.
 * @module
 */
import t, { type Test } from 'tap'
import type { PoolSet } from '../../src/guard/register.js'
import { type PluginOptions, resolveOptions } from '../../src/options.js'
import type { ResolvedPool } from '../../src/pool/pool.js'
import { createLoggedApp } from '../support/logged-app.js'

const eu = { userPoolId: 'eu-west-1_PwMfVzLQg', appClientId: '3n4b5urk1ft4fl3mg5e62d9ado' }
const us = { userPoolId: 'us-east-1_Ab129faBb', appClientId: ['1h57kf5cpq17m0eml12', 'abc'] }
const local = { userPoolId: 'local_1', appClientId: 'abc', issuer: 'http://127.0.0.1:9229/local_1' }

const resolve = (options: unknown, env: Record<string, string> = {}) =>
  resolveOptions(options as PluginOptions, env)

const urlsOf = (pool: ResolvedPool | undefined) => [...new Set(pool?.jwksUrls.values())]
const withPool = (extra: object) => ({ pools: { eu: { ...eu, ...extra } } })

t.test('an issuer is taken as it is written: emulators, replicas, unknown partitions', async (t) => {
  const replica = 'https://cognito-idp.us-west-2.amazonaws.com/us-east-1_Ab129faBb'
  const { pools } = resolve({
    pools: { local, us: { ...us, region: 'us-west-2', issuer: [replica, 'https://x.example/p'] } },
  })
  t.strictSame([...(pools.get('local')?.issuers ?? [])], [local.issuer])
  t.strictSame(urlsOf(pools.get('local')), [`${local.issuer}/.well-known/jwks.json`])
  t.equal(pools.get('local')?.region, undefined)
  t.strictSame([...(pools.get('us')?.issuers ?? [])], [replica, 'https://x.example/p'])
})

t.test(
  'the pool’s jwksUrl comes before AWS_COGNITO_KEYS_URL, which comes before the derived URL',
  async (t) => {
    const env = { AWS_COGNITO_KEYS_URL: 'https://keys.example/{region}/{userPoolId}/jwks.json' }
    const { pools } = resolve(
      { pools: { eu: { ...eu, jwksUrl: 'http://localhost:9229/keys?x=1' }, us } },
      env,
    )
    t.strictSame(urlsOf(pools.get('eu')), ['http://localhost:9229/keys?x=1'])
    t.strictSame(urlsOf(pools.get('us')), ['https://keys.example/us-east-1/us-east-1_Ab129faBb/jwks.json'])
    const one = resolve({ pools: { eu } }, { AWS_COGNITO_KEYS_URL: 'http://[::1]:9229/jwks' }).pools.get('eu')
    t.strictSame(urlsOf(one), ['http://[::1]:9229/jwks'])
    const none = resolve({ pools: { eu } }, { AWS_COGNITO_KEYS_URL: '' }).pools.get('eu')
    t.match(urlsOf(none), [/amazonaws\.com/, /amazonaws\.com/])
  },
)

const container = {
  userPoolId: 'local_1',
  appClientId: 'abc',
  issuer: 'http://cognito:9229/local_1',
}
const containerKeys = 'http://cognito:9229/local_1/.well-known/jwks.json'

t.test('plain http from another host is refused, unless the pool says insecureHttp', async (t) => {
  const urls = (pool: object, env = {}) => urlsOf(resolve({ pools: { local: pool } }, env).pools.get('local'))
  const refusals: readonly (readonly [object, string, Record<string, string>?])[] = [
    [container, 'pools.local.issuer'],
    [{ ...container, insecureHttp: false }, 'pools.local.issuer'],
    [{ ...container, insecureHttp: undefined }, 'pools.local.issuer'],
    [{ ...container, issuer: 'https://x.example/p', jwksUrl: containerKeys }, 'pools.local.jwksUrl'],
    [eu, 'AWS_COGNITO_KEYS_URL', { AWS_COGNITO_KEYS_URL: containerKeys }],
    [container, 'pools.local.issuer', { INSECURE_HTTP: 'true', COGNITO_INSECURE_HTTP: 'true' }],
  ]
  for (const [pool, path, env = {}] of refusals) {
    const message = `${path}: expected an https URL, or an http URL on loopback; insecureHttp: true allows an emulator in another container`
    t.throws(() => urls(pool, env), { name: 'TypeError', message })
    t.strictSame(urls({ ...pool, insecureHttp: true }, env), [containerKeys])
  }
  for (const url of [
    'ftp://cognito:9229/keys',
    'data:application/json,{}',
    'cognito:9229/keys',
    'keys.json',
  ]) {
    t.throws(() => urls({ ...container, jwksUrl: url, insecureHttp: true }), {
      message: /^pools\.local\.jwksUrl: expected/,
    })
  }
  t.throws(() => urls({ ...container, insecureHttp: 'true' }), {
    message: 'pools.local.insecureHttp: expected true or false',
  })
  t.strictSame(urls({ ...container, issuer: containerKeys, jwksUrl: 'https://x/keys', insecureHttp: true }), [
    'https://x/keys',
  ])
})

t.test('insecureHttp is refused in production, whatever the URL', async (t) => {
  const production = { NODE_ENV: 'production' }
  const message = 'pools.local.insecureHttp: expected false, because NODE_ENV is production'
  for (const extra of [{}, { jwksUrl: 'https://keys.example/jwks.json' }]) {
    const pools = { local: { ...container, ...extra, insecureHttp: true } }
    t.throws(() => resolve({ pools }, production), { name: 'TypeError', message })
    for (const NODE_ENV of ['development', 'test', '']) t.ok(resolve({ pools }, { NODE_ENV }))
  }
  const safe = { ...container, issuer: 'https://cognito:9229/local_1', insecureHttp: false }
  t.ok(resolve({ pools: { local: safe, eu } }, production))
})

t.test('insecureHttp is for keys alone: the managed login stays private', async (t) => {
  const domain = 'http://login.example.com'
  t.throws(() => resolve(withPool({ domain, insecureHttp: true })), {
    message: /^pools\.eu\.domain: expected/,
  })
})

t.test(
  'keys over plain http are one warning a pool, with the host, and in production for loopback, too',
  async (t) => {
    const before = process.env['NODE_ENV']
    t.teardown(() => {
      if (before === undefined) delete process.env['NODE_ENV']
      else process.env['NODE_ENV'] = before
    })
    const two = { ...container, issuer: [local.issuer.replace('local_1', 'local_2'), container.issuer] }
    const pools = { local, eu, remote: { ...two, userPoolId: 'local_2', insecureHttp: true } }
    process.env['NODE_ENV'] = 'test'
    t.strictSame(await warningsOf(t, pools), [{ pool: 'remote', host: 'cognito:9229' }])
    process.env['NODE_ENV'] = 'production'
    t.strictSame(await warningsOf(t, { local, eu }), [{ pool: 'local' }])
    await t.rejects(warningsOf(t, pools), { message: /^pools\.remote\.insecureHttp: / })
  },
)

/** What an application with these pools warns of when it starts. */
async function warningsOf(test: Test, pools: PoolSet) {
  const { app, lines } = createLoggedApp(test, { pools, keys: { prefetch: false } })
  await app.ready()
  return lines.map(({ pool, host }) => (host === undefined ? { pool } : { pool, host }))
}
