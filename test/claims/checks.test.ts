/**
 * What a claim schema may be: what could not work, or would do nothing, stops the boot and says what to write.
 * @module
 */
import { FormatRegistry, Kind, type TSchema, Type, TypeRegistry } from '@sinclair/typebox'
import t, { type Test } from 'tap'
import { type ClaimsOption, compileClaims } from '../../src/claims/reader.js'
import type { Payload } from '../../src/claims/standard-claims.js'

const id: Payload = { sub: 's', iss: 'i', exp: 2, iat: 1, token_use: 'id', aud: 'c' }

const compile = (schema: unknown) => compileClaims(schema as ClaimsOption, 'claims')
const read = (schema: unknown, claims: Payload) => compile(schema).read({ ...id, ...claims }, 'id')
const of = (it: TSchema) => Type.Object({ it })
const asText = (schema: TSchema) => of({ ...schema, alias: 'custom:it' } as TSchema)

FormatRegistry.Set('slug', (text) => /^[a-z]+$/.test(text))
TypeRegistry.Set('Even', (_schema, value) => typeof value === 'number' && value % 2 === 0)

type Rows = readonly (readonly [schema: unknown, message: RegExp])[]

function refuse(t: Test, rows: Rows): void {
  for (const [schema, message] of rows)
    t.throws(() => compile(schema), { name: 'TypeError', message }, String(message))
}

t.test('what is no object schema', async (t) => {
  refuse(t, [
    ...[null, 'x', 7, {}, []].map(
      (value) => [value, /^claims: expected an object schema.* or a type guard$/] as const,
    ),
    [Type.String(), /^claims: expected Type\.Object/],
    [Type.Intersect([Type.Object({}), Type.Object({})]), /^claims: expected Type\.Object.*Type\.Composite/],
    [Type.Record(Type.String(), Type.String()), /^claims: expected Type\.Object/],
    [
      Type.Transform(Type.Object({}))
        .Decode((value) => value)
        .Encode((value) => value),
      /^claims: expected transforms on the properties/,
    ],
  ])
})

t.test('properties, their names and their claims', async (t) => {
  refuse(t, [
    [
      { ...Type.Object({}), properties: { it: null } },
      /^claims\.it: expected a schema of @sinclair\/typebox 0\.34$/,
    ],
    [of(Type.String({ alias: '' })), /^claims\.it\.alias: expected the name of a claim/],
    [of(Type.String({ alias: 7 })), /^claims\.it\.alias: expected the name of a claim/],
    [
      Type.Object({ a: Type.String({ alias: 'custom:x' }), b: Type.String({ alias: 'custom:x' }) }),
      /^claims\.a: reads the claim 'custom:x', which the property b reads or is named after/,
    ],
    [
      Type.Object({ a: Type.String({ alias: 'b' }), b: Type.String() }),
      /^claims\.a: reads the claim 'b', which the property b reads or is named after/,
    ],
    [
      Type.Object({ a: Type.String({ alias: 'b' }), b: Type.String({ alias: 'c' }) }),
      /^claims\.a: reads the claim 'b', which the property b reads or is named after/,
    ],
    [
      Type.Object({ sub: Type.String({ alias: 'custom:sub' }) }),
      /^claims\.sub: the standard claim sub cannot be read from 'custom:sub'/,
    ],
    [Type.Object({ aud: Type.String({ alias: 'custom:aud' }) }), /^claims\.aud: the standard claim aud/],
    [
      Type.Object({ email: Type.String({ alias: 'custom:mail' }) }),
      /^claims\.email: the standard claim email/,
    ],
    [
      Type.Object({ scope: Type.String({ alias: 'custom:scope' }) }),
      /^claims\.scope: the standard claim scope/,
    ],
    [Type.Object(JSON.parse('{"__proto__":{}}')), /^claims\.__proto__: this name cannot be a property/],
    [
      of(Type.String({ format: 'email' })),
      /^claims\.it: the format 'email' is not in TypeBox's FormatRegistry/,
    ],
    [of(Type.Array(Type.Object({ x: Type.String({ format: 'uri' }) }))), /^claims\.it: the format 'uri'/],
  ])
  t.match(read(of(Type.String({ format: 'slug' })), { it: 'abc' }), { claims: { it: 'abc' } })
  t.match(
    read(Type.Object({ email: Type.String() }), {}),
    { misfits: ['email'] },
    'a standard claim can be required',
  )
})

