/**
 * From marks to routes: writes each mark into the configuration of its route, puts the guard before the route, and checks
 * that every mark has reached one.
 * @module
 */
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { CognitoException, toException } from './exception.js'
import { MetadataScanner, RouteConfig, type Type } from './framework.js'
import { assertKept, type Mark, type Marked, readMark, readMetadata } from './marks.js'

/** A handler of a controller, with its mark. */
interface MarkedHandler {
  readonly type: Type<unknown>
  /** Class and method, for messages: `Orders.list`. */
  readonly name: string
  readonly mark: Mark
}

/** Key of the handler in the configuration of its route. NestJS hands the configuration of a method on to its routes. */
const HANDLER = Symbol('fastify-cognito.handler')

/** Metadata keys of NestJS: the path of a method, and the configuration of its routes. */
const PATH = 'path'
const CONFIG = RouteConfig({}).KEY

/** The handlers by the function that was made for them, because one process may start several applications of the same controllers. */
const handlers = new WeakMap<Marked, MarkedHandler>()

type Hook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void

/** The marks of one application and their guards. */
export interface MarkedRoutes {
  /**
   * Compiles the guards of all marks of a class.
   *
   * @throws {TypeError} for an unknown pool, for a requirement that is wrong or can never hold, and for a mark that another
   *   decorator has dropped
   */
  readonly compile: (type: Type<unknown>) => void
  /** Writes the marks of the handlers of a controller into the configuration of their routes. */
  readonly add: (type: Type<unknown>) => void
  /** @throws {TypeError} when the mark of a handler has reached no route */
  readonly assertSeen: () => void
}

/**
 * Watches the routes that an application adds from now on, and puts the guards of marks before them.
 *
 * @param app - the instance with the plugin
 * @param passed - gets the requests that a guard lets pass, with the mark of the guard
 */
export function markRoutes(app: FastifyInstance, passed: WeakMap<object, Mark>): MarkedRoutes {
  const hooks = new Map<Mark, Hook>()
  const expected = new Set<MarkedHandler>()

  function compile(type: Type<unknown>): void {
    assertKept(type)
    for (const { name, mark } of listHandlers(type)) {
      if (mark.name === 'Public' || hooks.has(mark)) continue
      try {
        hooks.set(mark, toHook(app, mark, passed))
      } catch (error) {
        throw new TypeError(`${name}: @${mark.name}: ${(error as Error).message}`, { cause: error })
      }
    }
  }

  app.addHook('onRoute', (route) => {
    const handler: MarkedHandler | undefined = Reflect.get(Object(route.config), HANDLER)
    if (handler === undefined) return
    expected.delete(handler)
    const hook = hooks.get(handler.mark)
    if (hook !== undefined) putFirst(route, hook)
  })

  return {
    compile,
    add(type) {
      for (const handler of configureRoutes(type)) expected.add(handler)
    },
    assertSeen() {
      const names = [...expected].map(({ name, mark }) => `${name} (@${mark.name})`)
      if (names.length > 0) throw new TypeError(`CognitoModule: ${NOT_SEEN}: ${names.join(', ')}`)
    },
  }
}

const NOT_SEEN =
  'expected every mark to reach a route. NestJS 11 drops the configuration of @All(), so use @Get(), @Post() and so on there. Marks without a route'

const scanner = new MetadataScanner()

const methodOf = ({ prototype }: Type<unknown>, name: string): Marked => prototype[name]

/** Lists the methods of a class that have a mark. */
const listHandlers = (type: Type<unknown>): readonly (MarkedHandler & { readonly method: string })[] =>
  scanner.getAllMethodNames(type.prototype).flatMap((method) => {
    const mark = readMark(methodOf(type, method), type)
    return mark === undefined ? [] : [{ type, method, name: `${type.name}.${method}`, mark }]
  })

/** Writes the marks of a controller into the configuration of its routes, beside what the application has there. */
function configureRoutes(type: Type<unknown>): readonly MarkedHandler[] {
  const routes = listHandlers(type).filter(
    ({ method }) => readMetadata(PATH, methodOf(type, method)) !== undefined,
  )
  return routes.map((found) => {
    const method = ownMethod(found)
    const handler = handlers.get(method) ?? found
    handlers.set(method, handler)
    RouteConfig({ ...givenConfig(method), ...declare(handler.mark), [HANDLER]: handler })(method)
    return handler
  })
}

/** Returns the configuration of the application, without what the mark of another class has added to a function of both. */
function givenConfig(method: Marked): object {
  const { cognito, ...given } = Object(readMetadata(CONFIG, method))
  const opened = given[HANDLER]?.mark.name === 'Public'
  return opened || cognito === undefined ? given : { ...given, cognito }
}

/** The option `routes` does not list a route that is declared open. */
const declare = ({ name }: Mark): object => (name === 'Public' ? { cognito: false } : {})

/**
 * Returns the method of a class as a function that no other class has, because marks of classes may differ. Classes share a
 * function when one inherits it, and when a mixin copies it into both. The copy has the method as its prototype, so that it
 * inherits the metadata of the method, too. The method itself stays as it is for classes without a mark.
 */
function ownMethod({ type, method: name }: MarkedHandler & { readonly method: string }): Marked {
  const method = methodOf(type, name)
  if (handlers.get(method)?.type === type) return method
  const copy = function (this: unknown, ...given: unknown[]) {
    return Reflect.apply(method, this, given)
  }
  Object.setPrototypeOf(copy, method)
  for (const member of ['name', 'length']) {
    Object.defineProperty(copy, member, { value: Reflect.get(method, member), configurable: true })
  }
  Object.defineProperty(type.prototype, name, { value: copy, configurable: true, writable: true })
  return copy
}

function compileGuard({ authRequired, authOptional }: FastifyInstance, { name, given }: Mark): Hook {
  return name === 'Cognito' ? authRequired(...given) : authOptional(...given)
}

/**
 * Makes the hook of a mark: a guard whose refusals are exceptions of NestJS. The plugin writes the headers of the answer, because
 * the refusal is the cause of the exception.
 */
function toHook(app: FastifyInstance, mark: Mark, passed: WeakMap<object, Mark>): Hook {
  const guard = compileGuard(app, mark)
  const hook: Hook = (request, reply, done) => {
    guard(request, reply, (error) => {
      if (error !== undefined) return done(refuse(reply, error))
      passed.set(request, mark)
      done()
    })
  }
  return app.cognito.composed(hook, [guard])
}

/** Logs a refusal as Fastify does where it answers itself. */
function refuse({ log }: FastifyReply, error: Error): Error {
  const exception = toException(error)
  if (exception instanceof CognitoException) {
    log[exception.getStatus() < 500 ? 'info' : 'error']({ err: error }, error.message)
  }
  return exception
}

function putFirst(route: RouteOptions, hook: Hook): void {
  route.onRequest = [hook, ...[route.onRequest ?? []].flat()]
}
