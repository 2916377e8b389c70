/**
 * Options, pools and user pool ids: what stops the boot, what the defaults are, what is derived.
 * @module
 */
import { Type } from '@sinclair/typebox'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { deriveIssuers, deriveJwksUrl, parseUserPoolId } from '../../src/base/user-pool-id.js'
import cognito, { definePools } from '../../src/index.js'
import { fileKeyStore } from '../../src/keys/index.js'
import { type PluginOptions, resolveOptions } from '../../src/options.js'
import type { ResolvedPool } from '../../src/pool/pool.js'
import { createLoggedApp } from '../support/logged-app.js'

const eu = { userPoolId: 'eu-west-1_PwMfVzLQg', appClientId: '3n4b5urk1ft4fl3mg5e62d9ado' }
const us = { userPoolId: 'us-east-1_Ab129faBb', appClientId: ['1h57kf5cpq17m0eml12', 'abc'] }
const local = { userPoolId: 'local_1', appClientId: 'abc', issuer: 'http://127.0.0.1:9229/local_1' }

const resolve = (options: unknown, env: Record<string, string> = {}) =>
  resolveOptions(options as PluginOptions, env)
/** The message of the error for these options. */
function faultOf(options: unknown): string {
  try {
    resolve(options)
  } catch (error) {
    return error instanceof TypeError ? error.message : String(error)
  }
  return 'no fault'
}

const urlsOf = (pool: ResolvedPool | undefined) => [...new Set(pool?.jwksUrls.values())]
const withPool = (extra: object) => ({ pools: { eu: { ...eu, ...extra } } })

