/**
 * Which keys a document publishes: real RSA keys, whole sets, moduli that are weak by their form, and what the second
 * reader says of each key.
 * @module
 */
import {
  checkPrimeSync,
  createPrivateKey,
  createPublicKey,
  generatePrimeSync,
  randomBytes,
} from 'node:crypto'
import t, { type Test } from 'tap'
import { type PublishedKey, toJwk, toPublicKey } from '../../src/keys/jwk.js'
import { readEntries, readKeySet, toKeySet } from '../../src/keys/key-set.js'
import { isWeakByRoca } from '../../src/keys/roca.js'
import { agreesOn } from '../../src/keys/second-reader.js'
import { generateKeys } from '../support/generate-keys.js'
import { TestClock } from '../support/test-clock.js'

type Jwk = Readonly<Record<string, unknown>>

const jwkOf = (pem: string): Jwk => ({ ...createPublicKey(pem).export({ format: 'jwk' }) })

const rsa = (modulusLength: number, publicExponent = 0x10001) =>
  generateKeys('rsa', { modulusLength, publicExponent })
const ec = () => generateKeys('ec', { namedCurve: 'P-256' })

const { publicKey: publishedPem, privateKey } = rsa(2048)
const { publicKey: otherPem } = rsa(2048)
const genuine: Jwk = { ...jwkOf(publishedPem), kid: 'k', use: 'sig', alg: 'RS256' }
const other: Jwk = { ...jwkOf(otherPem), kid: 'other', use: 'sig', alg: 'RS256' }
const curve: Jwk = {
  ...jwkOf(ec().publicKey),
  kid: 'k',
  use: 'sig',
  alg: 'ES256',
}

function publishedKey(jwk: Jwk): PublishedKey {
  const key = toPublicKey(jwk)
  if (key === undefined) throw new Error('the key is usable')
  return key
}

const kidsOf = (...keys: readonly unknown[]) => [...(readKeySet({ keys }) ?? new Map()).keys()]

t.test('a genuine key becomes PEM of its modulus and exponent alone', async (t) => {
  const { n, e } = genuine
  for (const change of [
    {},
    { use: undefined },
    { alg: undefined },
    { key_ops: ['verify'] },
    { key_ops: ['sign', 'verify'] },
    { x5c: ['junk'] },
    { x: 1 },
    { kid: 7 },
  ]) {
    t.strictSame(toPublicKey({ ...genuine, ...change }), { n, e, pem: publishedPem }, JSON.stringify(change))
  }
})

t.test('a key of 3,072 and one of 8,192 bits are usable', async (t) => {
  t.ok(toPublicKey(jwkOf(rsa(3072).publicKey)))
  // Nobody holds its private key: a product of two primes would take a minute to be made.
  t.ok(toPublicKey({ ...genuine, n: oddNumber(8192) }))
})

/** The modulus of a key that nobody could sign with, of so many bits. */
function oddNumber(bits: number): string {
  const bytes = randomBytes(Math.ceil(bits / 8))
  bytes[0] = bits % 8 === 0 ? 0x80 | (bytes[0] ?? 0) : 1 << ((bits % 8) - 1)
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 1
  return bytes.toString('base64url')
}

t.test('RFC 7517 §4, RFC 7518 §3.3, FIPS 186-5 §5.4: any other key is unusable', async (t) => {
  const changes: Jwk[] = [
    { kty: 'oct', k: 'c2VjcmV0' },
    { kty: undefined },
    { kty: 'rsa' },
    { use: 'enc' },
    { use: null },
    { alg: 'RS512' },
    { alg: 'HS256' },
    { alg: null },
    { key_ops: ['sign'] },
    { key_ops: [] },
    { key_ops: 'verify' },
    { key_ops: null },
    { d: createPrivateKey(privateKey).export({ format: 'jwk' }).d },
    { d: null },
    { n: undefined },
    { n: 7 },
    { n: '' },
    { n: '!!' },
    { e: undefined },
    { e: 65_537 },
    { e: '' },
    { e: 'AQ' },
    { e: 'AQAA' },
    { e: 'AQAC' },
    jwkOf(rsa(1024).publicKey),
    { n: oddNumber(2047) },
    { n: oddNumber(8193) },
    jwkOf(rsa(2048, 3).publicKey),
    curve,
  ]
  for (const change of changes) {
    t.equal(toPublicKey({ ...genuine, ...change }), undefined, JSON.stringify(change).slice(0, 60))
  }
  t.equal(toPublicKey({}), undefined)
})

t.test('an exponent of exactly 65,537 is the smallest', async (t) => {
  const exponent = (value: number) =>
    Buffer.from(value.toString(16).padStart(6, '0'), 'hex').toString('base64url')
  t.equal(exponent(65_537), genuine['e'])
  t.equal(toPublicKey({ ...genuine, e: exponent(65_535) }), undefined)
  t.equal(toPublicKey({ ...genuine, e: exponent(65_538) }), undefined, 'an even one')
  t.ok(toPublicKey({ ...genuine, e: exponent(65_539) }))
})

