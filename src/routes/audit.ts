/**
 * Which routes no guard stands before, although they do not say so.
 * @module
 */
import type { FastifyInstance, RouteOptions } from 'fastify'
import { type NotFoundHandler, watchNotFound } from './not-found.js'
import { findGuards, isNotFoundGuarded, listEarlierHooks } from './route-guards.js'

interface Route {
  readonly options: RouteOptions
  readonly url: string
}

/**
 * Lists the routes without a guard when the application is ready: in one warning, or in the error that stops the boot.
 *
 * @throws {TypeError} for routes that were added before, and would not be seen; with `'error'` only
 */
export function auditRoutes(app: FastifyInstance, mode: 'warn' | 'error'): void {
  const report = (message: string, routes: readonly string[]) => {
    if (mode === 'error') throw new TypeError(`routes: ${message}:\n  ${routes.join('\n  ')}`)
    app.log.warn({ routes }, `fastify-cognito: ${message}`)
  }
  const earlier = isRoot(app) ? listEarlier(app) : []
  if (earlier.length > 0) report(TOO_LATE, earlier)
  const routes: Route[] = []
  const handlers: NotFoundHandler[] = []
  // The URL is read now: Fastify adds the route of a trailing slash by changing it.
  app.addHook('onRoute', (options) => void routes.push({ options, url: options.url }))
  watchNotFound(app, (handler) => void handlers.push(handler))
  app.addHook('onReady', async () => {
    const late = listLate(routes)
    if (late.length > 0) app.log.warn({ routes: late }, `fastify-cognito: ${NOT_FIRST}`)
    const open = [...listOpen(routes), ...listOpenHandlers(handlers)]
    if (open.length > 0) report(NO_GUARD, open)
  })
}

const TOO_LATE =
  'expected the plugin to be registered, with await, before the first route; routes that were there before it are not seen'

const NO_GUARD =
  'expected a guard before every route, or config: { cognito: false } on it. Put a scope behind one with app.cognito.protect: a guard added by addHook is not seen, and one within another hook by app.cognito.composed only. Routes without a guard'

const NOT_FIRST =
  'expected the guard of a route before its other hooks; a hook before it can answer in its place, and nobody can see whether it does. Hooks before a guard'

/** Only there are all routes the plugin's own business. */
const isRoot = (app: FastifyInstance) => Object.getPrototypeOf(app) === Object.prototype

/** Fastify tells the routes that it has in a drawing only. */
function listEarlier(app: FastifyInstance): readonly string[] {
  const lines = app.printRoutes({ commonPrefix: false }).split('\n')
  return lines.filter((line) => / \((?!OPTIONS\))[A-Z]/.test(line))
}

const listOpen = (routes: readonly Route[]): readonly string[] =>
  toLines(routes.filter(({ options }) => !isMeantOpen(options) && findGuards(options).length === 0))

/** Routes with a hook before their guard, each with the names of these hooks. */
const listLate = (routes: readonly Route[]): readonly string[] =>
  toLines(
    routes.filter(({ options }) => listEarlierHooks(options).length > 0),
    ({ options }) => `: ${listEarlierHooks(options).join(', ')}`,
  )

/** Those of `OPTIONS` are left out: a preflight carries no credentials. So is a `HEAD` that goes with a `GET`. */
function toLines(routes: readonly Route[], end: (route: Route) => string = () => ''): readonly string[] {
  const gets = new Set(routes.filter((route) => methodsOf(route).includes('GET')).map(toPath))
  const lines = routes.flatMap((route) => {
    const methods = methodsOf(route).filter(
      (method) => method !== 'OPTIONS' && !(method === 'HEAD' && gets.has(toPath(route))),
    )
    return methods.length > 0 ? [`${methods.join(', ')} ${route.url}${end(route)}`] : []
  })
  return [...new Set(lines)]
}

/** A handler for what is not found is open like a route: it may serve pages. */
const listOpenHandlers = (handlers: readonly NotFoundHandler[]): readonly string[] =>
  handlers
    .filter(({ scope, options }) => !isMeantOpen(options) && !isNotFoundGuarded(scope, options))
    .map(({ name }) => name)

/** An inherited `cognito: false` does not count. */
function isMeantOpen({ config }: { readonly config?: unknown }): boolean {
  return (
    Object.hasOwn(Object(config), 'cognito') && (config as { readonly cognito: unknown }).cognito === false
  )
}

/** The `HEAD` of a prefix may come with a slash at its end that its `GET` came without. */
const toPath = ({ url }: Route): string => url.replace(/\/$/, '')

const methodsOf = ({ options }: Route): readonly string[] => [options.method].flat()
