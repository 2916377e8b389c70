/**
 * The load of a rotation: users without a pause, whose tokens are of any published key. Each has to be accepted.
 * @module
 */
import { createHistogram } from 'node:perf_hooks'
import { Client } from './client.js'
import { pick } from './junk.js'
import type { Edition, FromIssuer } from './messages.js'

const LOOPS = 32
const EXAMPLES = 5

/** All users of a run. */
export class Users {
  /** Microseconds. */
  readonly latencies = createHistogram()
  /** Answers that must not be. */
  readonly examples: string[] = []
  /** Keys that were accepted. */
  readonly accepted = new Set<string>()
  requests = 0
  wrong = 0
  #published: readonly Edition[] = []
  #client: Client | undefined
  #loops: readonly Promise<void>[] = []
  #isOver = false

  learn(message: FromIssuer): void {
    if (message.what === 'removed') this.#published = this.#published.filter(({ kid }) => kid !== message.kid)
    if (message.what !== 'published') return
    this.#published = [...this.#published, message.edition]
    // The very first request with a new key, as soon as anybody can have a token of it.
    if (this.#client) void this.#ask(this.#client, message.edition)
  }

  begin(port: number): void {
    const client = new Client(port)
    this.#client = client
    this.#loops = Array.from({ length: LOOPS }, () => this.#loop(client))
  }

  /** Waits for the last answers. */
  async end(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#loops)
  }

  close(): void {
    this.#isOver = true
    this.#client?.close()
  }

  async #loop(client: Client): Promise<void> {
    while (!this.#isOver) await this.#ask(client, pick(this.#published))
  }

  async #ask(client: Client, { kid, tokens }: Edition): Promise<void> {
    const { text, subject } = pick(tokens)
    const start = performance.now()
    const { status, body } = await client.get('/eu', `Bearer ${text}`)
    this.latencies.record(Math.ceil((performance.now() - start) * 1000))
    this.requests += 1
    if (status === 200 && body === subject) {
      this.accepted.add(kid)
      return
    }
    this.wrong += 1
    if (this.examples.length < EXAMPLES) this.examples.push(`status ${status}: ${body}`)
  }
}
