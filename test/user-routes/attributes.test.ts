/**
 * Attributes of the account routes: what is stored comes back from a token and from Cognito's API as it was given.
 * @module
 */
import assert from 'node:assert/strict'
import { FormatRegistry, type TSchema, Type } from '@sinclair/typebox'
import fc from 'fast-check'
import t from 'tap'
import { compileSchema } from '../../src/base/schema.js'
import { compileClaims, type ObjectSchema } from '../../src/claims/reader.js'
import { WRITABLE } from '../../src/claims/standard-claims.js'
import { compileAttributes } from '../../src/user-routes/attributes.js'
import { UserRouteError } from '../../src/user-routes/errors.js'
import { ask, createAccounts, headersOf } from '../support/accounts.js'

const PASSWORD = 'Correct-horse-1'
const id = { sub: 's', iss: 'i', exp: 2, iat: 1, token_use: 'id', aud: 'c' }

/** The claims of an ID token, as Cognito writes them from what is stored. */
function toClaims(stored: readonly { readonly Name: string; readonly Value: string }[]): object {
  return Object.fromEntries(
    stored.map(({ Name, Value }) => [Name, Name === 'address' ? { formatted: Value } : Value]),
  )
}

const SCHEMAS: readonly TSchema[] = [
  Type.String(),
  Type.String({ minLength: 2 }),
  Type.RegExp(/^\d+$/),
  Type.Integer(),
  Type.Integer({ fromText: true, minimum: 1 }),
  Type.Number(),
  Type.Boolean(),
  Type.Date(),
  Type.Date({ default: new Date(0) }),
  Type.Null(),
  Type.BigInt(),
  Type.Any(),
  Type.Literal(7),
  Type.Literal('7'),
  Type.Enum({ one: 1, seven: 7 }),
  Type.Array(Type.String()),
  Type.Array(Type.Integer(), { default: [7] }),
  Type.Array(Type.Date()),
  Type.Tuple([Type.String(), Type.Integer()]),
  Type.Object({ a: Type.Integer() }),
  Type.Object({ formatted: Type.String() }),
  Type.Record(Type.String(), Type.Integer()),
  Type.Intersect([Type.Integer({ minimum: 1 }), Type.Number({ maximum: 9 })]),
  Type.Intersect([Type.Object({ a: Type.Integer() }), Type.Object({ b: Type.Optional(Type.String()) })]),
  Type.Union([Type.String(), Type.Integer()]),
  Type.Union([Type.Integer(), Type.Null()]),
  Type.Union([Type.Literal('all'), Type.Integer()]),
  Type.Union([Type.Boolean(), Type.Array(Type.Any()), Type.Object({})]),
  Type.Union([Type.Date(), Type.Null()]),
  Type.Transform(Type.Integer())
    .Decode((value) => value * 2)
    .Encode((value) => value / 2),
  Type.Transform(Type.String())
    .Decode((text) => BigInt(text))
    .Encode(String),
]

const TEXTS = [
  '',
  'x',
  '7',
  '07',
  '-0',
  'true',
  'null',
  '2026-01-31',
  '2026-02-30',
  '2026-01-31T09:00:00.5+01:00',
]
const VALUES = [
  7,
  1,
  -0,
  7.5,
  1e21,
  1e-7,
  2 ** 53,
  true,
  false,
  null,
  [],
  ['a'],
  [7],
  ['a', 7],
  { a: 7 },
  { a: 1.5 },
]
const value = fc.oneof(
  fc.constantFrom<unknown>(
    ...TEXTS,
    ...VALUES,
    '[7]',
    '["a"]',
    '{"a":7}',
    { formatted: 'x' },
    { a: 7, b: 'x' },
  ),
  fc.string(),
  fc.integer(),
  fc.double(),
  fc.jsonValue(),
)
const wire = fc.constantFrom('custom:it', 'custom:address', ...WRITABLE)

/** A schema whose one property is read from `wire`; by the name of the claim or by another. */
function declare(
  schema: TSchema,
  wire: string,
  isAliased: boolean,
): { name: string; declared: ObjectSchema } {
  const name = isAliased ? 'it' : wire
  const property = { ...schema, ...(isAliased && { alias: wire }) } as TSchema
  return { name, declared: Type.Object({ [name]: property }) as unknown as ObjectSchema }
}

/** What `compute` returns; `undefined` where it throws an error of that class. */
function attempt<T>(compute: () => T, expected: new (...args: never) => Error): T | undefined {
  try {
    return compute()
  } catch (error) {
    if (error instanceof expected) return undefined
    throw error
  }
}

