/**
 * A pool whose key ring is the real one, in a world of its own: URLs and a store that do as they are told, processes that
 * start anew and stand still, and a clock.
 * @module
 */
import { Closing } from '../../src/keys/closing.js'
import { Endpoint, type EndpointPolicy, type KeySource } from '../../src/keys/endpoint.js'
import { KeyRing } from '../../src/keys/key-ring.js'
import { type EndpointMaker, type KeyPlace, LazyEndpoint } from '../../src/keys/lazy-endpoint.js'
import { createMemory, type KeyStore, type Memory } from '../../src/keys/store.js'
import { settle, TestClock } from '../support/test-clock.js'
import { askFirstMs, type CoursePolicy, PATIENCE_MS } from './course-policy.js'
import { type Fate, JwksUrl } from './jwks-url.js'
import { isUsable, materialOf } from './key-material.js'
import { LivedTime } from './lived-time.js'
import { PolicyModel } from './policy-model.js'
import { PublishedDocument } from './published-document.js'
import type { StoreModel } from './store-model.js'
import { type Loaded, StoredSets, toReading, toTime } from './stored-sets.js'

/** What stays the same through a course of events. */
export interface Setting {
  readonly policy: CoursePolicy
  /** What chance answers, 0 to 1. */
  readonly random: number
  /** Whether the pool has two URLs, and what they publish. */
  readonly urls: 'one' | 'two of one set' | 'two'
  readonly hasStore: boolean
}

const URLS = ['https://original.example/jwks.json', 'https://updated.example/jwks.json'] as const
const ISSUERS = ['https://original.example', 'https://updated.example'] as const
/** Keys published at once. */
const MAX_PUBLISHED = 6

/** A process, from its start to its end. */
interface Life {
  readonly ring: KeyRing<string>
  readonly model: PolicyModel
  readonly closing: AbortController
}

/** A request, and what it heard so far. */
export interface Heard {
  outcome: 'waiting' | 'found' | 'absent' | 'failed' | 'later'
}

export class World {
  readonly setting: Setting
  readonly clock: TestClock
  readonly urls: readonly JwksUrl[]
  readonly store: StoredSets
  /** All key ids that were ever published. */
  readonly kids: string[] = []
  /** How long the process stands still while what it has loaded from its store is checked. */
  freezeOnLoadMs = 0
  readonly #time = new LivedTime()
  readonly #breaches: unknown[] = []
  /** What waits for more than the clock. */
  readonly #outside = new Set<Promise<unknown>>()
  #keysMade = 0
  #unknownKids = 0
  #life: Life

