/**
 * A pool whose key ring is the real one, in a world of its own: two JWKS URLs that do as they are told, and a clock.
 * @module
 */
import { JwksEndpoint } from '../../src/jwks-endpoint.js'
import type { fetchKey } from '../../src/jwks-fetch.js'
import { KeyRing } from '../../src/key-ring.js'
import {
  type Asked,
  type Brought,
  BURST,
  INTERVAL_MS,
  PolicyModel,
  REFRESH_MS,
  STALE_MS,
  TIMEOUT_MS,
  WAIT_MS,
} from './policy-model.js'
import { TestClock } from './test-clock.js'

/** What a URL does, and after how many milliseconds. */
const LATENCY_MS = { answers: 20, 'is slow': 1500, fails: 200, hangs: TIMEOUT_MS, 'is empty': 20 } as const
export type Mode = keyof typeof LATENCY_MS
export const MODES = Object.keys(LATENCY_MS) as Mode[]

export const URLS = ['https://original.example/jwks.json', 'https://updated.example/jwks.json'] as const

/** Keys published at once, fewer than the budget of lookups. */
const MAX_PUBLISHED = 6

export class World {
  readonly clock = new TestClock()
  readonly model: PolicyModel
  /** Key id → the key in its present form. */
  readonly published = new Map<string, string>()
  /** All key ids that were ever published. */
  readonly kids: string[] = []
  readonly #modes = new Map<string, Mode>()
  readonly #endpoints: readonly JwksEndpoint[]
  readonly #ring: KeyRing<string>
  readonly #breaches: unknown[] = []
  #keysMade = 0
  #waiting = 0

  /** @param random - what chance answers, 0 to 1 */
  constructor(random: number) {
    this.model = new PolicyModel(URLS, random)
    const policy = {
      ...this.clock,
      random: () => random,
      pool: 'eu',
      timeoutMs: TIMEOUT_MS,
      maxWaitMs: TIMEOUT_MS,
      lookupBurst: BURST,
      lookupIntervalMs: INTERVAL_MS,
    }
    this.#endpoints = URLS.map((url) => new JwksEndpoint(url, policy, this.#fetch))
    this.#ring = new KeyRing(this.#endpoints, (pem) => pem, {
      ...this.clock,
      random: () => random,
      refreshAfterMs: REFRESH_MS,
      staleIfErrorMs: STALE_MS,
      maxWaitMs: WAIT_MS,
    })
    this.publish()
    this.publish()
  }

  publish(): void {
    if (this.published.size >= MAX_PUBLISHED) return
    const kid = `key-${this.kids.length}`
    this.kids.push(kid)
    this.change(kid)
  }

  /** Publishes other key material under the key's id. */
  change(kid: string): void {
    this.#keysMade += 1
    this.published.set(kid, `${kid} of make ${this.#keysMade}`)
  }

  setMode(url: string, mode: Mode): void {
    this.#modes.set(url, mode)
  }

  recover(): void {
    this.#modes.clear()
  }

  /** Does as a request does: uses the key at once, or waits for it. Returns what came of it so far. */
  ask(kid: string, urlIndex: number): { outcome: string } {
    const key = this.#ring.held(kid)
    this.model.held(kid, key, this.clock.now())
    if (key !== undefined) return { outcome: 'found' }
    const asked: Asked = { kid, at: this.clock.now() }
    const heard = { outcome: 'waiting' }
    this.#waiting += 1
    const first = this.#endpoints[urlIndex] as JwksEndpoint
    this.#ring
      .find(kid, first)
      .then((result) => {
        this.#waiting -= 1
        heard.outcome = result.outcome
        this.model.found(asked, result, this.clock.now())
      })
      .catch((breach) => this.#breaches.push(breach))
    return heard
  }

  refresh(): Promise<boolean> {
    this.model.refreshBegins(this.clock.now())
    return this.#ring.refresh()
  }

  /** Lets time pass, and throws what went wrong meanwhile. */
  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms)
    const [breach] = this.#breaches
    if (breach !== undefined) throw breach
  }

  async end(): Promise<void> {
    await this.pass(WAIT_MS)
    if (this.#waiting > 0) throw new Error('a request was never answered')
    for (const endpoint of this.#endpoints) endpoint.close()
  }

  readonly #fetch: typeof fetchKey = async (url, kid) => {
    const mode = this.#modes.get(url) ?? 'answers'
    this.#watch(() => this.model.fetchBegins(url, kid, this.clock.now()))
    await new Promise<void>((resolve) => this.clock.after(LATENCY_MS[mode], resolve))
    const brought = this.#bring(mode, kid)
    this.#watch(() => this.model.fetchEnds(url, kid, brought, this.clock.now()))
    return 'failure' in brought ? brought : { pem: brought.key }
  }

  #bring(mode: Mode, kid: string): Brought {
    if (mode === 'fails') return { failure: 'status' }
    if (mode === 'hangs') return { failure: 'timeout' }
    if (mode === 'is empty') return { failure: 'not a key set' }
    return { key: this.published.get(kid) }
  }

  /** The plugin must not swallow a breach. */
  #watch(look: () => void): void {
    try {
      look()
    } catch (breach) {
      this.#breaches.push(breach)
    }
  }
}
