/**
 * How much of the time the process stood still, and for how long a request may wait.
 * @module
 */
import { PATIENCE_AFTER_GAP_MS, PATIENCE_MS } from './course-policy.js'

interface Freeze {
  /** When it was over. */
  readonly thawedAt: number
  readonly ms: number
}

/** A longer freeze is a gap for everything that waits; none is between this and the shortest gap. */
export const LONGEST_HICCUP_MS = 400
export const SHORTEST_GAP_MS = 700
/** After the first gap, each further one uses up this much of the patience at the most. */
const GAP_COUNTS_MS = 1000

/** How the processes have stood still. */
export class LivedTime {
  readonly #freezes: Freeze[] = []

  frozen(ms: number, thawedAt: number): void {
    this.#freezes.push({ ms, thawedAt })
  }

  hadGap(since: number): boolean {
    return this.#since(since).some(isGap)
  }

  /** Milliseconds since then in which the process did not stand still. */
  since(time: number, now: number): number {
    return lived(time, now, this.#since(time))
  }

  /** Whether a request that came then may be released for want of patience. */
  isPatienceOver(since: number, now: number): boolean {
    const [first, ...others] = this.#since(since).filter(isGap)
    if (first === undefined) return now - since >= PATIENCE_MS
    const ms = lived(first.thawedAt, now, others)
    return ms + others.length * GAP_COUNTS_MS >= PATIENCE_AFTER_GAP_MS
  }

  /** Whether a request that came then has been kept too long. */
  isKept(since: number, now: number): boolean {
    const freezes = this.#since(since)
    const first = freezes.find(isGap)
    if (first === undefined) return lived(since, now, freezes) > PATIENCE_MS
    const later = freezes.slice(freezes.indexOf(first) + 1)
    return lived(first.thawedAt, now, later) > PATIENCE_AFTER_GAP_MS
  }

  /** A freeze that was over when the request came is none of its own. */
  #since(time: number): readonly Freeze[] {
    return this.#freezes.filter(({ thawedAt, ms }) => thawedAt - ms >= time)
  }
}

const isGap = ({ ms }: Freeze): boolean => ms >= SHORTEST_GAP_MS

const lived = (from: number, to: number, freezes: readonly Freeze[]): number =>
  freezes.reduce((ms, freeze) => ms - freeze.ms, to - from)
