/**
 * The marks that decorators put on classes and methods, and the rule which of them counts for a handler.
 * @module
 */
import type { PoolSelector } from '../guard/register.js'
import type { Requirement } from '../guard/requirement.js'
import { Reflector, SetMetadata, type Type } from './framework.js'

/** A mark: who may call a handler. */
export interface Mark {
  /** Name of the decorator, without `@`. */
  readonly name: 'Cognito' | 'CognitoOptional' | 'Public'
  /** The arguments of the decorator. */
  readonly given: readonly [pool?: PoolSelector<string>, requirement?: Requirement]
}

/** Anything that may have metadata. */
export type Marked = Type<unknown> | ((...given: never) => unknown)

const MARK = 'fastify-cognito:mark'
const reflector = new Reflector()

/** Returns the metadata of a class or method, that of the classes above it included. */
export const readMetadata = (key: string, target: Marked): unknown => reflector.get<unknown>(key, target)

const readOwn = (target: Marked): Mark | undefined => reflector.get<Mark | undefined>(MARK, target)

/** Returns the mark that counts for a handler: its own, else that of its class. */
export const readMark = (handler: Marked, controller: Marked): Mark | undefined =>
  readOwn(handler) ?? readOwn(controller)

/**
 * Puts a mark on a class or a method.
 *
 * @throws {TypeError} when something else is decorated, and when the class or method has a mark already
 */
export function putMark(mark: Mark, target: object, key?: string | symbol, descriptor?: unknown): void {
  const marked = findMarked(target, key, descriptor)
  const where = describeTarget(target, key)
  if (marked === undefined)
    throw new TypeError(
      `${where}: expected @${mark.name} on a class, or on a method, and not on anything else`,
    )
  const other = readOwn(marked)
  // A class inherits the mark of the class above it, and may replace it.
  if (other !== undefined && other !== readOwn(Object.getPrototypeOf(marked))) {
    throw new TypeError(`${where}: expected one mark, and not @${mark.name} beside @${other.name}`)
  }
  SetMetadata(MARK, mark)(marked)
}

function findMarked(target: object, key: unknown, descriptor: unknown): Marked | undefined {
  if (key === undefined) return isMarked(target) ? target : undefined
  const method: unknown = Reflect.get(Object(descriptor), 'value')
  return isMarked(method) && !isMarked(target) ? method : undefined
}

const isMarked = (value: unknown): value is Marked => typeof value === 'function'

function describeTarget(target: object, key: string | symbol | undefined): string {
  const { name } = isMarked(target) ? target : target.constructor
  return key === undefined ? name : `${name}.${String(key)}`
}
