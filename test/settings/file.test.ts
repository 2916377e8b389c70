/**
 * Options from a file in JSON or YAML: what an operator hears of a fault, and how fastify-cli loads the file.
 * @module
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import autoload from '@fastify/autoload'
import Fastify from 'fastify'
import t from 'tap'
import cognito, { anyTenant } from '../../src/index.js'
import { poolsFromEnv, poolsFromFile } from '../../src/settings/index.js'
import { bearer, startIssuer } from '../support/app.js'
import { faultOf } from '../support/fault-of.js'

const { eu, us } = await startIssuer(t)

const POOL = { userPoolId: 'eu-west-1_AbCdEf123', appClientId: 'client1' }

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

t.test('a fault in a file names the file, the line and the option', async (t) => {
  const fastapi = 'userpools:\n  eu:\n    region: eu-west-1\n    userpool_id: eu-west-1_PwMfVzLQg\n'
  const faults: Readonly<Record<string, readonly [string, string]>> = {
    'a.json': [
      JSON.stringify({ pools: { eu: POOL, us: { ...POOL, userPoolId: 'x' } } }, null, 2),
      ':8: pools.us.userPoolId: expected a user pool id',
    ],
    'b.json': ['{"pools": ', ': expected valid JSON'],
    'c.yaml': ['pools: [', ':1: expected valid YAML'],
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
    'i.yaml': [
      `${fastapi}    app_client: x\n`,
      ':5: userpools.eu.app_client: unknown name; did you mean app_client_id?',
    ],
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
    'r.yaml': [
      `${fastapi}    client_id: x\n`,
      ':5: userpools.eu.client_id: unknown name; did you mean app_client_id?',
    ],
    's.yaml': [
      `${fastapi}    app_client_id: x\ncheck_expiratoin: true\n`,
      ':6: check_expiratoin: unknown name; did you mean check_expiration?',
    ],
    't.yaml': [
      `JWT_HEADER_NAME: x\n${fastapi}    app_client_id: x\n`,
      ':1: JWT_HEADER_NAME: unknown name; did you mean jwt_header_name?',
    ],
    'u.yaml': [
      `${fastapi}    app_client_id: x\nclock_tolerance: 5\n`,
      ':6: clock_tolerance: is an option of fastify-cognito, and this is a file of fastapi-cognito',
    ],
    'v.yaml': [
      `${fastapi}    app_client_id: x\npools: {}\n`,
      ':6: pools: is an option of fastify-cognito, and this is a file of fastapi-cognito',
    ],
    'own.yaml': [
      `${fastapi}    app_client_id: x\ntools: {}\npool: { size: 5 }\npolls: 1\nrealm: x\nclock_tolerance: 5\n`,
      ':10: clock_tolerance: is an option of fastify-cognito',
    ],
    'w.yaml': ['Userpools:\n  eu: {}\n', ':1: Userpools: unknown name; did you mean pools?'],
    'x.yaml': [
      'pools:\n  eu:\n    userPoolId: x\n    userPoolId: y\n',
      ':4: this name stands twice in one object',
    ],
    'y.yaml': ["pools:\n  1: x\n  '1': y\n", ':3: this name stands twice in one object'],
    'z.json': [
      '{\n"pools": {},\n"realm": "a", "pools": {}}',
      ':3: pools: this name stands twice in one object',
    ],
    'lists.yaml': ['[a]: 1\n[b]: 2\n', ':1: [ a ]: unknown name; expected pools'],
    'tag.yaml': ['pools: !Ref x\n', ':1: expected valid YAML'],
    'alias.yaml': ['pools: *none\n', ': expected valid YAML'],
    'alias-as-name.yaml': [
      '{ &k pools: {}, *k : {} }\n',
      ': expected valid YAML, without tags of your own and with aliases',
    ],
    'two.yaml': ['pools: {}\n---\npools: {}\n', ':2: expected valid YAML'],
    'number.yaml': [
      'pools: { eu: { userPoolId: eu-west-1_AbCdEf123, appClientId: 12345678901234567890 } }',
      ':1: pools.eu.appClientId: expected an app client id, a list of them, or null to accept every client of the pool; found a number; text of digits stands in quotes',
    ],
    'typo.yaml': [
      'pools: { eu: { userPoolId: eu-west-1_AbCdEf123, appClientID: x } }',
      ':1: pools.eu.appClientID: unknown name; did you mean appClientId?',
    ],
    'level.yaml': [
      'keys: { refresh_after: 5 }\npools: {}',
      ':1: keys.refresh_after: unknown name; did you mean refreshAfter?',
    ],
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

t.test('tenants belong into the code, beside the settings', async (t) => {
  const dir = t.testdir({
    'tenants.json': JSON.stringify({ pools: { eu: POOL }, tenants: { refreshAfter: 10 } }, null, 1),
    'pools.json': JSON.stringify({ pools: { eu: eu.options() } }),
  })
  t.match(
    faultOf(() => poolsFromFile(join(dir, 'tenants.json'))),
    /tenants\.json:8: tenants: expected this option in the code, because load is a function/,
  )
  const settings = poolsFromFile(join(dir, 'pools.json'))
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(cognito, { ...settings, tenants: { load: () => [] }, keys: { prefetch: false } })
  app.get('/', { onRequest: app.authRequired(['eu', anyTenant]) }, async ({ cognito }) => cognito.pool)
  const ask = async (token: string) => (await app.inject({ url: '/', headers: bearer(token) })).statusCode
  t.equal(await ask(eu.accessToken()), 200)
  t.equal(await ask(us.accessToken()), 401)
})

t.test('beside tenants, the pools of several variables are used without their default', async (t) => {
  const { pools } = poolsFromEnv({
    COGNITO_EU_USER_POOL_ID: eu.userPoolId,
    COGNITO_EU_APP_CLIENT_ID: eu.appClientId,
    COGNITO_US_USER_POOL_ID: us.userPoolId,
    COGNITO_US_APP_CLIENT_ID: us.appClientId,
    COGNITO_DEFAULT_POOL: 'eu',
  })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(cognito, { pools, tenants: { load: () => [] }, keys: { prefetch: false } })
  t.strictSame(Object.keys(app.cognito.pools), ['eu', 'us'])
})

t.test('with @fastify/autoload, as fastify-cli uses it', async (t) => {
  const src = new URL('../../src/', import.meta.url)
  const pool = eu.options()
  const dir = t.testdir({
    plugins: {
      'cognito.mjs': `
        import cognito from ${JSON.stringify(new URL('index.ts', src).href)}
        import { poolsFromEnv } from ${JSON.stringify(new URL('settings/index.ts', src).href)}
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
    message: /a YAML file needs the package yaml; install it/,
  })
  t.ok(poolsFromFile(join(dir, 'a.json')), 'and JSON works')
  t.end()
})
