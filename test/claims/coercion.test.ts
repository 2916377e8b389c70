/**
 * Coercion: which text becomes which value, and which text is kept and refused.
 * @module
 */
import { type TSchema, Type } from '@sinclair/typebox'
import t from 'tap'
import { compileCoercion } from '../../src/claims/coercion.js'
import { type ClaimsOption, compileClaims } from '../../src/claims/reader.js'
import type { Payload } from '../../src/claims/standard-claims.js'

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
