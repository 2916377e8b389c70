/**
 * Whether a second library reads the same key out of a set. The door of `get-jwks`.
 *
 * `get-jwks` returns one key of a set and has no option for the set itself, so the plugin fetches and reads the document.
 * Before a key is believed, `get-jwks` has to find it as well: it is given a set of that one entry as a `data:` URL.
 * @module
 */
import buildGetJwks from 'get-jwks'
import type { Clock } from '../base/clock.js'
import { type PublishedKey, toJwk, toPublicKey } from './jwk.js'

/** A `fetch` that somebody has replaced may never answer; milliseconds. */
const PATIENCE_MS = 500

/**
 * Asks `get-jwks` for one key.
 *
 * @returns `false` where it does not find that key, or finds another. Any other failure is no verdict: a test that replaces
 *   `fetch` may refuse `data:` URLs.
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
    const callOff = after(PATIENCE_MS, () => resolve(true))
    void verdict.then(resolve).finally(callOff)
  })
}
