/**
 * How many requests of each kind were answered in which way, and what the oracle said of the answers.
 * @module
 */
import { type Exchange, isWrong, judge, type Kind, type Verdict } from './oracle.js'
import type { Timeline } from './timeline.js'

/** News of the issuer are in by then, even on a busy machine. */
const HINDSIGHT_MS = 2000
const SETTLE_MS = 250
const EXAMPLES = 12

/** The book of a run. */
export class Ledger {
  /** Kind → status → number of answers. */
  readonly answers = new Map<Kind, Map<number, number>>()
  readonly verdicts = new Map<Verdict, number>()
  /** Of what must never occur, told so that one can find out why it did. */
  readonly examples: string[] = []
  /** Requests that were sent while the server was frozen, and those of them that were answered nevertheless. */
  readonly frozen = { sent: 0, answered: 0 }
  readonly #timeline: Timeline
  readonly #timer = setInterval(() => this.#settle(Date.now() - HINDSIGHT_MS), SETTLE_MS)
  #open: Exchange[] = []

  constructor(timeline: Timeline) {
    this.#timeline = timeline
  }

  /** Exchanges have to come in the order of their answers. */
  add(exchange: Exchange): void {
    this.#open.push(exchange)
  }

  /** Judges what is left. */
  close(): void {
    clearInterval(this.#timer)
    this.#settle(Number.POSITIVE_INFINITY)
  }

  count(kind: Kind): number {
    return [...(this.answers.get(kind)?.values() ?? [])].reduce((sum, count) => sum + count, 0)
  }

  #settle(before: number): void {
    const later = this.#open.findIndex(({ answeredAt }) => answeredAt >= before)
    const ripe = this.#open.splice(0, later < 0 ? this.#open.length : later)
    for (const exchange of ripe) this.#enter(exchange, judge(exchange, this.#timeline))
  }

  #enter(exchange: Exchange, verdict: Verdict): void {
    const { kind, answer } = exchange
    this.#countFrozen(exchange)
    const answers = this.answers.get(kind) ?? new Map<number, number>()
    this.answers.set(kind, answers)
    answers.set(answer.status, (answers.get(answer.status) ?? 0) + 1)
    this.verdicts.set(verdict, (this.verdicts.get(verdict) ?? 0) + 1)
    if (isWrong(verdict) && this.examples.length < EXAMPLES) {
      this.examples.push(`${verdict}: ${describe(exchange, this.#timeline)}`)
    }
  }

  #countFrozen({ sentAt, answeredAt }: Exchange): void {
    const arrivedAt = this.#timeline.freezes.arrival(sentAt)
    if (arrivedAt > sentAt) this.frozen.sent += 1
    if (arrivedAt > answeredAt) this.frozen.answered += 1
  }
}

function describe({ kind, key, sentAt, answeredAt, answer }: Exchange, timeline: Timeline): string {
  const before = (moment: number) => `${((sentAt - moment) / 1000).toFixed(2)} s before`
  const trouble = timeline.troubles.findLast(({ from }) => from <= answeredAt)
  const freeze = timeline.freezes.all.findLast(({ from }) => from <= answeredAt)
  const moments = {
    published: typeof key === 'object' ? key.publishedAt : undefined,
    'first sent': typeof key === 'object' ? key.firstSentAt : undefined,
    accepted: typeof key === 'object' ? key.acceptedAt : undefined,
    removed: typeof key === 'object' ? key.removedAt : undefined,
    'trouble began': trouble?.from,
    'trouble ended': trouble && timeline.endOf(trouble),
    'freeze began': freeze?.from,
    'freeze ended': freeze?.until,
  }
  const known = Object.entries(moments).filter(([, moment]) => Number.isFinite(moment))
  return [
    `${kind} answered with ${answer.status} after ${answeredAt - sentAt} ms`,
    `retry-after ${answer.retryAfter ?? 'absent'}`,
    ...known.map(([name, moment]) => `${name} ${before(moment ?? 0)}`),
    answer.body.slice(0, 120),
  ].join('; ')
}
