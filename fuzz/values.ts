/**
 * Values next to the good ones: of claims, of header members, of times.
 * @module
 */
import fc, { type Arbitrary } from 'fast-check'
import { ATTRIBUTES, type AttributeType } from './attributes.js'
import { KIDS, LEVELS, POOLS, ROUTES } from './setting.js'
import type { Edit, Value } from './tokens.js'

const json = (text: string): Value => ({ json: text })
const asJson = (value: unknown): Value => json(JSON.stringify(value))
const oneOf = <T>(...list: readonly T[]) => fc.constantFrom(...list)

/** Values of every type, as JSON text; `01`, `NaN` and the like are no JSON at all. */
export const oddValue: Arbitrary<Value> = fc.oneof(
  oneOf('null', 'true', 'false', '0', '-0', '1', '-1', '0.5', '1e999', '-1e999', '1e300', '1e-7', '1E0').map(
    json,
  ),
  oneOf('""', '" "', '"x"', '"\\u0000"', '"\\ud800"', '[]', '[null]', '[[]]', '[1]', '{}', '{"x":1}').map(
    json,
  ),
  oneOf('01', 'NaN', 'undefined', '+1', '.5', '1.', "'x'", '"\t"', '[1,]', '{"a"}', '"\\x41"', '').map(json),
  fc.jsonValue({ maxDepth: 2 }).map(asJson),
)

const escapeFirst = (text: string) =>
  `"\\u${text.charCodeAt(0).toString(16).padStart(4, '0')}${JSON.stringify(text.slice(1)).slice(1)}`

const TWISTS: readonly ((text: string) => string)[] = [
  (text) => JSON.stringify(text),
  escapeFirst,
  (text) => JSON.stringify(`${text} `),
  (text) => JSON.stringify(` ${text}`),
  (text) => JSON.stringify(`${text}\0`),
  (text) => JSON.stringify(`${text}\n`),
  (text) => JSON.stringify(`${text}/`),
  (text) => JSON.stringify(`${text}\u200b`),
  (text) => JSON.stringify(`\ufeff${text}`),
  (text) => JSON.stringify(text.toUpperCase()),
  (text) => JSON.stringify(text.toLowerCase()),
  (text) => JSON.stringify(text.slice(0, -1)),
  (text) => JSON.stringify(text.slice(1)),
  (text) => JSON.stringify(text + text),
  (text) => JSON.stringify(text.replace('s', 'ſ').replace('i', 'ı').replace('a', 'а')),
  (text) =>
    JSON.stringify(text.replace(/[!-~]/, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0))),
  (text) => JSON.stringify([text]),
  (text) => JSON.stringify([text, text]),
  (text) => JSON.stringify([[text]]),
  (text) => JSON.stringify({ [text]: text }),
  (text) => JSON.stringify(['x', null, text]),
]

/** The texts themselves, and what looks like them. */
export const near = (...texts: readonly string[]): Arbitrary<Value> =>
  fc.oneof(
    { weight: 2, arbitrary: oneOf(...texts).map(asJson) },
    {
      weight: 3,
      arbitrary: fc.tuple(oneOf(...texts), oneOf(...TWISTS)).map(([text, twist]) => json(twist(text))),
    },
    { weight: 1, arbitrary: oddValue },
  )

const milliseconds = fc.integer({ min: -250, max: 250 }).map((offset) => offset / 1000)

/** Seconds from now, mostly near the limits that are given. */
export const nearTime = (...limits: readonly number[]): Arbitrary<number> =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.tuple(oneOf(...limits), milliseconds).map(([limit, offset]) => limit + offset),
    },
    {
      weight: 3,
      arbitrary: fc.tuple(oneOf(...limits), oneOf(-1, 0, 1)).map(([limit, offset]) => limit + offset),
    },
    { weight: 1, arbitrary: fc.double({ min: -100_000, max: 100_000, noNaN: true }) },
  )

const at = (seconds: number): Value => ({ at: seconds })
const absolute = oneOf(
  '8640000000000',
  '8640000000001',
  '9007199254740993',
  '1e10',
  '1.7e12',
  '"1700000000"',
).map(json)
const time = (...limits: readonly number[]) =>
  fc.oneof(
    { weight: 5, arbitrary: nearTime(...limits).map(at) },
    { weight: 1, arbitrary: absolute },
    { weight: 1, arbitrary: oddValue },
  )

