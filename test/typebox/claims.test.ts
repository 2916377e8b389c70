/**
 * Claims by schemas of `typebox` 1.x: read as those of TypeBox 0.34 are, and refused at boot for the same mistakes.
 */
import { Type as Type034 } from '@sinclair/typebox'
import t from 'tap'
import Type from 'typebox'
import { z } from 'zod'
import { type ClaimsOption, compileClaims } from '../../src/claims/reader.js'
import type { Payload } from '../../src/claims/standard-claims.js'
import { claims } from '../../src/typebox/index.js'
import { bearer, createApp, startIssuer } from '../support/app.js'

const { eu } = await startIssuer(t)

const id: Payload = { sub: 's', iss: 'i', exp: 2, iat: 1, token_use: 'id', aud: 'c' }

const read = (schema: Type.TObject, payload: Payload) =>
  compileClaims(claims(schema) as ClaimsOption, 'claims').read({ ...id, ...payload }, 'id')

t.test('properties are read by their alias and converted by the exact grammar', async (t) => {
  const schema = Type.Object({
    tenant: Type.String({ alias: 'custom:tenant', minLength: 1 }),
    seats: Type.Optional(Type.Integer({ alias: 'custom:seats', minimum: 1 })),
    price: Type.Optional(Type.Number({ alias: 'custom:price' })),
    trial: Type.Optional(Type.Boolean({ alias: 'custom:trial' })),
    roles: Type.Optional(Type.Array(Type.String(), { alias: 'custom:roles' })),
    limits: Type.Optional(Type.Object({ users: Type.Integer() }, { alias: 'custom:limits' })),
    tags: Type.Optional(Type.Record(Type.String(), Type.Integer(), { alias: 'custom:tags' })),
    pair: Type.Optional(Type.Tuple([Type.String(), Type.Integer()], { alias: 'custom:pair' })),
    level: Type.Optional(Type.Integer({ alias: 'https://example.com/level', fromText: true })),
    plan: Type.Optional(Type.Enum(['free', 'paid'], { alias: 'custom:plan' })),
    size: Type.Optional(Type.Enum({ small: 1, large: 2 }, { alias: 'custom:size' })),
    limit: Type.Optional(Type.Union([Type.Literal('all'), Type.Integer()], { alias: 'custom:limit' })),
    code: Type.Optional(
      Type.Union([Type.Integer(), Type.String({ pattern: '^0' })], { alias: 'custom:code' }),
    ),
    zoneinfo: Type.Optional(Type.Integer()),
    address: Type.Optional(Type.String()),
    email_verified: Type.Optional(Type.Boolean()),
    plain: Type.Optional(Type.Integer()),
  })
  const texts = {
    'custom:tenant': 'acme',
    'custom:seats': '7',
    'custom:price': '-7.50',
    'custom:trial': 'false',
    'custom:roles': '["a"]',
    'custom:limits': '{"users":7}',
    'custom:tags': '{"a":1}',
    'custom:pair': '["a",1]',
    'https://example.com/level': '3',
    'custom:plan': 'paid',
    'custom:size': '2',
    'custom:limit': '7',
    'custom:code': '07',
    zoneinfo: '1',
    address: { formatted: '1 Main St' },
    email_verified: 'true',
    plain: 7,
    'custom:other': 'x',
    limits: 'not read',
  }
  t.strictSame(read(schema, texts), {
    claims: {
      ...id,
      tenant: 'acme',
      seats: 7,
      price: -7.5,
      trial: false,
      roles: ['a'],
      limits: { users: 7 },
      tags: { a: 1 },
      pair: ['a', 1],
      level: 3,
      plan: 'paid',
      size: 2,
      limit: 7,
      code: '07',
      zoneinfo: 1,
      address: '1 Main St',
      email_verified: true,
      plain: 7,
    },
  })
  t.strictSame(read(schema, { 'custom:tenant': 'acme', 'custom:limit': 'all' }), {
    claims: { ...id, tenant: 'acme', limit: 'all' },
  })
  for (const [name, value] of [
    ['seats', '0x10'],
    ['seats', '1e3'],
    ['seats', ''],
    ['seats', '0'],
    ['price', '.5'],
    ['trial', 'True'],
    ['roles', 'a,b'],
    ['limits', '{"users":"7"}'],
    ['plan', 'other'],
    ['size', '3'],
    ['limit', 'none'],
  ]) {
    t.strictSame(read(schema, { 'custom:tenant': 'acme', [`custom:${name}`]: value }), {
      misfits: [`${name} (custom:${name})`],
    })
  }
  t.strictSame(read(schema, { 'custom:tenant': 'a', plain: '7' }), { misfits: ['plain'] })
  t.strictSame(read(schema, { 'custom:seats': 'x' }), {
    misfits: ['tenant (custom:tenant)', 'seats (custom:seats)'],
  })
  t.strictSame(read(schema, { tenant: 'acme' }), { misfits: ['tenant (custom:tenant)'] })
})

