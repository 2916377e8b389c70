/**
 * Options from the environment: which variables are ours, and what an operator hears of a fault in one.
 * @module
 */
import { join } from 'node:path'
import t from 'tap'
import { type Environment, poolsFromEnv, poolsFromFile } from '../../src/settings/index.js'
import { faultOf } from '../support/fault-of.js'

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
      COGNITO_EU_ACR: 'one, two,three,four',
      COGNITO_US_EAST_USER_POOL_ID: 'us-east-1_Zz9',
      COGNITO_US_EAST_APP_CLIENT_ID: '*',
      COGNITO_US_EAST_JWKS_URL: 'https://keys.example.com/jwks.json',
      COGNITO_US_EAST_ISSUER: 'https://one.example.com/x,https://two.example.com/x',
      COGNITO_DEFAULT_POOL: 'us_east',
      COGNITO_DOMAIN: 'somebody else’s',
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
          acr: ['one', 'two', 'three', 'four'],
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
    [{}, 'COGNITO_USER_POOL_ID, or COGNITO_USER_POOLS: neither is set; expected at least one pool'],
    [id, 'COGNITO_EU_APP_CLIENT_ID: expected an app client id'],
    [client, 'COGNITO_EU_USER_POOL_ID: expected a user pool id'],
    [{ COGNITO_REGION: 'eu-west-1' }, 'COGNITO_USER_POOL_ID: expected a user pool id'],
    [
      { ...id, COGNITO_EU_APP_CLIENT_ID: 'my secret!' },
      'COGNITO_EU_APP_CLIENT_ID: expected an app client id',
    ],
    [{ ...id, COGNITO_EU_APP_CLIENT_ID: 'one,,two' }, 'COGNITO_EU_APP_CLIENT_ID: expected a value'],
    [
      { ...id, ...client, COGNITO_EU_TOKEN_USE: '' },
      'COGNITO_EU_TOKEN_USE: expected a value; unset the variable',
    ],
    [
      { ...id, ...client, COGNITO_EU_ACR: 'one,two,three' },
      'COGNITO_EU_ACR: expected the four names of levels of the pool, different ones, lowest first',
    ],
    [{ ...id, ...client, COGNITO_EU_ACR: 'one' }, 'COGNITO_EU_ACR: expected the four names of levels'],
    [{ ...id, ...client, COGNITO_EU_TOKEN_USE: 'refresh' }, "COGNITO_EU_TOKEN_USE: expected 'access', 'id'"],
    [{ ...id, ...client, COGNITO_EU_REGION: 'us-east-1' }, 'COGNITO_EU_REGION: expected eu-west-1'],
    [
      { ...id, ...client, COGNITO_EU_JWKS_URL: 'http://x.example/y' },
      'COGNITO_EU_JWKS_URL: expected an https URL',
    ],
    [{ ...id, ...client, COGNITO_DEFAULT_POOL: 'us' }, 'COGNITO_DEFAULT_POOL: expected one of eu'],
    [
      { ...id, ...client, COGNITO_US_USER_POOL_ID: 'us-east-1_Zz9', COGNITO_US_APP_CLIENT_ID: 'x' },
      'COGNITO_DEFAULT_POOL: it is missing, and there are several pools; expected one of eu, us',
    ],
    [{ ...id, ...client, ...json({}) }, 'COGNITO_EU_USER_POOL_ID: expected a variable for each option, or'],
    [{ COGNITO_USER_POOLS: '{' }, 'COGNITO_USER_POOLS: expected a JSON object of pools'],
    [json([]), 'COGNITO_USER_POOLS: expected a JSON object of pools'],
    [json(null), 'COGNITO_USER_POOLS: expected a JSON object of pools'],
    [json({}), 'COGNITO_USER_POOLS: expected at least one pool'],
    [json({ eu: { ...POOL, userPoolId: 7 } }), 'COGNITO_USER_POOLS.eu.userPoolId: expected a user pool id'],
    [
      json({ eu: { ...POOL, clientId: 'x' } }),
      'COGNITO_USER_POOLS.eu.clientId: unknown name; did you mean appClientId?',
    ],
    [{ ...json({ eu: POOL }), COGNITO_DEFAULT_POOL: 'x' }, 'COGNITO_DEFAULT_POOL: expected one of eu'],
    [
      { ...id, ...client, 'COGNITO_E U_REGION': 'eu-west-1', COGNITO_DEFAULT_POOL: 'eu' },
      'COGNITO_E U_REGION: belongs to a pool e u, which has no COGNITO_E U_USER_POOL_ID; set that as well',
    ],
    [{ ...id, ...client, AWS_COGNITO_KEYS_URL: 'ftp://x' }, 'AWS_COGNITO_KEYS_URL: expected an https URL'],
  ]
  for (const [env, message] of faults) {
    const found = faultOf(() => poolsFromEnv(env))
    t.equal(found.slice(0, message.length), message)
    t.notMatch(found, 'secret')
  }
})

