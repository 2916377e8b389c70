/**
 * Options from the environment and from files: what they say, and what an operator hears of a fault in them.
 * @module
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import autoload from '@fastify/autoload'
import Fastify from 'fastify'
import t from 'tap'
import '../src/index.js'
import { type Environment, poolsFromEnv, poolsFromFile } from '../src/settings.js'
import { bearer, startIssuer } from './support/app.js'

const { eu, us } = await startIssuer(t)

/** The message of the `TypeError` that is thrown. */
function faultOf(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    if (error instanceof TypeError) return error.message
    throw error
  }
  return 'no fault'
}

const POOL = { userPoolId: 'eu-west-1_AbCdEf123', appClientId: 'client1' }

t.test('one variable an option, of the one pool and of several', async (t) => {
  t.strictSame(poolsFromEnv({ COGNITO_USER_POOL_ID: POOL.userPoolId, COGNITO_APP_CLIENT_ID: 'client1' }), {
    pools: { default: POOL },
  })
  t.strictSame(
    poolsFromEnv({
      COGNITO_EU_USER_POOL_ID: 'eu-west-1_AbCdEf123',
      COGNITO_EU_APP_CLIENT_ID: 'one, two',
      COGNITO_EU_REGION: 'eu-west-1',
      COGNITO_EU_TOKEN_USE: 'access,id',
      COGNITO_EU_AUDIENCE: 'https://api.example.com',
      COGNITO_US_EAST_USER_POOL_ID: 'us-east-1_Zz9',
      COGNITO_US_EAST_APP_CLIENT_ID: '*',
      COGNITO_US_EAST_JWKS_URL: 'https://keys.example.com/jwks.json',
      COGNITO_US_EAST_ISSUER: 'https://one.example.com/x,https://two.example.com/x',
      COGNITO_DEFAULT_POOL: 'us_east',
      COGNITO_EU_DOMAIN: 'somebody else’s',
      PATH: '/bin',
    }),
    {
      pools: {
        eu: {
          userPoolId: 'eu-west-1_AbCdEf123',
          appClientId: ['one', 'two'],
          region: 'eu-west-1',
          tokenUse: ['access', 'id'],
          audience: 'https://api.example.com',
        },
        us_east: {
          userPoolId: 'us-east-1_Zz9',
          appClientId: null,
          jwksUrl: 'https://keys.example.com/jwks.json',
          issuer: ['https://one.example.com/x', 'https://two.example.com/x'],
        },
      },
      defaultPool: 'us_east',
    },
  )
})

t.test('all pools as JSON', async (t) => {
  const pools = { eu: POOL, us: { userPoolId: 'us-east-1_Zz9', appClientId: null } }
  const env = { COGNITO_USER_POOLS: JSON.stringify(pools), COGNITO_DEFAULT_POOL: 'us' }
  t.strictSame(poolsFromEnv(env), { pools, defaultPool: 'us' })
})

