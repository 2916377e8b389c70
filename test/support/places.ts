/**
 * Places that publish keys, under a clock that the test moves: what they answer, and when they were asked.
 * @module
 */
import { Closing } from '../../src/keys/closing.js'
import { pause } from '../../src/keys/deadline.js'
import { Endpoint, type EndpointPolicy, type KeySource, type Lookup } from '../../src/keys/endpoint.js'
import type { FetchFailure, FetchKeySet } from '../../src/keys/fetch.js'
import type { PublishedKeys } from '../../src/keys/key-set.js'
import type { TestClock } from '../support/test-clock.js'

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE

/** Time that a place takes for an answer unless a test changes it; milliseconds. */
export const LATENCY = 20

export const POLICY = {
  // The middle of what varies.
  random: () => 0.5,
  lookupBurst: 3,
  lookupIntervalMs: 2 * SECOND,
  refreshAfterMs: 5 * MINUTE,
  askFirstAfterMs: 10 * MINUTE,
  staleIfErrorMs: 24 * HOUR,
  maxWaitMs: 3 * SECOND,
} as const

/** A failure that the process lived through. */
export const FAILED: FetchFailure = {
  failure: 'status',
  code: '500',
  isTransient: true,
  wasInterrupted: false,
}
/** A failure in which the process stood still. */
export const INTERRUPTED: FetchFailure = { failure: 'timeout', wasInterrupted: true }

/** Key ids, each with some text in place of its key's material. */
export type Published = Readonly<Record<string, string>>

export const toKeys = (published: Published): PublishedKeys =>
  new Map(Object.entries(published).map(([kid, pem]) => [kid, { n: pem, e: 'AQAB', pem }]))

/** A place that answers as the test says. */
export class Place {
  published: Published = { a: 'a1', b: 'b1' }
  /** The failure that is answered in place of the keys. */
  failure: FetchFailure | undefined
  latencyMs = LATENCY
  /** Times at which the place was asked; readings of the clock. */
  readonly asked: number[] = []
  /** The keys that were known each time the place was asked. */
  readonly known: PublishedKeys[] = []
  readonly #clock: TestClock

  constructor(clock: TestClock) {
    this.#clock = clock
  }

  /** Answers with what was published when the request came, as a server does. */
  readonly fetch: FetchKeySet = async (known, closing) => {
    const askedAt = this.#clock.now()
    const fetched = this.failure ?? { keys: toKeys(this.published), askedAt }
    this.asked.push(askedAt)
    this.known.push(known)
    await pause(this.#clock, this.latencyMs, closing)
    return closing.aborted ? { failure: 'network', wasInterrupted: true } : fetched
  }
}

/** The built form of a published key. */
export interface BuiltKey {
  readonly pem: string
}

/** Makes an endpoint, and what belongs to it. */
export function openPlace(
  clock: TestClock,
  extra: Partial<EndpointPolicy> = {},
  source: Partial<KeySource> = {},
) {
  const place = new Place(clock)
  const application = new AbortController()
  const closing = new Closing(application.signal)
  const seen = { built: [] as string[], outcomes: 0, unusable: new Set<string>() }
  const build = (pem: string): BuiltKey => {
    if (seen.unusable.has(pem)) throw new Error('no key')
    seen.built.push(pem)
    return { pem }
  }
  const endpoint = new Endpoint<BuiltKey>(
    { name: 'network', fetch: place.fetch, ...source },
    build,
    { ...clock, ...POLICY, ...extra },
    closing,
    () => {
      seen.outcomes += 1
    },
  )
  return { place, endpoint, seen, closing, close: () => application.abort() }
}

/** The answer of a lookup so far. */
export type Heard = Lookup<BuiltKey> | { readonly outcome: 'waiting' }

/** Lets time pass, and tells what came of a lookup meanwhile. */
export async function hear(clock: TestClock, lookup: Promise<Lookup<BuiltKey>>, ms: number): Promise<Heard> {
  const heard: { lookup: Heard } = { lookup: { outcome: 'waiting' } }
  const listening = lookup.then((answer) => {
    heard.lookup = answer
  })
  await clock.advance(ms)
  // The lookup may go on after that.
  void listening
  return heard.lookup
}