const one = { COGNITO_USER_POOL_ID: POOL.userPoolId, COGNITO_APP_CLIENT_ID: 'client1' }
const named = { COGNITO_EU_USER_POOL_ID: POOL.userPoolId, COGNITO_EU_APP_CLIENT_ID: 'client1' }

t.test('variables whose names differ in case only are one pool', async (t) => {
  const audience = 'https://api.example.com'
  for (const name of [
    'COGNITO_eu_AUDIENCE',
    'COGNITO_EU_audience',
    'cognito_EU_AUDIENCE',
    'Cognito_Eu_Audience',
  ]) {
    t.strictSame(poolsFromEnv({ ...named, [name]: audience }), { pools: { eu: { ...POOL, audience } } }, name)
    t.strictSame(poolsFromEnv({ [name]: audience, ...named }), { pools: { eu: { ...POOL, audience } } }, name)
    t.equal(
      faultOf(() => poolsFromEnv({ ...named, [name]: '' })),
      `${name}: expected a value; unset the variable if none is meant`,
    )
  }
  t.match(poolsFromEnv({ ...named, COGNITO_eu_TOKEN_USE: 'id' }), { pools: { eu: { tokenUse: 'id' } } })
  t.match(poolsFromEnv({ ...one, cognito_audience: audience }), { pools: { default: { audience } } })
  t.match(
    faultOf(() => poolsFromEnv({ ...named, COGNITO_eu_REGION: 'us-east-1' })),
    /^COGNITO_eu_REGION: expected eu-west-1/,
    'a fault names the variable as it is',
  )
  const us = { COGNITO_US_USER_POOL_ID: 'us-east-1_Zz9', COGNITO_US_APP_CLIENT_ID: 'x' }
  t.equal(poolsFromEnv({ ...named, ...us, cognito_default_pool: 'US' }).defaultPool, 'us')
  const json = JSON.stringify({ EU: POOL })
  t.strictSame(poolsFromEnv({ cognito_user_pools: json }), { pools: { EU: POOL } })
  t.match(
    faultOf(() => poolsFromEnv({ cognito_user_pools: json, COGNITO_DEFAULT_POOL: 'eu' })),
    /^COGNITO_DEFAULT_POOL: expected one of EU/,
    'names of JSON have their case',
  )
})

t.test('two variables that set the same stop the boot, and both are named', async (t) => {
  for (const [env, message] of [
    [
      { ...named, COGNITO_EU_AUDIENCE: 'x', COGNITO_eu_AUDIENCE: 'x' },
      'COGNITO_eu_AUDIENCE: expected once; COGNITO_EU_AUDIENCE sets the same',
    ],
    [
      { ...named, cognito_eu_user_pool_id: 'x' },
      'cognito_eu_user_pool_id: expected once; COGNITO_EU_USER_POOL_ID sets the same',
    ],
    [
      { ...one, COGNITO_DEFAULT_APP_CLIENT_ID: 'x' },
      'COGNITO_DEFAULT_APP_CLIENT_ID: expected once; COGNITO_APP_CLIENT_ID sets the same',
    ],
    [
      { COGNITO_USER_POOLS: '{}', cognito_user_pools: '{}' },
      'cognito_user_pools: expected once; COGNITO_USER_POOLS sets the same',
    ],
    [
      { ...one, COGNITO_DEFAULT_POOL: 'default', COGNITO_default_POOL: 'default' },
      'COGNITO_default_POOL: expected once; COGNITO_DEFAULT_POOL sets the same',
    ],
  ] as const) {
    t.equal(
      faultOf(() => poolsFromEnv(env)),
      message,
    )
  }
  t.ok(poolsFromEnv({ ...named, COGNITO_eu_AUDIENCE: undefined, COGNITO_EU_AUDIENCE: 'x' }), 'unset is none')
})

