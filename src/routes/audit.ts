/**
 * The audit of routes, the option `routes`: it lists the routes without a guard that are not meant to be open.
 * @module
 */
import type { FastifyInstance } from 'fastify'
import type { NotFoundHandler } from './not-found.js'
import { type AddedRoute, findGuards, isNotFoundGuarded, listEarlierHooks } from './route-guards.js'

/**
 * Lists the routes without a guard when the application is ready: in one warning, or in the error that stops the boot.
 *
 * @param routes - the routes of the application, complete when it is ready
 * @param handlers - its handlers of `setNotFoundHandler`, complete when it is ready
 * @throws {TypeError} with `'error'`, for routes that were added before the plugin, because they would not be found
 */
export function auditRoutes(
  app: FastifyInstance,
  mode: 'warn' | 'error',
  routes: readonly AddedRoute[],
  handlers: readonly NotFoundHandler[],
): void {
  const report = (message: string, lines: readonly string[]) => {
    if (mode === 'error') throw new TypeError(`routes: ${message}:\n  ${lines.join('\n  ')}`)
    app.log.warn({ routes: lines }, `fastify-cognito: ${message}`)
  }
  const earlier = isRoot(app) ? listEarlier(app) : []
  if (earlier.length > 0) report(TOO_LATE, earlier)
  app.addHook('onReady', async () => {
    const late = listLate(routes)
    if (late.length > 0) app.log.warn({ routes: late }, `fastify-cognito: ${NOT_FIRST}`)
    const open = [...listOpen(routes), ...listOpenHandlers(handlers)]
    if (open.length > 0) report(NO_GUARD, open)
  })
}

const TOO_LATE =
  'expected the plugin to be registered, with await, before the first route; earlier routes are not found'

const NO_GUARD =
  'expected a guard before every route, or config: { cognito: false } on it. A guard is found among the hooks of a route, for a scope by app.cognito.protect, and inside another hook by app.cognito.composed; a guard of addHook is not found. Routes without a guard'

const NOT_FIRST =
  'expected the guard of a route before its other hooks, because a hook before the guard can answer in its place. Hooks before a guard'

/** Returns `true` for the root of the application. In another scope, earlier routes may be outside of the plugin's scope. */
const isRoot = (app: FastifyInstance) => Object.getPrototypeOf(app) === Object.prototype

/** Lists the routes that were added before the plugin. Fastify has them in the text of `printRoutes` only. */
function listEarlier(app: FastifyInstance): readonly string[] {
  const lines = app.printRoutes({ commonPrefix: false }).split('\n')
  return lines.filter((line) => / \((?!OPTIONS\))[A-Z]/.test(line))
}

const listOpen = (routes: readonly AddedRoute[]): readonly string[] =>
  toLines(routes.filter(({ options }) => !isMeantOpen(options) && findGuards(options).length === 0))

/** Lists the routes with a hook before their guard, each with the names of these hooks. */
const listLate = (routes: readonly AddedRoute[]): readonly string[] =>
  toLines(
    routes.filter(({ options }) => listEarlierHooks(options).length > 0),
    ({ options }) => `: ${listEarlierHooks(options).join(', ')}`,
  )

/** Leaves out `OPTIONS`, because a preflight has no credentials, and a `HEAD` that belongs to a `GET`. */
function toLines(
  routes: readonly AddedRoute[],
  end: (route: AddedRoute) => string = () => '',
): readonly string[] {
  const gets = new Set(routes.filter((route) => methodsOf(route).includes('GET')).map(toPath))
  const lines = routes.flatMap((route) => {
    const methods = methodsOf(route).filter(
      (method) => method !== 'OPTIONS' && !(method === 'HEAD' && gets.has(toPath(route))),
    )
    return methods.length > 0 ? [`${methods.join(', ')} ${route.url}${end(route)}`] : []
  })
  return [...new Set(lines)]
}

/** Lists the open handlers of `setNotFoundHandler`. Such a handler counts as a route, because it may serve pages. */
const listOpenHandlers = (handlers: readonly NotFoundHandler[]): readonly string[] =>
  handlers
    .filter(({ scope, options }) => !isMeantOpen(options) && !isNotFoundGuarded(scope, options))
    .map(({ name }) => name)

/** Returns `true` for `config: { cognito: false }`. An inherited `cognito` does not count. */
function isMeantOpen({ config }: { readonly config?: unknown }): boolean {
  const own: { readonly cognito?: unknown } = Object(config)
  return Object.hasOwn(own, 'cognito') && own.cognito === false
}

/** Returns the URL without a trailing slash, because the `HEAD` of a prefix may have one where its `GET` has none. */
const toPath = ({ url }: AddedRoute): string => url.replace(/\/$/, '')

const methodsOf = ({ options }: AddedRoute): readonly string[] => [options.method].flat()
