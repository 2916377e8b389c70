/**
 * Handlers for what is not found: who sets one, and with which options.
 * @module
 */
import type { FastifyInstance } from 'fastify'

/** A handler as `setNotFoundHandler` was given it. */
export interface NotFoundHandler {
  readonly scope: FastifyInstance
  /** What it is called in messages: `setNotFoundHandler in /users`. */
  readonly name: string
  /** An empty object where none were given. */
  readonly options: Readonly<Record<string, unknown>>
}

type SetHandler = (this: FastifyInstance, ...given: unknown[]) => FastifyInstance

/**
 * Tells `listener` of each handler of the application's own that is set from now on, in this scope and in those inside it.
 *
 * @param listener - is told before Fastify; what it throws is thrown by `setNotFoundHandler`
 */
export function watchNotFound(app: FastifyInstance, listener: (handler: NotFoundHandler) => void): void {
  const { setNotFoundHandler } = app as { setNotFoundHandler: SetHandler }
  const watched: SetHandler = function (...given) {
    const [first] = given
    // A call without a handler sets Fastify's own, which serves nothing.
    if (given.some((one) => typeof one === 'function')) {
      const options = typeof first === 'object' && first !== null ? first : {}
      listener({ scope: this, name: `setNotFoundHandler${describeScope(this)}`, options: { ...options } })
    }
    return setNotFoundHandler.apply(this, given)
  }
  replaceMethod(app, 'setNotFoundHandler', watched)
}

/** Where a scope is, as the end of what something in it is called. */
export const describeScope = ({ prefix }: FastifyInstance): string => (prefix === '' ? '' : ` in ${prefix}`)

/** Gives an instance a method of its own, which the scopes inside of it inherit. */
export const replaceMethod = (app: FastifyInstance, name: string, value: unknown): unknown =>
  Object.defineProperty(app, name, { value, writable: true, configurable: true, enumerable: true })
