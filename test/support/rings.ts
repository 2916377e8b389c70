/**
 * The keys of a pool, at one place or two, under a clock that the test moves.
 * @module
 */
import type { EndpointPolicy, KeySource } from '../../src/keys/endpoint.js'
import { KeyRing } from '../../src/keys/key-ring.js'
import { type BuiltKey, hear, LATENCY, openPlace } from './places.js'
import { TestClock } from './test-clock.js'

export const ORIGINAL = 'https://original.example'
export const UPDATED = 'https://updated.example'

/** A pool of two issuers, each with a place of its own. */
export function setUp(extra: Partial<EndpointPolicy> = {}, sources: readonly Partial<KeySource>[] = []) {
  const clock = new TestClock()
  const original = openPlace(clock, extra, sources[0])
  const updated = openPlace(clock, extra, sources[1])
  const ring = new KeyRing<BuiltKey>(
    new Map([
      [ORIGINAL, original.endpoint],
      [UPDATED, updated.endpoint],
    ]),
    clock,
    { close: () => [original, updated].map(({ closing }) => closing.close()) },
  )
  const find = (kid: string, issuer = ORIGINAL, ms = LATENCY) => hear(clock, ring.find(kid, issuer), ms)
  return {
    ring,
    clock,
    original,
    updated,
    find,
    use: async (kid: string, issuer = ORIGINAL) =>
      ring.held(kid) === undefined ? (await find(kid, issuer)).outcome : 'held',
    asked: () => [original.place.asked.length, updated.place.asked.length],
  }
}

/** A pool whose issuers publish their keys at one place. */
export function setUpOne(extra: Partial<EndpointPolicy> = {}, source: Partial<KeySource> = {}) {
  const clock = new TestClock()
  const opened = openPlace(clock, extra, source)
  const { endpoint, closing } = opened
  const issuers = new Map([
    [ORIGINAL, endpoint],
    [UPDATED, endpoint],
  ])
  const ring = new KeyRing<BuiltKey>(issuers, clock, closing)
  const find = (kid: string, ms = LATENCY) => hear(clock, ring.find(kid, ORIGINAL), ms)
  return {
    ...opened,
    clock,
    ring,
    find,
    use: async (kid: string) => (ring.held(kid) === undefined ? (await find(kid)).outcome : 'held'),
  }
}
