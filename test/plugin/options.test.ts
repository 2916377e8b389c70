/**
 * The options of the plugin: what stops the boot, what the defaults are, how a wrong value is told.
 * @module
 */
import Fastify from 'fastify'
import t from 'tap'
import cognito, { definePools } from '../../src/index.js'
import { fileKeyStore } from '../../src/keys/index.js'
import { type PluginOptions, resolveOptions } from '../../src/options.js'
import { assertRefused, type WrongOptions } from '../support/fault-of.js'

const eu = { userPoolId: 'eu-west-1_PwMfVzLQg', appClientId: '3n4b5urk1ft4fl3mg5e62d9ado' }
const us = { userPoolId: 'us-east-1_Ab129faBb', appClientId: ['1h57kf5cpq17m0eml12', 'abc'] }

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
const withPool = (extra: object) => ({ pools: { eu: { ...eu, ...extra } } })

/** [what is wrong, options, how the message begins, environment] */
const WRONG: readonly WrongOptions[] = [
  ['no options', undefined, 'options: expected an object of options'],
  ['options that are no object', 'eu', 'options: expected an object of options'],
  ['no pools', {}, 'pools: expected at least one pool'],
  ['empty pools', { pools: {} }, 'pools: expected at least one pool'],
  ['a list of pools', { pools: [eu] }, 'pools'],
  ['an unknown option', { pools: { eu }, tokenform: 1 }, 'tokenform: unknown name; did you mean tokenFrom?'],
  [
    'an option of no name that is known',
    { pools: { eu }, colour: 1 },
    'colour: unknown name; expected pools, defaultPool, tokenFrom',
  ],
  [
    'an unknown option of the keys',
    { pools: { eu }, keys: { ttl: 1 } },
    'keys.ttl: unknown name; expected refreshAfter',
  ],
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
  [
    'a default pool that is none',
    { pools: { eu, us }, defaultPool: 'asia' },
    'defaultPool: expected one of eu, us',
  ],
  [
    'a default pool beside tenants',
    { pools: { eu }, tenants: { load: () => [] }, defaultPool: 'eu' },
    'defaultPool: expected none beside tenants',
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
]

t.test('a wrong option stops the boot with its path and what was expected', async (t) => {
  assertRefused(t, WRONG, resolve)
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
      'colour: unknown name; expected pools, defaultPool, tokenFrom, clockTolerance, tokenCache, keys, tenants, loadUser, resource, revocation, realm, maxTokenLength, routes',
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
    tenants: undefined,
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

t.test('definePools returns what it was given', async (t) => {
  const given = { eu } as const
  t.equal(definePools(given), given)
})
