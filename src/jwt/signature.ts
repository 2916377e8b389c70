/**
 * Whether a token is signed with one key. The door of `@fastify/jwt`.
 * @module
 */
import { createPublicKey, createVerify, type KeyObject } from 'node:crypto'
import fastifyJwt from '@fastify/jwt'
import { CognitoError } from '../base/errors.js'
import { MIN_FUTURE_TOLERANCE } from './times.js'

/**
 * Throws unless a token is signed with the key that this function was built for.
 *
 * @param text - the whole token, of strict form: ASCII, in three parts, its algorithm RS256
 * @param signature - its last part, decoded
 */
export type SignatureCheck = (text: string, signature: Uint8Array) => void

/**
 * Builds the check of one signing key, once: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3). Two verifiers have to agree
 * on a key before either is believed: until `@fastify/jwt` has accepted a token of it, both are asked; from then on the
 * signature alone is checked, as all that the library looks at besides was looked at before.
 *
 * @param pem - public key, SPKI
 * @param tolerance - seconds
 * @throws {Error} when `pem` is no RSA public key
 */
export function createSignatureCheck(pem: string, tolerance: number): SignatureCheck {
  const accepts = createSecondVerifier(pem, tolerance)
  const key = createPublicKey(pem)
  let isAgreedUpon = false
  return (text, signature) => {
    const isGenuine = isSignedWith(key, text, signature)
    if (isGenuine && (isAgreedUpon || accepts(text))) isAgreedUpon = true
    else throw invalid('the signature is not of the key that the token names')
  }
}

/** Of a key of 2,048 bits; characters. The dot is before them. */
const SHORTEST_SIGNATURE = 342

/** Tells whether a token is signed with an RSA key: the signature alone. The parameters are those of {@link SignatureCheck}. */
export function isSignedWith(key: KeyObject, text: string, signature: Uint8Array): boolean {
  const signed = text.slice(0, text.lastIndexOf('.', text.length - SHORTEST_SIGNATURE))
  // Not the shorter `verify`: it makes a job for another thread, even where none is asked for, and that one's collection as
  // garbage takes longer than this stream. Of an RSA key it answers whatever bytes it is given, and never throws.
  return createVerify('sha256').update(signed, 'latin1').verify(key, signature)
}

const invalid = (reason: string) => new CognitoError('COGNITO_ERR_TOKEN_INVALID', { reason })

interface JwtHost {
  readonly jwt: { readonly verify: (text: string) => unknown }
}

/**
 * `@fastify/jwt` keeps a verifier for a static public key as long as no call passes options. It is hosted on an object of
 * our own, so that the application's `jwt` decorator, `request.user` and namespaces stay the application's.
 */
function createSecondVerifier(pem: string, tolerance: number): (text: string) => boolean {
  const host = {
    decorate(name: string, value: unknown) {
      Object.assign(host, { [name]: value })
    },
    decorateRequest() {},
    decorateReply() {},
  }
  const options = {
    secret: { public: pem },
    // The library's own check of the times stands behind ours; its tolerance is in milliseconds.
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
  return (text) => {
    try {
      jwt.verify(text)
      return true
    } catch {
      // Every error of the library is a refusal, and none of its text leaves this file.
      return false
    }
  }
}