/** [what is wrong, options, how the message begins, environment] */
const WRONG: readonly [string, unknown, string, Record<string, string>?][] = [
  ['no options', undefined, 'options: expected an object of options'],
  ['options that are no object', 'eu', 'options: expected an object of options'],
  ['no pools', {}, 'pools: expected at least one pool'],
  ['empty pools', { pools: {} }, 'pools: expected at least one pool'],
  ['a list of pools', { pools: [eu] }, 'pools'],
  [
    'a pool name with a space',
    { pools: { 'e u': eu } },
    'pools.e u: unknown name; expected at least one pool, under a name that begins with a letter',
  ],
  [
    'a pool name that begins with an underscore',
    { pools: JSON.parse(`{"__proto__":${JSON.stringify(eu)}}`) },
    'pools.__proto__',
  ],
  ['a pool that is no object', { pools: { eu: 'eu-west-1_x' } }, 'pools.eu: expected the options of a pool'],
  ['an unknown option', { pools: { eu }, tokenform: 1 }, 'tokenform: unknown name; did you mean tokenFrom?'],
  [
    'an option of no name that is known',
    { pools: { eu }, colour: 1 },
    'colour: unknown name; expected pools, defaultPool, tokenFrom',
  ],
  [
    'an unknown option of a pool',
    withPool({ clientId: 'abc' }),
    'pools.eu.clientId: unknown name; did you mean appClientId?',
  ],
  [
    'an unknown option of the keys',
    { pools: { eu }, keys: { ttl: 1 } },
    'keys.ttl: unknown name; expected refreshAfter',
  ],
  [
    'no userPoolId',
    { pools: { eu: { appClientId: 'abc' } } },
    "pools.eu.userPoolId: expected a user pool id such as 'eu-west-1_AbCdEf123'",
  ],
  ...[
    '',
    'eu-west-1',
    'PwMfVzLQg',
    'eu-west-1_',
    'eu-west-1_Pw Mf',
    'eu-west-1_x/../y',
    'EU-WEST-1_x',
    'euwest1_x',
    `eu-west-1_${'x'.repeat(50)}`,
    'local_1',
    7,
    null,
  ].map((userPoolId): [string, unknown, string] => [
    `the user pool id ${userPoolId}`,
    withPool({ userPoolId }),
    'pools.eu.userPoolId: expected a user pool id',
  ]),
  [
    'no appClientId: skipping a check has to be written out',
    { pools: { eu: { userPoolId: eu.userPoolId } } },
    'pools.eu.appClientId: expected an app client id, a list of them, or null',
  ],
  ...[
    '',
    'shop',
    'shop auth.example.com',
    'https://',
    'http://auth.example.com',
    'ftp://auth.example.com',
    'https://auth.example.com/login',
    'auth.example.com?x=1',
    'auth.example.com#x',
    'user:secret@auth.example.com',
    7,
    null,
  ].map((domain): [string, unknown, string] => [
    `the domain ${domain}`,
    withPool({ domain }),
    "pools.eu.domain: expected the whole domain of the managed login, such as 'shop.auth.eu-west-1.amazoncognito.com'",
  ]),
  ...['off', true, null, {}].map((routes): [string, unknown, string] => [
    `the audit ${JSON.stringify(routes)}`,
    { pools: { eu }, routes },
    "routes: expected 'warn', 'error' or false",
  ]),
  [
    'an audit that is undefined: it must not vanish with a missing variable',
    { pools: { eu }, routes: undefined },
    'routes: expected a value; leave the name out',
  ],
  ...[undefined, '', [], [''], ['abc', 'abc'], 'My App', 7, {}, ['abc', null]].map(
    (appClientId): [string, unknown, string] => [
      `the app client id ${JSON.stringify(appClientId)}`,
      withPool({ appClientId }),
      'pools.eu.appClientId: expected an app client id, a list of them, or null to accept every client',
    ],
  ),
  [
    'a region of another form',
    withPool({ region: 'Ireland' }),
    "pools.eu.region: expected an AWS region such as 'eu-west-1'",
  ],
  [
    'a region that is not the prefix',
    withPool({ region: 'us-east-1' }),
    'pools.eu.region: expected eu-west-1, the prefix of userPoolId',
  ],
  ...[
    'keys.json',
    '/jwks',
    'ftp://x/jwks',
    'http://example.com/jwks',
    'http://10.0.0.1/jwks',
    'http://127.0.0.1.evil.example/jwks',
    'http://localhost.evil.example/jwks',
  ].map((jwksUrl): [string, unknown, string] => [
    `the JWKS URL ${jwksUrl}`,
    withPool({ jwksUrl }),
    'pools.eu.jwksUrl: expected an https URL, or an http URL on loopback',
  ]),
  ...[
    'https://example.com',
    'https://example.com/',
    'https://u:p@example.com/jwks',
    'https://example.com/jwks#x',
    'https://example.com/{userPoolId}',
  ].map((jwksUrl): [string, unknown, string] => [
    `the JWKS URL ${jwksUrl}`,
    withPool({ jwksUrl }),
    'pools.eu.jwksUrl: expected a URL with a path',
  ]),
  [
    'an issuer that has no keys',
    { pools: { local: { ...local, issuer: 'emulator' } } },
    'pools.local.issuer: expected an https URL',
  ],
  ['no issuer in the list', withPool({ issuer: [] }), 'pools.eu.issuer: expected an issuer URL'],
  ...(['issuer', 'tokenUse', 'audience', 'claims'] as const).map((name): [string, unknown, string] => [
    `${name} that is undefined: a check must not vanish with a missing variable`,
    withPool({ [name]: undefined }),
    `pools.eu.${name}: expected a value`,
  ]),
  ...['refresh', [], ['access', 'access'], ['access', 'x'], null, true].map(
    (tokenUse): [string, unknown, string] => [
      `the token use ${JSON.stringify(tokenUse)}`,
      withPool({ tokenUse }),
      "pools.eu.tokenUse: expected 'access', 'id' or a list of both",
    ],
  ),
  ['an empty audience', withPool({ audience: '' }), 'pools.eu.audience: expected an audience'],
  [
    'an audience of ID tokens',
    withPool({ tokenUse: 'id', audience: 'x' }),
    "pools.eu.audience: expected tokenUse to include 'access'",
  ],
  [
    'a default pool that is none',
    { pools: { eu, us }, defaultPool: 'asia' },
    'defaultPool: expected one of eu, us',
  ],
  [
    'two pools of one id',
    { pools: { eu, again: eu } },
    'pools.again.userPoolId: expected a pool of its own; pools.eu has the same',
  ],
  [
    'two pools of one issuer',
    { pools: { a: local, b: { ...local, userPoolId: 'local_2' } } },
    'pools.b.issuer: expected an issuer of its own; pools.a has the same',
  ],
  ...[-1, 301, Number.NaN, Number.POSITIVE_INFINITY, '5', null].map(
    (clockTolerance): [string, unknown, string] => [
      `the tolerance ${clockTolerance}`,
      { pools: { eu }, clockTolerance },
      'clockTolerance: expected seconds from 0 to 300',
    ],
  ),
  ...[0, 511, 65_537, 600.5, '8192'].map((maxTokenLength): [string, unknown, string] => [
    `the token length ${maxTokenLength}`,
    { pools: { eu }, maxTokenLength },
    'maxTokenLength: expected a whole number of characters from 512 to 65,536',
  ]),
  ...['', 'a"b', 'a\\b', 'é', 'a\r\nb', 7].map((realm): [string, unknown, string] => [
    `the realm ${JSON.stringify(realm)}`,
    { pools: { eu }, realm },
    'realm: expected printable ASCII without " and \\',
  ]),
  ...[
    { refreshAfter: 0 },
    { staleIfError: -1 },
    { timeout: 0 },
    { timeout: 0.04 },
    { timeout: 10.5 },
    { lookupBurst: 0.5 },
    { lookupBurst: 1 },
    { lookupInterval: 0 },
    { timeout: '2' },
    { prefetch: true },
    { store: undefined },
    { store: null },
    { store: '/var/cache' },
    { store: {} },
    { store: { load: async () => undefined } },
    { store: { save: async () => undefined, load: 'x' } },
  ].map((keys): [string, unknown, string] => [
    `the keys ${JSON.stringify(keys)}`,
    { pools: { eu }, keys },
    `keys.${Object.keys(keys)[0]}: expected `,
  ]),
  ...[null, 'authorization', [], [null], {}, { read: 'x' }].map((tokenFrom): [string, unknown, string] => [
    `the token source ${JSON.stringify(tokenFrom)}`,
    { pools: { eu }, tokenFrom },
    'tokenFrom: expected fromHeader()',
  ]),
  [
    'a jwksUrl that is the derived one of another pool',
    {
      pools: {
        b: {
          ...us,
          jwksUrl: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_PwMfVzLQg/.well-known/jwks.json',
        },
        eu,
      },
    },
    'pools.b.jwksUrl: expected a key set of its own; pools.eu has the same',
  ],
  [
    'issuers whose keys are at one URL',
    {
      pools: {
        a: { ...local, issuer: 'https://x.example/p' },
        b: { ...local, userPoolId: 'local_2', issuer: 'https://X.example/p' },
      },
    },
    'pools.b.issuer: expected an issuer with keys of its own; those of pools.a are at the same URL',
  ],
  [
    'one key set of two pools',
    { pools: { eu: { ...eu, jwksUrl: 'https://x/jwks' }, us: { ...us, jwksUrl: 'https://x/jwks' } } },
    'pools.us.jwksUrl: expected a key set of its own; pools.eu has the same',
  ],
  [
    'one key URL for several pools',
    { pools: { eu, us } },
    'AWS_COGNITO_KEYS_URL: expected the placeholders {region} and {userPoolId}',
    { AWS_COGNITO_KEYS_URL: 'https://keys.example/jwks.json' },
  ],
  [
    'a key URL whose placeholders do not tell the pools apart',
    { pools: { eu, ie: { ...eu, userPoolId: 'eu-west-1_Other' } } },
    'AWS_COGNITO_KEYS_URL: expected the placeholders',
    { AWS_COGNITO_KEYS_URL: 'https://keys.example/{region}/jwks.json' },
  ],
  [
    'a key URL over plain HTTP',
    { pools: { eu } },
    'AWS_COGNITO_KEYS_URL: expected an https URL',
    { AWS_COGNITO_KEYS_URL: 'http://keys.example/jwks.json' },
  ],
  [
    'a region that nobody knows in a key URL',
    { pools: { local } },
    'AWS_COGNITO_KEYS_URL: expected a URL',
    { AWS_COGNITO_KEYS_URL: 'https://keys.example/{region}/jwks.json' },
  ],
]

