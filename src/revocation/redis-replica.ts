/**
 * A copy of all marks in the memory of a process, and how old it may be.
 * @module
 */
import type { Clock } from '../base/clock.js'
import type { Redis } from '../base/redis-client.js'
import { MarkTable } from './mark-table.js'
import { StreamFollower, type StreamReader } from './redis-stream.js'
import type { RevocableToken, RevocationMark } from './store.js'

/** A copy of the marks. */
export interface Replica {
  /** Whether the copy is kept complete, and was so less than a minute ago. */
  readonly isCurrent: () => boolean
  /** Whether a mark of the copy concerns the token. */
  readonly concerns: (token: RevocableToken) => boolean
  /** Adds a mark that Redis has. */
  readonly add: (mark: CopiedMark) => void
  /** Begins to follow Redis, and reports when that fails and when it works again. */
  readonly open: (report?: Report) => void
  /** Ends that, once it was called as often as `open`. */
  readonly close: () => Promise<void>
}

type Report = (code: string | undefined) => void

type CopiedMark = Pick<RevocationMark, 'key' | 'notBefore' | 'expiresAt'>

/** A copy without contact to Redis counts for so long; milliseconds. */
const MAX_AGE_MS = 60_000

/**
 * Makes a copy, which is empty until it is opened.
 *
 * @param stream - key of the stream of all marks
 * @param timeOfDay - by which marks expire; milliseconds since 1970
 * @param random - 0 to 1
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
  const reports: Report[] = []
  let isFailing = false

  function tell(code: string | undefined): void {
    const wasFailing = isFailing
    isFailing = code !== undefined
    if (isFailing !== wasFailing) for (const report of reports) report(code)
  }

  const add = (mark: CopiedMark) => void table.add(mark, timeOfDay() / 1000)
  const reader: StreamReader = {
    onEntry: add,
    onCaughtUp(moment) {
      completeAt = moment
      tell(undefined)
    },
    onFailure: tell,
    // It may have been a mark.
    onUnreadable() {
      completeAt = Number.NEGATIVE_INFINITY
    },
  }
  return {
    isCurrent: () => follower !== undefined && clock.now() - completeAt <= MAX_AGE_MS,
    concerns: (token) => table.concerns(token),
    add,
    open(report) {
      users += 1
      if (report) reports.push(report)
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