const pools = Object.values(POOLS)
const issuers = pools.flatMap((pool) => pool.issuers)
const clients = pools.flatMap((pool) => pool.clients ?? [])
const audiences = pools.flatMap((pool) => pool.audiences ?? [])
const scopes = [...ROUTES.scoped.scopes]
const listOf = (values: readonly unknown[]) => fc.array(oneOf(...values), { maxLength: 4 })
const joined = fc
  .tuple(
    listOf([...scopes, 'openid', 'orders/rea', 'Orders/Read', '']),
    oneOf(' ', ' ', ' ', '  ', '\t', ',', '\u00a0'),
  )
  .map(([names, separator]) => asJson(names.join(separator)))
const groups = listOf([
  'admin',
  'ops',
  'staff',
  'suspended',
  'left',
  'Left',
  'Admin',
  'admin ',
  'adm',
  null,
  1,
  ['admin'],
]).map(asJson)
const methods = listOf(['pwd', 'mfa', 'hwk', 'swk', 'otp', 'MFA', 'mfa ', null, 1]).map(asJson)
const text = near('x', 'user@example.com')
const flag = fc.oneof(
  oneOf('true', 'false', '"true"', '"false"', '"True"', '"1"', '1', '0', '""').map(json),
  oddValue,
)

/** Claims that decide whom a token is from and for. */
export const IDENTITY: Readonly<Record<string, Arbitrary<Value>>> = {
  iss: near(...issuers),
  token_use: near('access', 'id'),
  client_id: near(...clients),
  aud: near(...clients, ...audiences),
  sub: near('someone'),
  cnf: oddValue,
}

/** Claims that decide what its bearer may do. */
export const RIGHTS: Readonly<Record<string, Arbitrary<Value>>> = {
  scope: fc.oneof({ weight: 3, arbitrary: joined }, near(...scopes, scopes.join(' '))),
  'cognito:groups': fc.oneof({ weight: 3, arbitrary: groups }, near('admin')),
  auth_time: time(-300, -305, 60, 0),
  acr: fc.oneof({ weight: 3, arbitrary: oneOf(...LEVELS).map(asJson) }, near(...LEVELS)),
  amr: fc.oneof({ weight: 3, arbitrary: methods }, near('mfa')),
  groups: near('admin'),
  'custom:groups': near('admin'),
}

/** Further claims that have a type, and names that no object should trust. */
export const OTHERS: Readonly<Record<string, Arbitrary<Value>>> = {
  ...Object.fromEntries(
    ['username', 'device_key', 'jti', 'origin_jti', 'event_id'].map((name) => [name, text]),
  ),
  ...Object.fromEntries(['nonce', 'at_hash', 'email', 'phone_number', 'name'].map((name) => [name, text])),
  ...Object.fromEntries(['given_name', 'family_name', 'preferred_username'].map((name) => [name, text])),
  'cognito:username': text,
  'cognito:preferred_role': text,
  'cognito:roles': groups,
  identities: oneOf('[]', '[{}]', '[1]', '{}', '"[]"', 'null').map(json),
  email_verified: flag,
  phone_number_verified: flag,
  version: fc.oneof(oneOf('2', '2.5', '"2"').map(json), oddValue),
  ...Object.fromEntries(
    ['__proto__', 'constructor', 'toString', 'hasOwnProperty'].map((name) => [name, oddValue]),
  ),
}

/** Times one by one. */
export const TIMES: Readonly<Record<string, Arbitrary<Value>>> = {
  exp: time(-5, 0, 86_399, 86_459),
  iat: time(60, 0, -82_860, -82_861),
  nbf: time(60, 0),
}

const algorithms = ['RS256', 'none', 'HS256', 'RS384', 'RS512', 'PS256', 'ES256', 'EdDSA']
const forbidden = ['crit', 'b64', 'zip', 'enc', 'jku', 'jwk', 'x5u', 'x5c', 'cty', 'epk', 'p2c', '__proto__']
const harmless = ['x', 'Crit', 'JKU', 'crit ', 'apu', 'x5t', 'x5t#S256', 'url', 'constructor', 'nonce', 'iss']

