/**
 * Deadlines that count only the time in which the process was running.
 *
 * A process can stand still: AWS Lambda freezes it between two requests, a laptop sleeps, the event loop is busy. Silence
 * in such a gap says nothing about an endpoint. So a deadline is a chain of short timers, and a late timer counts little.
 * @module
 */
import type { Clock } from '../base/clock.js'

/** A running deadline. */
export interface Deadline {
  /** Tells whether the process has stood still since the deadline began. */
  readonly hadGap: () => boolean
  /** Cancels the deadline. */
  readonly callOff: () => void
}

/** Length of one timer of the chain; milliseconds. */
const SLICE_MS = 100
/** Lateness of a timer from which on the process is taken to have stood still; milliseconds. */
const GAP_MS = 500
/** Longest time that one timer of the chain counts; milliseconds. */
const LONGEST_SLICE_MS = 1000

/**
 * Starts a deadline.
 *
 * @param ms - time until the deadline, gaps not counted; milliseconds
 * @param graceMs - time left after the first gap, to read what arrived meanwhile; milliseconds
 * @param onEnd - runs at the deadline
 */
export function startDeadline(clock: Clock, ms: number, graceMs: number, onEnd: () => void): Deadline {
  let leftMs = ms
  let hadGap = false
  let sliceMs = 0
  let startedAt = 0
  let callOff: () => void

  const isLate = () => clock.now() - startedAt - sliceMs > GAP_MS

  function next(): void {
    sliceMs = Math.min(SLICE_MS, leftMs)
    startedAt = clock.now()
    callOff = clock.after(sliceMs, end)
  }

  function end(): void {
    leftMs -= Math.min(clock.now() - startedAt, LONGEST_SLICE_MS)
    // Only the first gap counts. Otherwise a process whose timers are always late would never reach a deadline.
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

/** Waits `ms` milliseconds, or until `closing` is aborted. */
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
