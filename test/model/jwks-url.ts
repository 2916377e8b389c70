/**
 * One JWKS URL and the way to it: it does as it is told, and a frozen process reads its answer late, or never.
 * @module
 */
import type { FetchedSet, FetchFailure } from '../../src/keys/fetch.js'
import type { TestClock } from '../support/test-clock.js'
import type { CoursePolicy } from './course-policy.js'
import { type Material, materialOf } from './key-material.js'
import { SHORTEST_GAP_MS } from './lived-time.js'
import type { PublishedDocument } from './published-document.js'

type Failure = Omit<FetchFailure, 'wasInterrupted'>

interface Behaviour {
  readonly latencyMs: number
  /** What is sent in place of the published keys. */
  readonly sends?: Failure | ReadonlyMap<string, Material>
}

const HANGS: Failure = { failure: 'timeout' }
const ONLY_UNUSABLE: ReadonlyMap<string, Material> = new Map([['unusable', materialOf(-1)]])

const BEHAVIOURS = {
  answers: { latencyMs: 20 },
  'is slow': { latencyMs: 1500 },
  'is very slow': { latencyMs: 5000 },
  fails: { latencyMs: 200, sends: { failure: 'status', code: '503', isTransient: true } },
  hangs: { latencyMs: 1e6, sends: HANGS },
  'asks for peace': { latencyMs: 50, sends: { failure: 'status', code: '429', retryAfterMs: 10_000 } },
  'asks for a minute of peace': {
    latencyMs: 50,
    sends: { failure: 'status', code: '503', retryAfterMs: 60_000 },
  },
  'has no keys': { latencyMs: 20, sends: { failure: 'not a key set', code: 'NO_KEYS' } },
  'has no usable key': { latencyMs: 20, sends: ONLY_UNUSABLE },
} as const satisfies Record<string, Behaviour>

/** What a URL does. */
export type Mode = keyof typeof BEHAVIOURS
export const MODES = Object.keys(BEHAVIOURS) as Mode[]

/** What becomes of an attempt in which the process stands still. */
export const FATES = [
  'read before the timers',
  'read after the timers',
  'sent after the freeze',
  'lost',
  'reset',
  'given up',
] as const
export type Fate = (typeof FATES)[number]

/** Attempts that are repeated because the process stood still. */
const MAX_INTERRUPTIONS = 3
/** Between the two attempts of which a fetch consists that nobody answers. */
const PAUSE_MS = 200

/** What the application has ended. */
const CLOSED: FetchedSet = { failure: 'network', wasInterrupted: true }

export class JwksUrl {
  readonly href: string
  readonly document: PublishedDocument
  mode: Mode = 'answers'
  readonly #clock: TestClock
  readonly #timeoutMs: number
  #attempt: Attempt | undefined
  #isGivenUp = false

  constructor(href: string, document: PublishedDocument, clock: TestClock, { timeoutMs }: CoursePolicy) {
    this.href = href
    this.document = document
    this.#clock = clock
    this.#timeoutMs = timeoutMs
  }

  /** Fetches as the plugin does, until an attempt has been lived through. */
  async fetch(closing: AbortSignal): Promise<FetchedSet> {
    this.#isGivenUp = false
    for (let left = MAX_INTERRUPTIONS; ; left -= 1) {
      const fetched = await this.#ask(closing)
      if (closing.aborted) return CLOSED
      const isLived = fetched.failure === undefined || !fetched.wasInterrupted
      if (isLived || left === 0 || this.#isGivenUp) return fetched
    }
  }

  /** The process has stood still. Runs before the timers do. */
  thaw(ms: number, fate: Fate): void {
    if (ms < SHORTEST_GAP_MS || this.#attempt === undefined) return
    this.#isGivenUp = fate === 'given up'
    this.#attempt.thaw(fate, this.#timeoutMs / 4)
  }

  #ask(closing: AbortSignal): Promise<FetchedSet> {
    return new Promise((resolve) => {
      const attempt = new Attempt(this.#clock, this.document, this.#behaviour(), (fetched) => {
        closing.removeEventListener('abort', end)
        this.#attempt = undefined
        resolve(fetched)
      })
      const end = () => attempt.end(CLOSED)
      closing.addEventListener('abort', end)
      this.#attempt = attempt
    })
  }

  #behaviour(): Behaviour {
    const behaviour = BEHAVIOURS[this.mode]
    const isInTime = behaviour.latencyMs < this.#timeoutMs
    return isInTime ? behaviour : { latencyMs: 2 * this.#timeoutMs + PAUSE_MS, sends: HANGS }
  }
}

/** One request, and its answer on its way. */
class Attempt {
  readonly #clock: TestClock
  readonly #document: PublishedDocument
  readonly #behaviour: Behaviour
  readonly #onEnd: (fetched: FetchedSet) => void
  readonly #askedAt: number
  #arrivesAt = 0
  #hadGap = false
  #sent: ReadonlyMap<string, Material> | undefined
  #callOff = () => {}

  constructor(
    clock: TestClock,
    document: PublishedDocument,
    behaviour: Behaviour,
    onEnd: (fetched: FetchedSet) => void,
  ) {
    this.#clock = clock
    this.#document = document
    this.#behaviour = behaviour
    this.#onEnd = onEnd
    this.#askedAt = clock.now()
    this.#travel()
  }

  end(fetched: FetchedSet): void {
    this.#callOff()
    this.#onEnd(fetched)
  }

  /** @param graceMs - what does not come within it does not come */
  thaw(fate: Fate, graceMs: number): void {
    this.#hadGap = true
    if (fate === 'given up' || fate === 'reset') {
      this.end({ failure: 'network', code: 'ECONNRESET', wasInterrupted: true })
      return
    }
    if (fate === 'sent after the freeze') this.#travel()
    const leftMs = this.#arrivesAt - this.#clock.now()
    if (fate === 'lost' || leftMs > graceMs) this.#isLost(graceMs)
    else if (fate === 'read before the timers' && leftMs <= 0) this.#arrive()
  }

  /** The document is read on half of the way. */
  #travel(): void {
    this.#callOff()
    const { latencyMs } = this.#behaviour
    this.#arrivesAt = this.#clock.now() + latencyMs
    const callOffs = [
      this.#clock.after(latencyMs / 2, () => {
        this.#sent = this.#document.read()
      }),
      this.#clock.after(latencyMs, () => this.#arrive()),
    ]
    this.#callOff = () => {
      for (const callOff of callOffs) callOff()
    }
  }

  #isLost(graceMs: number): void {
    this.#callOff()
    this.#callOff = this.#clock.after(graceMs, () => this.end({ ...HANGS, wasInterrupted: true }))
  }

  #arrive(): void {
    const { sends } = this.#behaviour
    if (sends !== undefined && 'failure' in sends) this.end({ ...sends, wasInterrupted: this.#hadGap })
    else this.end({ keys: sends ?? this.#sent ?? this.#document.read(), askedAt: this.#askedAt })
  }
}
