/**
 * Which unknown key is looked up next: a budget of lookups and, once it is spent, a contest for the next one.
 * @module
 */

import type { Clock } from './clock.js'

/** What became of one lookup. */
export type Lookup =
  | { readonly outcome: 'found' }
  /** The endpoint answered, and has no such key or an unusable one. */
  | { readonly outcome: 'absent' }
  /** The endpoint gave no usable answer; it is not asked again before `retryAfterMs` have passed. */
  | { readonly outcome: 'failed'; readonly retryAfterMs: number }
  /** The budget for unknown keys is spent; the endpoint was not asked. */
  | { readonly outcome: 'over budget' }

/** How many lookups there may be. */
export interface QueuePolicy extends Clock {
  /** Lookups of unknown keys at once. */
  readonly lookupBurst: number
  /** One more lookup of an unknown key each time this has passed; milliseconds. */
  readonly lookupIntervalMs: number
  /** A request whose lookup has not begun is answered after this; milliseconds. */
  readonly maxWaitMs: number
}

/** The way of unknown keys to an endpoint. */
export interface LookupQueue {
  /** Waits for a lookup of the key, and answers `over budget` where none begins in time. Never rejects. */
  readonly enter: (kid: string) => Promise<Lookup>
  /** Answers all that wait, and forgets what they asked for. Returns the answer. */
  readonly clear: (answer: Lookup) => Lookup
}

/** Lookups of unknown keys in flight. */
const MAX_IN_FLIGHT = 4
/** Requests that wait; further ones only count. */
const MAX_WAITING = 64
/** Keys whose requests are counted. */
const MAX_CONTENDERS = 4096

/**
 * Makes a queue. Forged tokens name a new key each, and a key that was really published is asked for by many: so the
 * next lookup goes to the key that was asked for most often.
 *
 * @param start - begins a lookup; never rejects
 */
export function createLookupQueue(start: (kid: string) => Promise<Lookup>, policy: QueuePolicy): LookupQueue {
  const budget = createBudget(policy)
  const contenders = createContenders()
  const waiting = createWaitingRoom(policy)
  let inFlight = 0
  let callOff = () => {}

  /** Called whenever a lookup may have become possible: by a request, the end of a lookup, or the budget's growth. */
  function advance(): void {
    callOff()
    while (contenders.size() > 0 && inFlight < MAX_IN_FLIGHT && budget.take()) {
      void grant(contenders.elect())
      if (budget.isSpent()) contenders.halve()
    }
    if (contenders.size() > 0 && inFlight < MAX_IN_FLIGHT) {
      callOff = policy.after(budget.growsInMs(), advance)
    }
  }

  async function grant(kid: string): Promise<void> {
    inFlight += 1
    const lookup = start(kid)
    waiting.answer(kid, lookup)
    await lookup
    inFlight -= 1
    advance()
  }

  return {
    async enter(kid) {
      contenders.count(kid)
      const answer = waiting.enter(kid)
      advance()
      return answer
    },
    clear(answer) {
      callOff()
      contenders.clear()
      waiting.answerAll(answer)
      return answer
    },
  }
}

/** A lookup, or one that is under way. */
type Answer = Lookup | Promise<Lookup>

/** The requests that wait for a lookup to begin, by their key. */
function createWaitingRoom({ maxWaitMs, after }: QueuePolicy) {
  const rooms = new Map<string, Set<(answer: Answer) => void>>()
  let guests = 0

  function answer(kid: string, lookup: Answer): void {
    for (const leave of rooms.get(kid) ?? []) leave(lookup)
  }

  return {
    answer,
    answerAll(lookup: Lookup): void {
      for (const kid of [...rooms.keys()]) answer(kid, lookup)
    },
    async enter(kid: string): Promise<Lookup> {
      if (guests >= MAX_WAITING) return { outcome: 'over budget' }
      const room = rooms.get(kid) ?? new Set()
      rooms.set(kid, room)
      guests += 1
      return new Promise<Lookup>((resolve) => {
        const leave = (lookup: Answer) => {
          callOff()
          guests -= 1
          room.delete(leave)
          if (room.size === 0) rooms.delete(kid)
          resolve(lookup)
        }
        const callOff = after(maxWaitMs, () => leave({ outcome: 'over budget' }))
        room.add(leave)
      })
    },
  }
}

/** A token bucket. */
function createBudget({ lookupBurst, lookupIntervalMs, now }: QueuePolicy) {
  let slots = lookupBurst
  let filledAt = now()
  return {
    take(): boolean {
      const earned = Math.floor((now() - filledAt) / lookupIntervalMs)
      slots = Math.min(lookupBurst, slots + earned)
      filledAt += earned * lookupIntervalMs
      if (slots === 0) return false
      slots -= 1
      return true
    },
    isSpent: () => slots === 0,
    growsInMs: () => Math.max(1, filledAt + lookupIntervalMs - now()),
  }
}

/** Counts how often each key is asked for, within a bound: keys asked for once are the first to be forgotten. */
function createContenders() {
  const counts = new Map<string, number>()

  /** Those asked for once are forgotten, so that a flood does not cost lookups after its end. */
  function halve(): void {
    for (const [kid, count] of counts) {
      if (count < 2) counts.delete(kid)
      else counts.set(kid, count >> 1)
    }
  }

  return {
    size: () => counts.size,
    clear: () => counts.clear(),
    halve,
    count(kid: string): void {
      const count = counts.get(kid) ?? 0
      if (count === 0 && counts.size >= MAX_CONTENDERS) halve()
      counts.set(kid, count + 1)
    },
    /** Takes out the key asked for most often, the earliest of several. */
    elect(): string {
      let elected = ''
      let votes = 0
      for (const [kid, count] of counts) {
        if (count > votes) [elected, votes] = [kid, count]
      }
      counts.delete(elected)
      return elected
    },
  }
}