t.test('a wrong option stops the boot with its path and what was expected', async (t) => {
  for (const [what, options, message, env] of WRONG) {
    try {
      resolve(options, env)
      t.fail(`${what} was accepted`)
    } catch (error) {
      t.type(error, TypeError)
      t.ok(
        error instanceof Error && error.message.startsWith(message),
        `${what}: ${error instanceof Error && error.message}`,
      )
    }
  }
})

/** What is given for an option, and how the message ends. */
const KINDS: readonly [name: string, value: unknown, end: string][] = [
  ['appClientId', undefined, 'found undefined; is a variable of the environment missing?'],
  ['appClientId', [], 'found an empty list'],
  ['appClientId', '', 'found empty text'],
  ['appClientId', 'abc ', 'found text with a space or a line break at its beginning or its end'],
  ['appClientId', '\nabc', 'found text with a space or a line break at its beginning or its end'],
  ['appClientId', 'abc,def', 'found text with commas; each item of a list is a text of its own'],
  ['appClientId', eu.userPoolId, 'found what looks like a user pool id, which belongs in userPoolId'],
  ['appClientId', 12_345, 'found a number; text of digits stands in quotes'],
  ['appClientId', ['abc', 12_345], 'found a list whose item 2 is a number; text of digits stands in quotes'],
  ['appClientId', ['abc', 'My App'], 'found a list whose item 2 is text of another form'],
  ['appClientId', [null, 'abc'], 'found a list whose item 1 is null'],
  ['appClientId', ['abc', 'abc'], 'found a list that has an item twice'],
  ['appClientId', 'arn:aws:cognito', 'found an ARN'],
  ['appClientId', 'https://example.com', 'found a URL'],
  ['appClientId', {}, 'found an empty object'],
  ['appClientId', { id: 'abc' }, 'found an object'],
  ['appClientId', Promise.resolve('abc'), 'found a promise; await it'],
  ['appClientId', () => 'abc', 'found a function'],
  ['appClientId', 7n, 'found a bigint'],
  ['userPoolId', eu.appClientId, 'found what looks like an app client id, which belongs in appClientId'],
  ['userPoolId', 'shop', 'found text of another form'],
  ['userPoolId', ` ${eu.userPoolId}`, 'found text with a space or a line break at its beginning or its end'],
  ['userPoolId', [eu.userPoolId], 'found a list'],
  ['insecureHttp', 'true', 'found text; a boolean stands without quotes'],
  ['insecureHttp', 1, 'found a number'],
  ['audience', undefined, 'found undefined; is a variable of the environment missing?'],
  ['clockTolerance', '5', 'found text; a number stands without quotes'],
  ['maxTokenLength', '8192', 'found text; a number stands without quotes'],
  ['clockTolerance', 301, 'found a larger number'],
  ['clockTolerance', -1, 'found a smaller number'],
  ['clockTolerance', Number.NaN, 'found no finite number'],
  ['maxTokenLength', 600.5, 'found a number with a fraction'],
  ['keys', 5, 'found a number'],
  ['keys', true, 'found a boolean'],
  ['tokenFrom', 'authorization', 'found text of another form'],
  ['defaultPool', 'eu ', 'found text with a space or a line break at its beginning or its end'],
  ['realm', null, 'found null'],
]

