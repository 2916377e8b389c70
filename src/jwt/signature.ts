/**
 * The check of a token's signature with one key. This file is the only importer of `@fastify/jwt`.
 * @module
 */
import { createPublicKey, createVerify, type KeyObject } from 'node:crypto'
import fastifyJwt from '@fastify/jwt'
import { refuse } from '../base/errors.js'
import { MIN_FUTURE_TOLERANCE } from './times.js'

/**
 * Throws unless a token is signed with the key that the function was built for.
 *
 * @param text - the whole token, of strict form: ASCII, in three parts, its algorithm RS256
 * @param signature - the last part of the token, decoded
 */
export type SignatureCheck = (text: string, signature: Uint8Array) => void

/** First line of a public key as SPKI in PEM (RFC 7468 §13). */
const SPKI = '-----BEGIN PUBLIC KEY-----'

/**
 * Builds the check of one signing key: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3). Two verifiers have to agree on a
 * key before either is believed. Until `@fastify/jwt` has accepted a token of the key, both verifiers are asked. From then
 * on Node alone checks the signature, because the plugin has checked everything else that the library looks at.
 *
 * @param pem - public key, SPKI
 * @param tolerance - leeway on the times of a token; seconds
 * @throws {Error} when `pem` is no RSA public key
 */
export function createSignatureCheck(pem: string, tolerance: number): SignatureCheck {
  assertRsaKey(pem)
  // A set has keys that sign no token. An unused key costs its text alone.
  let key: KeyObject | undefined
  let isAgreedUpon = false
  return (text, signature) => {
    key ??= createPublicKey(pem)
    const isGenuine = isSignedWith(key, text, signature)
    if (isGenuine && (isAgreedUpon || isAcceptedBySecondVerifier(text, pem, tolerance))) isAgreedUpon = true
    else throw refuse('SIGNATURE_MISMATCH')
  }
}

/** Refuses each key that `@fastify/jwt` would refuse too, because that library sees a key not before its first token. */
function assertRsaKey(pem: string): void {
  // `createPublicKey` also takes a private key, and keys of other algorithms.
  const { asymmetricKeyType } = createPublicKey(pem)
  if (asymmetricKeyType !== 'rsa' || !pem.startsWith(SPKI))
    throw new TypeError('expected an RSA public key as SPKI in PEM')
}

/** Length of the shortest signature, of a key of 2,048 bits, in base64url; characters. */
const SHORTEST_SIGNATURE = 342

/** Checks the signature alone, with an RSA key. The parameters are those of {@link SignatureCheck}. */
export function isSignedWith(key: KeyObject, text: string, signature: Uint8Array): boolean {
  const signed = text.slice(0, text.lastIndexOf('.', text.length - SHORTEST_SIGNATURE))
  // `crypto.verify` allocates an asynchronous job even when it is called synchronously, so the stream is faster. With an RSA
  // key the stream returns `false` for any malformed signature, and never throws.
  return createVerify('sha256').update(signed, 'latin1').verify(key, signature)
}

interface JwtHost {
  readonly jwt: { readonly verify: (text: string) => unknown }
}

/**
 * Tells whether `@fastify/jwt` accepts a token. Its verifier is made anew for each call, and nothing keeps it: a verifier
 * takes 9 kB, and a key needs it for one token.
 */
function isAcceptedBySecondVerifier(text: string, pem: string, tolerance: number): boolean {
  try {
    createSecondVerifier(pem, tolerance)(text)
    return true
  } catch {
    // Every error of the library is a refusal. No text of the library leaves this file.
    return false
  }
}

/**
 * Makes the verifier of `@fastify/jwt`. The verifier throws for a token that it refuses. The host is an object of this file,
 * so that the `jwt` decorator, `request.user` and namespaces stay the application's.
 */
function createSecondVerifier(pem: string, tolerance: number): (text: string) => unknown {
  const host = {
    decorate(name: string, value: unknown) {
      Object.assign(host, { [name]: value })
    },
    decorateRequest() {},
    decorateReply() {},
  }
  const options = {
    secret: { public: pem },
    // The library checks the times again, after the plugin. Its tolerance is in milliseconds.
    verify: {
      algorithms: ['RS256' as const],
      requiredClaims: ['exp', 'iss'],
      clockTolerance: Math.max(tolerance, MIN_FUTURE_TOLERANCE) * 1000,
      cache: false,
    },
  }
  fastifyJwt(host as never, options as never, (error?: Error) => {
    if (error) throw error
  })
  const { jwt } = host as unknown as JwtHost
  return jwt.verify
}
