/**
 * The RSA keys of a pool of the local issuer.
 * @module
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import type { TokenUse } from '../claims/standard-claims.js'

/** A signing key of a pool. */
export interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly jwk: Readonly<Record<string, unknown>>
}

/** The signing keys of a pool: Cognito has one for each kind of token. */
export type KeyPair = Readonly<Record<TokenUse, SigningKey>>

/** Generates keys as text: Node 20 can deadlock when a generated key object is exported during garbage collection. */
const generateKeys = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })

function createKey(): SigningKey {
  const { privateKey, publicKey } = generateKeys()
  const jwk = createPublicKey(publicKey).export({ format: 'jwk' })
  const kid = randomBytes(32).toString('base64')
  return { kid, privateKey: createPrivateKey(privateKey), jwk: { alg: 'RS256', kid, use: 'sig', ...jwk } }
}

/** Makes new signing keys. */
export const createKeys = (): KeyPair => ({ access: createKey(), id: createKey() })
