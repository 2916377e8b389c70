/**
 * A copy in memory of all marks in Redis, with its age.
 * @module
 */
import type { Clock } from '../base/clock.js'
import type { Redis } from '../base/redis-client.js'
import { type HeardMark, MarkListeners } from './listeners.js'
import { MarkTable } from './mark-table.js'
import { StreamFollower, type StreamReader } from './redis-stream.js'
import type { RevocableToken, RevocationMark } from './store.js'

/** A copy of the marks. */
export interface Replica {
  /** Returns `true` when the copy follows Redis, and was complete within the last minute. */
  readonly isCurrent: () => boolean
  /** Returns `true` when a mark of the copy revokes the token. */
  readonly concerns: (token: RevocableToken) => boolean
  /** Adds a mark that Redis has confirmed. */
  readonly add: (mark: CopiedMark) => void
  /** Calls `onMark` for each mark that is added, and again for all marks when the copy begins anew. */
  readonly watch: (onMark: (mark: HeardMark) => void) => () => void
  /** Begins to follow Redis, and reports when the connection fails and when it works again. */
  readonly open: (report?: Report) => void
  /** Stops following Redis, when it was called as often as `open`. */
  readonly close: () => Promise<void>
}

type Report = (code: string | undefined) => void

type CopiedMark = Pick<RevocationMark, 'key' | 'notBefore' | 'expiresAt'>

/** Time for which a copy without contact to Redis counts, in milliseconds. */
const MAX_AGE_MS = 60_000

/**
 * Makes a copy, which is empty until `open` is called.
 *
 * @param stream - key of the stream of all marks
 * @param clock - the clock for the age of the copy
 * @param timeOfDay - the clock for the expiry of marks; returns milliseconds since 1970
 * @param random - returns 0 to 1
 */
export function createReplica(
  redis: Redis,
  stream: string,
  clock: Clock,
  timeOfDay: () => number,
  random: () => number,
): Replica {
  const table = new MarkTable(Number.POSITIVE_INFINITY)
  let users = 0
  let follower: StreamFollower | undefined
  let completeAt = Number.NEGATIVE_INFINITY
  const listeners: Report[] = []
  const marks = new MarkListeners()
  let isFailing = false

  function report(code: string | undefined): void {
    const wasFailing = isFailing
    isFailing = code !== undefined
    if (isFailing !== wasFailing) for (const listener of listeners) listener(code)
  }

  const add = (mark: CopiedMark) => {
    table.add(mark, timeOfDay() / 1000)
    marks.tell(mark)
  }
  const reader: StreamReader = {
    onEntry: add,
    onCaughtUp(moment) {
      completeAt = moment
      report(undefined)
    },
    onFailure: report,
    // The unreadable entry may have replaced a mark.
    onUnreadable() {
      completeAt = Number.NEGATIVE_INFINITY
    },
  }
  return {
    isCurrent: () => follower !== undefined && clock.now() - completeAt <= MAX_AGE_MS,
    concerns: (token) => table.concerns(token),
    add,
    watch: marks.add,
    open(listener) {
      users += 1
      if (listener) listeners.push(listener)
      follower ??= new StreamFollower(redis, stream, reader, clock, random)
    },
    async close() {
      users -= 1
      if (users > 0) return
      const closing = follower?.close()
      follower = undefined
      await closing
    },
  }
}
