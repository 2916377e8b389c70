/**
 * One place that publishes keys, under a clock that the test moves: what an application asks of it besides keys, its close, and
 * sets that were kept.
 * @module
 */
import t from 'tap'
import { Closing } from '../../src/keys/closing.js'
import { pause } from '../../src/keys/deadline.js'
import { Endpoint } from '../../src/keys/endpoint.js'
import type { GoodSet } from '../../src/keys/fetch.js'
import type { Memory } from '../../src/keys/store.js'
import { setUp, spendBudget } from '../support/endpoints.js'
import { FAILED, HOUR, hear, LATENCY, MINUTE, openPlace, POLICY, SECOND, toKeys } from '../support/places.js'
import { TestClock } from '../support/test-clock.js'

t.test('a refresh asks in any case, by a fetch that begins then', async (t) => {
  const { place, clock, use, endpoint, seen } = setUp()
  await use('a')
  place.published = { b: 'b2' }
  const refreshed = endpoint.refresh()
  await clock.advance(LATENCY)
  t.equal(await refreshed, true)
  t.equal(endpoint.held('a'), undefined)
  t.strictSame(endpoint.held('b'), { pem: 'b2' })
  t.equal(place.asked.length, 2)
  t.equal(seen.outcomes, 2)
})

t.test('of two refreshes at once, each has a fetch that begins after it', async (t) => {
  const { place, clock, use, endpoint } = setUp()
  await use('a')
  const first = endpoint.refresh()
  place.published = { b: 'b1' }
  const second = endpoint.refresh()
  await clock.advance(LATENCY)
  t.equal(await first, true)
  t.ok(endpoint.held('a'), 'the first one asked before the change')
  await clock.advance(LATENCY)
  t.equal(await second, true)
  t.equal(endpoint.held('a'), undefined)
  t.equal(place.asked.length, 3)
})

t.test('any number of refreshes while one fetch is under way are one more fetch', async (t) => {
  const { place, clock, use, endpoint } = setUp()
  await use('a')
  await clock.advance(6 * MINUTE)
  endpoint.held('a')
  const refreshed = Promise.all(Array.from({ length: 20 }, () => endpoint.refresh()))
  await clock.advance(2 * LATENCY)
  t.ok((await refreshed).every(Boolean))
  t.equal(place.asked.length, 3)
})

t.test('a refresh that fails keeps the set, and one within the back-off makes that no longer', async (t) => {
  const { place, clock, use, look, endpoint } = setUp({ random: () => 1 })
  await use('a')
  place.failure = FAILED
  for (const asked of [2, 3, 4]) {
    const refreshed = endpoint.refresh()
    await clock.advance(LATENCY)
    t.equal(await refreshed, false)
    t.equal(place.asked.length, asked, 'in spite of the back-off')
    t.strictSame(await look('unknown', 0), { outcome: 'failed', retryAfterMs: 1000 - (asked - 2) * LATENCY })
  }
  t.equal(await use('a'), 'held')
  place.failure = { ...FAILED, retryAfterMs: 5 * SECOND }
  const refreshed = endpoint.refresh()
  await clock.advance(LATENCY)
  t.equal(await refreshed, false)
  t.strictSame(
    await look('unknown', 0),
    { outcome: 'failed', retryAfterMs: 5 * SECOND },
    'unless it wants peace',
  )
  place.failure = undefined
  const works = endpoint.refresh()
  await clock.advance(LATENCY)
  t.equal(await works, true)
  t.equal((await look('unknown')).outcome, 'absent', 'a success ends the back-off')
})

t.test('a refresh where nothing is held asks nobody', async (t) => {
  const { place, endpoint } = setUp()
  t.equal(await endpoint.refresh(), true)
  t.equal(place.asked.length, 0)
})

t.test('a refresh while the first set is on its way is a fetch that begins after that', async (t) => {
  const { place, clock, endpoint } = setUp()
  const lookup = endpoint.lookUp('a')
  await clock.advance(LATENCY / 2)
  place.published = { b: 'b1' }
  const refreshed = endpoint.refresh()
  await clock.advance(LATENCY / 2)
  t.match(await lookup, { outcome: 'found' })
  await clock.advance(LATENCY)
  t.equal(await refreshed, true)
  t.equal(place.asked.length, 2)
  t.equal(endpoint.held('a'), undefined)
})

