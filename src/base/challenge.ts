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
  /** Space-separated scopes. */
  readonly scope?: string
  /** Seconds. */
  readonly max_age?: string
}

/** What can stand in a challenge without breaking out of its quotes: printable ASCII but `"` and `\` (RFC 6750 §3). */
export const CHALLENGE_VALUE = /^[\x20\x21\x23-\x5B\x5D-\x7E]+$/

const ORDER = [
  'error',
  'error_description',
  'scope',
  'max_age',
] as const satisfies (keyof ChallengeParameters)[]

/**
 * Writes the one `Bearer` challenge of an answer, every value quoted (RFC 6750 §3, RFC 9110 §11.6.1).
 *
 * @param resourceMetadata - URL of the metadata of the API as a resource (RFC 9728 §5.1)
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
