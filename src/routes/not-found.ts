/**
 * The handlers of `setNotFoundHandler`: their scopes and options.
 * @module
 */
import type { FastifyInstance } from 'fastify'

/** A call of `setNotFoundHandler` with a handler. */
export interface NotFoundHandler {
  readonly scope: FastifyInstance
  /** The name of the handler in messages: `setNotFoundHandler in /users`. */
  readonly name: string
  /** The options of the handler; empty where the call has none. */
  readonly options: Readonly<Record<string, unknown>>
}

/**
 * Calls `listener` for each handler that the application sets from now on, in this scope and in the scopes inside it.
 *
 * @param listener - is called before Fastify. `setNotFoundHandler` throws its errors.
 */
export function watchNotFound(app: FastifyInstance, listener: (handler: NotFoundHandler) => void): void {
  const {
    setNotFoundHandler,
  }: {
    setNotFoundHandler(this: FastifyInstance, ...given: unknown[]): FastifyInstance
  } = app
  const watched = function (this: FastifyInstance, ...given: unknown[]): FastifyInstance {
    const [first] = given
    // A call without a handler sets Fastify's default, which only answers 404.
    if (given.some((one) => typeof one === 'function')) {
      const options = typeof first === 'object' && first !== null ? first : {}
      listener({ scope: this, name: `setNotFoundHandler${describeScope(this)}`, options: { ...options } })
    }
    return setNotFoundHandler.apply(this, given)
  }
  replaceMethod(app, 'setNotFoundHandler', watched)
}

/** Returns the place of a scope, for the end of a name in messages. */
export const describeScope = ({ prefix }: FastifyInstance): string => (prefix === '' ? '' : ` in ${prefix}`)

/** Replaces a method of an instance. The scopes inside it inherit the method. */
export const replaceMethod = (app: FastifyInstance, name: string, value: unknown): unknown =>
  Object.defineProperty(app, name, { value, writable: true, configurable: true, enumerable: true })
