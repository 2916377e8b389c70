/**
 * The head of the answer to a refused request: status, `WWW-Authenticate`, `Retry-After`, `Cache-Control`.
 * @module
 */
import type { FastifyReply } from 'fastify'
import { toChallenge } from '../base/challenge.js'
import type { CognitoError } from '../base/errors.js'

/**
 * Writes the head of a refusal's answer (RFC 6750 §3, RFC 9110 §10.2.3, RFC 9111 §5.2.2.5).
 *
 * The status is written to the raw response, so that Fastify takes it for the default. An error handler of the
 * application may then send a body without a status, and the answer is not 200. It may redirect, and the answer is 302.
 * A status that the error handler sets counts.
 *
 * @param realm - the option `realm`
 * @param metadataUrl - URL of the metadata of the API as a resource (RFC 9728 §5.1)
 */
export function writeRefusal(
  reply: FastifyReply,
  { statusCode, challenge, retryAfter }: CognitoError,
  realm: string,
  metadataUrl: string | undefined,
): void {
  reply.raw.statusCode = statusCode
  reply.header('cache-control', 'no-store')
  if (challenge) reply.header('www-authenticate', toChallenge(realm, challenge, metadataUrl))
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter))
}
