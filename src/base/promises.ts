/**
 * How values are handled that may be promised, by the plugin itself or by a function of the application.
 * @module
 */

/** Tells a promise, of any library, from other values. */
export function isPromised(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function'
}

/** Goes on at once where the value is there, and later where it is promised. */
export function chain<T, R>(value: T | PromiseLike<T>, next: (value: T) => R | Promise<R>): R | Promise<R> {
  return isPromised(value) ? goOn(value, next) : next(value)
}

/** `await` waits for the promise itself; its method `then` may have been replaced. */
async function goOn<T, R>(value: PromiseLike<T>, next: (value: T) => R | Promise<R>): Promise<R> {
  return next(await value)
}

/** Takes up the rejection of a promise that nobody waits for: unhandled, it would end the process. */
export function ignoreRejection(value: unknown): void {
  if (isPromised(value)) Promise.resolve(value).catch(() => undefined)
}