t.test('a schema that cannot be compiled is named by its property', async (t) => {
  const nonsense = Type.Unsafe({ ...Type.Any(), [Kind]: 'Nonsense' })
  const message = (path: string) =>
    new RegExp(`^claims${path}: TypeBox cannot compile this schema; expected no reference to nothing`)
  refuse(t, [
    [Type.Object({ fine: Type.String(), it: nonsense }), message('\\.it')],
    [of(Type.Unsafe({ type: 'string', enum: ['a'] })), message('\\.it')],
    [of(Type.Ref('Nobody', { default: 'x' })), message('\\.it')],
    [asText(Type.Union([Type.Ref('Nobody'), Type.String()])), message('\\.it')],
    [Type.Recursive((This) => asText(Type.Union([This, Type.String()]))), message('\\.it')],
    [Type.Object({ it: Type.String() }, { additionalProperties: nonsense }), message('')],
  ])
  t.match(read(of(Type.Unsafe({ ...Type.Any(), [Kind]: 'Even' })), { it: 4 }), { claims: { it: 4 } })
})

t.test('a word that does nothing where it stands', async (t) => {
  const inside = (word: string) => new RegExp(`^claims\\.it: its ${word} stands inside of the property`)
  const whole = (word: string) => new RegExp(`^claims\\.${word}: expected it on the properties`)
  const n = Type.Integer({ alias: 'custom:it' })
  refuse(t, [
    [of(Type.Object({ id: Type.String({ alias: 'custom:id' }) })), inside('alias')],
    [of(Type.Array(Type.Object({ id: Type.String({ alias: 'x' }) }))), inside('alias')],
    [of(Type.Union([Type.String({ alias: 'x' }), Type.Integer()])), inside('alias')],
    [of(Type.Intersect([Type.Object({ a: n }), Type.Object({})])), inside('alias')],
    [of(Type.Record(Type.String(), Type.Array(Type.String(), { fromText: true }))), inside('fromText')],
    [of(Type.Object({ id: Type.String({ default: 'x' }) })), inside('default')],
    [of(Type.Tuple([Type.String({ default: 'x' })])), inside('default')],
    [Type.Object({ it: n }, { alias: 'x' }), whole('alias')],
    [Type.Object({ it: n }, { fromText: true }), whole('fromText')],
    [Type.Object({ it: n }, { default: {} }), whole('default')],
    [
      Type.Composite([Type.Object({ it: n }), Type.Object({ it: n })]),
      /^claims\.it: its alias would be lost.* only one may have this property.*Type\.Omit/,
    ],
    [
      Type.Composite([Type.Object({ it: Type.Optional(n) }), Type.Object({ it: Type.Integer() })]),
      /^claims\.it: its alias would be lost/,
    ],
    [
      Type.Composite([of(Type.Integer({ default: 7 })), of(Type.Integer({ minimum: 1 }))]),
      /^claims\.it: its default would be lost/,
    ],
  ])
  const parts = Type.Composite([Type.Object({ it: n }), Type.Object({ other: Type.String() })])
  t.match(read(parts, { 'custom:it': '7', other: 'x' }), { claims: { it: 7, other: 'x' } })
  const omitted = Type.Composite([
    Type.Object({ it: n }),
    Type.Omit(Type.Object({ it: n, o: Type.String() }), ['it']),
  ])
  t.match(read(omitted, { 'custom:it': '7', o: 'x' }), { claims: { it: 7, o: 'x' } })
  const twice = Type.Composite([of(Type.Integer({ minimum: 1 })), of(Type.Integer({ maximum: 9 }))])
  t.match(read(twice, { it: 7 }), { claims: { it: 7 } }, 'without an alias nothing is lost')
  const named = of(Type.Object({ alias: Type.String(), default: Type.Integer() }))
  t.match(
    read(named, { it: { alias: 'x', default: 7 } }),
    { claims: { it: { alias: 'x' } } },
    'a name is no word',
  )
})

