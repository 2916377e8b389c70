/**
 * RSA keys by number, made once. Nobody can sign with them: their moduli are only numbers of the right size.
 * @module
 */
import { createHash, createPublicKey } from 'node:crypto'

/** A key as a set has it. */
export interface Material {
  readonly n: string
  readonly e: string
  readonly pem: string
}

const made = new Map<number, Material>()
const unusable = new Set<string>()
const pems = new Map<string, string>()

/** Makes the key of a number. A key of a negative number cannot be used. */
export function materialOf(number: number): Material {
  const known = made.get(number)
  if (known !== undefined) return known
  const material = make(number)
  made.set(number, material)
  return material
}

function make(number: number): Material {
  const modulus = createHash('shake256', { outputLength: 256 }).update(String(number)).digest()
  modulus.writeUInt8(modulus.readUInt8(0) | 0x80, 0)
  modulus.writeUInt8(modulus.readUInt8(255) | 1, 255)
  const n = modulus.toString('base64url')
  const e = 'AQAB'
  const pem = createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' })
    .export({ type: 'spki', format: 'pem' })
    .toString()
  if (number < 0) unusable.add(pem)
  pems.set(n, pem)
  return { n, e, pem }
}

/** Whether a check of signatures can be built from a key. */
export const isUsable = (pem: string): boolean => !unusable.has(pem)

/** The key of a modulus that was made here. */
export const pemOf = (n: string): string | undefined => pems.get(n)
