/**
 * When the list of tenants is read, and how long it is trusted.
 * @module
 */
import type { Clock } from '../base/clock.js'

/** The times of a schedule; milliseconds. */
export interface SchedulePolicy {
  /** Age at which the list is read again. */
  readonly refreshAfterMs: number
  /** Shortest time between two readings that tokens cause. */
  readonly unknownIntervalMs: number
  /** Age from which the list is read before it is used, longer than a reading may take. */
  readonly readFirstAfterMs: number
  /** Age up to which the list is trusted while it cannot be read. */
  readonly staleIfErrorMs: number
}

/** Reads the list. Resolves to one word for the cause when it cannot be read. Never rejects. */
export type ReadList = () => Promise<string | undefined>

/** The answer to a token that asks for a newer list. */
export type Renewal =
  /** A reading has ended since. */
  | 'read'
  /** A reading began too recently. */
  | 'too soon'
  /** Too many requests wait for the reading under way. */
  | 'crowded'

/** Greatest number of requests that wait for a reading. */
const MAX_WAITING = 1000

/** The schedule of one list. */
export class ListSchedule {
  readonly #read: ReadList
  readonly #policy: SchedulePolicy
  readonly #clock: Clock
  readonly #onOutcome: (failure: string | undefined) => void
  #begunAt = Number.NEGATIVE_INFINITY
  /** Beginning of the last reading that succeeded. */
  #askedAt: number | undefined
  #failedAt: number | undefined
  #failures = 0
  #failure: string | undefined
  #pending: Promise<boolean> | undefined
  #waiting = 0
  #callOff = () => {}
  #isClosed = false

  /** @param onOutcome - called after each reading, with the cause of a failure */
  constructor(
    read: ReadList,
    policy: SchedulePolicy,
    clock: Clock,
    onOutcome: (failure: string | undefined) => void,
  ) {
    this.#read = read
    this.#policy = policy
    this.#clock = clock
    this.#onOutcome = onOutcome
  }

  /** Seconds since the beginning of the last reading that succeeded. */
  get ageSeconds(): number | undefined {
    return this.#askedAt === undefined ? undefined : Math.round((this.#clock.now() - this.#askedAt) / 1000)
  }

  /** One word for the cause when the last reading failed. */
  get failure(): string | undefined {
    return this.#failure
  }

  /** Whole seconds until another reading may be tried, 1 to 60. */
  get retryAfterSeconds(): number {
    const leftMs = this.#begunAt + this.#policy.unknownIntervalMs - this.#clock.now()
    return Math.min(60, Math.max(1, Math.ceil(leftMs / 1000)))
  }

  /**
   * Tells whether the list may be used. A list that should have been replaced long ago has to be read first, because the process may have been
   * suspended. It is used on where the reading failed, until it is too old for that as well.
   */
  isTrusted(): boolean {
    if (this.#askedAt === undefined) return false
    const now = this.#clock.now()
    const age = now - this.#askedAt
    const { readFirstAfterMs, staleIfErrorMs } = this.#policy
    if (age <= readFirstAfterMs) return true
    const hasJustFailed = this.#failedAt !== undefined && now - this.#failedAt <= readFirstAfterMs
    return hasJustFailed && age <= staleIfErrorMs
  }

  /** Reads the list for the first time. Resolves to `false` when the reading failed. */
  start(): Promise<boolean> {
    return this.#pending ?? this.#begin()
  }

  /** Reads the list by a reading that begins after the call. Resolves to `false` when that reading failed. */
  async reload(): Promise<boolean> {
    // A reading under way may have missed the change.
    await this.#pending
    if (this.#isClosed) return false
    return this.#pending ?? this.#begin()
  }

  /**
   * Waits for a newer list, as far as one may be read.
   *
   * @param isKnown - whether the list that is held has the tenant; such a request waits however many strangers wait
   */
  async renew(isKnown = false): Promise<Renewal> {
    const isDue = this.#clock.now() - this.#begunAt >= this.#policy.unknownIntervalMs
    if (this.#isClosed || (this.#pending === undefined && !isDue)) return 'too soon'
    if (this.#waiting >= MAX_WAITING && !isKnown) return 'crowded'
    this.#waiting += 1
    await (this.#pending ?? this.#begin())
    this.#waiting -= 1
    return 'read'
  }

  /** Reads no more. */
  close(): void {
    this.#isClosed = true
    this.#callOff()
  }

  #begin(): Promise<boolean> {
    this.#callOff()
    const begunAt = this.#clock.now()
    this.#begunAt = begunAt
    this.#pending = this.#read().then(
      (failure) => this.#end(begunAt, failure),
      () => this.#end(begunAt, 'it threw'),
    )
    return this.#pending
  }

  #end(begunAt: number, failure: string | undefined): boolean {
    const isRead = failure === undefined
    this.#pending = undefined
    if (isRead) this.#askedAt = begunAt
    this.#failure = failure
    this.#failedAt = isRead ? undefined : this.#clock.now()
    this.#failures = isRead ? 0 : this.#failures + 1
    // An application whose first list cannot be read does not start, so nobody waits for another one.
    const isInUse = !this.#isClosed && this.#askedAt !== undefined
    if (isInUse) this.#callOff = this.#clock.after(this.#nextInMs(begunAt), () => void this.#begin())
    if (!this.#isClosed) this.#tell(failure)
    return isRead
  }

  /** A logger of the application that throws stops no reading. */
  #tell(failure: string | undefined): void {
    try {
      this.#onOutcome(failure)
    } catch {
      // There is nobody else to tell.
    }
  }

  /** Time until the next reading without a cause. After failures it grows from the shortest interval to the usual one. */
  #nextInMs(begunAt: number): number {
    const { refreshAfterMs, unknownIntervalMs } = this.#policy
    const pause = this.#failures === 0 ? refreshAfterMs : unknownIntervalMs * 2 ** (this.#failures - 1)
    return Math.max(0, begunAt + Math.min(refreshAfterMs, pause) - this.#clock.now())
  }
}
