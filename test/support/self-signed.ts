/**
 * A certificate that nobody trusts, for a TLS server on loopback.
 * @module
 */
import { generateKeyPairSync, sign } from 'node:crypto'

/** What `https.createServer` takes. */
export interface KeyAndCertificate {
  /** PKCS #8 in PEM. */
  readonly key: string
  /** X.509 in PEM. */
  readonly cert: string
}

/** DER (X.690 §8.1): a tag, a length, and what is inside. */
function encode(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content)
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 255]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}

const sequence = (...content: readonly Buffer[]) => encode(0x30, ...content)
const set = (...content: readonly Buffer[]) => encode(0x31, ...content)
const bits = (content: Buffer) => encode(0x03, Buffer.from([0]), content)
const text = (tag: number, value: string) => encode(tag, Buffer.from(value))

/** sha256WithRSAEncryption (RFC 4055 §5) */
const RS256 = sequence(Buffer.from('06092a864886f70d01010b0500', 'hex'))
/** id-at-commonName (RFC 5280 §A.1) */
const COMMON_NAME = Buffer.from('0603550403', 'hex')

/** Makes a certificate of `localhost` that signs itself (RFC 5280 §4.1), valid until 2049. */
export function createSelfSigned(): KeyAndCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const name = sequence(set(sequence(COMMON_NAME, text(0x0c, 'localhost'))))
  const validity = sequence(text(0x17, '200101000000Z'), text(0x17, '491231235959Z'))
  const signed = sequence(encode(0x02, Buffer.from([1])), RS256, name, validity, name, publicKey)
  const certificate = sequence(signed, RS256, bits(sign('sha256', signed, privateKey)))
  const lines = certificate.toString('base64').replace(/.{64}(?=.)/g, '$&\n')
  return { key: privateKey, cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n` }
}