t.test('a fault names its variable and what was expected, never the value', async (t) => {
  const id = { COGNITO_EU_USER_POOL_ID: POOL.userPoolId }
  const client = { COGNITO_EU_APP_CLIENT_ID: 'client1' }
  const json = (value: unknown) => ({ COGNITO_USER_POOLS: JSON.stringify(value) })
  const faults: readonly [Environment, string][] = [
    [{}, 'COGNITO_USER_POOL_ID, or COGNITO_USER_POOLS: expected at least one pool'],
    [id, 'COGNITO_EU_APP_CLIENT_ID: expected an app client id'],
    [client, 'COGNITO_EU_USER_POOL_ID: expected a user pool id'],
    [{ COGNITO_REGION: 'eu-west-1' }, 'COGNITO_USER_POOL_ID: expected a user pool id'],
    [
      { ...id, COGNITO_EU_APP_CLIENT_ID: 'my secret!' },
      'COGNITO_EU_APP_CLIENT_ID: expected an app client id',
    ],
    [{ ...id, COGNITO_EU_APP_CLIENT_ID: 'one,,two' }, 'COGNITO_EU_APP_CLIENT_ID: expected a value'],
    [{ ...id, ...client, COGNITO_EU_TOKEN_USE: '' }, 'COGNITO_EU_TOKEN_USE: expected a value; unset it'],
    [{ ...id, ...client, COGNITO_EU_TOKEN_USE: 'refresh' }, "COGNITO_EU_TOKEN_USE: expected 'access', 'id'"],
    [{ ...id, ...client, COGNITO_EU_REGION: 'us-east-1' }, 'COGNITO_EU_REGION: expected eu-west-1'],
    [
      { ...id, ...client, COGNITO_EU_JWKS_URL: 'http://x.example/y' },
      'COGNITO_EU_JWKS_URL: expected an https URL',
    ],
    [{ ...id, ...client, COGNITO_DEFAULT_POOL: 'us' }, 'COGNITO_DEFAULT_POOL: expected one of eu'],
    [
      { ...id, ...client, COGNITO_US_USER_POOL_ID: 'us-east-1_Zz9', COGNITO_US_APP_CLIENT_ID: 'x' },
      'COGNITO_DEFAULT_POOL: expected one of eu, us',
    ],
    [{ ...id, ...client, ...json({}) }, 'COGNITO_EU_USER_POOL_ID: expected a variable for each option, or'],
    [{ COGNITO_USER_POOLS: '{' }, 'COGNITO_USER_POOLS: expected a JSON object of pools'],
    [json([]), 'COGNITO_USER_POOLS: expected a JSON object of pools'],
    [json(null), 'COGNITO_USER_POOLS: expected a JSON object of pools'],
    [json({}), 'COGNITO_USER_POOLS: expected at least one pool'],
    [json({ eu: { ...POOL, userPoolId: 7 } }), 'COGNITO_USER_POOLS.eu.userPoolId: expected a user pool id'],
    [
      json({ eu: { ...POOL, clientId: 'x' } }),
      'COGNITO_USER_POOLS.eu.clientId: unknown name; expected userPoolId',
    ],
    [{ ...json({ eu: POOL }), COGNITO_DEFAULT_POOL: 'x' }, 'COGNITO_DEFAULT_POOL: expected one of eu'],
    [
      { ...id, ...client, 'COGNITO_E U_REGION': 'eu-west-1', COGNITO_DEFAULT_POOL: 'eu' },
      'COGNITO_E U: unknown name',
    ],
    [{ ...id, ...client, AWS_COGNITO_KEYS_URL: 'ftp://x' }, 'AWS_COGNITO_KEYS_URL: expected an https URL'],
  ]
  for (const [env, message] of faults) {
    const found = faultOf(() => poolsFromEnv(env))
    t.equal(found.slice(0, message.length), message)
    t.notMatch(found, 'secret')
  }
})

t.test('the environment never allows plain http to another host', async (t) => {
  const url = 'http://cognito:9229/local_1/.well-known/jwks.json'
  const variables = { COGNITO_USER_POOL_ID: POOL.userPoolId, COGNITO_APP_CLIENT_ID: 'client1' }
  for (const env of [
    { ...variables, COGNITO_JWKS_URL: url },
    { ...variables, COGNITO_JWKS_URL: url, COGNITO_INSECURE_HTTP: 'true', INSECURE_HTTP: 'true' },
  ]) {
    t.match(
      faultOf(() => poolsFromEnv(env)),
      /^COGNITO_JWKS_URL: expected an https URL/,
    )
    t.ok(poolsFromEnv({ ...env, COGNITO_JWKS_URL: url.replace('cognito:', 'localhost:') }))
  }
  const json = (extra: object) => ({
    COGNITO_USER_POOLS: JSON.stringify({ eu: { ...POOL, jwksUrl: url, ...extra } }),
  })
  t.match(
    faultOf(() => poolsFromEnv(json({}))),
    /^COGNITO_USER_POOLS\.eu\.jwksUrl: expected an https URL/,
  )
  for (const insecureHttp of [true, false]) {
    t.equal(
      faultOf(() => poolsFromEnv(json({ insecureHttp }))),
      'COGNITO_USER_POOLS.eu.insecureHttp: expected it in the code or in a file of settings; the environment cannot allow it',
    )
  }
})

