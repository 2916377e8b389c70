/**
 * The signature of a token, the door of `@fastify/jwt`: what the way we host it relies on, that two verifiers have to
 * agree on a key, and that nothing of their errors gets out.
 * @module
 */
import { createPublicKey } from 'node:crypto'
import fastifyJwt from '@fastify/jwt'
import t from 'tap'
import { createSignatureCheck } from '../../src/jwt/signature.js'
import { TestIssuer } from '../../src/testing/index.js'
import { generateKeys } from '../support/generate-keys.js'

const issuer = await TestIssuer.start()
const pool = issuer.createPool()
t.teardown(() => issuer.close())
const pem = () => createPublicKey(pool.privateKey()).export({ type: 'spki', format: 'pem' }).toString()

const signatureOf = (token: string) => Buffer.from(token.split('.')[2] ?? '', 'base64url')

/** A check of the pool's key, of whole tokens. */
function createCheck(tolerance = 5) {
  const check = createSignatureCheck(pem(), tolerance)
  return (token: string) => check(token, signatureOf(token))
}

const REFUSAL = {
  code: 'COGNITO_ERR_TOKEN_INVALID',
  cause: undefined,
  reasonCode: 'SIGNATURE_MISMATCH',
  reason: 'the signature is not of the key that the token names',
}

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

t.test(
  'a check is of one key, for the first token and for all others; every refusal is the same',
  async (t) => {
    const token = pool.accessToken()
    const signature = signatureOf(token)
    const [header, payload] = token.split('.') as [string, string]
    const withSignature = (bytes: Uint8Array) =>
      `${header}.${payload}.${Buffer.from(bytes).toString('base64url')}`
    const wrong = [
      withSignature(signature.map((byte, index) => (index === 100 ? byte ^ 1 : byte))),
      withSignature(signature.subarray(0, 255)),
      withSignature(Buffer.concat([signature, Buffer.alloc(1)])),
      withSignature(Buffer.alloc(256)),
      withSignature(Buffer.alloc(0)),
      pool.accessToken({ sub: 'other' }).replace(/[^.]*$/, token.split('.')[2] ?? ''),
      pool.idToken(),
    ]
    const check = createCheck()
    for (const text of wrong) t.throws(() => check(text), REFUSAL, 'before the verifiers agreed')
    t.doesNotThrow(() => check(token))
    for (const text of wrong) t.throws(() => check(text), REFUSAL, 'after it')
    t.doesNotThrow(() => check(pool.accessToken()))
  },
)

t.test('no key is believed before @fastify/jwt has accepted a token of it', async (t) => {
  const check = createCheck()
  const refusedByLibrary = [
    pool.accessToken({}, { alg: 'HS256' }),
    pool.accessToken({}, { crit: ['x'] }),
    pool.accessToken({ exp: 1 }),
    pool.accessToken({ nbf: 9e9 }),
    pool.accessToken({ iss: undefined }),
  ]
  for (const token of [...refusedByLibrary, ...refusedByLibrary]) t.throws(() => check(token), REFUSAL)
  check(pool.accessToken())
  for (const token of refusedByLibrary) t.doesNotThrow(() => check(token), 'all else is checked elsewhere')
})

t.test('the library agrees on each key for itself', async (t) => {
  const expired = pool.accessToken({ exp: 1 })
  const [used, unused] = [createCheck(), createCheck()]
  used(pool.accessToken())
  t.doesNotThrow(() => used(expired))
  t.throws(() => unused(expired), REFUSAL)
})

t.test('where the verifier of the library cannot be made, no token is believed', async (t) => {
  const check = createCheck(Number.POSITIVE_INFINITY)
  for (let time = 0; time < 2; time += 1) t.throws(() => check(pool.accessToken()), REFUSAL)
})

t.test('what is no RSA public key is refused before the first token', async (t) => {
  const refused = {
    'a text': 'no key',
    'a key that was cut off': pem().slice(0, 200),
    'a private key': generateKeys('rsa', { modulusLength: 2048 }).privateKey,
    'a key of RSASSA-PSS': generateKeys('rsa-pss', { modulusLength: 2048 }).publicKey,
    'a key of ECDSA': generateKeys('ec', { namedCurve: 'P-256' }).publicKey,
    'a key of EdDSA': generateKeys('ed25519').publicKey,
  }
  for (const [name, text] of Object.entries(refused)) {
    t.type(text, 'string', name)
    t.throws(() => createSignatureCheck(`${text}`, 5), name)
  }
  t.doesNotThrow(() => createSignatureCheck(pem(), 5))
})

t.test('its own check of the times is at least as wide as ours', async (t) => {
  const now = Math.floor(Date.now() / 1000)
  t.doesNotThrow(() => createCheck(300)(pool.accessToken({ iat: now - 500, exp: now - 290 })))
  t.throws(() => createCheck(300)(pool.accessToken({ iat: now - 500, exp: now - 310 })))
})
