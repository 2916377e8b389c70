/**
 * The arguments of `CognitoModule.forRoot` and `CognitoModule.forRootAsync`, besides the options of the plugin.
 * @module
 */
import { assertOptions, closedObject, functionOption } from '../base/option-schema.js'
import { compileSchema, Type } from '../base/schema.js'
import type { VerifiableRequest } from '../guard/verify-request.js'
import type { PluginOptions } from '../options.js'
import type {
  ExecutionContext,
  InjectionToken,
  ModuleMetadata,
  OptionalFactoryDependency,
} from './framework.js'

/** The options of `CognitoModule` that are not options of the plugin. */
export interface CognitoModuleExtras {
  /**
   * Returns the HTTP request behind a context of GraphQL, of a gateway or of a microservice, for the marks there: a request of
   * Fastify or of `node:http`. `undefined` stands for the default.
   *
   * @defaultValue GraphQL: `req` of the GraphQL context. Gateways: `request` of the client
   */
  readonly requestOf?: (context: ExecutionContext) => VerifiableRequest | undefined
}

/** The argument of `CognitoModule.forRootAsync`. */
export interface CognitoModuleAsyncOptions extends CognitoModuleExtras {
  /**
   * Modules that provide the dependencies of `useFactory`.
   *
   * @defaultValue none
   */
  readonly imports?: ModuleMetadata['imports']
  /**
   * Tokens of the dependencies of `useFactory`, in the order of its parameters.
   *
   * @defaultValue none
   */
  readonly inject?: readonly (InjectionToken | OptionalFactoryDependency)[]
  /** Makes the options of the plugin. */
  readonly useFactory: (...dependencies: never[]) => PluginOptions | Promise<PluginOptions>
}

/** A list whose items NestJS checks. */
const list = Type.Optional(Type.Array(Type.Any(), { expected: 'a list' }))
const extras = { requestOf: functionOption() }
const compiledExtras = compileSchema(closedObject(extras, 'an object with requestOf'))
const compiledAsync = compileSchema(
  closedObject(
    {
      ...extras,
      imports: list,
      inject: list,
      useFactory: Type.Function([], Type.Any(), {
        expected: 'a function that returns the options of the plugin',
      }),
    },
    'an object with useFactory',
  ),
)

/** @throws {TypeError} with the path and what was expected */
export const assertExtras = (given: CognitoModuleExtras): void =>
  assertOptions(compiledExtras, given, 'CognitoModule.forRoot')

/** @throws {TypeError} with the path and what was expected */
export const assertAsyncOptions = (given: CognitoModuleAsyncOptions): void =>
  assertOptions(compiledAsync, given, 'CognitoModule.forRootAsync')
