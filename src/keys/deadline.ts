/**
 * How long something is waited for, in time that the process lived through.
 *
 * A process can stand still: AWS Lambda freezes it between two requests, a laptop is closed, the event loop is busy. Silence
 * in that time says nothing of an endpoint. So a deadline is a chain of short timers, of which each late one counts little.
 * @module
 */
import type { Clock } from '../base/clock.js'

/** A deadline that has begun. */
export interface Deadline {
  /** Whether the process has stood still since the deadline began. */
  readonly hadGap: () => boolean
  /** Calls the deadline off. */
  readonly callOff: () => void
}

/** Length of one timer of the chain, in milliseconds. */
const SLICE_MS = 100
/** A timer that is later than this means that the process stood still; milliseconds. */
const GAP_MS = 500
/** One timer of the chain counts at most this much; milliseconds. */
const LONGEST_SLICE_MS = 1000

/**
 * Begins a deadline.
 *
 * @param ms - milliseconds to live through
 * @param graceMs - after the first gap, what has arrived meanwhile has this time to be read; milliseconds
 * @param onEnd - runs when the time is over
 */
export function startDeadline(clock: Clock, ms: number, graceMs: number, onEnd: () => void): Deadline {
  let leftMs = ms
  let hadGap = false
  let sliceMs = 0
  let begun = 0
  let callOff: () => void

  const isLate = () => clock.now() - begun - sliceMs > GAP_MS

  function next(): void {
    sliceMs = Math.min(SLICE_MS, leftMs)
    begun = clock.now()
    callOff = clock.after(sliceMs, end)
  }

  function end(): void {
    leftMs -= Math.min(clock.now() - begun, LONGEST_SLICE_MS)
    // Once only: in a process that is always late a deadline would never end.
    if (!hadGap && isLate()) {
      hadGap = true
      leftMs = graceMs
    }
    if (leftMs > 0) next()
    else onEnd()
  }

  next()
  return { hadGap: () => hadGap || isLate(), callOff: () => callOff() }
}

/** Waits for a time, or until `closing` is aborted. */
export function pause({ after }: Clock, ms: number, closing: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const goOn = () => {
      callOff()
      closing.removeEventListener('abort', goOn)
      resolve()
    }
    const callOff = after(ms, goOn)
    closing.addEventListener('abort', goOn)
  })
}
