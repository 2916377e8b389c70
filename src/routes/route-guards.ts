/**
 * Which guards stand before a route: those among its own hooks, and those that `protect` puts before its scope.
 * @module
 */
import type { FastifyInstance, RouteOptions } from 'fastify'
import { type Alternative, GUARD_HOOKS, hasGuard, readAlternatives } from '../guard/annotations.js'

const ADDED = Symbol('fastify-cognito.added')

/** A route as it was added. Its options are those that Fastify reads, so that hooks added to them later count. */
interface AddedRoute {
  readonly options: RouteOptions
  readonly scope: FastifyInstance
}

/** The alternatives of each guard that was put before a scope, by the scope. */
const protectors = new WeakMap<object, readonly (readonly Alternative[])[]>()

/** From here on, knows of each route of the application in which scope it is. */
export function watchRoutes(app: FastifyInstance): void {
  app.addHook('onRoute', function (options) {
    // Enumerable: @fastify/swagger keeps a copy of some routes.
    Object.assign(options, { [ADDED]: { options, scope: this } satisfies AddedRoute })
  })
}

/** Remembers that a scope has the guard as a hook. */
export function addScopeGuard(scope: FastifyInstance, guard: unknown): void {
  const alternatives = readAlternatives(guard)
  if (alternatives !== undefined) protectors.set(scope, [...(protectors.get(scope) ?? []), alternatives])
}

/**
 * The alternatives of each guard before a route; none where no guard is seen.
 *
 * @param route - its options, as an `onRoute` hook got them, or a copy
 */
export function findGuards(route: object): readonly (readonly Alternative[])[] {
  const added: AddedRoute | undefined = Reflect.get(route, ADDED)
  if (added === undefined) return []
  const hooks: readonly unknown[] = GUARD_HOOKS.flatMap((name) => added.options[name] ?? [])
  const own = hooks.map(readAlternatives).filter((alternatives) => alternatives !== undefined)
  return [...findProtectors(added.scope), ...own]
}

/** In the order in which they run. */
const BEFORE_HANDLER = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const

/**
 * Names of the hooks of a route under which something else stands before its first guard, and so can answer in its place.
 *
 * @param route - its options, as an `onRoute` hook got them, or a copy
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
 * Whether a guard stands before a handler for what is not found.
 *
 * @param options - of the handler
 */
export function isNotFoundGuarded(
  scope: FastifyInstance,
  options: Readonly<Record<string, unknown>>,
): boolean {
  // `reply.callNotFound()` runs no other hook. Behind a prefix only routes of the same scope get to the handler by it.
  const own = [options['preHandler'] ?? []].flat()
  const isProtected = scope.prefix !== '' && findProtectors(scope).length > 0
  return isProtected || own.some((hook) => readAlternatives(hook) !== undefined)
}

/** A hook of a scope runs in all scopes inside it, whose prototype it is, even in those that were there before it. */
function findProtectors(scope: object | null): readonly (readonly Alternative[])[] {
  if (scope === null) return []
  return [...findProtectors(Object.getPrototypeOf(scope)), ...(protectors.get(scope) ?? [])]
}
