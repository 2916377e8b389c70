/**
 * Claims and coercion: which text becomes which value, what a schema may say, what a token has to fit.
 * @module
 */
import { FormatRegistry, TransformKind, type TSchema, Type } from '@sinclair/typebox'
import t from 'tap'
import { compileCoercion } from '../../src/claims/coercion.js'
import { type ClaimsOption, compileClaims } from '../../src/claims/reader.js'
import type { Payload } from '../../src/claims/standard-claims.js'
import { bearer, createApp, startIssuer } from '../support/app.js'

const issuer = startIssuer(t)

const access: Payload = { sub: 's', iss: 'i', exp: 2, iat: 1, token_use: 'access', client_id: 'c' }
const id: Payload = { sub: 's', iss: 'i', exp: 2, iat: 1, token_use: 'id', aud: 'c' }

const read = (schema: unknown, claims: Payload) =>
  compileClaims(schema as ClaimsOption, 'claims').read({ ...id, ...claims }, 'id')
const readOne = (property: TSchema, value: unknown) =>
  (
    read(Type.Object({ it: { ...property, alias: 'custom:it' } }), { 'custom:it': value }).claims as
      | { it?: unknown }
      | undefined
  )?.it

/** Text that is converted, and to what. */
const CONVERTED: readonly [TSchema, string, unknown][] = [
  [Type.Integer(), '0', 0],
  [Type.Integer(), '7', 7],
  [Type.Integer(), '-12', -12],
  [Type.Integer(), '9007199254740991', 9007199254740991],
  [Type.Number(), '4.75', 4.75],
  [Type.Number(), '-0.5', -0.5],
  [Type.Number(), '10', 10],
  [Type.Literal(5), '5', 5],
  [Type.Boolean(), 'true', true],
  [Type.Boolean(), 'false', false],
  [Type.Array(Type.String()), '["a","b"]', ['a', 'b']],
  [Type.Array(Type.Integer()), '[]', []],
  [Type.Object({ a: Type.Integer() }), '{"a":1}', { a: 1 }],
  [Type.Record(Type.String(), Type.Integer()), '{"a":1}', { a: 1 }],
  [Type.Tuple([Type.String(), Type.Integer()]), '["a",1]', ['a', 1]],
  [Type.Date(), '2026-11-21', new Date('2026-11-21T00:00:00Z')],
  [Type.Date(), '2026-11-21T07:28:00Z', new Date('2026-11-21T07:28:00Z')],
  [Type.Date(), '2026-11-21T23:28:00.5-05:00', new Date('2026-11-22T04:28:00.500Z')],
  [Type.String(), '7', '7'],
  [Type.Union([Type.Integer(), Type.Null()]), '7', 7],
  [Type.Union([Type.Boolean(), Type.Array(Type.Integer())]), '[7]', [7]],
  [Type.Union([Type.Literal('all'), Type.Integer()]), 'all', 'all'],
  [Type.Union([Type.Literal('all'), Type.Integer()]), '7', 7],
  [Type.Union([Type.Integer(), Type.String()]), '7', '7'],
  [Type.Enum({ free: 1, paid: 2 }), '2', 2],
  [Type.Enum({ free: 'f', paid: 'p' }), 'p', 'p'],
  [Type.Intersect([Type.Integer({ minimum: 1 }), Type.Number({ maximum: 9 })]), '7', 7],
  [Type.Module({ Plan: Type.Object({ a: Type.Integer() }) }).Import('Plan'), '{"a":1}', { a: 1 }],
  [Type.RegExp(/^\d+$/), '7', '7'],
  [Type.Any(), '7', '7'],
]

