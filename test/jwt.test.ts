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
