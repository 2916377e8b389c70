/**
 * Places where a guard may stand. Anywhere else it would guard nothing, so the boot stops.
 * @module
 */
import type { FastifyInstance, RouteOptions } from 'fastify'
import { annotateComposite, factoryNameOf, GUARD_HOOKS, hasGuard } from '../guard/annotations.js'
import { keepIdentities } from './auth-branches.js'
import { describeScope, replaceMethod, watchNotFound } from './not-found.js'

/** The one hook of a handler for what is not found that `reply.callNotFound()` runs as well. */
const GUARDING_NOT_FOUND: readonly string[] = ['preHandler']

/** Why a guard is of no use under another hook. */
const WHY: Readonly<Record<string, string>> = {
  preParsing: 'a preParsing hook is called in another way',
  preSerialization: 'the handler has run by then',
  onSend: 'the handler has run by then',
  onResponse: 'the answer has been sent by then',
  handler: 'a guard answers nothing itself',
  onError: 'it runs only where something else has failed',
  onTimeout: 'it runs only for a request that took too long',
  onRequestAbort: 'it runs only for a request that was given up',
}

/**
 * Watches where guards are put in a scope and in the scopes inside it: on routes, by `addHook`, by `setNotFoundHandler`, and
 * within the functions of `@fastify/auth`, whenever that is registered.
 *
 * @throws {TypeError} from then on: from the methods of the instance at once, for routes when the application is ready
 */
export function watchPlacement(app: FastifyInstance): void {
  watchHooks(app)
  watchNotFound(app, ({ name, options }) => {
    for (const [hook, guard] of Object.entries(options)) assertPlaced(guard, hook, GUARDING_NOT_FOUND, name)
  })
  watchAuth(app)
  const routes: RouteOptions[] = []
  app.addHook('onRoute', (options) => void routes.push(options))
  // When the application is ready: another plugin may add hooks to a route that was added before.
  app.addHook('onReady', async () => {
    for (const options of routes) assertRoute(options)
  })
}

function assertRoute(options: RouteOptions): void {
  const route = `${[options.method].flat().join(', ')} ${options.url}`
  const guarding: readonly unknown[] = GUARD_HOOKS.flatMap((name) => options[name] ?? [])
  for (const [name, hook] of Object.entries(options)) {
    const isHook = name in WHY || GUARD_HOOKS.some((one) => one === name)
    // An option of the application's own, which it has put under a hook itself.
    if (isHook || !guarding.includes(hook)) assertPlaced(hook, name, GUARD_HOOKS, route)
  }
}

/**
 * @param hook - a function, a list of functions, or anything else, which is no guard
 * @param allowed - names under which a guard may stand
 * @param where - what the message begins with
 * @throws {TypeError}
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

/** Scopes inside this one inherit what is set here. */
function watchHooks(app: FastifyInstance): void {
  const { addHook } = app as {
    addHook: (this: FastifyInstance, name: string, hook: unknown) => FastifyInstance
  }
  replaceMethod(app, 'addHook', function (this: FastifyInstance, name: string, hook: unknown) {
    assertPlaced(hook, name, GUARD_HOOKS, `addHook${describeScope(this)}`)
    return addHook.call(this, name, hook)
  })
}

type AnyFunction = (this: unknown, ...given: unknown[]) => unknown

/** `app.auth` hides the functions that it is given in the hook that it returns. */
function watchAuth(app: FastifyInstance): void {
  const present: unknown = Reflect.get(app, 'auth')
  if (typeof present === 'function') replaceMethod(app, 'auth', watchParts(present as AnyFunction))
  const { decorate } = app as { decorate: AnyFunction }
  replaceMethod(
    app,
    'decorate',
    function (this: unknown, name: unknown, value: unknown, ...others: unknown[]) {
      const isAuth = name === 'auth' && typeof value === 'function'
      return decorate.call(this, name, isAuth ? watchParts(value as AnyFunction) : value, ...others)
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
