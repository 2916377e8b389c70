/**
 * Who freezes the server under test now and then, as AWS Lambda does between two requests and a laptop when it is closed.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Freezes, MOMENTS, type Moment } from './freezes.js'
import { random } from './random.js'
import type { Issuer, Server } from './run.js'
import { ASK_FIRST_MS } from './setting.js'

interface Span {
  readonly least: number
  readonly most: number
}

/** From the end of one freeze until the next one is looked for; milliseconds. */
const GAP_MS: Span = { least: 1000, most: 2500 }
/** How long a freeze lasts; milliseconds. */
const FREEZE_MS: Span = { least: 500, most: 3000 }
/** A set that has a removed key is old at the end; milliseconds. */
const REMOVAL_MS: Span = { least: ASK_FIRST_MS, most: FREEZE_MS.most }
/** Less than the endpoint takes for an answer; milliseconds. */
const POLL_MS = 5

const within = ({ least, most }: Span) => least + random() * (most - least)

/** What the issuer has told so far. */
interface Signs {
  readonly isCalm: boolean
  readonly questions: number
  readonly removals: number
}

const HAS_COME: Readonly<Record<Moment, (before: Signs, now: Signs) => boolean>> = {
  removal: (before, now) => now.removals > before.removals,
  'question in a fault': (before, now) => !now.isCalm && now.questions > before.questions,
  'question in a calm': (before, now) => now.isCalm && now.questions > before.questions,
  fault: (_before, now) => !now.isCalm,
}

/** Freezes one server, at each kind of moment in turn. */
export class Freezer {
  readonly #server: Server
  readonly #issuer: Issuer
  readonly #freezes: Freezes
  #signs: Signs = { isCalm: true, questions: 0, removals: 0 }

  constructor(server: Server, issuer: Issuer, freezes: Freezes) {
    this.#server = server
    this.#issuer = issuer
    this.#freezes = freezes
    issuer.onMessage((message) => {
      const { questions, removals } = this.#signs
      if (message.what === 'phase') this.#signs = { ...this.#signs, isCalm: message.isCalm }
      if (message.what === 'asked') this.#signs = { ...this.#signs, questions: questions + 1 }
      if (message.what === 'removed') this.#signs = { ...this.#signs, removals: removals + 1 }
    })
  }

  /** The server is not frozen any more when this resolves. */
  async runFor(ms: number): Promise<void> {
    const over = AbortSignal.timeout(ms)
    try {
      for (let index = 0; ; index += 1) {
        const moment = MOMENTS[index % MOMENTS.length] as Moment
        await sleep(within(GAP_MS), undefined, { signal: over })
        const before = this.#signs
        while (!HAS_COME[moment](before, this.#signs)) await sleep(POLL_MS, undefined, { signal: over })
        await this.#freeze(moment, over)
      }
    } catch (error) {
      if (!over.aborted) throw error
    }
  }

  async #freeze(moment: Moment, over: AbortSignal): Promise<void> {
    this.#server.freeze()
    // The clock is read while the server stands still, at both ends.
    const freeze = this.#freezes.begin(moment, Date.now())
    this.#issuer.tell({ what: 'freeze', isFrozen: true })
    try {
      await sleep(within(moment === 'removal' ? REMOVAL_MS : FREEZE_MS), undefined, { signal: over })
    } finally {
      freeze.until = Date.now()
      this.#server.thaw()
      this.#issuer.tell({ what: 'freeze', isFrozen: false })
    }
  }
}
