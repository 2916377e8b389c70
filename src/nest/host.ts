/**
 * The connection of an application of NestJS with the plugin: registers the plugin on the Fastify instance of the adapter,
 * and gives the application `app.cognito`.
 * @module
 */
import type { FastifyInstance } from 'fastify'
import type { Cognito } from '../cognito.js'
import type { Pools } from '../guard/register.js'
import type { NotFoundReplier } from '../guard/route-types.js'
import cognito from '../index.js'
import type { PluginOptions } from '../options.js'
import { type AbstractHttpAdapter, type HttpAdapterHost, Logger } from './framework.js'
import type { Mark } from './marks.js'
import type { CognitoModuleExtras } from './module-options.js'

/**
 * The functions of the plugin, for injection. `CognitoModule` provides the class to all modules.
 *
 * @example
 * class Sessions {
 *   constructor(@Inject(CognitoHost) private readonly host: CognitoHost) {}
 *   end(jti: string) {
 *     return this.host.cognito.revoke({ by: 'jti', value: jti })
 *   }
 * }
 */
export class CognitoHost {
  readonly #adapterHost: HttpAdapterHost
  readonly #options: PluginOptions
  #registered: Promise<FastifyInstance> | undefined
  /**
   * The requests that passed the hook of their route, each with the mark that the hook is of.
   *
   * @internal
   */
  readonly passed = new WeakMap<object, Mark>()
  /** @internal */
  readonly extras: CognitoModuleExtras

  /** @internal */
  constructor(adapterHost: HttpAdapterHost, options: PluginOptions, extras: CognitoModuleExtras) {
    this.#adapterHost = adapterHost
    this.#options = options
    this.extras = extras
  }

  /**
   * `app.cognito`, such as `verify`, `verifyRequest`, `revoke` and `openapi`. It is there when `NestFactory.create` has resolved, and
   * in an application of `@nestjs/testing` after `init()`.
   *
   * @throws {TypeError} before that
   */
  get cognito(): Cognito<Pools> {
    const { instance } = this
    if (!instance?.hasDecorator('cognito'))
      throw new TypeError(
        'CognitoHost: expected an application with FastifyAdapter that has been initialized',
      )
    return instance.cognito
  }

  /**
   * The Fastify instance; `undefined` as long as the application has no adapter.
   *
   * @internal
   */
  get instance(): FastifyInstance | undefined {
    const { httpAdapter } = this.#adapterHost
    return httpAdapter?.getType() === 'fastify' ? httpAdapter.getInstance() : undefined
  }

  /**
   * Registers the plugin, once.
   *
   * @internal
   */
  register(): Promise<FastifyInstance> {
    this.#registered ??= this.#register()
    return this.#registered
  }

  async #register(): Promise<FastifyInstance> {
    const { instance } = this
    if (!instance)
      throw new TypeError(
        'CognitoModule: expected the FastifyAdapter, as NestFactory.create(AppModule, new FastifyAdapter()) has it',
      )
    await instance.register(cognito, this.#options)
    declareNotFound(this.#adapterHost.httpAdapter, instance)
    // Fastify without a logger has one function for all levels.
    if (instance.log.warn === instance.log.error) new Logger('CognitoModule').log(NO_LOGGER)
    return instance
  }
}

/** Declares the not-found handler of NestJS as open, because it only answers 404. The option `routes` would list it. */
function declareNotFound(adapter: AbstractHttpAdapter, instance: FastifyInstance): void {
  adapter.setNotFoundHandler = (handler: NotFoundReplier) =>
    instance.setNotFoundHandler({ config: { cognito: false } }, handler)
}

const NO_LOGGER =
  'Fastify has no logger here, so that the reasons of refusals and the warnings of fastify-cognito are not logged: new FastifyAdapter({ logger: true }) turns it on'
