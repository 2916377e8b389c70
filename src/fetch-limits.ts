/**
 * How a `fetch` is ended for certain, and how much it may bring.
 *
 * An `AbortSignal` alone does not do: Node's `fetch` follows it by a weak reference, so that once the request object is
 * collected as garbage, a body without end is read for ever (measured on Node 20). The dispatcher below `fetch` has the
 * connection's own end in its hands. It is an option of Node's `fetch`, with the interface of `undici`.
 * @module
 */

type Method = (this: unknown, ...parameters: unknown[]) => unknown
type Handler = Readonly<Record<string | symbol, unknown>>

/** What carries requests out, as far as it is used. */
export interface Dispatcher {
  readonly dispatch: (options: object, handler: Handler) => boolean
}

/** One limited fetch. */
export interface FetchLimits {
  /** Goes into the options of `fetch`. */
  readonly options: { readonly dispatcher?: Dispatcher }
  /** Ends the connection. */
  readonly stop: () => void
  readonly isTooLarge: () => boolean
}

/** The dispatcher that `fetch` uses by itself; `undefined` in a Node that keeps it elsewhere. */
export function findDispatcher(): Dispatcher | undefined {
  // Node loads `fetch` and its dispatcher when one of its globals is first looked at.
  void globalThis.Response
  return Reflect.get(globalThis, Symbol.for('undici.globalDispatcher.1')) as Dispatcher | undefined
}

/**
 * Makes the limits of one fetch.
 *
 * @param base - what carries the request out; without it nothing is limited
 * @param maxBytes - of the body
 */
export function createFetchLimits(base: Dispatcher | undefined, maxBytes: number): FetchLimits {
  let end: (reason: Error) => void = () => {}
  let bytes = 0
  const stop = () => end(new Error('the fetch was ended'))
  const count = (chunk: unknown) => {
    bytes += (chunk as Uint8Array).length
    if (bytes > maxBytes) stop()
  }
  /** Runs before a method of the handler; the names of both generations of `undici`. */
  const before: Readonly<Record<string | symbol, (...parameters: unknown[]) => void>> = {
    onConnect: (abort) => {
      end = abort as typeof end
    },
    onRequestStart: (controller) => {
      end = (reason) => (controller as { abort: typeof end }).abort(reason)
    },
    onData: (chunk) => count(chunk),
    onResponseData: (_controller, chunk) => count(chunk),
  }
  const watch = (handler: Handler): Handler =>
    new Proxy(handler, {
      get(target, name) {
        const method = target[name]
        if (typeof method !== 'function') return method
        return (...parameters: unknown[]) => {
          before[name]?.(...parameters)
          return (method as Method).apply(target, parameters)
        }
      },
    })
  const dispatcher = base && {
    dispatch: (options: object, handler: Handler) => base.dispatch(options, watch(handler)),
  }
  return { options: dispatcher ? { dispatcher } : {}, stop, isTooLarge: () => bytes > maxBytes }
}
