/**
 * The head of the answer to a refused request: status, `WWW-Authenticate`, `Retry-After`, `Cache-Control`.
 * @module
 */
import type { FastifyReply } from 'fastify'
import { toChallenge } from '../base/challenge.js'
import type { CognitoError } from '../base/errors.js'

/** The head of an answer to a refused request. */
export interface RefusalHead {
  readonly statusCode: number
  /** The header `WWW-Authenticate`; `undefined` for none. */
  readonly challenge: string | undefined
  /** Whole seconds for the header `Retry-After`; `undefined` for none. */
  readonly retryAfter: number | undefined
}

/**
 * Writes the head of an answer (RFC 9110 §10.2.3, §11.6.1, RFC 9111 §5.2.2.5).
 *
 * The status is written to the raw response, so that Fastify takes it for the default. An error handler of the
 * application may then send a body without a status, and the answer is not 200. It may redirect, and the answer is 302.
 * A status that the error handler sets counts.
 */
export function writeHead(reply: FastifyReply, { statusCode, challenge, retryAfter }: RefusalHead): void {
  reply.raw.statusCode = statusCode
  reply.header('cache-control', 'no-store')
  if (challenge !== undefined) reply.header('www-authenticate', challenge)
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter))
}

/**
 * Writes the head of a refusal's answer (RFC 6750 §3).
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
  const text = challenge && toChallenge(realm, challenge, metadataUrl)
  writeHead(reply, { statusCode, challenge: text, retryAfter })
}