/** Members of the header. */
export const HEADER: Readonly<Record<string, Arbitrary<Value>>> = {
  alg: near(...algorithms),
  kid: fc.oneof(
    near(KIDS.access, KIDS.id),
    oneOf(255, 256, 257).map((length) => asJson('k'.repeat(length))),
  ),
  typ: near('JWT', 'jwt', 'at+jwt', 'application/at+jwt', 'application/jwt', 'dpop+jwt', 'JOSE'),
  ...Object.fromEntries([...forbidden, ...harmless].map((name) => [name, oddValue])),
}

const digits = fc.tuple(
  oneOf('', '-', '+', ' '),
  oneOf('', '0', '00'),
  fc.nat(99),
  oneOf('', '.', '.0', '.50', 'e1', ' '),
)
const wholes = oneOf(
  '9007199254740991',
  '9007199254740992',
  '-9007199254740991',
  '1e3',
  '0x10',
  '-0',
  '-0.0',
  '0',
  '',
)
const numeric = fc.oneof(
  wholes,
  digits.map((parts) => parts.join('')),
)
const pad = (width: number, max: number) => fc.nat(max).map((value) => String(value).padStart(width, '0'))
const day = fc.tuple(oneOf('2023', '2024', '1900', '2000', '0000', '9999', '20 4'), pad(2, 13), pad(2, 32))
const zone = oneOf('Z', 'z', '', '+00:00', '-00:00', '+23:59', '-23:59', '+24:00', '+01:60', '+0100', '+01')
const clock = fc.tuple(
  pad(2, 24),
  oneOf('00', '59', '60'),
  oneOf('00', '59', '60'),
  oneOf('', '.5', '.123456789', '.', ',5'),
)
const moment = fc.tuple(oneOf('T', 't', ' '), clock, zone)
const date = fc
  .tuple(day, fc.option(moment))
  .map(
    ([parts, rest]) =>
      parts.join('-') + (rest ? rest[0] + rest[1].slice(0, 3).join(':') + rest[1][3] + rest[2] : ''),
  )

const ATTRIBUTE_TEXTS: Readonly<Record<AttributeType, Arbitrary<string>>> = {
  string: fc.string({ maxLength: 3 }),
  integer: numeric,
  number: numeric,
  boolean: oneOf('true', 'false', 'True', ' true', 'true ', '1', '0', 'yes', ''),
  strings: oneOf(
    '[]',
    '["a"]',
    '["a",1]',
    ' ["a"] ',
    '["a"',
    '["a",]',
    '[["a"]]',
    '{}',
    'a,b',
    '["\\u0061"]',
    '"a"',
  ),
  object: oneOf(
    '{}',
    '{"a":1}',
    '{"a":1,"a":2}',
    '{"__proto__":1}',
    '{"b":1,"0":2}',
    '[]',
    '{',
    '{}{}',
    'null',
    ' {} ',
  ),
  date,
}

const parsed = (value: string): Value => {
  try {
    return asJson(JSON.parse(value))
  } catch {
    return asJson(value)
  }
}

/** Custom attributes: texts in and near their grammar, and the values themselves. */
export const CUSTOM: Readonly<Record<string, Arbitrary<Value>>> = Object.fromEntries(
  Object.values(ATTRIBUTES).map(({ wire, type }) => [
    wire,
    fc.oneof(
      { weight: 6, arbitrary: ATTRIBUTE_TEXTS[type].map(asJson) },
      { weight: 2, arbitrary: ATTRIBUTE_TEXTS[type].map(parsed) },
      { weight: 1, arbitrary: oddValue },
    ),
  ]),
)

/** Changes of members of a table. Most set one; some drop it or write it twice. */
export function edits(table: Readonly<Record<string, Arbitrary<Value>>>, maxLength = 2): Arbitrary<Edit[]> {
  const op = fc.oneof(
    { weight: 7, arbitrary: fc.constant('set' as const) },
    oneOf<Edit['op']>('drop', 'first', 'last'),
  )
  const each = Object.entries(table).map(([name, value]) =>
    fc.record({ op, key: fc.constant(JSON.stringify(name)), value }),
  )
  return fc.array(fc.oneof(...each), { minLength: 1, maxLength })
}
