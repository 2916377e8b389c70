/**
 * Key pairs, generated as text: Node 20 can deadlock when a generated key object is exported.
 * @module
 */
import { generateKeyPairSync } from 'node:crypto'

/** A pair of keys in PEM. */
export interface KeyPairText {
  readonly publicKey: string
  readonly privateKey: string
}

/** Generates a pair of keys of a kind, with the options of that kind. */
export const generateKeys = (kind: 'rsa' | 'rsa-pss' | 'ec' | 'ed25519', options = {}): KeyPairText =>
  // The types of Node tell the kinds apart, and the encodings are the same for each.
  generateKeyPairSync(kind as 'ed25519', {
    ...options,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