t.test('keys in a file, and keys themselves, as settings have them', async (t) => {
  const jwksUrl = 'file:///etc/cognito/jwks.json'
  const variables = { COGNITO_USER_POOL_ID: POOL.userPoolId, COGNITO_APP_CLIENT_ID: 'client1' }
  t.match(poolsFromEnv({ ...variables, COGNITO_JWKS_URL: jwksUrl }), { pools: { default: { jwksUrl } } })
  t.match(
    faultOf(() => poolsFromEnv({ ...variables, COGNITO_JWKS_URL: 'file:jwks.json' })),
    /^COGNITO_JWKS_URL: expected a file URL of this machine/,
  )
  const jwks = eu.keySet()
  const path = join(
    t.testdir({ 'pools.json': JSON.stringify({ pools: { eu: { ...POOL, jwks } } }) }),
    'pools.json',
  )
  t.strictSame(poolsFromFile(path), { pools: { eu: { ...POOL, jwks } } })
})

t.test('a file has the plugin’s own options, in JSON and in YAML', async (t) => {
  const dir = t.testdir({
    'pools.json': JSON.stringify({ pools: { eu: POOL }, clockTolerance: 10 }),
    'pools.yaml':
      'pools:\n  eu:\n    userPoolId: eu-west-1_AbCdEf123\n    appClientId: client1\nclockTolerance: 10\n',
    'pools.yml':
      'pools: { eu: { userPoolId: eu-west-1_AbCdEf123, appClientId: client1 } }\nclockTolerance: 10\n',
  })
  for (const name of ['pools.json', 'pools.yaml', 'pools.yml']) {
    t.strictSame(poolsFromFile(join(dir, name)), { pools: { eu: POOL }, clockTolerance: 10 }, name)
  }
})

t.test('a settings file of fastapi-cognito, as it is', async (t) => {
  const dir = t.testdir({
    'settings.yaml': `
app_name: shop
check_expiration: true
jwt_header_prefix: Bearer
jwt_header_name: X-Token
userpools:
  eu: { region: eu-west-1, userpool_id: eu-west-1_PwMfVzLQg, app_client_id: [abc, def], jwks_url: "http://localhost:9229/eu-west-1_PwMfVzLQg/.well-known/jwks.json" }
  us:
    region: us-east-1
    userpool_id: us-east-1_Ab129faBb
    app_client_id: abc
    jwks_url:
`,
    'bare.yaml':
      "jwt_header_prefix: ''\nuserpools: { eu: { userpool_id: eu-west-1_PwMfVzLQg, app_client_id: abc } }",
    'settings.json': JSON.stringify({
      userpools: { eu: { region: 'eu-west-1', userpool_id: 'eu-west-1_PwMfVzLQg', app_client_id: 'abc' } },
    }),
  })
  const { tokenFrom, ...options } = poolsFromFile(join(dir, 'settings.yaml'))
  t.strictSame(options, {
    pools: {
      eu: {
        region: 'eu-west-1',
        userPoolId: 'eu-west-1_PwMfVzLQg',
        appClientId: ['abc', 'def'],
        jwksUrl: 'http://localhost:9229/eu-west-1_PwMfVzLQg/.well-known/jwks.json',
      },
      us: { region: 'us-east-1', userPoolId: 'us-east-1_Ab129faBb', appClientId: 'abc' },
    },
  })
  const read = (tokenFrom as { read: (request: unknown) => unknown }).read
  t.equal(read({ headers: { 'x-token': 'Bearer abc' }, raw: { rawHeaders: [] } }), 'abc')
  t.strictSame(Object.keys(poolsFromFile(join(dir, 'settings.json'))), ['pools'])
  const bare = poolsFromFile(join(dir, 'bare.yaml')).tokenFrom as typeof tokenFrom & { read: typeof read }
  t.equal(
    bare.read({ headers: { authorization: 'abc' }, raw: { rawHeaders: [] } }),
    'abc',
    'without a scheme',
  )
})