t.test('a variable that was meant to be ours stops the boot with the nearest name', async (t) => {
  const us = {
    COGNITO_US_USER_POOL_ID: 'us-east-1_Zz9',
    COGNITO_US_APP_CLIENT_ID: 'x',
    COGNITO_DEFAULT_POOL: 'eu',
  }
  const usEast = { COGNITO_US_EAST_USER_POOL_ID: 'us-east-1_Zz8', COGNITO_US_EAST_APP_CLIENT_ID: 'x' }
  const elsewhere = 'expected this option in the code or in a settings file; the environment cannot set it'
  const ends = [
    'USER_POOL_ID',
    'APP_CLIENT_ID',
    'REGION',
    'JWKS_URL',
    'ISSUER',
    'TOKEN_USE',
    'AUDIENCE',
    'ACR',
  ]
  const all = ends.map((end) => `COGNITO_EU_${end}`).join(', ')
  for (const [stranger, what, env] of [
    // Beside variables of the pool.
    [
      'COGNITO_EU_USERPOOL_ID',
      'unknown name; did you mean COGNITO_EU_USER_POOL_ID?',
      { COGNITO_EU_APP_CLIENT_ID: 'x' },
    ],
    ['COGNITO_EU_TOKENUSE', 'unknown name; did you mean COGNITO_EU_TOKEN_USE?', named],
    ['COGNITO_EU_AUDIENCES', 'unknown name; did you mean COGNITO_EU_AUDIENCE?', named],
    ['cognito_eu_Audienc', 'unknown name; did you mean COGNITO_EU_AUDIENCE?', named],
    ['COGNITO_EU_CLIENT_ID', 'unknown name; did you mean COGNITO_EU_APP_CLIENT_ID?', named],
    ['COGNITO_EU_COLOUR', `unknown name; expected one of ${all}`, named],
    ['COGNITO_EU_INSECURE_HTTP', elsewhere, named],
    ['COGNITO_EU_DOMAIN', elsewhere, named],
    [
      'COGNITO_US_EAST_TOKENUSE',
      'unknown name; did you mean COGNITO_US_EAST_TOKEN_USE?',
      { ...named, ...us, ...usEast },
    ],
    [
      'COGNITO_US_EAST_CLIENT_ID',
      'unknown name; did you mean COGNITO_US_EAST_APP_CLIENT_ID?',
      { ...named, ...us, ...usEast },
    ],
    [
      'COGNITO_US_WEST_TOKENUSE',
      'unknown name; did you mean COGNITO_US_WEST_TOKEN_USE?',
      { ...named, ...us, ...usEast },
    ],
    // Without a pool's name.
    ['COGNITO_USERPOOL_ID', 'unknown name; did you mean COGNITO_USER_POOL_ID?', one],
    ['COGNITO_USER_POOL', 'unknown name; did you mean COGNITO_USER_POOL_ID?', one],
    ['COGNITO_APP_CLIENT_IDS', 'unknown name; did you mean COGNITO_APP_CLIENT_ID?', one],
    ['COGNITO_CLIENT_ID', 'unknown name; did you mean COGNITO_APP_CLIENT_ID?', one],
    ['COGNITO_POOL_ID', 'unknown name; did you mean COGNITO_USER_POOL_ID?', one],
    ['COGNITO_USER_POOL_CLIENT_ID', 'unknown name; did you mean COGNITO_APP_CLIENT_ID?', one],
    ['COGNITO_DEFAULTPOOL', 'unknown name; did you mean COGNITO_DEFAULT_POOL?', one],
    ['COGNITO_USERPOOLS', 'unknown name; did you mean COGNITO_USER_POOLS?', {}],
    [
      'COGNITO_AUDIENCES',
      'unknown name; did you mean COGNITO_AUDIENCE?',
      { COGNITO_USER_POOLS: JSON.stringify({ eu: POOL }) },
    ],
    ['AWS_COGNITO_KEY_URL', 'unknown name; did you mean AWS_COGNITO_KEYS_URL?', one],
    ['aws_cognito_keys_url', 'unknown name; did you mean AWS_COGNITO_KEYS_URL?', named],
    ['COGNITO_INSECURE_HTTP', elsewhere, one],
    ['COGNITO_CLOCK_TOLERANCE', elsewhere, one],
    // Of a pool that no other variable names.
    ['COGNITO_ASIA_USERPOOL_ID', 'unknown name; did you mean COGNITO_ASIA_USER_POOL_ID?', one],
    ['COGNITO_ASIA_EAST_JWKS_URI', 'unknown name; did you mean COGNITO_ASIA_EAST_JWKS_URL?', one],
    ['COGNITO_A\u001b_TOKENUSE', 'unknown name; did you mean COGNITO_A\\u001b_TOKEN_USE?', one],
  ] as const) {
    const shown = stranger.replace('\u001b', '\\u001b')
    t.equal(
      faultOf(() => poolsFromEnv({ ...env, [stranger]: 'some value' })),
      `${shown}: ${what}`,
    )
    t.equal(
      faultOf(() => poolsFromEnv({ ...env, [stranger]: '' })),
      `${shown}: ${what}`,
      'though it is empty',
    )
    t.not(
      faultOf(() => poolsFromEnv({ ...env, [stranger]: undefined })),
      `${shown}: ${what}`,
    )
  }
})

