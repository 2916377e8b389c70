/**
 * How something is done so many times a second.
 * @module
 */

const BEAT_MS = 10
/** Caught up with at once after a pause of the event loop; more is left out. */
const MAX_AT_ONCE = 100

/** Begins; the function that it returns ends it. */
export function pace(perSecond: number, act: () => void): () => void {
  let done = 0
  let since = performance.now()
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - since) / 1000) * perSecond)
    if (due - done > MAX_AT_ONCE) {
      done = 0
      since = performance.now()
      return
    }
    for (; done < due; done += 1) act()
  }, BEAT_MS)
  return () => clearInterval(timer)
}
