/**
 * Which pools a guard names, and in which shapes; what stops the boot because no token could open the guard.
 * @module
 */
import { Type } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import t from 'tap'
import { bearer, createApp, startIssuer } from '../support/app.js'

const { issuer, eu, us } = await startIssuer(t)
const pools = () => ({ eu: eu.options(), us: us.options() })
const pool = async (request: FastifyRequest) => ({ pool: request.cognito?.pool ?? null })

t.test('the pools of a guard, in every shape: exactly the diagonal opens', async (t) => {
  const app = await createApp(t, pools())
  const shapes = {
    '/default': [app.authRequired(), ['eu']],
    '/name': [app.authRequired('us'), ['us']],
    '/list': [app.authRequired(['us']), ['us']],
    '/both': [app.authRequired(['eu', 'us']), ['eu', 'us']],
    '/function': [app.authRequired(() => 'us'), ['us']],
    '/function-list': [app.authRequired(() => ['eu', 'us']), ['eu', 'us']],
    '/async': [app.authRequired(async () => 'us'), ['us']],
    '/async-list': [app.authRequired(async () => ['eu']), ['eu']],
    '/header': [app.authRequired((request) => String(request.headers['x-region'] ?? 'us')), ['us']],
  } as const
  for (const [url, [guard]] of Object.entries(shapes)) app.get(url, { onRequest: guard as never }, pool)
  const tokens = { eu: eu.accessToken(), us: us.accessToken() }
  for (const [url, [, open]] of Object.entries(shapes)) {
    for (const [name, token] of Object.entries(tokens)) {
      const response = await app.inject({ url, headers: bearer(token) })
      const isOpen = (open as readonly string[]).includes(name)
      t.equal(response.statusCode, isOpen ? 200 : 401, `${url} ${name}`)
      if (isOpen) t.strictSame(response.json(), { pool: name })
    }
  }
  const chosen = await app.inject({ url: '/header', headers: { ...bearer(tokens.eu), 'x-region': 'eu' } })
  t.strictSame(chosen.json(), { pool: 'eu' })
})

