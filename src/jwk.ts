/**
 * Which published keys may check a signature.
 * @module
 */

import { type AsymmetricKeyDetails, createPublicKey } from 'node:crypto'
import type { Members } from './members.js'

const MIN_MODULUS_BITS = 2048
const MAX_MODULUS_BITS = 8192
const MIN_EXPONENT = 65_537n

/**
 * Turns a JSON Web Key into PEM, built from its modulus and exponent alone (RFC 7517 §4, RFC 7518 §3.3 and §6.3.1,
 * FIPS 186-5 §5.4).
 *
 * @param jwk - one entry of a key set, as it came
 * @param kid - the id that was asked for
 * @returns SPKI in PEM, or `undefined` for a key that must not be used
 */
export function toPublicKeyPem(jwk: Members, kid: string): string | undefined {
  if (!isForRs256(jwk) || jwk['kid'] !== kid) return undefined
  try {
    const { n, e } = jwk as { readonly n: string; readonly e: string }
    const key = createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' })
    return isStrong(key.asymmetricKeyDetails as AsymmetricKeyDetails)
      ? key.export({ type: 'spki', format: 'pem' }).toString()
      : undefined
  } catch {
    return undefined
  }
}

function isStrong({ modulusLength = 0, publicExponent = 0n }: AsymmetricKeyDetails): boolean {
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