t.test('CVE-2017-15361: a modulus of the form that the faulty library made is unusable', async (t) => {
  const [p, q] = [weakPrime(), weakPrime()]
  const weak = toHex(p * q)
  t.equal((p * q).toString(2).length, 2048)
  const jwk = { ...genuine, n: weak }
  t.ok(createPublicKey({ key: jwk, format: 'jwk' }), 'OpenSSL takes it')
  t.ok(isWeakByRoca(weak))
  t.equal(toPublicKey(jwk), undefined)
  t.strictSame(kidsOf(jwk, other), ['other'])

  const sound = generatePrimeSync(1024, { bigint: true, safe: false })
  t.notOk(isWeakByRoca(toHex(p * sound)), 'one prime of the form alone does not show')
  for (const { n } of [publishedKey(genuine), publishedKey(other)]) t.notOk(isWeakByRoca(n))
})

const toHex = (number: bigint) =>
  Buffer.from(number.toString(16).padStart(512, '0'), 'hex').toString('base64url')

/** A prime as Infineon's library made them: `k * M + (65537^a mod M)`, M the product of all primes up to 701. */
function weakPrime(): bigint {
  const primes = Array.from({ length: 702 }, (_, index) => index).filter(
    (number) => number > 1 && checkPrimeSync(BigInt(number)),
  )
  const product = primes.reduce((all, prime) => all * BigInt(prime), 1n)
  const [low, high] = [(3n * 2n ** 1022n) / product + 1n, 2n ** 1024n / product - 1n]
  for (;;) {
    const k = low + (BigInt(`0x${randomBytes(16).toString('hex')}`) % (high - low))
    const exponent = randomBytes(4).readUInt32BE()
    const candidate = k * product + power(65_537n, exponent, product)
    if (checkPrimeSync(candidate)) return candidate
  }
}

function power(base: bigint, exponent: number, modulus: bigint): bigint {
  let [result, square] = [1n, base]
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = (result * square) % modulus
    square = (square * square) % modulus
  }
  return result
}

t.test('a set keeps all of its usable keys', async (t) => {
  const keys = readKeySet({ keys: [genuine, other] })
  t.strictSame(
    [...(keys ?? [])],
    [
      ['k', publishedKey(genuine)],
      ['other', publishedKey(other)],
    ],
  )
})

t.test('entries that are no usable keys are passed over, whatever they are', async (t) => {
  const beside: readonly (readonly unknown[])[] = [
    [null],
    [7, 'text', true],
    [[], [genuine]],
    [{}],
    [curve],
    [{ ...genuine, use: 'enc' }],
    [{ ...genuine, n: 'AQAB' }],
    [{ ...genuine, kid: undefined }],
    [JSON.parse('{"__proto__": {"kid": "k"}}')],
  ]
  for (const entries of beside) {
    t.strictSame(kidsOf(...entries, genuine, other), ['k', 'other'], JSON.stringify(entries).slice(0, 60))
    t.strictSame(kidsOf(genuine, other, ...entries), ['k', 'other'], 'also after them')
    t.strictSame(kidsOf(...entries), [], 'and alone they are a set without a key')
  }
})

t.test('a key id is a text that a token can name', async (t) => {
  for (const kid of ['k', '!~', 'a/b+c=', 'x'.repeat(256)]) t.strictSame(kidsOf({ ...genuine, kid }), [kid])
  for (const kid of ['', ' ', 'a b', 'ä', 'a\n', 'x'.repeat(257), 7, null, undefined, ['k']]) {
    t.strictSame(kidsOf({ ...genuine, kid }, other), ['other'], JSON.stringify(kid)?.slice(0, 20))
  }
  const inherited = Object.assign(Object.create({ kid: 'k' }), { ...genuine, kid: undefined })
  delete inherited.kid
  t.equal(inherited.kid, 'k')
  t.strictSame(kidsOf(inherited, other), ['other'], 'of its own')
})

t.test('a key that is published twice is one key', async (t) => {
  t.strictSame(kidsOf(genuine, other, genuine), ['k', 'other'])
  t.strictSame(kidsOf(genuine, { ...genuine, alg: undefined, x5t: 'a' }), ['k'])
})

t.test('a key id of two different keys is of neither', async (t) => {
  const { n } = other
  t.strictSame(kidsOf(genuine, { ...genuine, n }, other), ['other'])
  t.strictSame(kidsOf({ ...genuine, n }, genuine, other), ['other'])
  t.strictSame(
    kidsOf(genuine, { ...genuine, n }, genuine, other),
    ['other'],
    'not of the one that has more entries',
  )
  t.strictSame(kidsOf(genuine, { ...genuine, e: 'AQAD' }), [], 'the exponent counts')
})