t.test('variables of the application are left alone', async (t) => {
  const own = [
    ...[
      'SECRET',
      'CLIENT_SECRET',
      'APP_CLIENT_SECRET',
      'DOMAIN',
      'USER_POOL_DOMAIN',
      'USER_POOL_ARN',
      'FILE',
    ],
    ...[
      'IDENTITY_POOL_ID',
      'WEB_CLIENT_ID',
      'USERNAME',
      'PASSWORD',
      'TOKEN_URL',
      'REDIRECT_URI',
      'REALM',
      '',
    ],
  ]
  const env = Object.fromEntries(own.map((end) => [`COGNITO_${end}`, 'x']))
  t.strictSame(poolsFromEnv({ ...env, ...one }), { pools: { default: POOL } })
  t.strictSame(poolsFromEnv({ ...env, ...named }), { pools: { eu: POOL } })
  t.strictSame(poolsFromEnv({ ...one, MY_COGNITO_USERPOOL_ID: 'x', AWS_COGNITO_CLIENT_ID: 'x' }), {
    pools: { default: POOL },
  })
})

t.test('a name that stands twice in JSON, at any level', async (t) => {
  const json = (text: string) => ({ COGNITO_USER_POOLS: text })
  const pool = '{"userPoolId":"eu-west-1_AbCdEf123","appClientId":"client1"}'
  t.ok(poolsFromEnv(json(`{"eu":${pool}}`)))
  t.equal(
    faultOf(() => poolsFromEnv(json(`{"eu":${pool},"eu":${pool}}`))),
    'COGNITO_USER_POOLS.eu: this name stands twice in one object, and only the last would count; expected it once: remove one',
  )
  const twice = pool.replace('{', '{"appClientId":"narrow",')
  t.equal(
    faultOf(() => poolsFromEnv(json(`{"eu":${twice}}`))),
    'COGNITO_USER_POOLS.eu.appClientId: this name stands twice in one object, and only the last would count; expected it once: remove one',
  )
  t.match(
    faultOf(() => poolsFromEnv(json(`{"__proto__":${pool}}`))),
    /^COGNITO_USER_POOLS\.__proto__: unknown name/,
  )
  const inner = pool.replace('{', '{"__proto__":{"audience":"x"},')
  t.match(
    faultOf(() => poolsFromEnv(json(`{"eu":${inner}}`))),
    /^COGNITO_USER_POOLS\.eu\.__proto__: unknown name/,
  )
})

t.test('a file may begin with a byte order mark, and names may be as long as they like', async (t) => {
  const dir = t.testdir({ 'bom.json': `\uFEFF${JSON.stringify({ pools: { eu: POOL } })}` })
  t.strictSame(poolsFromFile(join(dir, 'bom.json')), { pools: { eu: POOL } })
  const long = `COGNITO_${'A_'.repeat(20_000)}`
  t.ok(poolsFromEnv({ ...one, [long]: 'x' }), 'in no time')
  const json = JSON.stringify({ eu: { ...POOL, claims: '"'.repeat(5_000_000) } })
  t.ok(poolsFromEnv({ COGNITO_USER_POOLS: json }), 'nor is a long text too much')
})