/** Text that is not exactly of its type. */
const KEPT: readonly [TSchema, readonly string[]][] = [
  [
    Type.Integer(),
    [
      '',
      ' ',
      '4.7',
      '4.0',
      '0x10',
      '1e3',
      ' 1',
      '1 ',
      '+1',
      '01',
      '-0',
      '1_000',
      '1,000',
      '٣',
      'NaN',
      'Infinity',
      '9007199254740992',
      '-9007199254740993',
      '1n',
      '1\n',
    ],
  ],
  [
    Type.Number(),
    [
      '',
      ' ',
      '.5',
      '-0',
      '-0.0',
      '5.',
      '0x10',
      '1e3',
      ' 1',
      '+1',
      '01',
      '1,5',
      'NaN',
      'Infinity',
      '9007199254740993',
      `${'9'.repeat(400)}`,
    ],
  ],
  [Type.Enum({ free: 1, paid: 2 }), ['2e0', 'paid', '']],
  [Type.Union([Type.Integer(), Type.Null()]), ['null', '', '7.5']],
  [Type.Union([Type.Literal('all'), Type.Integer()]), ['none', '07']],
  [Type.Boolean(), ['', 'True', 'TRUE', 'yes', 'no', '1', '0', 'on', ' true', 'null']],
  [
    Type.Array(Type.String()),
    ['', 'a,b', '{}', '{"0":"a"}', '"a"', 'null', '[', '["a"', "['a']", '["a",]', '["a"] x'],
  ],
  [Type.Object({}), ['', '[]', 'null', '"a"', '1', '{', "{'a':1}", '{a:1}']],
  [
    Type.Date(),
    [
      '',
      '2026',
      '2026-11',
      '2026-13-01',
      '2026-02-30',
      '2025-02-29T00:00:00Z',
      '21/11/2026',
      '2026-11-21T07:28',
      '2026-11-21T07:28:00',
      '2026-11-21 07:28:00Z',
      '2026-11-21T25:00:00Z',
      '2026-11-21T24:00:00Z',
      '2026-11-21T07:60:00Z',
      '1763710080000',
      'yesterday',
    ],
  ],
]

t.test('text of exactly its type is converted', async (t) => {
  for (const [schema, text, value] of CONVERTED) {
    t.strictSame(compileCoercion(schema)(text), value, `${schema['type']} ${text}`)
    t.strictSame(readOne(schema, text), value, `as a claim: ${schema['type']} ${text}`)
  }
})

t.test('other text is kept, and the claim is refused', async (t) => {
  for (const [schema, texts] of KEPT) {
    for (const text of texts) {
      t.equal(compileCoercion(schema)(text), text, `${schema['type']} ${JSON.stringify(text).slice(0, 40)}`)
      t.equal(
        readOne(schema, text),
        undefined,
        `as a claim: ${schema['type']} ${JSON.stringify(text).slice(0, 40)}`,
      )
    }
  }
})

t.test(
  'a value that has a type already is taken as it is, as a pre-token-generation Lambda sends it',
  async (t) => {
    t.equal(readOne(Type.Integer(), 7), 7)
    t.equal(readOne(Type.Boolean(), true), true)
    t.strictSame(readOne(Type.Array(Type.String()), ['a']), ['a'])
    for (const [schema, value] of [
      [Type.Integer(), 7.5],
      [Type.Integer(), true],
      [Type.Boolean(), 1],
      [Type.String(), 7],
      [Type.Number(), null],
      [Type.Enum({ free: 1, paid: 2 }), '3'],
      [Type.Array(Type.String()), { 0: 'a' }],
    ] as const) {
      t.equal(readOne(schema, value), undefined, `${schema['type']} ${value}`)
    }
  },
)

t.test('attributes and the two verified flags are converted, and what is declared to be text', async (t) => {
  const tenantOf = (options: object) =>
    read(Type.Object({ tenantId: Type.Integer({ alias: 'tenant', ...options }) }), { tenant: '7' })
  t.match(tenantOf({}), { misfits: ['tenantId (tenant)'] })
  t.match(tenantOf({ fromText: true }), { claims: { tenantId: 7 } })
  const roles = Type.Object({ roles: Type.Array(Type.String(), { fromText: true }) })
  t.match(read(roles, { roles: '["a","b"]' }), { claims: { roles: ['a', 'b'] } })
  t.match(read(roles, { roles: ['a'] }), { claims: { roles: ['a'] } })
  t.match(read(roles, { roles: 'a,b' }), { misfits: ['roles'] })
  t.match(read(Type.Object({ until: Type.Date({ fromText: true }) }), { until: '2026-01-31' }), {
    claims: { until: new Date('2026-01-31') },
  })
  const dev = Type.Object({ level: Type.Integer({ alias: 'dev:custom:level' }) })
  t.match(read(dev, { 'dev:custom:level': '7' }), { claims: { level: 7 } })
  t.match(read(dev, { 'dev:custom:level': '07' }), { misfits: ['level (dev:custom:level)'] })
  const standard = Type.Object({
    birthdate: Type.Date(),
    zoneinfo: Type.Integer(),
    updated_at: Type.Integer(),
    email: Type.Integer(),
  })
  const texts = { birthdate: '1815-12-10', zoneinfo: '1', updated_at: '1700000000', email: '7' }
  t.match(read(standard, texts), {
    claims: { birthdate: new Date('1815-12-10'), zoneinfo: 1, updated_at: 1700000000, email: 7 },
  })
  t.match(read(standard, { ...texts, birthdate: '1815' }), { misfits: ['birthdate'] })
  t.match(read(Type.Object({ 'custom:n': Type.Integer() }), { 'custom:n': '7' }), {
    claims: { 'custom:n': 7 },
  })
  const flags = { email_verified: 'true', phone_number_verified: 'false' }
  t.match(compileClaims(undefined, '').read({ ...id, ...flags }, 'id'), {
    claims: { email_verified: true, phone_number_verified: false },
  })
  t.match(compileClaims(undefined, '').read({ ...id, email_verified: 'yes' }, 'id'), {
    misfits: ['email_verified'],
  })
})

