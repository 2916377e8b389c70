/**
 * The end of one part of an application: the part can be closed alone, and it ends with the application.
 *
 * A signal walks through its whole list of listeners for each listener that comes or goes, and a signal of its own takes
 * 0.8 kB. So thousands of parts share one listener, and a part has a signal only while it has work to end.
 * @module
 */

/** Parent signal → the ends of the work that is under way in its parts. */
const endsByParent = new WeakMap<AbortSignal, Set<AbortController>>()

/** The end of one part. */
export class Closing {
  readonly #parent: AbortSignal
  #isClosed = false
  #end: AbortController | undefined
  #running = 0

  /** @param parent - the signal of the application; its abort ends the part too */
  constructor(parent: AbortSignal) {
    this.#parent = parent
  }

  /** `true` after the end of the part, or of the application. */
  get isClosed(): boolean {
    return this.#isClosed || this.#parent.aborted
  }

  /** Ends the work that is under way. */
  close(): void {
    this.#isClosed = true
    this.#end?.abort()
  }

  /**
   * Does some work that ends with the part.
   *
   * @param work - never rejects; its signal is aborted already when the part is closed
   */
  async during<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const end = this.#end ?? this.#open()
    this.#end = end
    this.#running += 1
    const result = await work(end.signal)
    this.#running -= 1
    if (this.#running === 0) this.#letGo(end)
    return result
  }

  #open(): AbortController {
    const end = new AbortController()
    if (this.isClosed) end.abort()
    else endsOf(this.#parent).add(end)
    return end
  }

  #letGo(end: AbortController): void {
    endsOf(this.#parent).delete(end)
    this.#end = undefined
  }
}

/** Returns the ends under a signal. A single listener on the signal is for all of them. */
function endsOf(parent: AbortSignal): Set<AbortController> {
  const known = endsByParent.get(parent)
  if (known !== undefined) return known
  const ends = new Set<AbortController>()
  endsByParent.set(parent, ends)
  const endAll = () => {
    for (const end of ends) end.abort()
  }
  parent.addEventListener('abort', endAll, { once: true })
  return ends
}