t.test('a refresh of a set that was kept asks for it', async (t) => {
  const { place, clock, endpoint } = setUpRestored(SECOND)
  place.published = { b: 'b1' }
  const refreshed = endpoint.refresh()
  await clock.advance(5 + LATENCY)
  t.equal(await refreshed, true)
  t.equal(place.asked.length, 1)
  t.equal(endpoint.held('a'), undefined)
  t.match(endpoint.trusted(), { source: 'network' })
})

t.test('to ensure a set is to fetch it where none is held, or where it is due', async (t) => {
  const { place, clock, endpoint } = setUp()
  const ensure = async () => {
    const ensured = endpoint.ensure()
    await clock.advance(LATENCY)
    await ensured
  }
  await ensure()
  t.ok(endpoint.held('b'))
  await ensure()
  t.equal(place.asked.length, 1, 'it is there')
  await clock.advance(6 * MINUTE)
  await ensure()
  t.equal(place.asked.length, 2)
  const lookup = endpoint.lookUp('unknown')
  await ensure()
  t.match(await lookup, { outcome: 'absent' })
  t.equal(place.asked.length, 3)
})

t.test('to ensure a set waits for a fetch under way, and asks nobody within the back-off', async (t) => {
  const { place, clock, endpoint } = setUp()
  place.failure = FAILED
  const lookup = endpoint.lookUp('a')
  await clock.advance(LATENCY / 2)
  let isOver = false
  const ensured = endpoint.ensure().then(() => {
    isOver = true
  })
  await clock.advance(LATENCY / 2 - 1)
  t.notOk(isOver)
  await clock.advance(1)
  await ensured
  await lookup
  await endpoint.ensure()
  t.equal(place.asked.length, 1)
})

t.test('closing ends what is under way, and says nothing of the place', async (t) => {
  const { place, clock, look, endpoint, close, seen } = setUp()
  const lookup = endpoint.lookUp('a')
  await clock.advance(LATENCY / 2)
  close()
  t.strictSame(await lookup, { outcome: 'failed', retryAfterMs: 1000 })
  t.match(endpoint.health(), { isFailing: false, lastFailure: undefined, lastSuccess: undefined })
  t.equal(seen.outcomes, 0)
  t.strictSame(await look('a', 0), { outcome: 'failed', retryAfterMs: 1000 }, 'nobody is asked any more')
  await endpoint.ensure()
  t.equal(place.asked.length, 1)
  t.equal(clock.pending, 0)
})

t.test('closing ends the waiting for the budget, and a refresh', async (t) => {
  const bench = setUp()
  const { place, clock, use, endpoint, close } = bench
  await use('a')
  await spendBudget(bench)
  const asked = place.asked.length
  const waiting = endpoint.lookUp('unknown')
  await clock.advance(LATENCY)
  close()
  t.strictSame(await waiting, { outcome: 'failed', retryAfterMs: 1000 })
  t.equal(await endpoint.refresh(), false)
  await clock.advance(6 * MINUTE)
  t.equal(await use('a'), 'held', 'what is held serves to the end')
  t.equal(place.asked.length, asked)
  t.equal(clock.pending, 0)

  const other = setUp()
  await other.use('a')
  const refreshed = other.endpoint.refresh()
  other.close()
  t.equal(await refreshed, false)
})

/** A memory that has a set of some age. */
function createMemory(clock: TestClock, set: GoodSet | undefined) {
  const seen = { restored: 0, kept: [] as GoodSet[] }
  const memory: Memory = {
    async restore() {
      seen.restored += 1
      await pause(clock, 5, new AbortController().signal)
      return set
    },
    keep: (kept) => void seen.kept.push(kept),
  }
  return { memory, seen }
}

function setUpRestored(ageMs: number, published = { a: 'a1', b: 'b1' }) {
  const clock = new TestClock()
  const { memory, seen: ofMemory } = createMemory(clock, {
    keys: toKeys(published),
    askedAt: clock.now() - ageMs,
  })
  const opened = openPlace(clock, {}, { memory })
  const { endpoint } = opened
  const look = (kid: string, ms: number) => hear(clock, endpoint.lookUp(kid), ms)
  return { ...opened, clock, ofMemory, look }
}

t.test('a set that was kept is used without a fetch, while it is young', async (t) => {
  const { place, look, endpoint, ofMemory, clock } = setUpRestored(SECOND)
  t.equal(endpoint.held('a'), undefined, 'not before it was asked for')
  const others = Array.from({ length: 10 }, () => endpoint.lookUp('b'))
  t.match(await look('a', 5), { outcome: 'found', key: { pem: 'a1' } })
  t.ok((await Promise.all(others)).every(({ outcome }) => outcome === 'found'))
  t.ok(endpoint.held('b'))
  t.equal(place.asked.length, 0)
  t.equal(ofMemory.restored, 1)
  t.match(endpoint.trusted(), { source: 'store', askedAt: clock.now() - 5 - SECOND })
  t.match(endpoint.health(), { isFailing: false, lastSuccess: undefined })
  t.strictSame(ofMemory.kept, [], 'and it is not kept once more')
})