  constructor(setting: Setting) {
    this.setting = setting
    this.clock = new TestClock(() => this.#settle())
    this.store = new StoredSets(this.clock)
    const document = new PublishedDocument()
    const other = setting.urls === 'two' ? new PublishedDocument() : document
    this.urls = URLS.slice(0, setting.urls === 'one' ? 1 : 2).map(
      (href, index) => new JwksUrl(href, index === 0 ? document : other, this.clock, setting.policy),
    )
    for (const { document } of this.urls) this.publish(document)
    this.#life = this.#begin()
  }

  urlOf(index: number): JwksUrl {
    return this.urls[index % this.urls.length] as JwksUrl
  }

  /** Publishes a new key under an id of its own. */
  publish(document: PublishedDocument): void {
    if (document.size >= MAX_PUBLISHED) return
    const kid = `key-${this.kids.length}`
    this.kids.push(kid)
    this.change(document, kid)
  }

  /** Publishes another key under an id. */
  change(document: PublishedDocument, kid: string): void {
    this.#keysMade += 1
    document.publish(kid, materialOf(this.#keysMade), this.clock.now())
  }

  newUnknownKid(): string {
    this.#unknownKids += 1
    return `unknown-${this.#unknownKids}`
  }

  /** Does as a request does: uses the key at once, or waits for it. */
  ask(kid: string, index: number): Heard {
    const { ring, model } = this.#life
    if (model.uses(kid, () => ring.held(kid)) !== undefined) return { outcome: 'found' }
    const heard: Heard = { outcome: 'waiting' }
    const asked = model.asks(kid, index)
    ring
      .find(kid, ISSUERS[index % ISSUERS.length] as string)
      .then((lookup) => {
        heard.outcome = lookup.outcome
        model.hears(asked, lookup)
      })
      .catch((breach) => this.#breaches.push(breach))
    return heard
  }

  /** A re-check by hand. */
  refresh(): void {
    const { ring, model } = this.#life
    const begun = model.refreshBegins()
    ring.refresh().then(
      (isGood) => this.#watch(() => model.refreshEnds(begun, isGood)),
      (error) => this.#breaches.push(error),
    )
  }

  /** What is done when the application is ready. */
  ensure(): void {
    const { ring, model } = this.#life
    const begun = model.ensureBegins()
    ring.ensure().then(
      () => this.#watch(() => model.ensureEnds(begun)),
      (error) => this.#breaches.push(error),
    )
  }

  recover(): void {
    for (const url of this.urls) url.mode = 'answers'
  }

  /** Lets time pass, and throws what went wrong meanwhile. */
  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms)
    this.#assert()
  }

  /**
   * The process stands still.
   *
   * @param onThaw - what happened to the rest of the world meanwhile
   */
  async freeze(ms: number, fate: Fate, onThaw = () => {}): Promise<void> {
    await this.clock.freeze(ms, () => {
      this.#thaw(ms)
      onThaw()
      for (const url of this.urls) url.thaw(ms, fate)
    })
    await this.pass(0)
  }

  async close(): Promise<void> {
    this.#life.model.closes()
    this.#life.closing.abort()
    await this.pass(0)
  }

  /** The process ends, and another one starts. */
  async restart(): Promise<void> {
    await this.close()
    this.#life = this.#begin()
  }

  /** Every request is answered in the end. */
  async end(): Promise<void> {
    await this.pass(2 * PATIENCE_MS)
    await this.close()
  }

  #begin(): Life {
    const { policy, random, hasStore } = this.setting
    const { now } = this.clock
    const places = this.urls
    const model = new PolicyModel({ policy, random, places, hasStore, now, time: this.#time })
    const closing = new AbortController()
    const end = new Closing(closing.signal)
    const endpointPolicy: EndpointPolicy = {
      ...this.clock,
      random: () => random,
      refreshAfterMs: policy.refreshMs,
      askFirstAfterMs: askFirstMs(policy),
      staleIfErrorMs: policy.staleMs,
      lookupBurst: policy.burst,
      lookupIntervalMs: policy.intervalMs,
      maxWaitMs: PATIENCE_MS,
    }
    const onOutcome = () => model.told()
    const maker: EndpointMaker<string> = {
      hasStore,
      make: (place) => new Endpoint(this.#sourceOf(place, model), buildKey, endpointPolicy, end, onOutcome),
    }
    const endpoints = this.urls.map(({ href }) => new LazyEndpoint(maker, href))
    const byIssuer = ISSUERS.map((issuer, index): [string, LazyEndpoint<string>] => [
      issuer,
      endpoints[index % endpoints.length] as LazyEndpoint<string>,
    ])
    const ring: KeyRing<string> = new KeyRing(new Map(byIssuer), this.clock, end)
    return { ring, model, closing }
  }

  #sourceOf(place: KeyPlace, model: PolicyModel): KeySource {
    const { hasStore } = this.setting
    const url = this.urls.find(({ href }) => href === place) as JwksUrl
    return {
      name: 'network',
      fetch: async (known, closing) => {
        this.#watch(() => model.fetchBegins(url.href, known))
        const fetched = await url.fetch(closing)
        this.#watch(() => model.fetchEnds(url.href, fetched))
        return fetched
      },
      memory: hasStore ? this.#memoryOf(url, model.storeOf(url.href)) : undefined,
    }
  }

  #memoryOf({ href }: JwksUrl, model: StoreModel): Memory {
    const { refreshMs, staleMs } = this.setting.policy
    let loaded: Loaded | undefined
    let restoring: Promise<unknown> | undefined
    const store: KeyStore = {
      load: async (url) => {
        loaded = await this.store.load(url)
        this.#waitOutside(restoring)
        return loaded.stored && toTime(loaded.stored)
      },
      save: async (set) => {
        this.#watch(() => model.saves(toReading(set)))
        await this.store.save(set).catch((error) => {
          model.refuses()
          throw error
        })
      },
    }
    const policy = {
      clock: this.clock,
      timeOfDay: () => this.#tellTime(loaded !== undefined),
      refreshAfterMs: refreshMs,
      staleIfErrorMs: staleMs,
    }
    const memory = createMemory(store, href, { ...policy, report: () => {} })
    return {
      keep: memory.keep,
      restore: async () => {
        model.loadBegins()
        const restored = memory.restore()
        restoring = restored
        const set = await restored
        this.#watch(() => model.loadEnds(loaded, set))
        return set
      },
    }
  }

  /** @param isLoaded - whether a set is being checked: then the process may stand still as soon as it knows the time */
  #tellTime(isLoaded: boolean): number {
    const ms = this.freezeOnLoadMs
    if (isLoaded && ms > 0) {
      this.freezeOnLoadMs = 0
      queueMicrotask(() => {
        this.clock.jump(ms)
        this.#thaw(ms)
      })
    }
    return this.store.timeOfDay()
  }

  /** `get-jwks` is asked about what was loaded, and that takes other time than the clock's. */
  #waitOutside(done: Promise<unknown> = Promise.resolve()): void {
    this.#outside.add(done)
    void done.finally(() => this.#outside.delete(done))
  }

  #thaw(ms: number): void {
    this.#time.frozen(ms, this.clock.now())
    this.#life.model.frozen(ms)
  }

  async #settle(): Promise<void> {
    await settle()
    while (this.#outside.size > 0) {
      await Promise.all(this.#outside)
      await settle()
    }
  }

  #assert(): void {
    this.#watch(() => this.#life.model.assertWaiting())
    this.#watch(() => this.#life.model.assertSaved())
    this.#watch(() => this.#life.model.assertStatus(this.#life.ring.status()))
    const [breach] = this.#breaches
    if (breach !== undefined) throw breach
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

function buildKey(pem: string): string {
  if (!isUsable(pem)) throw new Error('nothing can be built from this key')
  return pem
}
