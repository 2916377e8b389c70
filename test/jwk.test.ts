/**
 * Which published keys may check a signature, on real keys.
 * @module
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { toPublicKeyPem } from '../src/jwk.js'

const toJwk = (pem: string) => createPublicKey(pem).export({ format: 'jwk' })

// As text: Node 20 may deadlock where the key objects of a generation are exported.
const rsa = (modulusLength: number, publicExponent = 0x10001) =>
  generateKeyPairSync('rsa', {
    modulusLength,
    publicExponent,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
const ec = () =>
  generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })

const { publicKey: publishedPem, privateKey } = rsa(2048)
const genuine: Readonly<Record<string, unknown>> = {
  ...toJwk(publishedPem),
  kid: 'k',
  use: 'sig',
  alg: 'RS256',
}
const small = toJwk(rsa(1024).publicKey)
const weak = toJwk(rsa(2048, 3).publicKey)
const curve = toJwk(ec().publicKey)

t.test('a genuine key becomes PEM of its modulus and exponent alone', async (t) => {
  t.equal(toPublicKeyPem(genuine, 'k'), publishedPem)
  for (const change of [
    { use: undefined },
    { alg: undefined },
    { key_ops: ['verify'] },
    { x5c: ['junk'] },
    { x: 1 },
  ]) {
    t.equal(toPublicKeyPem({ ...genuine, ...change }, 'k'), publishedPem, JSON.stringify(change))
  }
  t.ok(toPublicKeyPem({ ...toJwk(rsa(3072).publicKey), kid: 'k' }, 'k'))
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
    { d: createPrivateKey(privateKey).export({ format: 'jwk' }).d },
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
