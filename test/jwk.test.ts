/**
 * Which published keys may check a signature, on real keys.
 * @module
 */
import { createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import t from 'tap'
import { toPublicKeyPem } from '../src/jwk.js'

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const genuine = { ...publicKey.export({ format: 'jwk' }), kid: 'k', use: 'sig', alg: 'RS256' } as Record<
  string,
  unknown
>
const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' })
const weak = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).publicKey.export({
  format: 'jwk',
})
const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })

t.test('a genuine key becomes PEM of its modulus and exponent alone', async (t) => {
  const pem = publicKey.export({ type: 'spki', format: 'pem' })
  t.equal(toPublicKeyPem(genuine, 'k'), pem)
  for (const change of [
    { use: undefined },
    { alg: undefined },
    { key_ops: ['verify'] },
    { x5c: ['junk'] },
    { x: 1 },
  ]) {
    t.equal(toPublicKeyPem({ ...genuine, ...change }, 'k'), pem, JSON.stringify(change))
  }
  const strong = createPublicKey({
    key: {
      ...generateKeyPairSync('rsa', { modulusLength: 3072 }).publicKey.export({ format: 'jwk' }),
    } as JsonWebKey,
    format: 'jwk',
  })
  t.ok(toPublicKeyPem({ ...strong.export({ format: 'jwk' }), kid: 'k' }, 'k'))
})

t.test('RFC 7517 §4, FIPS 186-5: any other key is unusable', async (t) => {
  const changes: Record<string, unknown>[] = [
    { kid: 'other' },
    { kid: undefined },
    { kty: 'oct', k: 'c2VjcmV0' },
    { kty: undefined },
    { kty: 'rsa' },
    { use: 'enc' },
    { use: null },
    { alg: 'RS512' },
    { alg: 'HS256' },
    { alg: null },
    { key_ops: ['sign'] },
    { key_ops: 'verify' },
    { key_ops: null },
    { d: privateKey.export({ format: 'jwk' }).d },
    { n: undefined },
    { n: 7 },
    { n: '' },
    { n: '!!' },
    { e: undefined },
    { e: '' },
    { e: 'AQ' },
    { e: 'AQAA' },
    { e: 'AQAC' },
    small as Record<string, unknown>,
    weak as Record<string, unknown>,
    { n: `_${'_'.repeat(1400)}` },
    curve as Record<string, unknown>,
  ]
  for (const change of changes) {
    t.equal(toPublicKeyPem({ ...genuine, ...change }, 'k'), undefined, JSON.stringify(change).slice(0, 60))
  }
})
