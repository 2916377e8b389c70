/**
 * How the server under test fares: memory, event loop, and what it holds on to.
 * @module
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Vitals } from './messages.js'

const RESOLUTION_MS = 5

/** How often the process looks whether it stood still, and from when on it did; milliseconds. */
const BEAT_MS = 20
const LATE_MS = 100

/** Tells of each time in which the process did nothing of what was due: moments are readings of `Date.now()`. */
export function watchStalls(tell: (from: number, until: number) => void): void {
  let beatAt = Date.now()
  setInterval(() => {
    const now = Date.now()
    if (now - beatAt > LATE_MS) tell(beatAt, now)
    beatAt = now
  }, BEAT_MS).unref()
}

/** Makes the function that takes a sample. */
export function watchVitals(): () => Vitals {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  return () => {
    const { rss, heapUsed } = process.memoryUsage()
    // Its timer is late by its resolution when nothing is.
    const loopP99 = Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS)
    delay.reset()
    return {
      at: Date.now(),
      rss,
      heap: heapUsed,
      loopP99,
      resources: process.getActiveResourcesInfo().length,
    }
  }
}