interface Journey {
  readonly typed: unknown
  readonly fromToken: unknown
  readonly fromApi: unknown
}

/** A value on its way into Cognito and back; where it ended, if it did. */
function send(declared: ObjectSchema, name: string, schema: TSchema, value: unknown): Journey | string {
  const attributes = attempt(() => compileAttributes(declared), TypeError)
  if (attributes === undefined) return 'no boot'
  if (!compileSchema(attributes.schema).check({ [name]: value })) return 'no such body'
  const stored = attempt(() => attributes.toCognito({ [name]: value }), UserRouteError)
  if (stored === undefined) return 'no text'
  const { claims, misfits } = compileClaims(declared, '').read({ ...id, ...toClaims(stored) }, 'id')
  return {
    typed: schema['type'] === 'Date' ? new Date(value as string) : compileSchema(schema).decode(value),
    fromToken: misfits ?? Reflect.get(claims ?? {}, name),
    fromApi: attributes.fromCognito(stored)[name],
  }
}

/** JSON has no minus zero, so it is stored as zero. */
const show = (value: unknown) => (typeof value === 'bigint' ? `${value}n` : JSON.stringify(value))

t.test('what a route takes comes back from an ID token, and from the API, as the same value', async (t) => {
  const seen = new Map<string, number>()
  const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)
  fc.assert(
    fc.property(fc.constantFrom(...SCHEMAS), wire, fc.boolean(), value, (schema, wire, isAliased, value) => {
      const { name, declared } = declare(schema, wire, isAliased)
      const journey = send(declared, name, schema, value)
      count(typeof journey === 'string' ? journey : wire)
      if (typeof journey === 'string') return
      assert.equal(show(journey.fromToken), show(journey.typed), `${wire}: ${show(value)}`)
      assert.equal(show(journey.fromApi), show(journey.typed), `${wire}: ${show(value)}`)
      assert.equal(journey.fromToken instanceof Date, journey.typed instanceof Date)
    }),
    { numRuns: 10_000, seed: 1 },
  )
  for (const what of ['no boot', 'no such body', 'no text', 'custom:it', ...WRITABLE])
    t.ok((seen.get(what) ?? 0) >= 10, `${what}: ${seen.get(what)}`)
})

t.test('one schema of attributes and claims, from the sign-up to a guarded route', async (t) => {
  const Member = Type.Object({
    email: Type.String(),
    birthdate: Type.Date(),
    zoneinfo: Type.Integer(),
    address: Type.String(),
    plan: Type.Enum({ free: 0, paid: 1 }, { alias: 'custom:plan' }),
    seats: Type.Integer({ alias: 'custom:seats', default: 1 }),
    constructor: Type.Optional(Type.String({ alias: 'custom:constructor' })),
  })
  const { app, post, pool, wire } = await createAccounts(t, {
    pool: { tokenUse: 'id', claims: Member },
    options: { attributes: Member },
  })
  const given = {
    email: 'ada@example.com',
    birthdate: '1815-12-10',
    zoneinfo: 1,
    address: 'Dorset Street 1',
    plan: 1,
  }
  const signUp = (attributes: object) => post('/signup', { username: 'ada', password: PASSWORD, attributes })
  t.match(await signUp(given), { status: 201 })
  const stored = wire.inputsOf('SignUp')[0]?.['UserAttributes'] as { Name: string; Value: string }[]
  t.strictSame(stored, [
    { Name: 'email', Value: 'ada@example.com' },
    { Name: 'birthdate', Value: '1815-12-10' },
    { Name: 'zoneinfo', Value: '1' },
    { Name: 'address', Value: 'Dorset Street 1' },
    { Name: 'custom:plan', Value: '1' },
  ])
  const headers = headersOf(pool.idToken(toClaims(stored) as Record<string, unknown>))
  const birthdate = '1815-12-10T00:00:00.000Z'
  t.match(await ask(app, { url: '/users/me', headers }), {
    status: 200,
    body: { claims: { ...given, birthdate, seats: 1 } },
  })
  wire.answers.set('GetUser', () => ({ UserAttributes: stored }))
  const fresh = headersOf(pool.accessToken())
  t.match(await ask(app, { url: '/users/me?fresh=1', headers: fresh }), {
    status: 200,
    body: { attributes: { ...given, birthdate, seats: 1 } },
  })
  wire.answers.set('GetUser', () => ({ UserAttributes: [{ Name: 'custom:seats', Value: '7' }] }))
  t.match(await ask(app, { url: '/users/me?fresh=1', headers: fresh }), {
    body: { attributes: { seats: 7 } },
  })
  t.match(await signUp({ ...given, constructor: 'c' }), { status: 201 })
  for (const [name, value] of Object.entries({
    constructor: 7,
    address: '',
    plan: '1',
    plans: 1,
    zoneinfo: '1',
  })) {
    t.equal((await signUp({ ...given, [name]: value })).status, 400, name)
  }
  t.equal(wire.inputsOf('SignUp').length, 2)
})