t.test('codecs are decoded after the check, and a function that throws refuses the token', async (t) => {
  const raise = (): never => {
    throw new Error('secret')
  }
  const schema = Type.Object({
    since: Type.Decode(Type.String({ alias: 'custom:since' }), (text) => new Date(text)),
    more: Type.Optional(
      Type.Object({ n: Type.Decode(Type.Integer(), (n) => n * 2) }, { alias: 'custom:more' }),
    ),
    code: Type.Optional(
      Type.Codec(Type.Integer({ alias: 'custom:code' }))
        .Decode((n) => BigInt(n))
        .Encode(Number),
    ),
  })
  t.strictSame(
    read(schema, { 'custom:since': '2026-01-31', 'custom:more': '{"n":2}', 'custom:code': '7' }).claims,
    { ...id, since: new Date('2026-01-31'), more: { n: 4 }, code: 7n },
  )
  t.strictSame(
    read(schema, { 'custom:since': 7 }),
    { misfits: ['since (custom:since)'] },
    'no conversion by Decode',
  )
  t.strictSame(read(schema, { 'custom:since': 'a', 'custom:code': true }), {
    misfits: ['code (custom:code)'],
  })
  t.strictSame(read(Type.Object({ a: Type.Decode(Type.Any(), raise) }), { a: 1 }), { misfits: ['a'] })
  const picky = Type.Refine(
    Type.String(),
    (text) => text !== 'no' && (text !== 'boom' || raise()),
    () => 'secret',
  )
  t.match(read(Type.Object({ a: picky }), { a: 'yes' }), { claims: { a: 'yes' } })
  t.strictSame(read(Type.Object({ a: picky }), { a: 'no' }), { misfits: ['a'] })
  t.strictSame(read(Type.Object({ a: picky }), { a: 'boom' }), { misfits: ['the object as a whole'] })
})

t.test('a codec that gives a promise is a fault of the application', async (t) => {
  const reject = async () => {
    throw new Error('unhandled')
  }
  const raise = (): never => {
    throw new Error('secret')
  }
  const late = Type.Decode(Type.String(), reject)
  const lists = Type.Object({ late, list: Type.Array(late) })
  const { claims: found, fault } = read(lists, { late: 'x', list: ['x'] })
  t.equal(found, undefined)
  t.match(fault?.('eu'), { reasonCode: 'CLAIMS_SCHEMA_ASYNCHRONOUS', code: 'COGNITO_ERR_INTERNAL' })
  const broken = Type.Object({ late, a: Type.Decode(Type.Any(), raise) })
  t.strictSame(read(broken, { late: 'x', a: 1 }), { misfits: ['a'] }, 'nothing is left unhandled')
})

t.test('a default stands for an absent claim, in a copy of its own', async (t) => {
  const schema = Type.Object({
    seats: Type.Integer({ alias: 'custom:seats', default: 1 }),
    tags: Type.Array(Type.String(), { alias: 'custom:tags', default: ['new'] }),
    code: Type.Decode(Type.String({ alias: 'custom:code', default: '7' }), Number),
  })
  const { read: reader } = compileClaims(claims(schema) as ClaimsOption, '')
  const defaults = { ...id, seats: 1, tags: ['new'], code: 7 }
  const first = reader(id, 'id').claims as unknown as { tags: string[] }
  t.strictSame(first, defaults)
  first.tags.push('changed')
  t.strictSame(reader(id, 'id').claims, defaults)
  t.match(reader({ ...id, 'custom:seats': '7' }, 'id'), { claims: { seats: 7 } })
  t.strictSame(reader({ ...id, 'custom:seats': null }, 'id'), { misfits: ['seats (custom:seats)'] })
})

t.test('names of inherited members, whole objects, and later changes of the schema', async (t) => {
  const schema = Type.Object({
    constructor: Type.Optional(Type.String({ alias: 'custom:c' })),
    toString: Type.Optional(Type.Decode(Type.String(), (text) => text.length)),
    'a/b~c': Type.Optional(Type.Integer()),
  })
  t.strictSame(read(schema, {}), { claims: id })
  t.strictSame(read(schema, { 'custom:c': 'x', toString: 'abc' }).claims, {
    ...id,
    constructor: 'x',
    toString: 3,
  })
  t.strictSame(read(schema, { 'a/b~c': 'x' }).misfits, ['a/b~c'])
  const some = Type.Object({ a: Type.Optional(Type.String()) }, { minProperties: 1 })
  t.match(read(some, { a: 'x' }), { claims: { a: 'x' } })
  t.strictSame(read(some, {}), { misfits: ['the object as a whole'] })
  const codec = Type.Decode(Type.Integer({ alias: 'custom:n' }), (n) => n * 2)
  const changed = Type.Object({ n: codec })
  const compiled = compileClaims(claims(changed) as ClaimsOption, '')
  Object.assign(codec['~codec'], { decode: () => 'changed' })
  Object.assign(changed.properties, { n: Type.Any() })
  t.match(compiled.read({ ...id, 'custom:n': '4' }, 'id'), { claims: { n: 8 } })
  t.ok(compiled.names.id.has('n'))
  t.match(claims(schema)['~standard'].validate(7), { value: {} })
})

