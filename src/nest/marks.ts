/**
 * The marks that decorators put on classes and methods, and the rule which of them counts for a handler.
 * @module
 */
import type { PoolSelector } from '../guard/register.js'
import type { Requirement } from '../guard/requirement.js'
import type { TenantSelector } from '../guard/tenant-selector.js'
import { Reflector, SetMetadata, type Type } from './framework.js'

/** A mark: who may call a handler. */
export interface Mark {
  /** Name of the decorator, without `@`. */
  readonly name: 'Cognito' | 'CognitoOptional' | 'Public'
  /** The arguments of the decorator. */
  readonly given: readonly [pool?: PoolSelector<string | TenantSelector>, requirement?: Requirement]
}

/** Anything that may have metadata. */
export type Marked = Type<unknown> | ((...given: never) => unknown)

const MARK = 'fastify-cognito:mark'
const reflector = new Reflector()

/** The marks as decorators put them: by the class, and by the prototype and the key of a method. A class has no key. */
const put = new WeakMap<object, Map<string | symbol | undefined, Mark>>()

/** Returns the metadata of a class or method, that of the classes above it included. */
export const readMetadata = (key: string, target: Marked): unknown => reflector.get<unknown>(key, target)

/** Returns the mark of a class or method. A class has the mark of the class above it, unless it has one of its own. */
export const readMarkOf = (target: Marked): Mark | undefined => reflector.get<Mark | undefined>(MARK, target)

/** Returns the mark that counts for a handler: its own, else that of its class. */
export const readMark = (handler: Marked, controller: Marked): Mark | undefined =>
  readMarkOf(handler) ?? readMarkOf(controller)

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
  const ofTarget = put.get(target) ?? new Map<string | symbol | undefined, Mark>()
  const other = ofTarget.get(key) ?? (key === undefined ? undefined : readMarkOf(marked))
  if (other !== undefined) {
    throw new TypeError(`${where}: expected one mark, and not @${mark.name} beside @${other.name}`)
  }
  put.set(target, ofTarget.set(key, mark))
  SetMetadata(MARK, mark)(marked)
}

/**
 * Refuses a class with a method that a decorator replaced above its mark. The mark and the guard are metadata of the first
 * function, so that nothing would guard the function in its place.
 *
 * @throws {TypeError} with class and method
 */
export function assertKept({ name, prototype }: Type<unknown>): void {
  for (const { owner, key, mark } of listPut(prototype)) {
    if (ownerOf(prototype, key) !== owner) continue
    const method: unknown = Object.getOwnPropertyDescriptor(owner, key)?.value
    if (isMarked(method) && readMarkOf(method) === mark) continue
    throw new TypeError(
      `${name}.${String(key)}: expected @${mark.name} above the decorator that replaces the method, because the mark is lost below it`,
    )
  }
}

/** Lists the marks that were put on the methods of a prototype and of those above it. */
function* listPut(prototype: object) {
  for (let owner: object = prototype; owner !== null; owner = Object.getPrototypeOf(owner)) {
    for (const [key, mark] of put.get(owner) ?? []) if (key !== undefined) yield { owner, key, mark }
  }
}

/** Returns the prototype whose method counts. */
function ownerOf(prototype: object | null, key: string | symbol): object | null {
  return prototype === null || Object.hasOwn(prototype, key)
    ? prototype
    : ownerOf(Object.getPrototypeOf(prototype), key)
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
