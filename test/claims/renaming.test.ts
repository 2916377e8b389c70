/**
 * `claimsFrom`: a schema of another library gets the claims under names of its own, converted by the exact grammar.
 */
import { Type } from '@sinclair/typebox'
import { type } from 'arktype'
import t from 'tap'
import TypeBox1 from 'typebox'
import * as v from 'valibot'
import { z } from 'zod'
import { type ClaimsOption, compileClaims } from '../../src/claims/reader.js'
import { claimsFrom } from '../../src/claims/renaming.js'
import type { Payload } from '../../src/claims/standard-claims.js'

const id: Payload = { sub: 's', iss: 'i', exp: 2, iat: 1, token_use: 'id', aud: 'c' }

const read = (schema: ClaimsOption, claims: Payload) =>
  compileClaims(schema, 'claims').read({ ...id, ...claims }, 'id')

t.test('a member __proto__ of a payload gives no claims', async (t) => {
  const payload = JSON.parse('{"__proto__":{"tenant":"victim"}}')
  for (const schema of [
    z.object({ tenant: z.string() }),
    v.object({ tenant: v.string() }),
    type({ tenant: 'string' }),
  ]) {
    t.strictSame(read(claimsFrom({ tenant: 'custom:tenant' }, schema), payload), {
      misfits: ['tenant (custom:tenant)'],
    })
  }
})

const NAMES = {
  tenant: 'custom:tenant',
  seats: { claim: 'custom:seats', as: 'integer' },
  price: { claim: 'custom:price', as: 'number' },
  trial: { claim: 'custom:trial', as: 'boolean' },
  since: { claim: 'custom:since', as: 'date' },
  roles: { claim: 'custom:roles', as: 'array' },
  limits: { claim: 'custom:limits', as: 'object' },
} as const

const SCHEMAS = {
  zod: claimsFrom(
    NAMES,
    z.object({
      tenant: z.string(),
      seats: z.number().optional(),
      price: z.number().optional(),
      trial: z.boolean().optional(),
      since: z.date().optional(),
      roles: z.array(z.string()).optional(),
      limits: z.object({ users: z.number() }).optional(),
    }),
  ),
  valibot: claimsFrom(
    NAMES,
    v.object({
      tenant: v.string(),
      seats: v.optional(v.number()),
      price: v.optional(v.number()),
      trial: v.optional(v.boolean()),
      since: v.optional(v.date()),
      roles: v.optional(v.array(v.string())),
      limits: v.optional(v.object({ users: v.number() })),
    }),
  ),
  arktype: claimsFrom(
    NAMES,
    type({
      '+': 'delete',
      tenant: 'string',
      'seats?': 'number',
      'price?': 'number',
      'trial?': 'boolean',
      'since?': 'Date',
      'roles?': 'string[]',
      'limits?': { users: 'number' },
    }),
  ),
}

t.test('claims have the names of the schema and real types', async (t) => {
  for (const [library, schema] of Object.entries(SCHEMAS)) {
    t.strictSame(
      read(schema, {
        'custom:tenant': 'acme',
        'custom:seats': '7',
        'custom:price': '-7.50',
        'custom:trial': 'false',
        'custom:since': '2026-01-31',
        'custom:roles': '["a"]',
        'custom:limits': '{"users":7}',
      }),
      {
        claims: {
          ...id,
          tenant: 'acme',
          seats: 7,
          price: -7.5,
          trial: false,
          since: new Date('2026-01-31'),
          roles: ['a'],
          limits: { users: 7 },
        },
      },
      library,
    )
    t.strictSame(read(schema, { 'custom:tenant': 'acme', 'custom:seats': 7 }).claims, {
      ...id,
      tenant: 'acme',
      seats: 7,
    })
  }
})

t.test('text of another form stays text, and the reason names the property with its claim', async (t) => {
  for (const [library, schema] of Object.entries(SCHEMAS)) {
    for (const [name, text] of [
      ['seats', '0x10'],
      ['seats', '1e3'],
      ['seats', ''],
      ['seats', '7.5'],
      ['price', '.5'],
      ['trial', 'False'],
      ['trial', '1'],
      ['since', '5'],
      ['roles', 'a,b'],
      ['limits', '[]'],
    ]) {
      t.strictSame(
        read(schema, { 'custom:tenant': 'acme', [`custom:${name}`]: text }),
        { misfits: [`${name} (custom:${name})`] },
        `${library} ${name} ${text}`,
      )
    }
    t.strictSame(read(schema, {}), { misfits: ['tenant (custom:tenant)'] })
  }
})

