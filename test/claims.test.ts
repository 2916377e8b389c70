/**
 * Claims and coercion: which text becomes which value, what a schema may say, what a token has to fit.
 * @module
 */
import { FormatRegistry, type TSchema, Type } from '@sinclair/typebox'
import t from 'tap'
import { type ClaimsOption, compileClaims } from '../src/claims.js'
import { coerce } from '../src/coercion.js'
import type { Payload } from '../src/standard-claims.js'

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
    t.strictSame(coerce(text, schema), value, `${schema['type']} ${text}`)
    t.strictSame(readOne(schema, text), value, `as a claim: ${schema['type']} ${text}`)
  }
})

t.test('other text is kept, and the claim is refused', async (t) => {
  for (const [schema, texts] of KEPT) {
    for (const text of texts) {
      t.equal(coerce(text, schema), text, `${schema['type']} ${JSON.stringify(text).slice(0, 40)}`)
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
      [Type.Array(Type.String()), { 0: 'a' }],
    ] as const) {
      t.equal(readOne(schema, value), undefined, `${schema['type']} ${value}`)
    }
  },
)

t.test('only custom attributes and the two verified flags are converted', async (t) => {
  t.match(read(Type.Object({ tenantId: Type.Integer({ alias: 'tenant' }) }), { tenant: '7' }), {
    misfits: ['tenantId (tenant)'],
  })
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
  t.strictSame(read(Type.Object({ n: picky }), { 'custom:n': '6' }), { misfits: ['a transform threw'] })
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

t.test('a schema that cannot be used is refused at boot, with the path', async (t) => {
  FormatRegistry.Set('slug', (text) => /^[a-z]+$/.test(text))
  const typebox1 = {
    type: 'object',
    properties: { it: { type: 'string' } },
    required: ['it'],
    '~kind': 'Object',
  }
  const wrong: readonly [unknown, RegExp][] = [
    [
      typebox1,
      /^claims: expected an object schema of @sinclair\/typebox 0\.34 or a type guard \(a schema of typebox 1\.x is neither\)/,
    ],
    ...[null, 'x', 7, {}, []].map((value): [unknown, RegExp] => [
      value,
      /^claims: expected an object schema/,
    ]),
    [Type.String(), /^claims: expected Type\.Object/],
    [Type.Intersect([Type.Object({}), Type.Object({})]), /^claims: expected Type\.Object.*Type\.Composite/],
    [Type.Record(Type.String(), Type.String()), /^claims: expected Type\.Object/],
    [
      Type.Transform(Type.Object({}))
        .Decode((value) => value)
        .Encode((value) => value),
      /^claims: expected transforms on the properties/,
    ],
    [Type.Object({ it: typebox1 as never }), /^claims\.it: expected a schema of @sinclair\/typebox 0\.34/],
    [Type.Object({ it: Type.String({ alias: '' }) }), /^claims\.it\.alias: expected the name of a claim/],
    [Type.Object({ it: Type.String({ alias: 7 }) }), /^claims\.it\.alias: expected the name of a claim/],
    [
      Type.Object({ a: Type.String({ alias: 'custom:x' }), b: Type.String({ alias: 'custom:x' }) }),
      /^claims\.a\.alias: 'custom:x' is taken by the property b/,
    ],
    [
      Type.Object({ a: Type.String({ alias: 'b' }), b: Type.String() }),
      /^claims\.a\.alias: 'b' is taken by the property b/,
    ],
    [
      Type.Object({ a: Type.String({ alias: 'b' }), b: Type.String({ alias: 'c' }) }),
      /^claims\.a\.alias: 'b' is taken by the property b/,
    ],
    [
      Type.Object({ sub: Type.String({ alias: 'custom:sub' }) }),
      /^claims\.sub: the standard claim sub cannot be read from 'custom:sub'/,
    ],
    [Type.Object({ aud: Type.String({ alias: 'custom:aud' }) }), /^claims\.aud: the standard claim aud/],
    [Type.Object(JSON.parse('{"__proto__":{}}')), /^claims\.__proto__: this name cannot be a property/],
    [
      Type.Object({ it: Type.String({ format: 'email' }) }),
      /^claims\.it: the format 'email' is not in TypeBox's FormatRegistry/,
    ],
    [
      Type.Object({ it: Type.Array(Type.Object({ x: Type.String({ format: 'uri' }) })) }),
      /^claims\.it: the format 'uri'/,
    ],
    [
      Type.Object({ it: Type.Unsafe({ ...Type.Any(), [Symbol.for('TypeBox.Kind')]: 'Nonsense' }) }),
      /^claims: expected a schema that TypeBox can compile/,
    ],
  ]
  for (const [schema, message] of wrong)
    t.throws(() => read(schema, {}), { name: 'TypeError', message }, String(message))
  t.match(read(Type.Object({ it: Type.String({ format: 'slug' }) }), { it: 'abc' }), {
    claims: { it: 'abc' },
  })
  t.match(
    read(Type.Object({ email: Type.String() }), {}),
    { misfits: ['email'] },
    'a standard claim can be required',
  )
})