t.test('a store is not asked after the close', async (t) => {
  const { close, look, place, ofMemory } = setUpRestored(SECOND)
  close()
  t.equal((await look('a', 5)).outcome, 'failed')
  t.strictSame([ofMemory.restored, place.asked.length], [0, 0])
})

t.test('a kept set follows the rules of every set of its age', async (t) => {
  const due = setUpRestored(7 * MINUTE)
  t.equal((await due.look('a', 5)).outcome, 'found', 'used')
  t.equal(due.place.asked.length, 1, 'and fetched behind')
  await due.clock.advance(LATENCY)
  t.match(due.endpoint.trusted(), { source: 'network' })
  t.equal(due.ofMemory.kept.length, 1)
  t.strictSame(due.ofMemory.kept[0]?.keys, toKeys({ a: 'a1', b: 'b1' }))

  const old = setUpRestored(20 * MINUTE)
  old.place.published = { b: 'b1' }
  t.equal((await old.look('a', 5 + LATENCY)).outcome, 'absent', 'asked for first')

  const down = setUpRestored(20 * MINUTE)
  down.place.failure = FAILED
  t.equal((await down.look('a', 5 + LATENCY)).outcome, 'found', 'unless the place fails')
  t.match(down.endpoint.trusted(), { source: 'store' })

  const tooOld = setUpRestored(25 * HOUR)
  tooOld.place.failure = FAILED
  t.equal((await tooOld.look('a', 5 + LATENCY)).outcome, 'failed')
})

t.test('a key that a kept set lacks is asked for', async (t) => {
  const { look, place } = setUpRestored(SECOND, { a: 'a1', b: 'b1' })
  place.published = { a: 'a1', c: 'c1' }
  t.equal((await look('c', 5 + LATENCY)).outcome, 'found')
  t.equal((await look('unknown', LATENCY)).outcome, 'absent')
})

t.test('to ensure a set is to take the kept one', async (t) => {
  const { endpoint, clock, place } = setUpRestored(SECOND)
  const ensured = endpoint.ensure()
  await clock.advance(5)
  await ensured
  t.ok(endpoint.held('a'))
  t.equal(place.asked.length, 0)
})

t.test('a memory without a set, and one of keys that cannot be built, are as none', async (t) => {
  const clock = new TestClock()
  const { memory } = createMemory(clock, undefined)
  const { endpoint, place } = openPlace(clock, {}, { memory })
  t.equal((await hear(clock, endpoint.lookUp('a'), 5 + LATENCY)).outcome, 'found')
  t.equal(place.asked.length, 1)

  const unusable = setUpRestored(SECOND, { a: 'old', b: 'old' })
  unusable.seen.unusable.add('old')
  t.equal((await unusable.look('a', 5 + LATENCY)).outcome, 'found')
  t.equal(unusable.place.asked.length, 1)
})

t.test('nobody has to listen to what comes of fetches', async (t) => {
  const clock = new TestClock()
  const { place } = openPlace(clock)
  const source = { name: 'network', fetch: place.fetch } as const
  const endpoint = new Endpoint(
    source,
    (pem) => pem,
    { ...clock, ...POLICY },
    new Closing(new AbortController().signal),
  )
  const lookup = endpoint.lookUp('a')
  await clock.advance(LATENCY)
  t.strictSame(await lookup, { outcome: 'found', key: 'a1' })
})

t.test('every set that was fetched is kept, and no failure', async (t) => {
  const clock = new TestClock()
  const { memory, seen } = createMemory(clock, undefined)
  const { endpoint, place } = openPlace(clock, {}, { memory })
  await hear(clock, endpoint.lookUp('a'), 5 + LATENCY)
  place.failure = FAILED
  const failed = endpoint.refresh()
  await clock.advance(LATENCY)
  await failed
  place.failure = undefined
  place.published = { c: 'c1' }
  const refreshed = endpoint.refresh()
  await clock.advance(LATENCY)
  await refreshed
  t.strictSame(
    seen.kept.map(({ keys, askedAt }) => [[...keys.keys()], askedAt]),
    [
      [['a', 'b'], place.asked[0]],
      [['c'], place.asked[2]],
    ],
  )
})
