/**
 * The options of a pool: what stops the boot, what the defaults are, what is derived.
 * @module
 */
import { Type } from '@sinclair/typebox'
import Fastify from 'fastify'
import t from 'tap'
import cognito from '../../src/index.js'
import { type PluginOptions, resolveOptions } from '../../src/options.js'
import { assertRefused, type WrongOptions } from '../support/fault-of.js'

const eu = { userPoolId: 'eu-west-1_PwMfVzLQg', appClientId: '3n4b5urk1ft4fl3mg5e62d9ado' }
const us = { userPoolId: 'us-east-1_Ab129faBb', appClientId: ['1h57kf5cpq17m0eml12', 'abc'] }
const local = { userPoolId: 'local_1', appClientId: 'abc', issuer: 'http://127.0.0.1:9229/local_1' }

const resolve = (options: unknown, env: Record<string, string> = {}) =>
  resolveOptions(options as PluginOptions, env)
const withPool = (extra: object) => ({ pools: { eu: { ...eu, ...extra } } })

/** [what is wrong, options, how the message begins, environment] */
const WRONG: readonly WrongOptions[] = [
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
  [
    'an unknown option of a pool',
    withPool({ clientId: 'abc' }),
    'pools.eu.clientId: unknown name; did you mean appClientId?',
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
  ...(['issuer', 'tokenUse', 'audience', 'acr', 'claims'] as const).map((name): [string, unknown, string] => [
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
  ...[
    'urn:cognito:loa:1',
    [],
    ['a', 'b', 'c'],
    ['a', 'b', 'c', 'd', 'e'],
    ['a', 'b', 'c', 'a'],
    ['a', 'b', 'c', ''],
    ['a', 'b', 'c', 'd d'],
    ['a', 'b', 'c', 'd"'],
    ['a', 'b', 'c', 'd\\'],
    ['a', 'b', 'c', 'd\u00e9'],
    ['a', 'b', 'c', 'x'.repeat(65)],
    ['a', 'b', 'c', 4],
    { 1: 'a' },
    null,
  ].map((acr): [string, unknown, string] => [
    `the levels ${JSON.stringify(acr)}`,
    withPool({ acr }),
    'pools.eu.acr',
  ]),
  ['an empty audience', withPool({ audience: '' }), 'pools.eu.audience: expected an audience'],
  [
    'an audience of ID tokens',
    withPool({ tokenUse: 'id', audience: 'x' }),
    "pools.eu.audience: expected tokenUse to include 'access'",
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
  assertRefused(t, WRONG, resolve)
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