t.test('what works is not refused', async (t) => {
  const module = Type.Module({
    Tenant: Type.Object({ id: Type.String() }),
    Other: Type.Object({ constructor: Type.String(), plan: Type.String({ default: 'free' }) }),
  })
  t.match(read(of(module.Import('Tenant')), { it: { id: 'a' } }), { claims: { it: { id: 'a' } } })
  refuse(t, [[of(module.Import('Other')), /^claims\.it: its default stands inside of the property/]])
  for (const absent of [Type.Never(), Type.Undefined(), Type.Void()]) {
    const schema = Type.Object({ it: Type.Optional(absent) })
    t.match(read(schema, {}), { claims: { sub: String } })
    t.strictSame(read(schema, { it: 7 }), { misfits: ['it'] })
  }
  TypeRegistry.Set('Dec', (_schema, value) => typeof value === 'string' && /^\d+\.\d\d$/.test(value))
  t.teardown(() => TypeRegistry.Delete('Dec'))
  const decimal = of(Type.Unsafe({ [Kind]: 'Dec', type: 'Decimal' }))
  t.match(read(decimal, { it: '1.50' }), { claims: { it: '1.50' } })
  t.strictSame(read(decimal, { it: '1.5' }), { misfits: ['it'] })
  // In an access token these are anybody's.
  const access = Type.Object({ aud: Type.Array(Type.String()), identities: Type.String() })
  t.equal(compileClaims(access, 'claims').names.access.size, 2)
})

t.test('a negation of text, and a default for what Cognito decides', async (t) => {
  refuse(t, [
    [of(Type.Not(Type.Literal(true), { alias: 'custom:it' })), /^claims\.it: every text fits this negation/],
    [of(Type.Not(Type.Literal(0), { fromText: true })), /^claims\.it: every text fits this negation/],
    ...['cognito:groups', 'email_verified', 'username', 'exp'].map(
      (name) =>
        [
          Type.Object({ [name]: Type.Any({ default: 1 }) }),
          new RegExp(`^claims\\.${name}\\.default: expected none on the standard claim ${name}`),
        ] as const,
    ),
  ])
  t.match(read(of(Type.Not(Type.Literal(true))), { it: 'true' }), { claims: { it: 'true' } })
  t.match(read(Type.Object({ email: Type.String({ default: 'none' }) }), {}), { claims: { email: 'none' } })
})

t.test('fromText and default', async (t) => {
  const text = /^claims\.it\.fromText: expected true/
  const value = /^claims\.it\.default: expected a value that fits/
  refuse(t, [
    ...[false, 'json', 1, undefined].map((fromText) => [of(Type.Integer({ fromText })), text] as const),
    [
      of(Type.Integer({ alias: 'exp', fromText: true })),
      /^claims\.it\.fromText: expected it on no standard claim such as 'exp'/,
    ],
    ...['7', 7.5, null, undefined, () => 7].map((it) => [of(Type.Integer({ default: it })), value] as const),
    ...[() => 7, new Date(), new Map(), { at: new Date() }, undefined].map(
      (it) => [of(Type.Any({ default: it })), value] as const,
    ),
    [
      of(
        Type.Transform(Type.String({ default: 7 as never }))
          .Decode(Number)
          .Encode(String),
      ),
      value,
    ],
  ])
  t.match(read(of(Type.Any({ default: { at: [7] } })), {}), { claims: { it: { at: [7] } } })
  t.match(read(of(Type.Boolean({ alias: 'email_verified', fromText: true })), { email_verified: 'true' }), {
    claims: { it: true },
  })
})

