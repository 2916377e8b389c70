/**
 * A refusal as NestJS expects it: an `HttpException` whose response is the body that Fastify would send.
 * @module
 */
import { STATUS_CODES } from 'node:http'
import { CognitoError } from '../base/errors.js'
import type { CognitoErrorCode } from '../base/refusal-codes.js'
import { HttpException } from './framework.js'

/** The body of a refused request's answer, as Fastify writes it. */
export interface CognitoExceptionBody {
  readonly statusCode: number
  /** Stable code of the refusal, for the client. */
  readonly code: CognitoErrorCode
  /** Name of the status, such as `Unauthorized`. */
  readonly error: string | undefined
  /** Fixed text of the code. */
  readonly message: string
}

/**
 * The exception that filters get for a refusal by a mark, in every kind of context. NestJS answers it with its own status and
 * body, and writes no line of level ERROR for it. Defects, which have status 500, stay {@link CognitoError}.
 *
 * @example
 * class RefusalFilter implements ExceptionFilter {
 *   catch(exception: CognitoException, host: ArgumentsHost) {
 *     host.switchToHttp().getResponse().status(exception.getStatus()).send({ code: exception.code })
 *   }
 * }
 * Catch(CognitoException)(RefusalFilter)
 */
export class CognitoException extends HttpException {
  /** The refusal itself, with the reason for the operator. */
  declare readonly cause: CognitoError

  constructor(error: CognitoError) {
    const { statusCode, code, message } = error
    const body: CognitoExceptionBody = { statusCode, code, error: STATUS_CODES[statusCode], message }
    super(body, statusCode, { cause: error })
  }

  /** Stable code of the refusal. */
  get code(): CognitoErrorCode {
    return this.cause.code
  }

  /** The headers of the answer. NestJS does not read them: the mark has set them on the reply. */
  get headers(): CognitoError['headers'] {
    return this.cause.headers
  }

  /** The member `extensions` of an error in an answer of GraphQL. */
  get extensions(): { readonly code: CognitoErrorCode } {
    return { code: this.code }
  }
}

/** Makes the exception of a refusal. Any other error is returned as it is: one of the application, or a defect. */
export function toException<E>(error: E): E | CognitoException {
  return error instanceof CognitoError && error.statusCode !== 500 ? new CognitoException(error) : error
}