t.test('a guard that can never open, or names what is not there, stops the boot', async (t) => {
  const app = await createApp(t, { ...pools(), ids: issuer.createPool().options({ tokenUse: 'id' }) })
  const required = app.authRequired as (pool?: unknown, requirement?: unknown) => unknown
  const wrong: readonly [unknown, unknown, RegExp][] = [
    [
      'asia',
      {},
      /^authRequired: expected the name of a registered pool, or a list of different ones: eu, us, ids/,
    ],
    [
      ['eu', 'asia'],
      {},
      /^authRequired: expected the name of a registered pool, or a list of different ones: eu, us, ids/,
    ],
    [
      'toString',
      {},
      /^authRequired: expected the name of a registered pool, or a list of different ones: eu, us, ids/,
    ],
    [[], {}, /^authRequired: expected the name of a registered pool.*; found an empty list$/],
    [{ scopes: 'a' }, {}, /us, ids; found an object; a requirement is the second argument$/],
    ['EU', {}, /us, ids; did you mean eu\?$/],
    ['asia', {}, /us, ids; found another name$/],
    [['eu', 'eu'], {}, /us, ids; found a list that has an item twice$/],
    ['eu', undefined, /^authRequired: expected arguments that are not undefined/],
    [undefined, undefined, /^authRequired: expected arguments that are not undefined/],
    [null, {}, /us, ids; found null$/],
    ['eu', null, /^authRequired: expected an object of requirements/],
    ['eu', 'a', /^authRequired: expected an object of requirements/],
    ['eu', [], /^authRequired/],
    ['eu', { scope: 'a' }, /^authRequired\.scope: unknown name; did you mean scopes\?$/],
    [
      'eu',
      { age: 1 },
      /^authRequired\.age: unknown name; expected tokenUse, scopes, groups, claims, acr, amr, maxAge, check, loadUser$/,
    ],
    ['eu', { scopes: { allOf: ['a'] } }, /^authRequired\.scopes\.allOf: unknown name; expected anyOf$/],
    ['eu', { scopes: { anyof: ['a'] } }, /^authRequired\.scopes\.anyof: unknown name; did you mean anyOf\?$/],
    ['eu', { scopes: { anyOf: ['a'], x: 1 } }, /^authRequired\.scopes\.x: unknown name; expected anyOf$/],
    ...['', [], ['a', 'a'], 'a b', 'a"b', ['a', 7], { anyOf: [] }, null, true].map(
      (scopes): [unknown, unknown, RegExp] => [
        'eu',
        { scopes },
        /^authRequired\.scopes: expected a scope, a list of scopes or \{ anyOf: list \}/,
      ],
    ),
    ...['', [], ['a', 'a'], 'a b', { anyOf: [] }, { noneOf: [] }, { noneOf: 'a' }, {}, null].map(
      (groups): [unknown, unknown, RegExp] => [
        'eu',
        { groups },
        /^authRequired\.groups: expected a group, a list of groups, or an object of allOf, anyOf and noneOf with lists/,
      ],
    ),
    [
      'eu',
      { groups: { noneof: ['a'] } },
      /^authRequired\.groups\.noneof: unknown name; did you mean noneOf\?$/,
    ],
    [
      'eu',
      { groups: { without: ['a'] } },
      /^authRequired\.groups\.without: unknown name; expected allOf, anyOf, noneOf$/,
    ],
    ...['allOf', 'anyOf', 'noneOf'].map((name): [unknown, unknown, RegExp] => [
      'eu',
      { groups: { allOf: ['a'], [name]: undefined } },
      new RegExp(`^authRequired\\.groups\\.${name}: expected a value`),
    ]),
    ...[
      { allOf: ['a', 'b'], noneOf: ['c', 'b'] },
      { anyOf: ['a', 'b'], noneOf: ['b', 'a', 'c'] },
      { allOf: ['x'], anyOf: ['a'], noneOf: ['a'] },
    ].map((groups): [unknown, unknown, RegExp] => [
      'eu',
      { groups },
      /^authRequired\.groups: this can never hold: noneOf prohibits groups that the route requires$/,
    ]),
    ...[-1, 0.5, '300', Number.NaN, Number.POSITIVE_INFINITY, null].map(
      (maxAge): [unknown, unknown, RegExp] => [
        'eu',
        { maxAge },
        /^authRequired\.maxAge: expected whole seconds from 0/,
      ],
    ),
    ...[
      '',
      [],
      'a b',
      'a"b',
      'x'.repeat(65),
      ['urn:cognito:loa:3', 7],
      3,
      null,
      true,
      {},
      { atLeast: 0 },
      { atLeast: 5 },
      { atLeast: 2.5 },
      { atLeast: '3' },
      { atLeast: 'urn:cognito:loa:3' },
    ].map((acr): [unknown, unknown, RegExp] => [
      'eu',
      { acr },
      /^authRequired\.acr(?:\.atLeast)?: expected a name of a level, a list of names, or \{ atLeast: 1 \} to \{ atLeast: 4 \}/,
    ]),
    ['eu', { acr: { atleast: 3 } }, /^authRequired\.acr\.atleast: unknown name; did you mean atLeast\?$/],
    ['eu', { acr: { anyOf: ['a'] } }, /^authRequired\.acr\.anyOf: unknown name; expected atLeast$/],
    [
      'eu',
      { acr: 'urn:cognito:loa:5' },
      /^authRequired\.acr: expected names of levels of its pools: urn:cognito:loa:1, .*:4; did you mean urn:cognito:loa:1\?$/,
    ],
    [
      'eu',
      { acr: ['urn:cognito:loa:4', 'gold'] },
      /^authRequired\.acr: expected names of .*; found another name$/,
    ],
    ...['', [], ['a', 'a'], 'a b', { anyOf: [] }, { allOf: ['a'] }, null, 1].map(
      (amr): [unknown, unknown, RegExp] => [
        'eu',
        { amr },
        /^authRequired\.amr(?:: expected a method of sign-in, a list of methods or \{ anyOf: list \}|\.allOf: unknown name; expected anyOf)/,
      ],
    ),
    ...['refresh', [], null].map((tokenUse): [unknown, unknown, RegExp] => [
      'eu',
      { tokenUse },
      /^authRequired\.tokenUse: expected 'access', 'id' or a list/,
    ]),
    ...['scopes', 'groups', 'claims', 'acr', 'amr', 'maxAge', 'tokenUse'].map(
      (name): [unknown, unknown, RegExp] => [
        'eu',
        { [name]: undefined },
        new RegExp(`^authRequired\\.${name}: expected a value`),
      ],
    ),
    ['eu', { check: undefined }, /^authRequired\.check: expected a value/],
    ['eu', Object.create({ scopes: undefined }), /^authRequired\.scopes: expected a value/],
    ['eu', { check: true }, /^authRequired\.check: expected a function/],
    ['eu', { claims: Type.String() }, /^authRequired\.claims: expected Type\.Object/],
    ['ids', { scopes: 'a' }, /^authRequired: this can never hold: only access tokens have scopes/],
    [['eu', 'ids'], { scopes: 'a' }, /^authRequired: this can never hold/],
    ['eu', { tokenUse: 'id', scopes: 'a' }, /^authRequired: this can never hold/],
    [() => 'eu', { tokenUse: 'id', scopes: 'a' }, /^authRequired: this can never hold/],
  ]
  for (const [name, requirement, message] of wrong) {
    t.throws(
      () => required(name, requirement),
      { name: 'TypeError', message },
      `${JSON.stringify(name)} ${JSON.stringify(requirement)}`,
    )
  }
  t.throws(() => required(undefined), { message: /^authRequired: expected arguments that are not undefined/ })
  t.ok(required(undefined, { scopes: 'a' }), 'the default pool with a requirement')
  t.ok(
    required(() => 'eu', { scopes: 'a' }),
    'a function may choose among pools of which some can hold',
  )
  t.throws(() => app.authOptional('asia' as never), {
    message: /^authOptional: expected the name of a registered pool/,
  })
})

t.test('a level that one pool of a list does not have stops the boot', async (t) => {
  const acr = ['one', 'two', 'three', 'four'] as const
  const app = await createApp(t, { eu: eu.options(), us: us.options({ acr }) })
  const requirement = { acr: 'urn:cognito:loa:2' }
  t.throws(() => app.authRequired(['eu', 'us'], requirement), {
    message: 'authRequired.acr: this can never hold: a pool has no level of these names',
  })
  t.ok(app.authRequired('eu', requirement))
  t.ok(app.authRequired(['eu', 'us'], { acr: ['urn:cognito:loa:2', 'two'] }))
  t.ok(
    app.authRequired(() => 'eu', requirement),
    'a function may choose the pool that has the level',
  )
})