t.test('types that are composed keep their aliases', async (t) => {
  const person = Type.Object({ tenant: Type.String({ alias: 'custom:tenant' }) })
  const seat = Type.Object({ seats: Type.Integer({ alias: 'custom:seats' }) })
  const texts = { 'custom:tenant': 'acme', 'custom:seats': '7' }
  for (const schema of [
    Type.Evaluate(Type.Intersect([person, seat])),
    Type.Evaluate(Type.Intersect([person, Type.Object({ ...person.properties, ...seat.properties })])),
    Type.Object({ ...person.properties, ...seat.properties }),
    Type.Interface([person], seat.properties),
  ]) {
    t.match(read(schema as Type.TObject, texts), { claims: { tenant: 'acme', seats: 7 } })
  }
  t.match(read(Type.Partial(person), texts), { claims: { tenant: 'acme' } })
  t.match(read(Type.Pick(seat, ['seats']), texts), { claims: { seats: 7 } })
  const tree = Type.Cyclic(
    { Tree: Type.Object({ n: Type.Integer(), next: Type.Optional(Type.Ref('Tree')) }) },
    'Tree',
  )
  t.match(read(Type.Object({ tree }), { tree: { n: 1, next: { n: 2 } } }), {
    claims: { tree: { next: { n: 2 } } },
  })
  t.strictSame(read(Type.Object({ tree }), { tree: { n: 1, next: { n: 'x' } } }), { misfits: ['tree'] })
  const raw = Type.Unsafe<number>({ type: 'integer', alias: 'custom:seats' })
  t.match(read(Type.Object({ seats: raw }), texts), { claims: { seats: 7 } })
})