t.test('a variable that would make a pool of its own, or whose first word is misspelt', async (t) => {
  for (const [name, message] of [
    [
      'COGNITO_AWS_REGION',
      /^COGNITO_AWS_REGION: belongs to a pool aws, which has no COGNITO_AWS_USER_POOL_ID;/,
    ],
    ['COGNITO_TOKEN_ISSUER', /^COGNITO_TOKEN_ISSUER: belongs to a pool token, which has no/],
    ['COGNTIO_AUDIENCE', /^COGNTIO_AUDIENCE: unknown name; did you mean COGNITO_AUDIENCE\?/],
    ['CONGITO_TOKEN_USE', /did you mean COGNITO_TOKEN_USE\?/],
    ['COGNITO-AUDIENCE', /did you mean COGNITO_AUDIENCE\?/],
    [' COGNITO_AUDIENCE', /did you mean COGNITO_AUDIENCE\?/],
  ] as const) {
    t.match(
      faultOf(() => poolsFromEnv({ ...one, [name]: 'eu-west-1' })),
      message,
    )
  }
  const named = { COGNITO_EU_USER_POOL_ID: POOL.userPoolId, COGNITO_EU_APP_CLIENT_ID: 'client1' }
  t.match(
    faultOf(() => poolsFromEnv({ ...named, COGNITO_REGION: 'eu-west-1', COGNITO_DEFAULT_POOL: 'eu' })),
    /^COGNITO_REGION: belongs to a pool default, which has no COGNITO_USER_POOL_ID;/,
  )
  t.match(
    faultOf(() => poolsFromEnv({ ...one, COGNITO_APP_CLIENT_ID: '*,abc' })),
    /^COGNITO_APP_CLIENT_ID: expected a list of ids, or \* alone for every app client/,
  )
  t.ok(poolsFromEnv({ ...one, COGNITO_TOOLS: 'x', COGNITIVE_AUDIENCE_ID: 'x', MYCOGNITO_AUDIENCE: 'x' }))
})

t.test('control characters of names reach no terminal', async (t) => {
  const json = { COGNITO_USER_POOLS: JSON.stringify({ eu: { ...POOL, '\u001b[31m\u202e': 1 } }) }
  t.match(
    faultOf(() => poolsFromEnv(json)),
    /^COGNITO_USER_POOLS\.eu\.\\u001b\[31m\\u202e: unknown name/,
  )
  for (const [name, shown] of [
    ['E\nU', 'E\\u000aU'],
    ['E: U', 'E: U'],
    ['E.\u001bU', 'E.\\u001bU'],
  ] as const) {
    const env = { ...one, [`COGNITO_${name}_REGION`]: 'eu-west-1', COGNITO_DEFAULT_POOL: 'default' }
    t.ok(faultOf(() => poolsFromEnv(env)).startsWith(`COGNITO_${shown}_REGION: belongs to a pool`), shown)
  }
  const alone = { 'COGNITO_E\u001bU_USER_POOL_ID': POOL.userPoolId, 'COGNITO_E\u001bU_APP_CLIENT_ID': 'x' }
  t.match(
    faultOf(() => poolsFromEnv(alone)),
    /^COGNITO_E\\u001bU_USER_POOL_ID: unknown name; expected/,
  )
  const dir = t.testdir({
    'a.yaml': '"\\e[31mred\\a": 1\npools: {}\n',
    'b.yaml': 'userpools:\n  "\\e[31m": { "\\a": 1 }\n',
    'd\u001b.toml': '',
    'c.json': '{"pools":{"\\u001b":1,"\\u001b":2}}',
  })
  t.match(
    faultOf(() => poolsFromFile(join(dir, 'a.yaml'))),
    /a\.yaml:\d+: \\u001b\[31mred\\u0007: unknown name/,
  )
  t.match(
    faultOf(() => poolsFromFile(join(dir, 'b.yaml'))),
    /b\.yaml:\d+: userpools\.\\u001b\[31m\.\\u0007: unknown name/,
  )
  t.match(
    faultOf(() => poolsFromFile(join(dir, 'c.json'))),
    /c\.json:1: pools\.\\u001b: this name stands twice in one object/,
  )
  t.match(
    faultOf(() => poolsFromFile(join(dir, 'd\u001b.toml'))),
    /d\\u001b\.toml: expected a file that ends in/,
  )
})

t.test('the environment never allows plain http to another host', async (t) => {
  const url = 'http://cognito:9229/local_1/.well-known/jwks.json'
  const variables = { COGNITO_USER_POOL_ID: POOL.userPoolId, COGNITO_APP_CLIENT_ID: 'client1' }
  for (const env of [
    { ...variables, COGNITO_JWKS_URL: url },
    { ...variables, COGNITO_JWKS_URL: url, INSECURE_HTTP: 'true' },
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
      'COGNITO_USER_POOLS.eu.insecureHttp: expected this option in the code or in a settings file; the environment cannot allow it',
    )
  }
})