t.test(
  'claims arrive under the names of the schema, with the standard ones, and the rest stays in the payload',
  async (t) => {
    const schema = Type.Object({
      tenantId: Type.String({ alias: 'custom:tenant_id' }),
      seats: Type.Optional(Type.Integer({ alias: 'custom:seats' })),
      locale: Type.Optional(Type.String()),
    })
    const payload = {
      'custom:tenant_id': 't1',
      'custom:seats': '7',
      locale: 'fr',
      website: 'https://x',
      'custom:other': 'x',
    }
    t.strictSame(read(schema, payload), { claims: { ...id, tenantId: 't1', seats: 7, locale: 'fr' } })
    t.strictSame(read(schema, { 'custom:tenant_id': 't1' }), { claims: { ...id, tenantId: 't1' } })
  },
)

t.test('what does not fit is named by the schema’s names, never by the token’s', async (t) => {
  const schema = Type.Object({
    tenantId: Type.String({ alias: 'custom:tenant_id' }),
    roles: Type.Optional(Type.Record(Type.String(), Type.Integer(), { alias: 'custom:roles' })),
  })
  t.strictSame(read(schema, {}), { misfits: ['tenantId (custom:tenant_id)'] })
  t.strictSame(read(schema, { 'custom:tenant_id': 7, 'custom:roles': { 'secret name': 'secret value' } }), {
    misfits: ['tenantId (custom:tenant_id)', 'roles (custom:roles)'],
  })
  t.strictSame(
    read(schema, { tenantId: 't1' }).misfits,
    ['tenantId (custom:tenant_id)'],
    'the property name is not read',
  )
})

t.test('only own members are read', async (t) => {
  const payload = Object.assign(Object.create({ 'custom:it': 'inherited' }), id)
  t.match(compileClaims(Type.Object({ it: Type.String({ alias: 'custom:it' }) }), '').read(payload, 'id'), {
    misfits: ['it (custom:it)'],
  })
  t.match(read(Type.Object({ it: Type.String({ alias: 'toString' }) }), {}), { misfits: ['it (toString)'] })
})

t.test('transforms are decoded, and one that throws refuses the token', async (t) => {
  const date = Type.Transform(Type.String({ alias: 'custom:since' }))
    .Decode((text) => new Date(text))
    .Encode((value) => value.toISOString())
  t.match(read(Type.Object({ since: date }), { 'custom:since': '2026-11-21' }), {
    claims: { since: new Date('2026-11-21') },
  })
  const picky = Type.Transform(Type.Integer({ alias: 'custom:n' }))
    .Decode((value) => {
      if (value > 5) throw new Error('too many')
      return value * 2
    })
    .Encode((value) => value / 2)
  t.match(read(Type.Object({ n: picky }), { 'custom:n': '4' }), { claims: { n: 8 } })
  t.strictSame(read(Type.Object({ n: picky }), { 'custom:n': '6' }), {
    misfits: ['a transform of n (custom:n) threw'],
  })
})

t.test('a type guard decides over the payload', async (t) => {
  const isTenant = (claims: unknown): claims is { tenant: string } =>
    typeof (claims as { tenant?: unknown }).tenant === 'string'
  const { read: reader } = compileClaims(isTenant, '')
  t.match(reader({ ...id, tenant: 't1', email_verified: 'true' }, 'id'), {
    claims: { tenant: 't1', email_verified: true },
  })
  t.strictSame(reader(id, 'id'), { misfits: ['the type guard'] })
  for (const answer of [1, 'yes', {}, Promise.resolve(true), Promise.reject(new Error('unhandled'))]) {
    t.strictSame(compileClaims((() => answer) as never, '').read(id, 'id'), { misfits: ['the type guard'] })
  }
  t.strictSame(reader({ ...id, tenant: 't1', aud: 7 }, 'id'), { misfits: ['aud'] })
})

