/**
 * The strict form of a token: what `test/attacks.test.ts` does not see from outside.
 * @module
 */
import t from 'tap'
import { createTokenParser } from '../src/jwt.js'
import { TestIssuer } from '../src/testing.js'

const issuer = await TestIssuer.start()
const pool = issuer.createPool()
t.teardown(() => issuer.close())

t.test('the length is looked at before anything else', async (t) => {
  const token = pool.accessToken()
  t.equal(createTokenParser(token.length).parse(token).kid, pool.kid())
  t.throws(() => createTokenParser(token.length - 1).parse(token), {
    name: 'CognitoError',
    reason: 'the token is longer than maxTokenLength',
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

t.test('a part has one spelling: that which its bytes are encoded to', async (t) => {
  const parser = createTokenParser(8192)
  const token = pool.accessToken()
  const parts = token.split('.') as [string, string, string]
  const isAccepted = (text: string) => {
    try {
      return parser.parse(text).kid === pool.kid()
    } catch {
      return false
    }
  }
  const isCanonical = (part: string) => Buffer.from(part, 'base64url').toString('base64url') === part
  // Letters of which the lowest bits, all that a decoder may look at, are those of A; and a pair that UTF-16 has for one.
  const others = ['\u0141', '\u{10041}', '\ud800']
  const characters = [...Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)), ...others]
  let accepted = 0
  for (const at of [0, 1, 2] as const) {
    const part = parts[at]
    for (const place of [0, 1, 2, 3, part.length - 2, part.length - 1, part.length]) {
      for (const character of characters) {
        for (const width of [0, 1]) {
          const changed = part.slice(0, place) + character + part.slice(place + width)
          const text = parts.with(at, changed).join('.')
          if (!isAccepted(text)) continue
          accepted += 1
          t.ok(isCanonical(changed), `${at} ${place} ${JSON.stringify(character)}`)
        }
      }
    }
  }
  t.ok(accepted >= 3, 'what was not changed, at the least')
  for (const bytes of [256, 257, 258]) {
    for (const last of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
      const signature = Buffer.alloc(bytes, 7).toString('base64url').slice(0, -1) + last
      t.equal(isAccepted(parts.with(2, signature).join('.')), isCanonical(signature), `${bytes} ${last}`)
    }
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
      reason: 'the payload is not a JSON object in UTF-8',
    })
  }
})
