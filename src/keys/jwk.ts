/**
 * Decides which published keys may check a signature.
 * @module
 */
import { type AsymmetricKeyDetails, createPublicKey } from 'node:crypto'
import type { Members } from '../base/members.js'
import { isWeakByRoca } from './roca.js'

/** A published key that may check a signature. */
export interface PublishedKey {
  /** Modulus in base64url (RFC 7518 §6.3.1.1). */
  readonly n: string
  /** Exponent in base64url (RFC 7518 §6.3.1.2). */
  readonly e: string
  /** The same key as SPKI in PEM. */
  readonly pem: string
}

const MIN_MODULUS_BITS = 2048
const MAX_MODULUS_BITS = 8192
const MIN_EXPONENT = 65_537n

/**
 * Builds a public key from the modulus and the exponent of a JSON Web Key (RFC 7517 §4, RFC 7518 §3.3 and §6.3.1,
 * FIPS 186-5 §5.4). Its other members only decide whether the key may be used.
 *
 * @param jwk - one entry of a key set, unchecked
 * @returns `undefined` for a key that must not be used
 */
export function toPublicKey(jwk: Members): PublishedKey | undefined {
  if (!isForRs256(jwk)) return undefined
  try {
    // `createPublicKey` throws when a parameter is no text.
    const { n, e } = jwk as { readonly n: string; readonly e: string }
    const key = createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' })
    if (!isStrong(key.asymmetricKeyDetails) || isWeakByRoca(n)) return undefined
    return { n, e, pem: key.export({ type: 'spki', format: 'pem' }).toString() }
  } catch {
    return undefined
  }
}

/** Writes a key as an entry of a key set. */
export const toJwk = (kid: string, { n, e }: PublishedKey): Members => ({
  kty: 'RSA',
  use: 'sig',
  alg: 'RS256',
  kid,
  n,
  e,
})

function isStrong({ modulusLength = 0, publicExponent = 0n }: AsymmetricKeyDetails = {}): boolean {
  const hasModulus = modulusLength >= MIN_MODULUS_BITS && modulusLength <= MAX_MODULUS_BITS
  return hasModulus && publicExponent >= MIN_EXPONENT && publicExponent % 2n === 1n
}

function isForRs256({ kty, use, alg, key_ops: operations, d }: Members): boolean {
  return (
    kty === 'RSA' &&
    (use === undefined || use === 'sig') &&
    (alg === undefined || alg === 'RS256') &&
    (operations === undefined || (Array.isArray(operations) && operations.includes('verify'))) &&
    d === undefined
  )
}
