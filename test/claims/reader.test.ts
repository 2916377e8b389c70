/**
 * How the claims of a token are read by a schema, and what a token is refused for.
 * @module
 */
import { FormatRegistry, TransformKind, Type } from '@sinclair/typebox'
import t from 'tap'
import { type ClaimsOption, compileClaims } from '../../src/claims/reader.js'
import type { Payload } from '../../src/claims/standard-claims.js'

const id: Payload = { sub: 's', iss: 'i', exp: 2, iat: 1, token_use: 'id', aud: 'c' }

const read = (schema: unknown, claims: Payload) =>
  compileClaims(schema as ClaimsOption, 'claims').read({ ...id, ...claims }, 'id')

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

t.test('a transform that gives a promise is a fault of the application, at any level', async (t) => {
  const reject = async () => {
    throw new Error('unhandled')
  }
  const late = Type.Transform(Type.String())
    .Decode(reject)
    .Encode(() => '')
  for (const [schema, value] of [
    [late, 'x'],
    [Type.Array(late), ['x', 'y']],
    [Type.Object({ a: late }), { a: 'x' }],
  ] as const) {
    const { claims, fault } = read(Type.Object({ late: schema, next: late }), { late: value, next: 'x' })
    t.equal(claims, undefined)
    t.match(fault?.('eu'), {
      reasonCode: 'CLAIMS_SCHEMA_ASYNCHRONOUS',
      code: 'COGNITO_ERR_INTERNAL',
      pool: 'eu',
    })
  }
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
