/**
 * Applications of NestJS for tests: controllers without the syntax of decorators, and an application that keeps its log.
 * @module
 */
import { Controller, type LoggerService, Module, type ModuleMetadata, type Type } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import t, { type Test } from 'tap'
import type { PluginOptions } from '../../src/index.js'
import { CognitoModule, type CognitoModuleExtras } from '../../src/nest/index.js'
import { TestIssuer } from '../../src/testing/index.js'

/** Decorators of a class, by the place where they would stand. The tests need no option of the compiler for them. */
export interface Decorators {
  /** Before the class, from top to bottom. */
  readonly type?: readonly ClassDecorator[]
  /** Before each method, from top to bottom. */
  readonly methods?: Readonly<Record<string, readonly MethodDecorator[]>>
  /** Before the parameters of each method. */
  readonly parameters?: Readonly<Record<string, readonly ParameterDecorator[]>>
}

/** Decorates a class as the compiler does: parameters before methods, methods before the class, from the bottom up. */
export function decorate<T extends Type<unknown>>(
  target: T,
  { type = [], methods = {}, parameters = {} }: Decorators,
): T {
  const { prototype } = target
  for (const [name, decorators] of Object.entries(parameters)) {
    decorators.forEach((decorator, index) => void decorator(prototype, name, index))
  }
  for (const [name, decorators] of Object.entries(methods)) {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name)
    for (const decorator of [...decorators].reverse()) decorator(prototype, name, descriptor as never)
  }
  for (const decorator of [...type].reverse()) decorator(target)
  return target
}

/** Decorates a class as a controller. */
export const controller = <T extends Type<unknown>>(path: string, target: T, decorators: Decorators): T =>
  decorate(target, { ...decorators, type: [Controller(path), ...(decorators.type ?? [])] })

/** A line of NestJS's log. */
export type NestLine = readonly [level: string, ...text: unknown[]]

const LEVELS = ['log', 'error', 'warn', 'debug', 'verbose', 'fatal'] as const

/** A logger of NestJS that keeps its lines. */
export function keepLines(): { readonly logger: LoggerService; readonly lines: NestLine[] } {
  const lines: NestLine[] = []
  const logger = Object.fromEntries(
    LEVELS.map((level) => [level, (...text: unknown[]) => void lines.push([level, ...text])]),
  )
  return { logger: logger as unknown as LoggerService, lines }
}

/** Settings of {@link startNest}. */
export interface NestSettings extends ModuleMetadata {
  readonly options?: Partial<PluginOptions>
  readonly extras?: CognitoModuleExtras
  readonly adapter?: FastifyAdapter
  /** Runs before the application is initialized. */
  readonly before?: (app: NestFastifyApplication) => unknown
}

/** The issuer of a test file, with the pools `eu` and `us`. */
export const issuer = await TestIssuer.start()
t.teardown(() => issuer.close())
export const pools = {
  eu: issuer.createPool({ region: 'eu-west-1' }),
  us: issuer.createPool({ region: 'us-east-1' }),
}

/** Options of the plugin with both pools. */
export const pluginOptions: PluginOptions = {
  pools: { eu: pools.eu.options(), us: pools.us.options() },
  keys: { prefetch: false },
}

/** Starts an application of NestJS with `CognitoModule`. */
export async function startNest(
  t: Test,
  { options, extras, adapter = new FastifyAdapter(), before, imports = [], ...metadata }: NestSettings,
) {
  class AppModule {}
  const given = { ...pluginOptions, ...options }
  Module({ ...metadata, imports: [CognitoModule.forRoot(given, extras), ...imports] })(AppModule)
  const { logger, lines } = keepLines()
  const app = await NestFactory.create<NestFastifyApplication>(AppModule, adapter, {
    logger,
    abortOnError: false,
  })
  t.teardown(() => app.close())
  await before?.(app)
  await app.init()
  await app.getHttpAdapter().getInstance().ready()
  /** Sends a request with a token, or without one. */
  const ask = async (url: string, token?: string, method: 'GET' | 'POST' | 'HEAD' = 'GET', headers = {}) => {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const {
      statusCode: status,
      headers: answered,
      body,
    } = await app.inject({ url, method, headers: { ...authorization, ...headers } })
    return { status, headers: answered, body: /^[{[]/.test(body) ? JSON.parse(body) : body }
  }
  return { app, lines, ask, errors: () => lines.filter(([level]) => level === 'error' || level === 'warn') }
}