t.test('the standard claims of each kind of token, and their types', async (t) => {
  const { read: standard } = compileClaims(undefined, '')
  t.strictSame(standard({ ...access, extra: 1 }, 'access'), { claims: access })
  t.match(standard({ ...access, username: 7, auth_time: 'x' }, 'access'), {
    misfits: ['auth_time', 'username'],
  })
  t.match(standard({ ...id, 'cognito:groups': ['a'], identities: [{ primary: 'true' }] }, 'id'), {
    claims: { 'cognito:groups': ['a'] },
  })
  t.match(standard(access, 'id'), { misfits: ['token_use', 'aud'] })
  t.match(
    compileClaims(Type.Object({ x: Type.String() }), '').read({ ...access, x: 'y', username: 7 }, 'access'),
    { misfits: ['username'] },
  )
})

t.test('a flag is true or false whatever its schema, and whichever flow wrote it', async (t) => {
  const schema = Type.Object({
    email_verified: Type.Union([Type.String(), Type.Literal(true)]),
    phone: Type.Optional(Type.Boolean({ alias: 'phone_number_verified' })),
  })
  for (const email_verified of [true, 'true']) {
    t.match(read(schema, { email_verified, phone_number_verified: 'false' }), {
      claims: { email_verified: true, phone: false, phone_number_verified: false },
    })
  }
  t.match(read(schema, { email_verified: 'false' }), { misfits: ['email_verified'] })
  t.match(read(schema, { email_verified: 'yes' }), { misfits: ['email_verified'] })
})

t.test('an address is the text that Cognito wraps into an object', async (t) => {
  const text = Type.Object({ address: Type.String({ minLength: 3 }) })
  t.match(read(text, { address: { formatted: 'Dorset Street 1' } }), {
    claims: { address: 'Dorset Street 1' },
  })
  t.match(read(text, { address: 'Dorset Street 1' }), { claims: { address: 'Dorset Street 1' } })
  for (const address of [
    { formatted: 'x' },
    { formatted: 7 },
    { street_address: 'Dorset Street 1' },
    { formatted: 'Dorset Street 1', country: 'UK' },
    {},
    null,
    ['Dorset Street 1'],
  ]) {
    t.match(read(text, { address }), { misfits: ['address'] }, JSON.stringify(address))
  }
  const home = Type.Object({ home: Type.String({ alias: 'address' }) })
  t.match(read(home, { address: { formatted: 'Dorset Street 1' } }), { claims: { home: 'Dorset Street 1' } })
  t.match(
    read(Type.Object({ other: Type.String({ alias: 'custom:address' }) }), {
      'custom:address': { formatted: 'x' },
    }),
    {
      misfits: ['other (custom:address)'],
    },
  )
  t.match(
    read(Type.Object({ address: Type.Object({ formatted: Type.String() }) }), {
      address: { formatted: '{"formatted":"x"}' },
    }),
    { claims: { address: { formatted: '{"formatted":"x"}' } } },
    'a schema of an object has it as it is',
  )
})

t.test('a profile claim that a Lambda wrote as another type stays in the payload', async (t) => {
  const { read: standard } = compileClaims(undefined, '')
  const profile = [
    'email',
    'phone_number',
    'name',
    'given_name',
    'family_name',
    'preferred_username',
    'event_id',
  ]
  for (const name of profile) {
    for (const value of [7, ['x'], { x: 1 }, true, null]) {
      t.strictSame(
        standard({ ...id, [name]: value }, 'id'),
        { claims: id },
        `${name} ${JSON.stringify(value)}`,
      )
    }
    t.strictSame(standard({ ...id, [name]: 'x' }, 'id'), { claims: { ...id, [name]: 'x' } })
  }
  const inherited: Payload = Object.assign(Object.create({ email: 'inherited' }), id)
  t.strictSame(standard(inherited, 'id'), { claims: id })
  t.match(standard({ ...access, event_id: 7 }, 'access'), { misfits: ['event_id'] }, 'no Lambda writes that')
})

