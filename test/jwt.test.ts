/**
 * The door of `@fastify/jwt`: what the way we host it relies on, and that nothing of its errors gets out.
 * @module
 */
import { createPublicKey } from 'node:crypto'
import fastifyJwt from '@fastify/jwt'
import t from 'tap'
import { createSignatureCheck, createTokenParser } from '../src/jwt.js'
import { TestIssuer } from '../src/testing.js'

const issuer = await TestIssuer.start()
const pool = issuer.createPool()
t.teardown(() => issuer.close())
const pem = () => createPublicKey(pool.privateKey()).export({ type: 'spki', format: 'pem' }).toString()

t.test(
  '@fastify/jwt asks its host for three functions and answers at once, as the way we host it needs',
  async (t) => {
    const calls: string[] = []
    const host: Record<string, unknown> = {}
    const record = (kind: string) => (name: string, value: unknown) => {
      calls.push(`${kind} ${name}`)
      host[name] = value
    }
    const spy = new Proxy(
      {
        decorate: record('decorate'),
        decorateRequest: record('decorateRequest'),
        decorateReply: record('decorateReply'),
      },
      {
        get(target, name) {
          if (!Object.hasOwn(target, name)) t.fail(`asked for ${String(name)}`)
          return Reflect.get(target, name)
        },
      },
    )
    let answered = false
    fastifyJwt(spy as never, { secret: { public: pem() } } as never, (error?: Error) => {
      answered = error === undefined
    })
    t.ok(answered, 'synchronously')
    t.match(calls, [
      'decorateRequest user',
      'decorate jwt',
      /decorateRequest/,
      /decorateRequest/,
      /decorateReply/,
    ])
    const { verify } = host['jwt'] as { verify: (token: string) => unknown }
    t.match(verify(pool.accessToken()), { token_use: 'access' }, 'verify is synchronous')
  },
)

t.test('a check is of one key; whatever the library throws is one refusal', async (t) => {
  const check = createSignatureCheck(pem(), 5)
  const token = pool.accessToken()
  t.doesNotThrow(() => check(token))
  const wrong = [
    `${token.slice(0, -8)}AAAAAAAA`,
    pool.idToken(),
    '',
    'a.b',
    'a.b.c',
    pool.accessToken({}, { alg: 'HS256' }),
    pool.accessToken({}, { crit: ['x'] }),
  ]
  for (const text of [
    ...wrong,
    pool.accessToken({ exp: 1 }),
    pool.accessToken({ nbf: 9e9 }),
    pool.accessToken({ iss: undefined }),
  ]) {
    t.throws(() => check(text), {
      code: 'COGNITO_ERR_TOKEN_INVALID',
      cause: undefined,
      reason: 'the signature is not of the key that the token names',
    })
  }
  t.throws(() => createSignatureCheck('no key', 5))
})

t.test('its own check of the times stands behind ours, at least as wide', async (t) => {
  const now = Math.floor(Date.now() / 1000)
  const check = createSignatureCheck(pem(), 300)
  t.doesNotThrow(() => check(pool.accessToken({ iat: now - 500, exp: now - 290 })))
  t.throws(() => check(pool.accessToken({ iat: now - 500, exp: now - 310 })))
})

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
