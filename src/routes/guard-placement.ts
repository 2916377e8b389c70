/**
 * The check that every guard is under a hook where it works. A guard in another place stops the boot.
 * @module
 */
import type { FastifyInstance, RouteOptions } from 'fastify'
import { annotateComposite, factoryNameOf, GUARD_HOOKS, hasGuard } from '../guard/annotations.js'
import { keepIdentities } from './auth-branches.js'
import { describeScope, type NotFoundHandler, replaceMethod, watchNotFound } from './not-found.js'
import type { AddedRoute } from './route-guards.js'

/** The one hook of a handler of `setNotFoundHandler` that `reply.callNotFound()` runs. */
const GUARDING_NOT_FOUND: readonly string[] = ['preHandler']

/** The reason why a guard does not work under a hook. */
const WHY: Readonly<Record<string, string>> = {
  preParsing: 'a preParsing hook has other parameters',
  preSerialization: 'the handler has run by then',
  onSend: 'the handler has run by then',
  onResponse: 'the answer has been sent by then',
  handler: 'a guard sends no answer',
  onError: 'it runs only after an error',
  onTimeout: 'it runs only after a timeout',
  onRequestAbort: 'it runs only after the client aborted the request',
}

/**
 * Checks the place of every guard in a scope and in the scopes inside it: on routes, in `addHook`, in
 * `setNotFoundHandler`, and in the lists of `@fastify/auth`, even if it is registered later.
 *
 * A guard in a wrong place makes a method of the instance throw a `TypeError`. A wrong route stops the boot.
 *
 * @param routes - the routes of the application, complete when it is ready
 * @returns the handlers of `setNotFoundHandler`, complete when the application is ready
 */
export function watchPlacement(
  app: FastifyInstance,
  routes: readonly AddedRoute[],
): readonly NotFoundHandler[] {
  const handlers: NotFoundHandler[] = []
  watchHooks(app)
  watchNotFound(app, (handler) => {
    handlers.push(handler)
    const { name, options } = handler
    for (const [hook, guard] of Object.entries(options)) assertPlaced(guard, hook, GUARDING_NOT_FOUND, name)
  })
  watchAuth(app)
  // The routes are checked when the application is ready, because another plugin may add hooks to an earlier route.
  app.addHook('onReady', async () => {
    for (const { options } of routes) assertRoute(options)
  })
  return handlers
}

function assertRoute(options: RouteOptions): void {
  const route = `${[options.method].flat().join(', ')} ${options.url}`
  const guarding: readonly unknown[] = GUARD_HOOKS.flatMap((name) => options[name] ?? [])
  for (const [name, hook] of Object.entries(options)) {
    const isHook = name in WHY || GUARD_HOOKS.some((one) => one === name)
    // The application may keep a hook under an option of its own, too, and build the list of hooks from it.
    if (isHook || !guarding.includes(hook)) assertPlaced(hook, name, GUARD_HOOKS, route)
  }
}

/**
 * Checks one hook or option.
 *
 * @param hook - a function, a list of functions, or any other value, which is no guard
 * @param name - the name of the hook or option
 * @param allowed - the names under which a guard works
 * @param where - the place for the beginning of the message
 * @throws {TypeError} for a guard under another name, and for `authRequired` or `authOptional` itself
 */
function assertPlaced(hook: unknown, name: string, allowed: readonly string[], where: string): void {
  const parts = [hook].flat(2)
  const factory = parts.map(factoryNameOf).find((found) => found !== undefined)
  if (factory !== undefined) {
    throw new TypeError(
      `${where}: expected a guard under ${name}, as app.${factory}('eu') returns one; app.${factory} itself was given`,
    )
  }
  if (allowed.includes(name) || !parts.some(hasGuard)) return
  const isSkipped = GUARD_HOOKS.some((hook) => hook === name)
  const why = WHY[name] ?? (isSkipped ? 'reply.callNotFound() skips it' : 'nothing runs a hook of that name')
  throw new TypeError(
    `${where}: expected the guard under ${allowed.join(' or ')}, and not under ${name}: ${why}`,
  )
}

/** Checks the hooks of `addHook`. The scopes inside this scope inherit the method. */
function watchHooks(app: FastifyInstance): void {
  const { addHook }: { addHook(this: FastifyInstance, name: string, hook: unknown): FastifyInstance } = app
  replaceMethod(app, 'addHook', function (this: FastifyInstance, name: string, hook: unknown) {
    assertPlaced(hook, name, GUARD_HOOKS, `addHook${describeScope(this)}`)
    return addHook.call(this, name, hook)
  })
}

type AnyFunction = (this: unknown, ...given: unknown[]) => unknown

const isFunction = (value: unknown): value is AnyFunction => typeof value === 'function'

/** Checks the lists of `app.auth`, because its hook hides the functions of the list. */
function watchAuth(app: FastifyInstance): void {
  const present: unknown = Reflect.get(app, 'auth')
  if (isFunction(present)) replaceMethod(app, 'auth', watchParts(present))
  const { decorate }: { decorate(this: unknown, ...given: unknown[]): unknown } = app
  replaceMethod(
    app,
    'decorate',
    function (this: unknown, name: unknown, value: unknown, ...others: unknown[]) {
      const watched = name === 'auth' && isFunction(value) ? watchParts(value) : value
      return decorate.call(this, name, watched, ...others)
    },
  )
}

function watchParts(auth: AnyFunction): AnyFunction {
  return new Proxy(auth, {
    apply(target, self, given) {
      const [parts, options] = given
      assertPlaced(parts, 'auth', ['auth'], 'auth')
      if (!Array.isArray(parts)) return Reflect.apply(target, self, given)
      const isGuarding = parts.flat().some(hasGuard)
      const hook: unknown = Reflect.apply(target, self, [keepIdentities(parts, options), options])
      return isGuarding && typeof hook === 'function' ? annotateComposite(hook) : hook
    },
  })
}
