/**
 * The sign-in by a form of an OAuth 2.0 client (RFC 6749 §4.3.2), and the answers to its errors (§5.2).
 * @module
 */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { withPlace } from './body.js'
import { fail, UserRouteError } from './errors.js'

/** Media type of a form. */
export const FORM = 'application/x-www-form-urlencoded'

/** Returns `true` when the body of a request is a form. */
export function isForm(request: FastifyRequest): boolean {
  const [type = ''] = String(request.headers['content-type']).split(';')
  return type.trim().toLowerCase() === FORM
}

/** Lets a scope read forms of the grant type `password`, in addition to JSON. */
export function readForms(scope: FastifyInstance): void {
  scope.addContentTypeParser(FORM, { parseAs: 'string' }, async (_request: FastifyRequest, text: string) =>
    parseForm(text),
  )
}

/** Reads the user name and the password. Unknown parameters are ignored (RFC 6749 §3.2). */
function parseForm(text: string): object {
  const form = new URLSearchParams(text)
  // No parameter may appear twice (§3.2), because another parser might choose the other password.
  const names = [...form.keys()]
  if (new Set(names).size < names.length) {
    throw fail('FORM_PARAMETER_REPEATED', withPlace('a parameter appears twice'))
  }
  const grantType = form.get('grant_type')
  if (grantType === null) throw fail('GRANT_TYPE_MISSING', withPlace('grant_type'))
  if (grantType !== 'password') throw fail('GRANT_TYPE_NOT_PASSWORD')
  return { username: form.get('username') ?? '', password: form.get('password') ?? '' }
}

/**
 * Handles an error of the sign-in. The answer to a form has the error form of OAuth 2.0, because an OAuth 2.0 client
 * understands no other. The application's error handler answers all other requests.
 */
export function answerForm(error: FastifyError, request: FastifyRequest, reply: FastifyReply): unknown {
  if (!isForm(request)) throw error
  const status = error.statusCode ?? 500
  request.log[status >= 500 ? 'error' : 'info']({ err: error }, error.message)
  const { oauth, code, shown } = error instanceof UserRouteError ? error : toOAuth(status)
  // The status is 400 for every error of the client (§5.2).
  return reply
    .code(status >= 500 || status === 429 ? status : 400)
    .send({ error: oauth, error_description: shown.replace(NO_DESCRIPTION, ' '), code })
}

/** Matches the characters that an `error_description` cannot have (§5.2). */
const NO_DESCRIPTION = /[^\x20\x21\x23-\x5B\x5D-\x7E]/g

/** Returns the OAuth error for an error of Fastify or of a hook of the application. */
function toOAuth(status: number) {
  if (status >= 500) return { oauth: 'server_error', shown: 'Internal Server Error', code: undefined }
  const oauth = status === 429 ? 'temporarily_unavailable' : 'invalid_request'
  return { oauth, shown: 'The request was refused', code: undefined }
}