t.test('what becomes of the option after the boot changes nothing', async (t) => {
  const tags = Type.Array(Type.String(), { alias: 'custom:tags' })
  const { schema } = compileAttributes(Type.Object({ tags }) as unknown as ObjectSchema)
  Object.assign(tags.items, { minLength: 5 })
  t.ok(compileSchema(schema).check({ tags: ['a'] }))
  t.notOk(compileSchema(schema).check({ tags: [7] }))
})

t.test('what counts of all attributes counts in a body', async (t) => {
  const names = { email: Type.Optional(Type.String()), name: Type.Optional(Type.String()) }
  const { post, wire } = await createAccounts(t, {
    options: { attributes: Type.Object(names, { minProperties: 1, maxProperties: 1 }) },
  })
  const signUp = (given: object) => post('/signup', { username: 'ada', password: PASSWORD, ...given })
  t.equal((await signUp({})).status, 400)
  t.equal((await signUp({ attributes: {} })).status, 400)
  t.equal((await signUp({ attributes: { email: 'a@b', name: 'Ada' } })).status, 400)
  t.strictSame(wire.calls, [])
  t.equal((await signUp({ attributes: { email: 'a@b' } })).status, 201)
})

t.test('a value whose format throws is refused', async (t) => {
  FormatRegistry.Set('fragile', (text) => {
    if (text === 'bad') throw new Error(text)
    return true
  })
  const { post } = await createAccounts(t, {
    options: { attributes: Type.Object({ name: Type.String({ format: 'fragile' }) }) },
  })
  const signUp = (name: string) =>
    post('/signup', { username: 'ada', password: PASSWORD, attributes: { name } })
  t.match(await signUp('bad'), { status: 400, body: { message: 'The request is malformed' } })
  t.equal((await signUp('good')).status, 201)
})

t.test('attributes that could not come back stop the boot', async (t) => {
  const compile = (property: TSchema, name = 'it') =>
    compileAttributes(Type.Object({ [name]: property }) as unknown as ObjectSchema)
  const rows: readonly (readonly [TSchema, string, RegExp])[] = [
    [
      Type.Object({ formatted: Type.String() }),
      'address',
      /^user-routes\.attributes\.address: expected Type\.String/,
    ],
    [Type.Any(), 'address', /^user-routes\.attributes\.address: expected Type\.String/],
    [
      Type.Union([Type.Date(), Type.Literal('never')], { alias: 'custom:it' }),
      'it',
      /^user-routes\.attributes\.it: expected Type\.Date\(\) alone/,
    ],
    [Type.Null({ alias: 'custom:it' }), 'it', /^user-routes\.attributes\.it: no token would fit/],
    [
      Type.Object({ a: Type.String({ alias: 'custom:a' }) }, { alias: 'custom:it' }),
      'it',
      /^user-routes\.attributes\.it: its alias stands inside/,
    ],
  ]
  for (const [property, name, message] of rows)
    t.throws(() => compile(property, name), { name: 'TypeError', message }, message.source)
  t.doesNotThrow(() => compile(Type.Array(Type.String()), 'address'))
  t.doesNotThrow(() => compile(Type.Intersect([Type.Date(), Type.Date()]), 'birthdate'))
})

t.test(
  'what a transform makes null stays null, and no stored attribute takes the name of a declared one',
  async (t) => {
    const { fromCognito } = compileAttributes(
      Type.Object({
        plan: Type.Transform(Type.String({ alias: 'custom:plan' }))
          .Decode((text) => (text === 'none' ? null : text))
          .Encode((plan) => plan ?? 'none'),
        nickname: Type.Optional(Type.String({ alias: 'custom:nickname' })),
      }) as ObjectSchema,
    )
    const stored = (Name: string, Value: string) => ({ Name, Value })
    t.strictSame(fromCognito([stored('custom:plan', 'none')]), { plan: null })
    const both = [stored('custom:nickname', 'declared'), stored('nickname', 'Ada'), stored('other', 'x')]
    for (const attributes of [both, both.toReversed()]) {
      t.strictSame(fromCognito(attributes), { nickname: 'declared', other: 'x' })
    }
  },
)
