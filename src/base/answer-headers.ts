/**
 * The errors that carry their answer: status, headers and message, for whoever catches the error.
 * @module
 */

/** An error that says how the request is to be answered: a `CognitoError`, or a `UserRouteError` of the account routes. */
export interface AnswerableError extends Error {
  readonly statusCode: number
  /** Headers of the answer, under names in lower case. */
  readonly headers: AnswerHeaders
}

/** Headers of an answer: name in lower case → value. The object is frozen. */
export type AnswerHeaders = Readonly<Record<string, string>>

// A global symbol, so that two copies of the package recognise each other's errors.
const ANSWERABLE = Symbol.for('fastify-cognito.answerable')

/** Marks the errors of a class as errors that carry their answer. */
export function markAnswerable(prototype: object): void {
  Object.defineProperty(prototype, ANSWERABLE, { value: true })
}

const isAnswerable = (error: unknown): error is AnswerableError =>
  error instanceof Error && Reflect.get(error, ANSWERABLE) === true

/**
 * Finds the error that carries the answer: the error itself, or the cause of an error that has the same status, because
 * frameworks wrap errors.
 *
 * @returns `undefined` for any other error, and for a wrapper with a status of its own
 */
export function findAnswerable(error: unknown): AnswerableError | undefined {
  if (isAnswerable(error)) return error
  const { cause, status, statusCode }: Readonly<Record<string, unknown>> = Object(error)
  return isAnswerable(cause) && cause.statusCode === (statusCode ?? status) ? cause : undefined
}

/**
 * Makes the headers of an answer (RFC 9110 §10.2.3, §11.6.1, RFC 9111 §5.2.2.5).
 *
 * @param challenge - the header `WWW-Authenticate`
 * @param retryAfter - whole seconds for the header `Retry-After`
 */
export function toAnswerHeaders(
  challenge: string | undefined,
  retryAfter: number | undefined,
): AnswerHeaders {
  return Object.freeze({
    'cache-control': 'no-store',
    ...(challenge !== undefined && { 'www-authenticate': challenge }),
    ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
  })
}