t.test('what is no key set is none', async (t) => {
  for (const content of [
    null,
    undefined,
    7,
    'text',
    [],
    [genuine],
    {},
    genuine,
    { keys: null },
    { keys: {} },
    { keys: { length: 1 } },
    { keys: { length: 1, 0: genuine } },
    { keys: 'text' },
    { keys: [] },
    { Keys: [genuine] },
    Object.create({ keys: [genuine] }),
  ]) {
    t.equal(readEntries(content), undefined, JSON.stringify(content)?.slice(0, 40))
    t.equal(readKeySet(content), undefined)
  }
})

t.test('a set of a hundred entries is read, a larger one is not', async (t) => {
  const entries = Array.from({ length: 99 }, (_, index) => ({ kid: `ec-${index}` }))
  t.equal(readEntries({ keys: [...entries, genuine] })?.length, 100)
  t.strictSame(kidsOf(...entries, genuine), ['k'])
  t.equal(readEntries({ keys: [...entries, other, genuine] }), undefined)
  t.equal(readKeySet({ keys: [...entries, null, genuine] }), undefined, 'whatever the entries are')
})

t.test('a set is written so that it can be read again', async (t) => {
  const keys = readKeySet({ keys: [{ ...genuine, x5c: ['junk'] }, curve, other] }) ?? new Map()
  const written = toKeySet(keys)
  t.strictSame(written, { keys: [genuine, other] }, 'with nothing but what a key consists of')
  t.strictSame(readKeySet(JSON.parse(JSON.stringify(written))), keys)
})

t.test('the second reader agrees on a genuine key, whatever its id', async (t) => {
  const clock = new TestClock()
  for (const kid of ['k', 'a/b+c=', 'ü', 'constructor'])
    t.equal(await agreesOn(kid, publishedKey(genuine), clock), true)
  t.equal(clock.pending, 0, 'and no timer is left')
})

t.test('a key that the second reader does not find, or finds otherwise, is not agreed on', async (t) => {
  const clock = new TestClock()
  const key = publishedKey(genuine)
  t.equal(await agreesOn('k', { ...key, pem: otherPem }, clock), false)
  t.equal(await agreesOn('k', { ...key, n: 'AQAB' }, clock), false)
  for (const answer of [
    { keys: [{ ...genuine, kid: 'another' }] },
    { keys: [{ ...genuine, alg: 'RS512' }] },
    { keys: [{ ...genuine, n: other['n'] }] },
  ]) {
    replaceFetch(t, async () => Response.json(answer))
    t.equal(await agreesOn('k', key, clock), false, JSON.stringify(answer).slice(-20))
  }
  replaceFetch(t, async () => Response.json({ keys: [genuine] }))
  t.equal(await agreesOn('k', key, clock), true)
})

t.test('it is given the one key as a data URL, and nothing goes to the network', async (t) => {
  const urls: string[] = []
  const { fetch } = globalThis
  replaceFetch(t, (url, init) => {
    urls.push(String(url))
    return fetch(url, init)
  })
  t.equal(await agreesOn('k', publishedKey(genuine), new TestClock()), true)
  t.equal(urls.length, 1)
  const [, base64 = ''] = /^data:application\/json;base64,(.+)$/.exec(urls[0] ?? '') ?? []
  t.strictSame(JSON.parse(Buffer.from(base64, 'base64').toString()), {
    keys: [toJwk('k', publishedKey(genuine))],
  })
})

t.test('a second reader that cannot read is no verdict', async (t) => {
  const clock = new TestClock()
  const answers: readonly (typeof fetch)[] = [
    async () => {
      throw new TypeError('data: URLs are refused')
    },
    () => Promise.reject(undefined),
    async () => Response.json({ message: 'not mocked' }, { status: 404 }),
    async () => Response.json({}),
    async () => new Response('<html>'),
  ]
  for (const answer of answers) {
    replaceFetch(t, answer)
    t.equal(await agreesOn('k', publishedKey(genuine), clock), true)
  }
  t.equal(clock.pending, 0)
})

t.test('a second reader that never answers is no verdict, after half a second', async (t) => {
  const clock = new TestClock()
  replaceFetch(t, () => new Promise(() => {}))
  let verdict: boolean | undefined
  const asked = agreesOn('k', publishedKey(genuine), clock).then((isAgreed) => {
    verdict = isAgreed
  })
  await clock.advance(499)
  t.equal(verdict, undefined)
  await clock.advance(1)
  await asked
  t.equal(verdict, true)
})

/** Replaces `fetch` as applications do in their tests. The genuine one is back when the test ends. */
function replaceFetch(test: Test, replacement: typeof fetch): void {
  test.intercept(globalThis, 'fetch', { value: replacement, configurable: true, writable: true })
}