t.test('what 0.34 refuses at boot is refused with its path', async (t) => {
  const cases: readonly (readonly [schema: unknown, message: RegExp])[] = [
    [undefined, /^claims: expected Type\.Object/],
    [Type034.Object({}), /^claims: expected Type\.Object\(\{ … \}\) of typebox 1\.x/],
    [Type.String(), /^claims: expected Type\.Object/],
    [Type.Intersect([Type.Object({}), Type.Object({})]), /Type\.Evaluate\(Type\.Intersect/],
    [Type.Object({ a: z.string() as never }), /^claims\.a: expected a schema of typebox 1\.x$/],
    [Type.Object({ a: Type034.String() }), /^claims\.a: expected a schema of typebox 1\.x$/],
    [Type.Object({ a: 7 as never }), /^claims\.a: expected a schema of typebox 1\.x$/],
    [
      Type.Object({ a: Type.Object({ b: Type034.String() }) }),
      /^claims\.a: expected a schema of typebox 1\.x$/,
    ],
    [Type.Object({ a: Type.Ref('nothing') }), /^claims\.a: expected no reference to nothing/],
    [Type.Object({ a: Type.Optional(Type.This()) }), /^claims\.a: expected no reference to nothing/],
    [Type.Object({ a: Type.String({ format: 'nobody' }) }), /^claims\.a: the format 'nobody' is not one of/],
    [Type.Object({ a: Type.Array(Type.String({ format: 'nobody' })) }), /^claims\.a: the format 'nobody'/],
    [Type.Object({ a: Type.String({ alias: '' }) }), /^claims\.a\.alias: expected/],
    [Type.Object({ a: Type.String({ alias: 'b' }), b: Type.String() }), /^claims\.a: reads the claim 'b'/],
    [
      Type.Object({ sub: Type.String({ alias: 'custom:id' }) }),
      /^claims\.sub: the standard claim sub cannot/,
    ],
    [
      Type.Object({ exp: Type.Decode(Type.Number(), String) }),
      /^claims\.exp: the standard claim exp keeps its type/,
    ],
    [Type.Object({ scope: Type.String({ default: 'all' }) }), /^claims\.scope\.default: expected none/],
    [
      Type.Object({ a: Type.Object({ b: Type.String({ alias: 'c' }) }) }),
      /^claims\.a: its alias stands inside/,
    ],
    [Type.Object({ a: Type.Array(Type.String({ default: 'c' })) }), /^claims\.a: its default stands inside/],
    [Type.Object({ a: Type.Integer({ fromText: 1 }) }), /^claims\.a\.fromText: expected true/],
    [Type.Object({ a: Type.Null({ alias: 'custom:a' }) }), /^claims\.a: no token would fit/],
    [Type.Object({ a: Type.BigInt() }), /^claims\.a: no token would fit/],
    [Type.Object({ a: Type.Array(Type.Symbol()) }), /^claims\.a: no token would fit/],
    [Type.Object({ a: Type.Never() }), /^claims\.a: no token would fit/],
    [Type.Object({ email_verified: Type.String() }), /^claims\.email_verified: no token would fit/],
    [Type.Object({ exp: Type.Union([Type.String(), Type.Null()]) }), /^claims\.exp: no token would fit/],
    [
      Type.Object({ a: Type.Intersect([Type.String(), Type.Integer()]) }),
      /^claims\.a: no token would fit: its parts/,
    ],
    [
      Type.Object({ a: Type.Unsafe({ not: { const: 'x' }, alias: 'custom:a' }) }),
      /^claims\.a: every text fits/,
    ],
    [Type.Object({ a: Type.Object({ constructor: Type.String() }) }), /^claims\.a: every object inherits/],
    [Type.Object({ a: Type.Integer({ default: 'x' }) }), /^claims\.a\.default: expected a value that fits/],
    [
      Type.Object({ a: Type.Unknown({ default: () => 1 }) }),
      /^claims\.a\.default: expected a value that fits/,
    ],
    [Type.Object({ a: Type.String() }, { default: {} }), /^claims\.default: expected it on the properties/],
    [Type.Decode(Type.Object({}), String), /^claims: expected transforms on the properties/],
    [Type.Object(JSON.parse('{"__proto__":{"type":"string"}}')), /^claims\.__proto__: this name cannot be/],
  ]
  for (const [schema, message] of cases) {
    t.throws(() => claims(schema as Type.TObject), { name: 'TypeError', message }, String(message))
  }
  for (const sound of [
    Type.Object({ a: Type.Optional(Type.Never()) }),
    Type.Object({ a: Type.String({ format: 'email' }) }, { additionalProperties: false }),
    Type.Object({ a: Type.Record(Type.String(), Type.Any(), { additionalProperties: false }) }),
    Type.Object({ name: Type.Object({ first: Type.String() }) }),
    Type.Object({ email: Type.String({ default: 'nobody@example.com' }) }),
  ])
    t.doesNotThrow(() => claims(sound))
})

t.test('an unknown format stops the boot wherever typebox would check it', async (t) => {
  const shapesOf = (format: string): readonly object[] => {
    const inner = Type.String({ format })
    return [
      { type: 'array', items: [inner] },
      { type: 'array', prefixItems: [inner] },
      { type: 'array', items: [true], additionalItems: inner },
      { type: 'array', unevaluatedItems: inner },
      { type: 'array', contains: inner },
      { type: 'object', additionalProperties: inner },
      { type: 'object', unevaluatedProperties: inner },
      { type: 'object', propertyNames: inner },
      { type: 'object', properties: { b: inner } },
      { type: 'object', patternProperties: { '^b': inner } },
      { type: 'object', dependentSchemas: { b: inner } },
      { type: 'object', dependencies: { a: ['b'], b: inner, c: true } },
      { if: inner },
      Object.fromEntries([
        ['if', true],
        ['then', inner],
      ]),
      { if: true, else: inner },
      { not: inner },
      { anyOf: [inner] },
      { allOf: [inner] },
      { oneOf: [inner] },
    ]
  }
  const compileShape = (shape: object) => () => claims(Type.Object({ a: Type.Unsafe(shape) }))
  for (const shape of shapesOf('nobody')) {
    t.throws(compileShape(shape), { message: /^claims\.a: the format 'nobody'/ }, JSON.stringify(shape))
  }
  for (const shape of shapesOf('email')) t.doesNotThrow(compileShape(shape), JSON.stringify(shape))
  t.throws(compileShape({ anyOf: [['b']] }), { message: /^claims\.a: expected a schema of typebox 1\.x$/ })
})

t.test('over HTTP', async (t) => {
  const pool = { ...eu.options(), tokenUse: 'id' } as const
  const schema = claims(Type.Object({ seats: Type.Integer({ alias: 'custom:seats' }) }))
  const app = await createApp(t, { eu: { ...pool, claims: schema } })
  app.get('/', { onRequest: app.authRequired() }, async ({ cognito }) => cognito.claims)
  const ask = (payload: object) => app.inject({ url: '/', headers: bearer(eu.idToken({ ...payload })) })
  t.match((await ask({ 'custom:seats': '7' })).json(), { seats: 7 })
  t.equal((await ask({ 'custom:seats': 'seven' })).statusCode, 401)
  t.equal((await ask({})).statusCode, 401)
})
