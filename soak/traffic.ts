/**
 * Who asks the server, and how often: users without a pause, those of new and of removed keys, and a flood of junk.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from './client.js'
import { nextJunk, pick, type Shot } from './junk.js'
import type { Ledger } from './ledger.js'
import { pace } from './pace.js'
import type { EuKey, KeyRecord, Timeline } from './timeline.js'

const LOOPS = 32
/**
 * Opened in advance: a busy server accepts new ones one at a time, and what waits for that would look like the plugin's
 * delay. More than 32 because 64 requests may wait for a lookup to begin.
 */
const CONNECTIONS = 256
const JUNK_PER_SECOND = 1000
/** For each new key, until it is accepted. */
const NEW_PER_SECOND = 50
/** For each removed key. */
const REMOVED_PER_SECOND = 10
/** A waiting request is released after 3 seconds. */
const LAST_ANSWER_MS = 5000
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
  readonly #ends: (() => void)[] = []
  #isOver = false
  #pending = 0

  constructor(context: TrafficContext) {
    this.#context = context
    this.#client = new Client(context.port)
  }

  /** Lets the server see all keys. What it answers is judged like everything else. */
  async warmUp(): Promise<void> {
    await Promise.all(Array.from({ length: CONNECTIONS }, () => this.#shoot(this.#usShot())))
    for (const key of this.#context.timeline.fresh) await this.#shoot(newKeyShot(key))
  }

  async runFor(ms: number): Promise<void> {
    const { timeline } = this.#context
    this.#ends.push(
      pace(JUNK_PER_SECOND, () => this.#shootAll(nextJunk(timeline))),
      pace(NEW_PER_SECOND, () => this.#shootAll(timeline.fresh.map(newKeyShot))),
      pace(REMOVED_PER_SECOND, () => this.#shootAll(timeline.removed.map(removedKeyShot))),
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
    for (const end of this.#ends.splice(0)) end()
    this.#client.close()
  }

  async #quiet(): Promise<void> {
    for (let waited = 0; this.#pending > 0 && waited < LAST_ANSWER_MS; waited += POLL_MS) await sleep(POLL_MS)
  }

  async #loop(): Promise<void> {
    while (!this.#isOver) await this.#shoot(this.#userShot())
  }

  #userShot(): Shot {
    const { known } = this.#context.timeline
    const dice = Math.random()
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

  #shootAll(shots: readonly Shot[]): void {
    for (const shot of shots) void this.#shoot(shot)
  }

  async #shoot({ path, text, ...facts }: Shot): Promise<void> {
    const { timeline, ledger } = this.#context
    this.#pending += 1
    const sentAt = Date.now()
    const answer = await this.#client.get(path, `Bearer ${text}`)
    const answeredAt = Date.now()
    this.#pending -= 1
    if (answer.status === 200 && facts.subject !== undefined && typeof facts.key === 'object') {
      timeline.accept(facts.key, answeredAt)
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