t.test('the kind of a wrong value is told, and never the value', async (t) => {
  const ofPlugin = ['clockTolerance', 'maxTokenLength', 'keys', 'tokenFrom', 'defaultPool', 'realm']
  for (const [name, value, end] of KINDS) {
    const options = ofPlugin.includes(name) ? { pools: { eu }, [name]: value } : withPool({ [name]: value })
    const message = faultOf(options)
    t.ok(message.includes(`${name}: expected `) && message.endsWith(`; ${end}`), message)
    for (const secret of ['abc', '12345', 'My App', eu.appClientId, 'aws:']) t.notOk(message.includes(secret))
  }
  t.match(
    faultOf({ pools: { eu: { userPoolId: eu.userPoolId } } }),
    /^pools\.eu\.appClientId: .*; it is missing$/,
  )
  t.match(faultOf({}), /^pools: expected at least one pool.*; it is missing$/)
})

t.test('a name that is not known is told before what it was meant to be is missing', async (t) => {
  const { userPoolId, appClientId } = eu
  for (const [options, message] of [
    [
      { pools: { eu: { userPoolId, appClientID: appClientId } } },
      'pools.eu.appClientID: unknown name; did you mean appClientId?',
    ],
    [
      { pools: { eu: { userPoolId, clientId: appClientId } } },
      'pools.eu.clientId: unknown name; did you mean appClientId?',
    ],
    [
      { pools: { eu: { poolId: userPoolId, appClientId } } },
      'pools.eu.poolId: unknown name; did you mean userPoolId?',
    ],
    [
      { pools: { a: { userPoolId }, b: { ...eu, jwks_uri: 'x' } } },
      'pools.b.jwks_uri: unknown name; did you mean jwksUrl?',
    ],
    [{ pool: { eu } }, 'pool: unknown name; did you mean pools?'],
    [{ userPools: { eu } }, 'userPools: unknown name; did you mean pools?'],
    [{ eu }, 'eu: unknown name here; did you mean pools.eu?'],
    [eu, 'userPoolId: unknown name here; did you mean pools.<name>.userPoolId?'],
    [{ pools: { eu }, refreshAfter: 60 }, 'refreshAfter: unknown name here; did you mean keys.refreshAfter?'],
    [
      withPool({ clockTolerance: 60 }),
      'pools.eu.clockTolerance: unknown name here; did you mean clockTolerance?',
    ],
    [{ pools: { eu }, tokenCache: { maximum: 5 } }, 'tokenCache.maximum: unknown name; expected max, ttl'],
    [
      { pools: { eu }, keys: { refreshafter: 5 } },
      'keys.refreshafter: unknown name; did you mean refreshAfter?',
    ],
    [
      { pools: { eu }, resource: { uri: 'x' } },
      'resource.uri: unknown name; expected url, name, scopes, documentation',
    ],
    [
      { pools: { eu }, revocation: { onerror: 'deny' } },
      'revocation.onerror: unknown name; did you mean onError?',
    ],
    [
      { colour: undefined },
      'colour: unknown name; expected pools, defaultPool, tokenFrom, clockTolerance, tokenCache, keys, loadUser, resource, revocation, realm, maxTokenLength, routes',
    ],
  ] as const) {
    t.equal(faultOf(options), message)
  }
})

