/**
 * The challenge of RFC 6750: the text of the header `WWW-Authenticate`.
 * @module
 */

/** The parameters of a `Bearer` challenge besides `realm`, under their names on the wire (RFC 6750 §3, RFC 9470 §3). */
export interface ChallengeParameters {
  readonly error?:
    | 'invalid_request'
    | 'invalid_token'
    | 'insufficient_scope'
    | 'insufficient_user_authentication'
  readonly error_description?: string
  /** Scope names, separated by one space (RFC 6749 §3.3). */
  readonly scope?: string
  /** Names of the accepted levels of sign-in, highest first, separated by one space (RFC 9470 §3). */
  readonly acr_values?: string
  /** Longest accepted time since the user signed in, in seconds (RFC 9470 §3). */
  readonly max_age?: string
}

/** Text that cannot end the quotes around a parameter: printable ASCII without `"` and `\` (RFC 6750 §3). */
export const CHALLENGE_VALUE = /^[\x20\x21\x23-\x5B\x5D-\x7E]+$/

const ORDER = [
  'error',
  'error_description',
  'scope',
  'acr_values',
  'max_age',
] as const satisfies (keyof ChallengeParameters)[]

/** The text that all challenges of one plugin instance have. */
export interface Realm {
  /** The option `realm`. */
  readonly realm: string
  /** URL of the API's resource metadata (RFC 9728 §5.1); `undefined` for none. */
  readonly metadataUrl: string | undefined
}

/** The realm of a challenge whose plugin instance is not known. */
export const DEFAULT_REALM: Realm = Object.freeze({ realm: 'api', metadataUrl: undefined })

/**
 * Writes the `Bearer` challenge of an answer. Every value is quoted (RFC 6750 §3, RFC 9110 §11.6.1).
 *
 * @example toChallenge(DEFAULT_REALM, { error: 'invalid_request' }) // 'Bearer realm="api", error="invalid_request"'
 */
export function toChallenge({ realm, metadataUrl }: Realm, parameters: ChallengeParameters): string {
  let challenge = `Bearer realm="${realm}"`
  for (const name of ORDER) {
    const value = parameters[name]
    if (value !== undefined) challenge += `, ${name}="${value}"`
  }
  return metadataUrl === undefined ? challenge : `${challenge}, resource_metadata="${metadataUrl}"`
}
