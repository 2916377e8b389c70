/**
 * The places where NestJS runs no guards, so that a mark there would protect nothing.
 * @module
 */
import { MetadataScanner, type Type } from './framework.js'
import { type Marked, readMarkOf, readMetadata } from './marks.js'

/** Metadata keys of NestJS: the path of a method of a controller, and the kinds of methods that resolve a field. */
const PATH = 'path'
const FIELDS = ['graphql:resolve_property', 'graphql:resolve_reference']

/** The methods that NestJS calls without guards, by their names. */
const UNGUARDED: ReadonlySet<string> = new Set([
  'afterInit',
  'handleConnection',
  'handleDisconnect',
  '__resolveType',
])

/** The token of the options of `GraphQLModule`. */
const GRAPHQL_OPTIONS = 'GqlModuleOptions'

/** A provider of an application: its token, and its value. */
interface Provider {
  readonly token?: unknown
  readonly instance: unknown
}

const scanner = new MetadataScanner()

/** Tells whether `GraphQLModule` runs the guards of field resolvers: every one of the application, when there are more. */
export function guardsFields(providers: readonly Provider[]): boolean {
  const found = providers.filter(({ token }) => token === GRAPHQL_OPTIONS)
  return found.length > 0 && found.every(({ instance }) => enhances(instance))
}

function enhances(options: unknown): boolean {
  const enhancers: unknown = Reflect.get(Object(options), 'fieldResolverEnhancers')
  return Array.isArray(enhancers) && enhancers.includes('guards')
}

/**
 * Refuses a mark on a method for which NestJS runs no guards. `@Public` may stand anywhere.
 *
 * @param fields - whether NestJS runs the guards of field resolvers
 * @throws {TypeError} with class and method
 */
export function assertGuarded({ name, prototype }: Type<unknown>, fields: boolean): void {
  for (const key of scanner.getAllMethodNames(prototype)) {
    const method: Marked = prototype[key]
    const mark = readMarkOf(method)
    if (mark === undefined || mark.name === 'Public') continue
    const wanted = findFault(key, method, fields)
    if (wanted !== undefined) throw new TypeError(`${name}.${key}: @${mark.name}: ${wanted}`)
  }
}

function findFault(key: string, method: Marked, fields: boolean): string | undefined {
  if (UNGUARDED.has(key) && readMetadata(PATH, method) === undefined) return NO_GUARDS
  return !fields && FIELDS.some((kind) => readMetadata(kind, method) !== undefined) ? NO_FIELD : undefined
}

const NO_GUARDS =
  'expected a method that NestJS runs guards for. Verify the request in the method, with CognitoHost'
const NO_FIELD =
  "expected fieldResolverEnhancers: ['guards'] in the options of GraphQLModule, because NestJS runs no guards of field resolvers without it"
