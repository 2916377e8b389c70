/**
 * Checks that a second library, `get-jwks`, reads the same key from a set. This file is the only importer of `get-jwks`.
 *
 * `get-jwks` returns one key of a set and has no option to read a set that is there already. So the plugin itself fetches
 * and reads the document. `get-jwks` then has to find each key in a `data:` URL with a set of that one key.
 * @module
 */
import buildGetJwks from 'get-jwks'
import type { Clock } from '../base/clock.js'
import { type PublishedKey, toJwk, toPublicKey } from './jwk.js'

/** Longest wait for the second reader, because a test's replacement of `fetch` may never answer; milliseconds. */
const LONGEST_WAIT_MS = 500

/**
 * Tells whether `get-jwks` reads the same key.
 *
 * @returns `false` when `get-jwks` does not find the key, or finds another. Any other failure counts as agreement,
 *   because a test's replacement of `fetch` may refuse `data:` URLs.
 */
export async function agreesOn(kid: string, key: PublishedKey, { after }: Clock): Promise<boolean> {
  const document = JSON.stringify({ keys: [toJwk(kid, key)] })
  const client = buildGetJwks({
    max: 1,
    jwksPath: `json;base64,${Buffer.from(document).toString('base64')}`,
  })
  const verdict = client
    .getJwk({ domain: 'data:application/', alg: 'RS256', kid })
    .then((jwk) => toPublicKey(Object(jwk))?.pem === key.pem)
    .catch((error: { readonly code?: unknown } | undefined) => error?.code !== 'JWK_NOT_FOUND')
  return new Promise((resolve) => {
    const callOff = after(LONGEST_WAIT_MS, () => resolve(true))
    void verdict.then(resolve).finally(callOff)
  })
}
