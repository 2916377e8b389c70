/**
 * Handles values that may be promises, from the plugin itself or from a function of the application.
 * @module
 */
import { isPlainObject } from './members.js'

/** Tells whether a value is a promise, of any library. */
export function isPromised(value: unknown): value is PromiseLike<unknown> {
  const isObject = (typeof value === 'object' || typeof value === 'function') && value !== null
  return isObject && 'then' in value && typeof value.then === 'function'
}

/** Calls `next` with a value: at once, or as soon as the promise of the value is fulfilled. */
export function chain<T, R>(value: T | PromiseLike<T>, next: (value: T) => R | Promise<R>): R | Promise<R> {
  return isPromised(value) ? callLater(value, next) : next(value)
}

/** Uses `await`, which waits for a promise of Node even if its method `then` was replaced. */
async function callLater<T, R>(value: PromiseLike<T>, next: (value: T) => R | Promise<R>): Promise<R> {
  return next(await value)
}

/** Ignores the rejection of a promise whose result is not used. An unhandled rejection would end the process. */
export function ignoreRejection(value: unknown): void {
  if (isPromised(value)) Promise.resolve(value).catch(() => undefined)
}

/**
 * Tells whether a value is a promise, or has one at any level of its lists and plain objects. Ignores the rejections of all
 * these promises, because the caller does not use a value with a promise.
 */
export function dropPromises(value: unknown): boolean {
  let isFound = false
  const parts = new Set([value])
  // The loop also visits what it adds to the set, and visits nothing twice: a value may contain itself.
  for (const part of parts) {
    if (isPromised(part)) {
      isFound = true
      ignoreRejection(part)
    } else if (Array.isArray(part) || isPlainObject(part)) {
      for (const inner of Object.values(part)) parts.add(inner)
    }
  }
  return isFound
}
