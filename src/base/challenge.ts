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
  /** Longest accepted time since the user signed in, in seconds (RFC 9470 §3). */
  readonly max_age?: string
}

/** Text that cannot end the quotes around a parameter: printable ASCII without `"` and `\` (RFC 6750 §3). */
export const CHALLENGE_VALUE = /^[\x20\x21\x23-\x5B\x5D-\x7E]+$/

const ORDER = [
  'error',
  'error_description',
  'scope',
  'max_age',
] as const satisfies (keyof ChallengeParameters)[]

/**
 * Writes the `Bearer` challenge of an answer. Every value is quoted (RFC 6750 §3, RFC 9110 §11.6.1).
 *
 * @param resourceMetadata - URL of the API's resource metadata (RFC 9728 §5.1)
 * @example toChallenge('api', { error: 'invalid_request' }) // 'Bearer realm="api", error="invalid_request"'
 */
export function toChallenge(
  realm: string,
  parameters: ChallengeParameters,
  resourceMetadata?: string,
): string {
  let challenge = `Bearer realm="${realm}"`
  for (const name of ORDER) {
    const value = parameters[name]
    if (value !== undefined) challenge += `, ${name}="${value}"`
  }
  return resourceMetadata === undefined ? challenge : `${challenge}, resource_metadata="${resourceMetadata}"`
}
