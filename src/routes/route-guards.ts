/**
 * The guards before a route: those among its own hooks, and those that `protect` puts before its scope.
 * @module
 */
import type { FastifyInstance, RouteOptions } from 'fastify'
import { type Alternative, GUARD_HOOKS, hasGuard, readAlternatives } from '../guard/annotations.js'

const ADDED = Symbol('fastify-cognito.added')

/** A route of the application. */
export interface AddedRoute {
  /** The options that Fastify reads, so that hooks count that are added to them later. */
  readonly options: RouteOptions
  /** The URL when the route was added. Fastify adds the route of a trailing slash by changing `options.url`. */
  readonly url: string
  readonly scope: FastifyInstance
}

/** The alternatives of each guard that `protect` put before a scope. */
const protectors = new WeakMap<object, readonly (readonly Alternative[])[]>()

/** Returns the list of routes that are added from now on. The list is complete when the application is ready. */
export function watchRoutes(app: FastifyInstance): readonly AddedRoute[] {
  const routes: AddedRoute[] = []
  app.addHook('onRoute', function (options) {
    const route: AddedRoute = { options, url: options.url, scope: this }
    routes.push(route)
    // The member is enumerable, because `@fastify/swagger` keeps a copy of some routes.
    Object.assign(options, { [ADDED]: route })
  })
  return routes
}

/** Records that a scope has the guard as a hook. */
export function addScopeGuard(scope: FastifyInstance, guard: unknown): void {
  const alternatives = readAlternatives(guard)
  if (alternatives !== undefined) protectors.set(scope, [...(protectors.get(scope) ?? []), alternatives])
}

/**
 * Returns the alternatives of each guard before a route; an empty list where no guard is found.
 *
 * @param route - the options of the route, as an `onRoute` hook gets them, or a copy
 */
export function findGuards(route: object): readonly (readonly Alternative[])[] {
  const added: AddedRoute | undefined = Reflect.get(route, ADDED)
  if (added === undefined) return []
  const hooks: readonly unknown[] = GUARD_HOOKS.flatMap((name) => added.options[name] ?? [])
  const own = hooks.map(readAlternatives).filter((alternatives) => alternatives !== undefined)
  return [...findProtectors(added.scope), ...own]
}

/** The hooks before the handler, in the order in which Fastify runs them. */
const BEFORE_HANDLER = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const

/**
 * Returns the names of the hooks with a function before the first guard of a route. Such a function can answer in place of
 * the guard.
 *
 * @param route - the options of the route, as an `onRoute` hook gets them, or a copy
 */
export function listEarlierHooks(route: object): readonly string[] {
  const added: AddedRoute | undefined = Reflect.get(route, ADDED)
  if (added === undefined || findProtectors(added.scope).length > 0) return []
  const hooks = BEFORE_HANDLER.flatMap((name) =>
    [added.options[name] ?? []].flat().map((hook: unknown) => ({ name, isGuard: hasGuard(hook) })),
  )
  const first = hooks.findIndex(({ isGuard }) => isGuard)
  return [...new Set(hooks.slice(0, Math.max(first, 0)).map(({ name }) => name))]
}

/**
 * Returns `true` when a guard is before a handler of `setNotFoundHandler`.
 *
 * @param options - the options of the handler
 */
export function isNotFoundGuarded(
  scope: FastifyInstance,
  options: Readonly<Record<string, unknown>>,
): boolean {
  // `reply.callNotFound()` runs no other hook. With a prefix, only routes of the same scope reach the handler by it.
  const own = [options['preHandler'] ?? []].flat()
  const isProtected = scope.prefix !== '' && findProtectors(scope).length > 0
  return isProtected || own.some((hook) => readAlternatives(hook) !== undefined)
}

/** Finds the guards of a scope and of the scopes around it, its prototypes. A hook of a scope runs in all scopes inside. */
function findProtectors(scope: object | null): readonly (readonly Alternative[])[] {
  if (scope === null) return []
  return [...findProtectors(Object.getPrototypeOf(scope)), ...(protectors.get(scope) ?? [])]
}
