/**
 * The sign-in by a form, as an OAuth 2.0 client sends it (RFC 6749 §4.3.2), and how its errors are answered (§5.2).
 * @module
 */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { withPlace } from './body.js'
import { fail, UserRouteError } from './errors.js'

/** Media type of a form. */
export const FORM = 'application/x-www-form-urlencoded'

/** Whether a request carries a form. */
export function isForm(request: FastifyRequest): boolean {
  const [type = ''] = String(request.headers['content-type']).split(';')
  return type.trim().toLowerCase() === FORM
}

/** Lets a scope read forms of the grant type `password`, in addition to JSON. */
export function readForms(scope: FastifyInstance): void {
  scope.addContentTypeParser(FORM, { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, parseForm(text.toString()))
    } catch (error) {
      done(error as UserRouteError)
    }
  })
}

/** The user name and the password. Parameters that are not known are ignored, as RFC 6749 §3.2 has it. */
function parseForm(text: string): object {
  const form = new URLSearchParams(text)
  // §3.2: none twice. Which of two a password is, two readers might see differently.
  const names = [...form.keys()]
  if (new Set(names).size < names.length) {
    throw fail('FORM_PARAMETER_REPEATED', withPlace('a parameter is there twice'))
  }
  const grantType = form.get('grant_type')
  if (grantType === null) throw fail('GRANT_TYPE_MISSING', withPlace('grant_type'))
  if (grantType !== 'password') throw fail('GRANT_TYPE_NOT_PASSWORD')
  return { username: form.get('username') ?? '', password: form.get('password') ?? '' }
}

/**
 * The error handler of the sign-in. An OAuth 2.0 client understands one form of error only, so that is what a form is
 * answered with, whatever the application's error handler would say; it says it of everything else.
 */
export function answerForm(error: FastifyError, request: FastifyRequest, reply: FastifyReply): unknown {
  if (!isForm(request)) throw error
  const status = error.statusCode ?? 500
  request.log[status >= 500 ? 'error' : 'info']({ err: error }, error.message)
  const { oauth, code, shown } = error instanceof UserRouteError ? error : toOAuth(status)
  // §5.2: 400 for everything that the client can do something about.
  return reply
    .code(status >= 500 || status === 429 ? status : 400)
    .send({ error: oauth, error_description: shown.replace(NO_DESCRIPTION, ' '), code })
}

/** §5.2 */
const NO_DESCRIPTION = /[^\x20\x21\x23-\x5B\x5D-\x7E]/g

/** Of a hook of the application, or of Fastify itself. */
function toOAuth(status: number) {
  if (status >= 500) return { oauth: 'server_error', shown: 'Internal Server Error', code: undefined }
  const oauth = status === 429 ? 'temporarily_unavailable' : 'invalid_request'
  return { oauth, shown: 'The request was refused', code: undefined }
}