t.test('a claim that has a name is found under that name alone', async (t) => {
  const seen: unknown[] = []
  const schema = z.looseObject({ tenant: z.string().optional() }).transform((value) => {
    seen.push(value)
    return {}
  })
  const { read: reader } = compileClaims(claimsFrom({ tenant: 'custom:tenant', kept: 'kept' }, schema), '')
  reader({ ...id, tenant: 'wrong', 'custom:other': 'o', kept: 1 }, 'id')
  t.strictSame(
    seen.pop(),
    { ...id, 'custom:other': 'o', kept: 1 },
    'a claim of the property’s name is not read',
  )
  reader({ ...id, tenant: 'wrong', 'custom:tenant': 'acme' }, 'id')
  t.strictSame(seen.pop(), { ...id, tenant: 'acme' })
  reader(Object.assign(Object.create({ 'custom:tenant': 'inherited' }), id), 'id')
  t.strictSame(seen.pop(), id, 'an inherited member is no claim')
})

t.test('a standard claim can be decoded under another name', async (t) => {
  const schema = claimsFrom(
    { expires: 'exp' },
    z.object({ expires: z.number().transform((s) => new Date(s * 1000)) }),
  )
  t.strictSame(read(schema, {}), { claims: { ...id, expires: new Date(2000) } })
})

t.test('a later guard reads the named properties anew', async (t) => {
  const { names } = compileClaims(SCHEMAS.zod, '')
  t.ok(names.access.has('tenant') && names.id.has('tenant') && names.id.has('email'))
  t.equal(compileClaims(z.object({ tenant: z.string() }), '').names.access.size, 0)
})

t.test('the schema stays one of its library: it may be called by itself, or wrapped once more', async (t) => {
  const validate = SCHEMAS.zod['~standard'].validate
  t.strictSame(validate({ 'custom:tenant': 'acme' }), { value: { tenant: 'acme' } })
  t.match(validate(7), { issues: [{ path: [] }] })
  t.match(validate(Object.create({ 'custom:tenant': 'inherited' })), { issues: [{ path: ['tenant'] }] })
  const twice = claimsFrom({ 'custom:tenant': 'org' }, SCHEMAS.zod)
  t.match(read(twice, { org: 'acme' }), { claims: { tenant: 'acme' } })
})

t.test('wrong arguments are refused at once, with their path', async (t) => {
  const schema = z.object({})
  for (const [names, message] of [
    [undefined, /^claimsFrom: expected an object of names as the first argument$/],
    [['a'], /^claimsFrom: expected an object of names/],
    [{ a: '' }, /^claimsFrom\.a: expected the name of a claim, .*; found empty text$/],
    [{ a: 7 }, /^claimsFrom\.a: expected the name of a claim/],
    [{ a: undefined }, /^claimsFrom\.a: expected the name of a claim/],
    [{ a: {} }, /^claimsFrom\.a\.claim: expected the name of a claim, .*; it is missing$/],
    [{ a: { claim: 'a', as: 'string' } }, /^claimsFrom\.a\.as: expected 'integer', 'number', .* or 'object'/],
    [{ a: { clam: 'a' } }, /^claimsFrom\.a\.clam: .*claim/],
    [JSON.parse('{"__proto__":"a"}'), /^claimsFrom\.__proto__: this name cannot be a property$/],
    [{ a: 'c', b: 'c' }, /^claimsFrom\.a: reads the claim 'c', which b reads/],
    [{ a: 'b', b: 'c' }, /^claimsFrom\.a: reads the claim 'b', which b reads or is named after/],
    [{ sub: 'custom:id' }, /^claimsFrom\.sub: the standard claim sub cannot be read from 'custom:id'/],
    [{ at: { claim: 'exp', as: 'date' } }, /^claimsFrom\.at\.as: expected none for the standard claim 'exp'/],
  ] as const) {
    t.throws(() => claimsFrom(names as never, schema), { name: 'TypeError', message })
  }
  for (const wrong of [undefined, {}, Type.Object({}), TypeBox1.Object({}), () => true]) {
    t.throws(() => claimsFrom({}, wrong as never), {
      name: 'TypeError',
      message: /^claimsFrom: expected a schema/,
    })
  }
  t.throws(() => claimsFrom({}, { '~standard': { version: 2 } } as never), {
    message: /^claimsFrom\.~standard\.version: expected 1$/,
  })
  t.match(
    read(claimsFrom({ email: 'custom:mail' }, z.object({ email: z.string() })), { 'custom:mail': 'a' }),
    {
      claims: { email: 'a' },
    },
  )
})
