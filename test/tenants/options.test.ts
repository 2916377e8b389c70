/**
 * The options of tenants: what is refused at boot, and the defaults.
 * @module
 */
import Fastify from 'fastify'
import t from 'tap'
import cognito from '../../src/index.js'
import { resolveOptions } from '../../src/options.js'
import { assertRefused, type WrongOptions } from '../support/fault-of.js'

const load = () => []
const KEYS_URL = 'AWS_COGNITO_KEYS_URL'
const resolve = (options: unknown, env: Record<string, string> = {}) =>
  resolveOptions({ tenants: options } as never, env).tenants

const inEnvironment = (url: string) => ({ [KEYS_URL]: url })

const WRONG: readonly WrongOptions[] = [
  ['no object', 'load', 'tenants: expected'],
  ['null', null, 'tenants: expected'],
  ['a list', [], 'tenants'],
  ['no load', {}, 'tenants.load: expected'],
  ['a list in place of load', { load: [] }, 'tenants.load: expected a function'],
  ['a promise in place of load', { load: Promise.resolve([]) }, 'tenants.load: expected a function'],
  ['load is undefined', { load: undefined }, 'tenants.load: expected'],
  ['a misspelt option', { load, refreshafter: 3 }, 'tenants.refreshafter: '],
  ['a default pool', { load, defaultPool: 'acme' }, 'tenants.defaultPool: '],
  ['claim: true', { load, claim: true }, 'tenants.claim: expected the name'],
  ['claim: empty', { load, claim: '' }, 'tenants.claim: expected'],
  ['claim: null', { load, claim: null }, 'tenants.claim: expected'],
  ['claim: undefined', { load, claim: undefined }, 'tenants.claim: expected'],
  ['tokenUse: another', { load, tokenUse: 'refresh' }, 'tenants.tokenUse'],
  ['tokenUse: none', { load, tokenUse: [] }, 'tenants.tokenUse'],
  ['audience: empty', { load, audience: '' }, 'tenants.audience: expected'],
  ['audience: none', { load, audience: [] }, 'tenants.audience: expected'],
  ['audience: null', { load, audience: null }, 'tenants.audience: expected'],
  [
    'an audience of ID tokens',
    { load, audience: 'https://api', tokenUse: 'id' },
    'tenants.audience: expected',
  ],
  ['acr: three levels', { load, acr: ['a', 'b', 'c'] }, 'tenants.acr: expected'],
  ['claims: undefined', { load, claims: undefined }, 'tenants.claims: expected'],
  ['refreshAfter: 0', { load, refreshAfter: 0 }, 'tenants.refreshAfter: expected'],
  ['refreshAfter: a text', { load, refreshAfter: '30' }, 'tenants.refreshAfter: expected'],
  ['refreshAfter: too long', { load, refreshAfter: 3601 }, 'tenants.refreshAfter: expected'],
  ['unknownInterval: 0', { load, unknownInterval: 0 }, 'tenants.unknownInterval: expected'],
  ['staleIfError: negative', { load, staleIfError: -1 }, 'tenants.staleIfError: expected'],
  ['staleIfError: more than a week', { load, staleIfError: 604_801 }, 'tenants.staleIfError: expected'],
  ['timeout: 0', { load, timeout: 0 }, 'tenants.timeout: expected'],
  ['timeout: without end', { load, timeout: Number.POSITIVE_INFINITY }, 'tenants.timeout: expected'],
  ['keysRefreshAfter: 0', { load, keysRefreshAfter: 0 }, 'tenants.keysRefreshAfter: expected'],
  [
    'one URL of keys for all',
    { load },
    `${KEYS_URL}: expected the placeholder`,
    inEnvironment('https://k/a'),
  ],
  [
    'keys over http',
    { load },
    `${KEYS_URL}: expected an https`,
    inEnvironment('http://k.example/{userPoolId}'),
  ],
  ['keys at no URL', { load }, `${KEYS_URL}: expected an https`, inEnvironment('{userPoolId}')],
  [
    'keys at an unknown placeholder',
    { load },
    `${KEYS_URL}: expected a URL`,
    inEnvironment('https://k.example/{userPoolId}/{stage}'),
  ],
  [
    'keys with credentials',
    { load },
    `${KEYS_URL}: expected a URL`,
    inEnvironment('https://a:b@k.example/{userPoolId}'),
  ],
]

t.test('a wrong option stops the boot with its path', async (t) => assertRefused(t, WRONG, resolve))

t.test('the options are resolved, and are frozen', async (t) => {
  const given = { load, claim: 'custom:tenant', tokenUse: ['access', 'id'], audience: ['https://api'] }
  const resolved = resolve(given, inEnvironment('https://k.example/{region}/{userPoolId}'))
  t.match(resolved, {
    load,
    claim: 'custom:tenant',
    tokenUses: new Set(['access', 'id']),
    audiences: new Set(['https://api']),
    refreshAfter: 30,
    unknownInterval: 2,
    staleIfError: 3600,
    timeout: 5,
    keysRefreshAfter: 3600,
  })
  t.ok(Object.isFrozen(resolved))
  t.match(resolve({ load }), { audiences: null, tokenUses: new Set(['access']) })
  t.equal(resolve({ load })?.claim, undefined)
  t.equal(resolve({ load, claim: false }, inEnvironment(''))?.claim, false)
})

t.test('claims of another kind stop the boot with their path', async (t) => {
  for (const claims of ['sub', 1, null, {}]) {
    const app = Fastify()
    t.teardown(() => app.close())
    app.register(cognito, { tenants: { load, claims } } as never)
    await t.rejects(async () => app.ready(), { name: 'TypeError', message: /^tenants\.claims: expected/ })
  }
})