t.test('a declared profile claim has its declared type alone', async (t) => {
  const schema = Type.Object({
    name: Type.Object({ first: Type.String() }),
    email: Type.Optional(Type.Array(Type.String())),
  })
  const name = { first: 'Ada' }
  t.strictSame(read(schema, { name, email: ['a@b'] }), { claims: { ...id, name, email: ['a@b'] } })
  t.strictSame(read(schema, { name }), { claims: { ...id, name } })
  t.strictSame(read(schema, { name, email: 'a@b' }), { misfits: ['email'] })
  t.strictSame(read(schema, { name: 'Ada' }), { misfits: ['name'] })
})

t.test('a schema narrows a claim that security rests on, and cannot loosen it', async (t) => {
  const loose = Type.Object(
    Object.fromEntries(
      ['sub', 'iss', 'exp', 'iat', 'aud', 'cognito:groups', 'email_verified', 'cognito:username'].map(
        (name) => [name, Type.Optional(Type.Any())],
      ),
    ),
  )
  t.match(read(loose, { 'cognito:username': 'x' }), { claims: { ...id, 'cognito:username': 'x' } })
  for (const [name, value] of Object.entries({
    sub: 7,
    iss: ['i'],
    exp: '2',
    iat: null,
    aud: ['c'],
    'cognito:groups': 'admin',
    email_verified: 'yes',
    'cognito:username': {},
  })) {
    t.strictSame(read(loose, { [name]: value }), { misfits: [name] }, name)
  }
  const { sub: _, ...nobody } = id
  const reader = compileClaims(loose, '')
  t.strictSame(reader.read(nobody, 'id'), { misfits: ['sub'] })
  const admins = Type.Object({ 'cognito:groups': Type.Array(Type.Literal('admin'), { minItems: 1 }) })
  t.match(read(admins, { 'cognito:groups': ['admin'] }), { claims: { 'cognito:groups': ['admin'] } })
  t.match(read(admins, { 'cognito:groups': ['staff'] }), { misfits: ['cognito:groups'] })
})

t.test(
  'ID tokens as a Lambda may write them pass, and access tokens as it may not are refused',
  async (t) => {
    const { eu } = await issuer
    const app = await createApp(t, { eu: { ...eu.options(), tokenUse: ['id', 'access'] } })
    app.get('/', { onRequest: app.authRequired() }, async ({ cognito: { claims, payload, scopes } }) => ({
      claims,
      payload,
      scopes: [...scopes],
    }))
    app.get(
      '/declared',
      { onRequest: app.authRequired('eu', { claims: Type.Object({ name: Type.Object({}) }) }) },
      async ({ cognito }) => cognito.claims.name,
    )
    const ask = (token: string, url = '/') => app.inject({ url, headers: bearer(token) })
    const written = {
      name: { first: 'Ada' },
      email: ['a@b'],
      scope: ['orders/read'],
      username: 7,
      version: {},
    }
    const token = eu.idToken(written)
    const answer = await ask(token)
    t.equal(answer.statusCode, 200)
    t.match(answer.json(), { payload: written, scopes: [] })
    t.notOk('name' in answer.json().claims)
    t.strictSame((await ask(token, '/declared')).json(), { first: 'Ada' })
    t.equal((await ask(eu.idToken({ name: 'Ada' }), '/declared')).statusCode, 401)
    t.equal((await ask(eu.accessToken({ scope: ['orders/read'] }))).statusCode, 401)
    t.equal((await ask(eu.accessToken({ scope: 'orders/read' }))).statusCode, 200)
    t.equal((await ask(eu.idToken({ 'cognito:groups': 'admin' }))).statusCode, 401)
  },
)

t.test('a later guard that does not declare a profile claim has it as text or not at all', async (t) => {
  const { eu } = await issuer
  const app = await createApp(t, { eu: { ...eu.options(), tokenUse: ['id', 'access'] } })
  const numbers = app.authRequired('eu', {
    claims: Type.Object({ email: Type.Integer(), seen: Type.Integer() }),
  })
  app.addHook('onRequest', numbers)
  app.get('/', async ({ cognito }) => cognito?.claims)
  app.get('/later', { onRequest: app.authRequired('eu') }, async ({ cognito }) => cognito.claims)
  const ask = async (token: string, url: string) => (await app.inject({ url, headers: bearer(token) })).json()
  const idToken = eu.idToken({ email: 7, seen: 1 })
  t.match(await ask(idToken, '/'), { email: 7, seen: 1 })
  const later = await ask(idToken, '/later')
  t.match(later, { seen: 1 })
  t.notOk('email' in later)
  t.match(await ask(eu.accessToken({ email: 7, seen: 1 }), '/later'), { email: 7, seen: 1 })
})

