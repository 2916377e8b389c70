/**
 * The head of the answer to a refused request: status, `WWW-Authenticate`, `Retry-After`, `Cache-Control`.
 * @module
 */
import type { FastifyReply } from 'fastify'
import { findAnswerable } from '../base/answer-headers.js'
import type { Realm } from '../base/challenge.js'
import { stampRealm } from '../base/errors.js'

/**
 * Makes the function that writes the head of the answer to a refusal: `true` when the error carries its answer, or its cause
 * does.
 *
 * The status is written to the raw response, so that Fastify takes it for the default. An error handler of the
 * application may then send a body without a status, and the answer is not 200. It may redirect, and the answer is 302.
 * A status that the error handler sets counts.
 *
 * @param realm - the realm of refusals that no plugin instance has made
 */
export const createHeadWriter =
  (realm: Realm) =>
  (reply: FastifyReply, error: unknown): boolean => {
    const answerable = findAnswerable(error)
    if (answerable === undefined) return false
    const { statusCode, headers } = stampRealm(answerable, realm)
    reply.raw.statusCode = statusCode
    reply.headers(headers)
    return true
  }

/** Makes `app.cognito.answer`. It throws any error that does not carry its answer, so that the error handler gets it. */
export function createAnswer(realm: Realm) {
  const writeHead = createHeadWriter(realm)
  return <R extends FastifyReply>(reply: R, error: unknown): R => {
    if (!writeHead(reply, error)) throw error
    return reply
  }
}