t.test('a schema that no token would fit', async (t) => {
  const unfit = (reason: string) => new RegExp(`^claims\\.[\\w:]+: no token would fit: ${reason}`)
  const decode = <T extends TSchema>(schema: T) =>
    Type.Transform(schema)
      .Decode((value) => value)
      .Encode((value) => value)
  refuse(t, [
    [asText(Type.Null()), unfit("'custom:it' is text and cannot become null; declare text")],
    [asText(Type.BigInt()), unfit("'custom:it' is text and cannot become bigint")],
    [
      asText(Type.Union([Type.Null(), Type.Undefined()])),
      unfit("'custom:it' is text and cannot become null or undefined"),
    ],
    [of(Type.Null({ fromText: true })), unfit("'it' is text")],
    [Type.Object({ zoneinfo: Type.Null() }), unfit("'zoneinfo' is text")],
    [of(Type.Date()), unfit('JSON has no Date; \\{ fromText: true \\} reads a Date from text')],
    [of(Type.Uint8Array()), unfit('JSON has no Uint8Array')],
    [asText(Type.Never()), unfit('its parts exclude each other')],
    [of(Type.Intersect([Type.String(), Type.Integer()])), unfit('its parts exclude each other')],
    [Type.Composite([of(Type.String()), of(Type.Integer())]), unfit('its parts exclude each other')],
    [asText(Type.Array(Type.Date())), unfit('JSON has no Date inside')],
    [asText(Type.Tuple([Type.String(), Type.Date()])), unfit('JSON has no Date inside')],
    [of(Type.Object({ a: Type.Optional(Type.BigInt()) })), unfit('JSON has no bigint inside')],
    [
      of(Type.Record(Type.String(), Type.Union([Type.Date(), Type.BigInt()]))),
      unfit('JSON has no Date or bigint'),
    ],
    [of(Type.Array(Type.Object({ a: Type.Date() }))), unfit('JSON has no Date inside')],
    [Type.Object({ sub: Type.Integer() }), unfit("the claim 'sub' is of type string")],
    [Type.Object({ exp: Type.String() }), unfit("the claim 'exp' is of type number")],
    [Type.Object({ exp: Type.Date() }), unfit("the claim 'exp' is of type number")],
    [of(Type.Date({ alias: 'auth_time' })), unfit("the claim 'auth_time' is of type number")],
    [Type.Object({ 'cognito:groups': Type.String() }), unfit("the claim 'cognito:groups' is of type array")],
    [Type.Object({ email_verified: Type.String() }), unfit("the claim 'email_verified' is of type boolean")],
    [of(Type.String({ alias: 'phone_number_verified' })), unfit("the claim 'phone_number_verified'")],
    [
      Type.Object({ exp: decode(Type.Number()) }),
      /^claims\.exp: the standard claim exp keeps its type; .* \{ alias: 'exp' \}/,
    ],
    [
      Type.Object({ scope: decode(Type.String()) }),
      /^claims\.scope: the standard claim scope keeps its type/,
    ],
    [
      of(Type.Object({ constructor: Type.Optional(Type.String()) })),
      /^claims\.it: every object inherits a member constructor/,
    ],
    [
      of(Type.Array(Type.Object({ toString: Type.Any() }))),
      /^claims\.it: every object inherits a member toString/,
    ],
  ])
  const fitting: readonly (readonly [TSchema, Payload, unknown])[] = [
    [Type.Object({ exp: Type.Integer() }), {}, { exp: 2 }],
    [of(decode(Type.Number({ alias: 'exp' }))), {}, { it: 2, exp: 2 }],
    [of(Type.Null()), { it: null }, { it: null }],
    [of(Type.Not(Type.Date())), { it: 7 }, { it: 7 }],
    [of(Type.Array(Type.Union([Type.Date(), Type.String()]))), { it: ['x'] }, { it: ['x'] }],
    [
      of(Type.Object({ a: Type.Optional(Type.Undefined()), b: Type.Optional(Type.Never()) })),
      { it: {} },
      { it: {} },
    ],
    [of(Type.Object({ a: Type.Optional(Type.Void()) })), { it: {} }, { it: {} }],
    [of(Type.Optional(Type.Never())), {}, { sub: 's' }],
    [
      Type.Object({ username: Type.Integer(), scope: Type.Array(Type.String()) }),
      { username: 7, scope: [] },
      { username: 7 },
    ],
  ]
  for (const [schema, payload, claims] of fitting) t.match(read(schema, payload), { claims })
  t.strictSame(read(of(Type.Optional(Type.Never())), { it: 7 }), { misfits: ['it'] })
})
