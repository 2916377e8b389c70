/**
 * How the server under test fares: memory, event loop, and what it holds on to.
 * @module
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Vitals } from './messages.js'

const RESOLUTION_MS = 5

/** Makes the function that takes a sample. */
export function watchVitals(): () => Vitals {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  return () => {
    const { rss, heapUsed } = process.memoryUsage()
    // Its timer is late by its resolution when nothing is.
    const loopP99 = Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS)
    delay.reset()
    return { rss, heap: heapUsed, loopP99, resources: process.getActiveResourcesInfo().length }
  }
}
