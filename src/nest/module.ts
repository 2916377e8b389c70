/**
 * `CognitoModule`: registers the plugin in an application of NestJS, and puts the guards of marks before its routes.
 * @module
 */
import type { PluginOptions } from '../options.js'
import {
  DiscoveryModule,
  DiscoveryService,
  type DynamicModule,
  HttpAdapterHost,
  Inject,
  Module,
  Optional,
  type Type,
} from './framework.js'
import { CognitoHost } from './host.js'
import {
  assertAsyncOptions,
  assertExtras,
  type CognitoModuleAsyncOptions,
  type CognitoModuleExtras,
} from './module-options.js'
import { assertGuarded, guardsFields } from './placement.js'
import { type MarkedRoutes, markRoutes } from './routes.js'

const OPTIONS = Symbol('fastify-cognito.options')

/**
 * Registers the plugin `fastify-cognito` on the Fastify instance of the application. The marks of all modules then count, and
 * every module may inject {@link CognitoHost}. An application imports the module once, in its root module.
 *
 * @throws {TypeError} at boot, for a wrong option or mark, for a mark that reached no route or that NestJS runs no guards
 *   for, and for another adapter than `FastifyAdapter`
 * @example Module({ imports: [CognitoModule.forRoot({ pools })], controllers: [Orders] })(AppModule)
 */
export class CognitoModule {
  readonly #host: CognitoHost | undefined
  readonly #discovery: DiscoveryService
  #routes: MarkedRoutes | undefined

  /** @internal */
  constructor(host: CognitoHost | undefined, discovery: DiscoveryService) {
    this.#host = host
    this.#discovery = discovery
  }

  /**
   * Makes the module of options that are known at import.
   *
   * @param options - the options of the plugin
   * @param extras - the options of the module itself
   * @throws {TypeError} for wrong options of the module; at boot, for wrong options of the plugin
   */
  static forRoot(options: PluginOptions, extras: CognitoModuleExtras = {}): DynamicModule {
    assertExtras(extras)
    return CognitoModule.forRootAsync({ ...extras, useFactory: () => options })
  }

  /**
   * Makes the module of options that other providers are needed for, such as `ConfigService`.
   *
   * @throws {TypeError} for wrong options of the module; at boot, for wrong options of the plugin
   * @example
   * CognitoModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ pools: { eu: config.getOrThrow('cognito') } }),
   * })
   */
  static forRootAsync(options: CognitoModuleAsyncOptions): DynamicModule {
    assertAsyncOptions(options)
    const { imports = [], inject = [], useFactory, ...extras } = options
    return {
      module: CognitoModule,
      global: true,
      imports,
      providers: [
        { provide: OPTIONS, inject: [...inject], useFactory },
        {
          provide: CognitoHost,
          inject: [HttpAdapterHost, OPTIONS],
          useFactory: (adapterHost: HttpAdapterHost, given: PluginOptions) =>
            createHost(adapterHost, given, extras),
        },
      ],
      exports: [CognitoHost],
    }
  }

  /**
   * NestJS calls the method before it makes the routes.
   *
   * @internal
   */
  async configure(): Promise<void> {
    const host = this.#host
    if (host === undefined)
      throw new TypeError(
        'CognitoModule: expected CognitoModule.forRoot or CognitoModule.forRootAsync in imports',
      )
    const routes = markRoutes(await host.register(), host.passed)
    const controllers = listClasses(this.#discovery.getControllers())
    const providers = this.#discovery.getProviders()
    const fields = guardsFields(providers)
    for (const type of [...controllers, ...listClasses(providers)]) {
      assertGuarded(type, fields)
      routes.compile(type)
    }
    for (const type of controllers) routes.add(type)
    this.#routes = routes
  }

  /**
   * NestJS calls the method when it has made the routes.
   *
   * @internal
   */
  onModuleInit(): void {
    this.#routes?.assertSeen()
  }
}

Module({ imports: [DiscoveryModule] })(CognitoModule)
Optional()(CognitoModule, undefined, 0)
Inject(CognitoHost)(CognitoModule, undefined, 0)
Inject(DiscoveryService)(CognitoModule, undefined, 1)

/** Registers the plugin at once, so that its functions are there when the application exists. A test module has no adapter yet. */
async function createHost(
  adapterHost: HttpAdapterHost,
  options: PluginOptions,
  extras: CognitoModuleExtras,
): Promise<CognitoHost> {
  const host = new CognitoHost(adapterHost, options, extras)
  if (adapterHost.httpAdapter) await host.register()
  return host
}

/** Lists the classes of controllers or providers, each once. The factory of a provider is no class, and a value has none. */
function listClasses(wrappers: readonly { readonly metatype: unknown }[]): ReadonlySet<Type<unknown>> {
  return new Set(wrappers.flatMap(({ metatype }) => (isClass(metatype) ? [metatype] : [])))
}

const isClass = (metatype: unknown): metatype is Type<unknown> =>
  typeof metatype === 'function' && typeof metatype.prototype === 'object'
