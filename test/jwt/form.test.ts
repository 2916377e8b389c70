/**
 * The strict form of a token: what `test/attacks/table.test.ts` does not see from outside.
 * @module
 */
import t from 'tap'
import { createTokenParser } from '../../src/jwt/form.js'
import { TestIssuer } from '../../src/testing/index.js'

const issuer = await TestIssuer.start()
const pool = issuer.createPool()
t.teardown(() => issuer.close())

t.test('the length is looked at before anything else', async (t) => {
  const token = pool.accessToken()
  t.equal(createTokenParser(token.length).parse(token).kid, pool.kid())
  t.throws(() => createTokenParser(token.length - 1).parse(token), {
    name: 'CognitoError',
    reasonCode: 'TOKEN_TOO_LONG',
    reason: /^the token is longer than maxTokenLength: raise that option/,
  })
  t.throws(() => createTokenParser(8192).parse('x '.repeat(9000)), { code: 'COGNITO_ERR_REQUEST_INVALID' })
})

t.test('the header of a genuine token is read once, and a bounded number is remembered', async (t) => {
  const parser = createTokenParser(8192)
  const token = pool.accessToken()
  const parsed = parser.parse(token)
  parser.learn(parsed)
  t.strictSame(parser.parse(token), parsed)
  for (let index = 0; index < 1000; index += 1) parser.learn({ ...parsed, header: `other-${index}` })
  t.strictSame(parser.parse(token), parsed, 'and read again where it was forgotten')
})

// Letters of which the lowest bits, all that a decoder may look at, are those of A; and halves of pairs of UTF-16.
const CHARACTERS = [
  ...Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)),
  ...['\u0141', '\u{10041}', '\ud800'],
]

/** A text with each character in the place of one, and before it. */
const spell = (text: string, place: number) =>
  CHARACTERS.flatMap((character) =>
    [0, 1].map((width) => text.slice(0, place) + character + text.slice(place + width)),
  )

/** A text changed at its begin and at its end, where the last bits are. */
const misspell = (text: string) =>
  [0, 1, 2, 3, text.length - 2, text.length - 1, text.length].flatMap((place) => spell(text, place))

t.test('a part has one spelling: that which its bytes are encoded to', async (t) => {
  const parser = createTokenParser(8192)
  const parts = pool.accessToken().split('.') as [string, string, string]
  const isAccepted = (at: number, part: string) => {
    try {
      return parser.parse(parts.with(at, part).join('.')).kid === pool.kid()
    } catch {
      return false
    }
  }
  const isCanonical = (part: string) => Buffer.from(part, 'base64url').toString('base64url') === part
  for (const at of [0, 1, 2] as const) {
    const accepted = misspell(parts[at]).filter((part) => isAccepted(at, part))
    t.ok(accepted.includes(parts[at]), 'what was not changed')
    t.strictSame(
      accepted.filter((part) => !isCanonical(part)),
      [],
    )
  }
  for (const bytes of [256, 257, 258]) {
    const signatures = spell(
      Buffer.alloc(bytes, 7).toString('base64url').slice(0, -1),
      Number.POSITIVE_INFINITY,
    )
    const accepted = signatures.filter((signature) => isAccepted(2, signature))
    t.strictSame(accepted, signatures.filter(isCanonical))
    t.ok(accepted.length > 1)
  }
})

t.test('a token of any length that is allowed is read', async (t) => {
  const parser = createTokenParser(100_000)
  for (const length of [5000, 6143, 6144, 6145, 60_000]) {
    const name = 'x'.repeat(length)
    t.match(parser.parse(pool.accessToken({ name })).payload, { name })
  }
})

t.test('what is not UTF-8 is refused, and the sign that stands for it is not', async (t) => {
  const parser = createTokenParser(8192)
  const [header, , signature] = pool.accessToken().split('.') as [string, string, string]
  const parse = (payload: Buffer) =>
    parser.parse([header, payload.toString('base64url'), signature].join('.'))
  t.strictSame(parse(Buffer.from('{"sub":"\ufffd é 😀"}')).payload, { sub: '\ufffd é 😀' })
  for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
    const payload = Buffer.concat([Buffer.from('{"sub":"\ufffd'), Buffer.from(bytes), Buffer.from('"}')])
    t.throws(() => parse(payload), {
      name: 'CognitoError',
      reasonCode: 'PAYLOAD_NOT_AN_OBJECT',
      reason: 'the payload is not a JSON object in UTF-8',
    })
  }
})