t.test('a fault in a file names the file, the line and the option', async (t) => {
  const fastapi = 'userpools:\n  eu:\n    region: eu-west-1\n    userpool_id: eu-west-1_PwMfVzLQg\n'
  const faults: Readonly<Record<string, readonly [string, string]>> = {
    'a.json': [
      JSON.stringify({ pools: { eu: POOL, us: { ...POOL, userPoolId: 'x' } } }, null, 2),
      ':8: pools.us.userPoolId: expected a user pool id',
    ],
    'b.json': ['{"pools": ', ': expected valid JSON'],
    'c.yaml': ['pools: [', ': expected valid YAML'],
    'd.yaml': ['- 1\n', ':1: expected an object of options'],
    'e.yaml': [
      'pools:\n  eu.west:\n    userPoolId: eu-west-1_AbCdEf123\n',
      ':2: pools.eu.west.appClientId: expected',
    ],
    'f.yaml': [
      `${fastapi}    app_client_id: []\n`,
      ':5: userpools.eu.app_client_id: expected an app client id',
    ],
    'g.yaml': [`${fastapi}    app_client_id:\n`, ':5: userpools.eu.app_client_id: expected an app client id'],
    'h.yaml': [
      `check_expiration: false\n${fastapi}`,
      ':1: check_expiration: expected true; expiry is always checked',
    ],
    'i.yaml': [`${fastapi}    app_client: x\n`, ':5: userpools.eu.app_client: unknown name; expected region'],
    'j.yaml': [
      `${fastapi}    app_client_id: x\n    jwks_url: keys.json\n`,
      ':6: userpools.eu.jwks_url: expected an https',
    ],
    'k.yaml': ['userpools: 7\n', ':1: userpools: expected an object'],
    'l.yaml': ['userpools:\n  eu: 7\n', ':2: userpools.eu: expected the settings of a user pool'],
    'm.yaml': [
      `${fastapi}    app_client_id: x\njwt_header_name: 'a b'\n`,
      ':6: jwt_header_name: expected the name of a header',
    ],
    'n.yaml': ['userpools: {}\n', ':1: userpools: expected at least one pool'],
    'q.yaml': ['realm: api\n', ':1: pools: expected at least one pool'],
    'o.toml': ['', ': expected a file that ends in .json, .yaml or .yml'],
    'p.yaml': [
      'realm: "\\""\npools: { eu: { userPoolId: eu-west-1_AbCdEf123, appClientId: x } }',
      ':1: realm: expected printable',
    ],
  }
  const dir = t.testdir(Object.fromEntries(Object.entries(faults).map(([name, [text]]) => [name, text])))
  for (const [name, [, message]] of Object.entries(faults)) {
    const file = join(dir, name)
    const found = faultOf(() => poolsFromFile(file))
    t.equal(found.slice(0, file.length + message.length), file + message)
  }
  t.throws(() => poolsFromFile(join(dir, 'missing.json')), { code: 'ENOENT' })
})

t.test('with @fastify/autoload, as fastify-cli uses it', async (t) => {
  const src = new URL('../src/', import.meta.url)
  const pool = eu.options()
  const dir = t.testdir({
    plugins: {
      'cognito.mjs': `
        import cognito from ${JSON.stringify(new URL('index.ts', src).href)}
        import { poolsFromEnv } from ${JSON.stringify(new URL('settings.ts', src).href)}
        export default cognito
        export const autoConfig = poolsFromEnv(${JSON.stringify({
          COGNITO_USER_POOL_ID: pool.userPoolId,
          COGNITO_APP_CLIENT_ID: pool.appClientId,
          COGNITO_JWKS_URL: pool.jwksUrl,
        })})
      `,
    },
  })
  const app = Fastify()
  t.teardown(() => app.close())
  app.register(autoload, { dir: join(dir, 'plugins'), encapsulate: false })
  await app.after()
  app.get('/', { onRequest: app.authRequired('default') }, async (request) => request.cognito?.pool)
  const answer = await app.inject({ url: '/', headers: bearer(eu.accessToken()) })
  t.strictSame([answer.statusCode, answer.body], [200, 'default'])
  t.equal((await app.inject({ url: '/', headers: bearer(us.accessToken()) })).statusCode, 401)
})

t.test('where the package yaml is not installed, a YAML file says so', (t) => {
  const require = createRequire(import.meta.url)
  const path = require.resolve('yaml')
  const installed = require.cache[path]
  t.teardown(() => {
    require.cache[path] = installed
  })
  const missing = {
    loaded: true,
    get exports() {
      throw new Error('Cannot find module')
    },
  }
  require.cache[path] = missing as never
  const dir = t.testdir({ 'a.yaml': 'pools: {}\n', 'a.json': JSON.stringify({ pools: { eu: POOL } }) })
  t.throws(() => poolsFromFile(join(dir, 'a.yaml')), {
    message: /a YAML file takes the package yaml; install it/,
  })
  t.ok(poolsFromFile(join(dir, 'a.json')), 'and JSON works')
  t.end()
})
