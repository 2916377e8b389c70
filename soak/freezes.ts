/**
 * When the server under test was frozen, and which time it has lived through. Moments are readings of `Date.now()`.
 * @module
 */

/**
 * When a freeze begins, as seen from the endpoint of pool eu: as a key was removed, in the middle of a fetch, or at any time
 * of a fault.
 */
export const MOMENTS = ['removal', 'question in a fault', 'question in a calm', 'fault'] as const

export type Moment = (typeof MOMENTS)[number]

/** A time that the server did not live through. */
interface Pause {
  readonly from: number
  /** Infinite while it lasts. */
  until: number
}

export interface Freeze extends Pause {
  readonly moment: Moment
}

/** The freezes of a run, and the times in which the server got no processor. None of them overlap. */
export class Freezes {
  /** The oldest first. */
  readonly all: Freeze[] = []
  readonly #pauses: Pause[] = []

  begin(moment: Moment, from: number): Freeze {
    const freeze = { moment, from, until: Number.POSITIVE_INFINITY }
    this.all.push(freeze)
    this.#pauses.push(freeze)
    return freeze
  }

  /** The server has noticed that it stood still: because of a freeze, or on a busy machine. */
  stall(from: number, until: number): void {
    const begun = Math.max(from, this.#pauses.at(-1)?.until ?? from)
    if (begun < until) this.#pauses.push({ from: begun, until })
  }

  isFrozen(): boolean {
    return this.all.at(-1)?.until === Number.POSITIVE_INFINITY
  }

  /** When the server can have read a request at the earliest: one that was sent into a freeze waits for its end. */
  arrival(sentAt: number): number {
    const freeze = this.all.findLast(({ from }) => from < sentAt)
    return Math.max(sentAt, freeze?.until ?? sentAt)
  }

  /** How much of a time the server lived through; milliseconds. */
  lived(from: number, to: number): number {
    const paused = this.#since(from).map((each) => Math.min(each.until, to) - Math.max(each.from, from))
    return paused.reduce((left, ms) => left - Math.max(0, ms), Math.max(0, to - from))
  }

  /** The moment at which the server has lived through so many milliseconds. */
  afterLiving(from: number, ms: number): number {
    let moment = from + ms
    for (const pause of this.#since(from)) {
      if (pause.from < moment) moment += pause.until - Math.max(pause.from, from)
    }
    return moment
  }

  /** Tells whether the server was frozen at any moment of a time. */
  touches(from: number, to: number): boolean {
    return this.all.some((freeze) => freeze.from <= to && from <= freeze.until)
  }

  #since(from: number): readonly Pause[] {
    return this.#pauses.slice(this.#pauses.findLastIndex(({ until }) => until <= from) + 1)
  }
}
