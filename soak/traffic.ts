/**
 * Who asks the server, and how often: users without a pause, those of new and of removed keys, and a flood of junk.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from './client.js'
import { nextJunk, pick, type Shot } from './junk.js'
import type { Ledger } from './ledger.js'
import { pace } from './pace.js'
import { random } from './random.js'
import { Tide } from './tide.js'
import type { EuKey, KeyRecord, Timeline } from './timeline.js'

const LOOPS = 32
/**
 * Opened in advance: a busy server accepts new ones one at a time, and what waits for that would look like the plugin's
 * delay. So many because each token of an unknown key waits for the next fetch.
 */
const CONNECTIONS = 768
/** Waiting requests beside which no more junk is sent, and none but those of users: what is sent into a freeze has an end. */
const ROOM = { junk: 800, all: 1000 }
const JUNK_PER_SECOND = 1000
/** For each new key, until it is accepted. */
const NEW_PER_SECOND = 50
/** For each removed key. */
const REMOVED_PER_SECOND = 10
/** A waiting request is released after 3 seconds, or 2 seconds later where the server was frozen. */
const LAST_ANSWER_MS = 6000
const POLL_MS = 20

/** What traffic needs. */
export interface TrafficContext {
  readonly port: number
  readonly timeline: Timeline
  readonly ledger: Ledger
  /** The key of pool us. */
  readonly us: KeyRecord
}

/** The load on a server. */
export class Traffic {
  readonly #context: TrafficContext
  readonly #client: Client
  readonly #tide = new Tide()
  readonly #ends: (() => void)[] = []
  #isOver = false

  constructor(context: TrafficContext) {
    this.#context = context
    this.#client = new Client(context.port)
  }

  /**
   * Lets the server see all keys, one after the other: a process that has just begun is slow. What it answers is judged like
   * everything else.
   */
  async warmUp(): Promise<void> {
    await this.#shoot(this.#usShot())
    for (const key of this.#context.timeline.fresh) await this.#shoot(newKeyShot(key))
    await Promise.all(Array.from({ length: CONNECTIONS }, () => this.#shoot(this.#usShot())))
  }

  async runFor(ms: number): Promise<void> {
    const { timeline } = this.#context
    this.#ends.push(
      pace(JUNK_PER_SECOND, () => this.#shootAll(nextJunk(timeline, this.#tide), ROOM.junk)),
      pace(NEW_PER_SECOND, () => this.#shootAll(timeline.fresh.map(newKeyShot))),
      pace(REMOVED_PER_SECOND, () => this.#shootAll(this.#removed().map(removedKeyShot))),
    )
    for (let index = 0; index < LOOPS; index += 1) void this.#loop()
    await sleep(ms)
    this.#isOver = true
    for (const end of this.#ends.splice(0)) end()
    await this.#quiet()
    this.close()
    await this.#quiet()
  }

  /** Whoever has no answer by now gets none. */
  close(): void {
    this.#isOver = true
    this.#tide.end()
    for (const end of this.#ends.splice(0)) end()
    this.#client.close()
  }

  async #quiet(): Promise<void> {
    for (let waited = 0; this.#client.pending > 0 && waited < LAST_ANSWER_MS; waited += POLL_MS)
      await sleep(POLL_MS)
  }

  /**
   * A removed key that was refused is one more unknown key, so it belongs to the flood. Into a freeze all of them are sent:
   * there they wait beside those that the server does not know to be removed.
   */
  #removed(): readonly EuKey[] {
    const { removed, freezes } = this.#context.timeline
    return this.#tide.isHigh() || freezes.isFrozen() ? removed : removed.filter(({ isRefused }) => !isRefused)
  }

  async #loop(): Promise<void> {
    while (!this.#isOver) await this.#shoot(this.#userShot())
  }

  #userShot(): Shot {
    const { known } = this.#context.timeline
    const dice = random()
    if (dice < 0.25 || known.length === 0) return this.#usShot()
    const key = pick(known)
    return dice < 0.8
      ? { kind: 'eu, known key', path: '/eu', key, ...pick(key.edition.tokens) }
      : { kind: 'eu, optional route', path: '/optional', key, ...pick(key.edition.tokens) }
  }

  #usShot(): Shot {
    const { us, timeline } = this.#context
    const tokens = timeline.keys.at(-1)?.edition.us ?? []
    return { kind: 'us, healthy pool', path: '/us', key: us, ...pick(tokens) }
  }

  #shootAll(shots: readonly Shot[], room = ROOM.all): void {
    if (this.#client.pending >= room) return
    for (const shot of shots) void this.#shoot(shot)
  }

  async #shoot({ path, text, ...facts }: Shot): Promise<void> {
    const { timeline, ledger } = this.#context
    const sentAt = Date.now()
    if (typeof facts.key === 'object') facts.key.firstSentAt = Math.min(facts.key.firstSentAt, sentAt)
    const answer = await this.#client.get(path, `Bearer ${text}`)
    const answeredAt = Date.now()
    if (facts.subject !== undefined && typeof facts.key === 'object') {
      if (answer.status === 200) timeline.accept(facts.key, answeredAt)
      if (answer.status === 401) facts.key.isRefused = true
    }
    ledger.add({ ...facts, sentAt, answeredAt, answer })
  }
}

const newKeyShot = (key: EuKey): Shot => ({ kind: 'new key', path: '/eu', key, ...pick(key.edition.tokens) })
const removedKeyShot = (key: EuKey): Shot => ({
  kind: 'removed key',
  path: pick(['/eu', '/optional'] as const),
  key,
  ...pick(key.edition.tokens),
})