t.test('control characters in names are shown', async (t) => {
  t.match(faultOf(withPool({ '\u001b[31m\u202e': 1 })), /^pools\.eu\.\\u001b\[31m\\u202e: unknown name/)
  t.match(faultOf({ pools: { 'e\nu': eu } }), /^pools\.e\\u000au: unknown name/)
})

t.test('what a newcomer sees who registers the plugin with a wrong option', async (t) => {
  const register = async (options: unknown) => {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(cognito, options as PluginOptions)
  }
  await t.rejects(register(eu), {
    message: 'userPoolId: unknown name here; did you mean pools.<name>.userPoolId?',
  })
  await t.rejects(register(undefined), { message: /^pools: expected at least one pool.*; it is missing$/ })
  await t.resolves(register({ pools: { eu }, keys: { prefetch: false } }))
})

t.test('a wrong option rejects ready(), and no value of an option is in the message', async (t) => {
  const app = Fastify()
  app.register(cognito, { pools: { eu: { ...eu, appClientId: 's3cret with spaces' } } })
  await t.rejects(
    async () => {
      await app.ready()
    },
    { name: 'TypeError', message: /^pools\.eu\.appClientId: expected/ },
  )
  t.throws(() => resolve(withPool({ appClientId: 's3cret with spaces' })), { message: /^(?!.*s3cret)/ })
})

t.test('a claim schema that cannot be used stops the boot with its path', async (t) => {
  const app = Fastify()
  app.register(cognito, { pools: { eu: { ...eu, claims: Type.String() as never } } })
  await t.rejects(
    async () => {
      await app.ready()
    },
    { message: /^pools\.eu\.claims: expected Type\.Object/ },
  )
})

t.test('a wrong option of the token cache is named, too', (t) => {
  for (const [tokenCache, message] of [
    [{ max: 1 }, 'tokenCache.max: expected a whole number from 2 to 1,000,000'],
    [{ ttl: 0 }, 'tokenCache.ttl: expected seconds from 1 to 86,400'],
    [{ maxx: 5 }, 'tokenCache.maxx: unknown name; expected max, ttl'],
    [true, 'tokenCache: expected an object of cache options, or false'],
  ] as const) {
    t.throws(() => resolve({ pools: { eu }, tokenCache } as never), { name: 'TypeError', message })
  }
  t.equal(resolve({ pools: { eu }, tokenCache: false }).tokenCache, false)
  t.strictSame(resolve({ pools: { eu }, tokenCache: { max: 5 } }).tokenCache, { max: 5, ttl: 300 })
  t.end()
})

t.test('the defaults', async (t) => {
  const options = resolve({ pools: { eu, us } })
  const { pools, tokenSources, ...rest } = options
  t.strictSame(rest, {
    defaultPool: 'eu',
    loadUser: undefined,
    resource: undefined,
    revocation: undefined,
    clockTolerance: 5,
    tokenCache: { max: 10_000, ttl: 300 },
    keys: {
      refreshAfter: 300,
      staleIfError: 86_400,
      timeout: 2,
      lookupBurst: 10,
      lookupInterval: 2,
      prefetch: 'background',
      store: undefined,
    },
    realm: 'api',
    maxTokenLength: 16_384,
    routes: false,
  })
  t.strictSame(
    tokenSources.map(({ kind }) => kind),
    ['header'],
  )
  t.match(pools.get('us'), { name: 'us', region: 'us-east-1', audiences: null, claims: undefined })
  t.strictSame([...(pools.get('us')?.clientIds ?? [])], us.appClientId)
  t.strictSame([...(pools.get('eu')?.tokenUses ?? [])], ['access'])
})

t.test('what is given is taken, frozen, and the caller’s object is left alone', async (t) => {
  const given = Object.freeze({
    pools: Object.freeze({
      eu: Object.freeze({
        ...eu,
        region: 'eu-west-1',
        appClientId: null,
        tokenUse: ['access', 'id'],
        audience: 'https://api',
      }),
      us,
    }),
    defaultPool: 'us',
    realm: 'orders api',
    clockTolerance: 0,
    maxTokenLength: 512,
    keys: { timeout: 0.5, refreshAfter: undefined },
  })
  const options = resolve(given)
  t.match(options, { defaultPool: 'us', realm: 'orders api', clockTolerance: 0, maxTokenLength: 512 })
  t.match(options.keys, { timeout: 0.5, refreshAfter: 300 })
  t.equal(options.pools.get('eu')?.clientIds, null)
  t.strictSame([...(options.pools.get('eu')?.audiences ?? [])], ['https://api'])
  for (const value of [options, options.keys, options.tokenSources, options.pools.get('eu')])
    t.ok(Object.isFrozen(value))
})

t.test('the region comes from the id, and both of its issuers are accepted', async (t) => {
  const pool = resolve({ pools: { eu } }).pools.get('eu')
  const issuers = [
    'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_PwMfVzLQg',
    'https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_PwMfVzLQg',
  ]
  t.strictSame([...(pool?.issuers ?? [])], issuers)
  t.strictSame(
    [...(pool?.jwksUrls ?? [])],
    issuers.map((issuer) => [issuer, `${issuer}/.well-known/jwks.json`]),
  )
})

t.test('the domain of the managed login is a host, or an origin', async (t) => {
  for (const [domain, origin] of [
    ['shop.auth.eu-west-1.amazoncognito.com', 'https://shop.auth.eu-west-1.amazoncognito.com'],
    ['https://Login.example.com/', 'https://login.example.com'],
    ['https://login.example.com:8443', 'https://login.example.com:8443'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
    ['http://localhost:3000', 'http://localhost:3000'],
    [undefined, undefined],
  ]) {
    t.equal(resolve(withPool({ domain })).pools.get('eu')?.loginOrigin, origin)
  }
})

t.test('the partition decides the domain', async (t) => {
  const suffixes = {
    'eu-west-1_a': 'amazonaws.com',
    'ap-southeast-4_a': 'amazonaws.com',
    'us-gov-west-1_a': 'amazonaws.com',
    'cn-north-1_a': 'amazonaws.com.cn',
    'eusc-de-east-1_a': 'amazonaws.eu',
    'us-iso-east-1_a': 'c2s.ic.gov',
    'us-isob-east-1_a': 'sc2s.sgov.gov',
    'us-isof-south-1_a': 'csp.hci.ic.gov',
    'eu-isoe-west-1_a': 'cloud.adc-e.uk',
  }
  for (const [id, suffix] of Object.entries(suffixes)) {
    const parsed = parseUserPoolId(id)
    t.equal(parsed?.dnsSuffix, suffix, id)
    const region = id.slice(0, id.indexOf('_'))
    t.strictSame(parsed && deriveIssuers(id, parsed), [
      `https://cognito-idp.${region}.${suffix}/${id}`,
      `https://issuer-cognito-idp.${region}.${suffix}/${id}`,
    ])
  }
  t.equal(deriveJwksUrl('https://x/y'), 'https://x/y/.well-known/jwks.json')
})

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

t.test('a key store is taken as it is, be it an object or an instance of a class', async (t) => {
  const own = { load: async () => undefined, save: async () => undefined }
  class Store {
    async load() {
      return undefined
    }
    async save() {}
  }
  for (const store of [own, new Store(), fileKeyStore('/var/cache/shop')]) {
    t.equal(resolve({ pools: { eu }, keys: { store } }).keys.store, store)
  }
  t.notOk(Object.isFrozen(own), 'it is the application’s own object')
})

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
async function warningsOf(test: Test, pools: PluginOptions['pools']) {
  const { app, lines } = createLoggedApp(test, { pools, keys: { prefetch: false } })
  await app.ready()
  return lines.map(({ pool, host }) => (host === undefined ? { pool } : { pool, host }))
}

t.test('definePools returns what it was given', async (t) => {
  const given = { eu } as const
  t.equal(definePools(given), given)
})