t.test('a default stands for an absent claim, in a copy of its own', async (t) => {
  const since = new Date('2026-01-31')
  const schema = Type.Object({
    seats: Type.Integer({ alias: 'custom:seats', default: 1 }),
    tags: Type.Optional(Type.Array(Type.String(), { alias: 'custom:tags', default: ['new'] })),
    since: Type.Date({ alias: 'custom:since', default: since }),
    code: Type.Transform(Type.String({ alias: 'custom:code', default: '7' }))
      .Decode(Number)
      .Encode(String),
    parent: Type.Union([Type.Null(), Type.String()], { alias: 'custom:parent', default: null }),
  })
  const { read: reader } = compileClaims(schema, '')
  since.setFullYear(1970)
  const read = () => reader(id, 'id').claims as unknown as { tags: string[]; since: Date }
  const defaults = { ...id, seats: 1, tags: ['new'], since: new Date('2026-01-31'), code: 7, parent: null }
  t.strictSame(read(), defaults)
  read().tags.push('changed')
  read().since.setFullYear(1970)
  t.strictSame(read(), defaults)
  t.match(reader({ ...id, 'custom:seats': '7', 'custom:tags': '[]' }, 'id'), {
    claims: { seats: 7, tags: [] },
  })
  t.match(
    reader({ ...id, 'custom:seats': null }, 'id'),
    { misfits: ['seats (custom:seats)'] },
    'null is there',
  )
})

t.test('what becomes of a schema after the boot changes nothing', async (t) => {
  const decoder = Type.Transform(Type.Integer({ alias: 'custom:n' }))
    .Decode((value) => value * 2)
    .Encode((value) => value / 2)
  const schema = Type.Object({ n: decoder })
  const { read: reader } = compileClaims(schema, '')
  decoder[TransformKind].Decode = () => 'changed' as never
  Object.assign(schema, { properties: {} })
  t.match(reader({ ...id, 'custom:n': '4' }, 'id'), { claims: { n: 8 } })
  t.strictSame(reader({ ...id, 'custom:n': 'x' }, 'id'), { misfits: ['n (custom:n)'] })
})

t.test('a property may have the name of a member that every object inherits', async (t) => {
  const schema = Type.Object({
    constructor: Type.Optional(Type.String({ alias: 'custom:constructor' })),
    toString: Type.Optional(
      Type.Transform(Type.String())
        .Decode((text) => text.length)
        .Encode(String),
    ),
    valueOf: Type.Any({ alias: 'custom:value' }),
  })
  const claims = { ...id, valueOf: 1 }
  t.strictSame(read(schema, { 'custom:value': 1 }), { claims })
  t.strictSame(read(schema, { 'custom:value': 1, 'custom:constructor': 'c', toString: 'abc' }), {
    claims: { ...claims, constructor: 'c', toString: 3 },
  })
  t.match(read(schema, { 'custom:value': 1, 'custom:constructor': 7 }), {
    misfits: ['constructor (custom:constructor)'],
  })
  t.match(read(schema, {}), { misfits: ['valueOf (custom:value)'] }, 'an inherited member is no claim')
})

t.test('the reason names what the whole object lacks, and a format that throws', async (t) => {
  const names = { a: Type.Optional(Type.String()), b: Type.Optional(Type.String()) }
  t.match(read(Type.Object(names, { minProperties: 1 }), { a: 'x' }), { claims: { a: 'x' } })
  t.strictSame(read(Type.Object(names, { minProperties: 1 }), { c: 'x' }), { misfits: ['minProperties'] })
  t.strictSame(read(Type.Object(names, { maxProperties: 1 }), { a: 'x', b: 7 }), {
    misfits: ['b', 'maxProperties'],
  })
  t.strictSame(read(Type.Object({ a: Type.Object({}, { minProperties: 1 }) }), { a: {} }), { misfits: ['a'] })
  FormatRegistry.Set('throwing', (text) => {
    if (text === 'bad') throw new Error(text)
    return true
  })
  const schema = Type.Object({ it: Type.String({ format: 'throwing' }) })
  t.match(read(schema, { it: 'good' }), { claims: { it: 'good' } })
  t.strictSame(read(schema, { it: 'bad' }), { misfits: ['a format threw'] })
})
