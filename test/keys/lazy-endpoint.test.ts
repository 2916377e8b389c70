/**
 * An endpoint that is made when it is first asked.
 * @module
 */
import t from 'tap'
import { LazyEndpoint } from '../../src/keys/lazy-endpoint.js'
import { LATENCY, openPlace, toKeys } from '../support/places.js'
import { TestClock } from '../support/test-clock.js'

const URL = 'https://original.example/jwks.json'

/** An endpoint that counts how often it was made, with a kept set where a test gives one. */
function setUp(kept?: Readonly<Record<string, string>>) {
  const clock = new TestClock()
  const restore = async () => kept && { keys: toKeys(kept), askedAt: clock.now() }
  const { endpoint, place } = openPlace(clock, {}, kept && { memory: { restore, keep: () => {} } })
  const made: unknown[] = []
  const make = (at: unknown) => {
    made.push(at)
    return endpoint
  }
  return { lazy: new LazyEndpoint({ hasStore: kept !== undefined, make }, URL), made, place, clock }
}

t.test('what asks for nothing makes nothing: there is no key, and no failure', async (t) => {
  const { lazy, made, place } = setUp()
  t.equal(lazy.held('a'), undefined)
  t.equal(lazy.has('a'), false)
  t.equal(lazy.trusted(), undefined)
  t.equal(lazy.isAsked, false)
  t.strictSame(lazy.health(), {
    isFailing: false,
    lastSuccess: undefined,
    lastFailure: undefined,
    knownToFailUntil: undefined,
  })
  t.equal(await lazy.refresh(), true)
  t.strictSame([made, place.asked], [[], []])
})

t.test('a lookup makes it, once, and all is as the endpoint says', async (t) => {
  const { lazy, made, place, clock } = setUp()
  const lookups = [lazy.lookUp('a'), lazy.lookUp('b')]
  t.equal(lazy.isAsked, false, 'a lookup looks into the store first')
  await clock.advance(LATENCY / 2)
  t.equal(lazy.isAsked, true)
  await clock.advance(LATENCY / 2)
  t.match(await Promise.all(lookups), [{ outcome: 'found' }, { outcome: 'found' }])
  t.strictSame(lazy.held('a'), { pem: 'a1' })
  t.equal(lazy.has('a'), true)
  t.equal(lazy.has('c'), false)
  t.equal(lazy.trusted()?.keys.size, 2)
  t.equal(lazy.isAsked, false)
  t.equal(lazy.health().lastSuccess, clock.now())
  const refreshed = lazy.refresh()
  await clock.advance(LATENCY)
  t.equal(await refreshed, true)
  t.equal(place.asked.length, 2)
  t.strictSame(made, [URL])
})

t.test('to ensure a set makes it', async (t) => {
  const { lazy, made, clock } = setUp()
  const ensured = lazy.ensure()
  await clock.advance(LATENCY)
  await ensured
  t.ok(lazy.held('a'))
  t.strictSame(made, [URL])
})

t.test('a refresh makes it when a store may have a set', async (t) => {
  const { lazy, made, place, clock } = setUp({ a: 'of the store' })
  const refreshed = lazy.refresh()
  await clock.advance(LATENCY)
  t.equal(await refreshed, true)
  t.strictSame(lazy.held('a'), { pem: 'a1' })
  t.equal(place.asked.length, 1)
  t.strictSame(made, [URL])
})
