/**
 * The keys of a pool under a clock that the test moves: which of its places is asked, and how long a request waits.
 * @module
 */
import t from 'tap'
import { createFetch } from '../../src/keys/fetch.js'
import { KeyRing, LONGEST_WAIT_MS } from '../../src/keys/key-ring.js'
import { TestIssuer } from '../../src/testing/index.js'
import {
  FAILED,
  HOUR,
  hear,
  INTERRUPTED,
  LATENCY,
  MINUTE,
  openPlace,
  POLICY,
  SECOND,
} from '../support/places.js'
import { ORIGINAL, setUp, setUpOne, UPDATED } from '../support/rings.js'
import { TestClock } from '../support/test-clock.js'

t.test('a cold herd of a thousand is one request, which brings the keys of everybody', async (t) => {
  const issuer = await TestIssuer.start()
  t.teardown(() => issuer.close())
  const pool = issuer.createPool()
  const clock = new TestClock()
  const fetch = createFetch(pool.jwksUrl, { pool: 'eu', clock, timeoutMs: 2000, random: () => 0.5 })
  const { endpoint, closing } = openPlace(clock, {}, { fetch })
  const ring = new KeyRing(new Map([[ORIGINAL, endpoint]]), clock, closing)
  t.equal(ring.status().state, 'cold')
  const kids = [pool.kid('access'), pool.kid('id')]
  const found = await Promise.all(
    Array.from({ length: 1000 }, (_, index) => ring.find(kids[index % 2] ?? '', ORIGINAL)),
  )
  t.ok(found.every(({ outcome }) => outcome === 'found'))
  t.equal(new Set(found.map((lookup) => lookup.outcome === 'found' && lookup.key)).size, 2, 'two key objects')
  t.equal(issuer.fetches.get(pool.userPoolId), 1)
  t.equal(clock.pending, 0, 'and nobody waits on')
  t.strictSame(ring.status(), {
    state: 'ok',
    source: 'network',
    keys: [{ ageSeconds: 0 }, { ageSeconds: 0 }],
    lastSuccessSeconds: 0,
    lastFailure: undefined,
  })
  issuer.down = true
  await clock.advance(6 * MINUTE)
  t.ok(ring.held(kids[0] ?? ''))
  t.ok(ring.held(kids[1] ?? ''))
})

t.test('the place of the issuer is asked first, and its answer is final', async (t) => {
  for (const [issuer, counts] of [
    [ORIGINAL, [1, 0]],
    [UPDATED, [0, 1]],
  ] as const) {
    const { find, asked } = setUp()
    t.equal((await find('a', issuer)).outcome, 'found')
    t.strictSame(asked(), counts)
  }
  const { find, asked, updated } = setUp()
  updated.place.published = { c: 'c1' }
  t.equal((await find('c', ORIGINAL)).outcome, 'absent', 'the other place has the key, but nobody knows that')
  t.strictSame(asked(), [1, 0])
  t.equal((await find('c', UPDATED)).outcome, 'found')
  t.strictSame(asked(), [1, 1])
})

t.test('the other place is asked when the first one fails', async (t) => {
  const { find, asked, original, updated, ring } = setUp()
  updated.place.failure = FAILED
  t.equal((await find('a', UPDATED, 2 * LATENCY)).outcome, 'found')
  t.strictSame(asked(), [1, 1])
  t.match(
    ring.status(),
    { state: 'ok', lastFailure: { reason: 'status' } },
    'one place that answers is enough',
  )
  t.equal((await find('unknown', UPDATED)).outcome, 'absent', 'an answer counts more than a failure')
  t.strictSame(asked(), [2, 1], 'one fetch a back-off step')
  t.ok(original.endpoint.held('a'))
})

t.test('where both fail, the sooner time to come again is told', async (t) => {
  for (const [ofOriginal, ofUpdated] of [
    [10, 20],
    [20, 10],
  ] as const) {
    const { find, asked, original, updated, ring } = setUp()
    original.place.failure = { ...FAILED, retryAfterMs: ofOriginal * SECOND }
    updated.place.failure = { ...FAILED, retryAfterMs: ofUpdated * SECOND }
    t.strictSame(await find('a', ORIGINAL, 2 * LATENCY), { outcome: 'failed', retryAfterMs: 10 * SECOND })
    const elapsed = ofOriginal === 10 ? LATENCY : 0
    const again = await find('a', ORIGINAL, 0)
    t.strictSame(again, { outcome: 'failed', retryAfterMs: 10 * SECOND - elapsed }, 'at once')
    t.strictSame(asked(), [1, 1], 'and nobody is asked')
    t.equal(ring.status().state, 'down')
  }
})

t.test('the keys of both places are held', async (t) => {
  const { ring, use, original, updated } = setUp()
  original.place.published = { a: 'a1', shared: 'of original' }
  updated.place.published = { b: 'b1', shared: 'of updated' }
  await use('a', ORIGINAL)
  await use('b', UPDATED)
  t.strictSame(ring.held('a'), { pem: 'a1' })
  t.strictSame(ring.held('b'), { pem: 'b1' })
  t.strictSame(ring.held('shared'), { pem: 'of original' }, 'the first one’s, of one that both have')
  t.equal(ring.held('c'), undefined)
  t.equal(ring.status().keys.length, 3)
})

t.test('what one place lacks takes nothing from the other', async (t) => {
  const { ring, use, find, clock, original, updated } = setUp()
  updated.place.published = { b: 'b1' }
  await use('a', ORIGINAL)
  t.equal((await find('unknown', UPDATED)).outcome, 'absent')
  t.ok(ring.held('a'))
  original.place.published = { b: 'b1' }
  await clock.advance(6 * MINUTE)
  ring.held('a')
  await clock.advance(LATENCY)
  t.equal(ring.held('a'), undefined, 'but its own place does')
})

t.test('"absent" of one place is not final for a key that another one has published', async (t) => {
  const { ring, find, clock, updated, asked } = setUp()
  updated.place.published = { b: 'b1', c: 'c1' }
  t.equal((await find('c', UPDATED)).outcome, 'found')
  await clock.advance(11 * MINUTE)
  t.equal(ring.held('c'), undefined, 'too old to be used at once')
  t.equal((await find('c', ORIGINAL, 2 * LATENCY)).outcome, 'found')
  t.strictSame(asked(), [1, 2], 'its place was asked once more')

  await clock.advance(11 * MINUTE)
  updated.place.published = { b: 'b1' }
  t.equal((await find('c', ORIGINAL, 2 * LATENCY)).outcome, 'absent', 'it is by both')
  updated.place.published = { b: 'b1', c: 'c1' }
  t.equal((await find('c', UPDATED)).outcome, 'found')
  await clock.advance(25 * HOUR)
  updated.place.failure = FAILED
  t.equal(
    (await find('c', ORIGINAL, 2 * LATENCY)).outcome,
    'absent',
    'and a failure of the second says no more',
  )
})

t.test('a key that another place may still publish is not absent: nobody knows', async (t) => {
  const { ring, find, clock, updated } = setUp()
  updated.place.published = { b: 'b1', c: 'c1' }
  t.equal((await find('c', UPDATED)).outcome, 'found')
  await clock.advance(11 * MINUTE)
  // The process stood still while it was asked, so that the failure says nothing of the place.
  updated.place.failure = INTERRUPTED
  t.equal((await find('c', ORIGINAL, 2 * LATENCY)).outcome, 'failed')
  updated.place.failure = undefined
  await clock.advance(MINUTE)
  t.equal((await find('c', ORIGINAL, 2 * LATENCY)).outcome, 'found')
  t.ok(ring.held('c'))
})

t.test('a key that another request has brought meanwhile is found', async (t) => {
  const { ring, clock, original, updated } = setUp()
  original.place.failure = FAILED
  updated.place.published = { x: 'x1' }
  updated.place.latencyMs = 2.5 * SECOND
  const waiting = ring.find('c', ORIGINAL)
  await clock.advance(1.5 * SECOND)
  original.place.failure = undefined
  original.place.published = { c: 'c1' }
  t.equal((await hear(clock, ring.find('c', ORIGINAL), LATENCY)).outcome, 'found')
  t.equal(
    (await hear(clock, waiting, SECOND)).outcome,
    'found',
    'although the other place says that it is absent',
  )
})

t.test('what may not be asked yet is told without asking the other place', async (t) => {
  const { find, asked } = setUp({ lookupIntervalMs: HOUR })
  await find('a')
  for (let index = 0; index < POLICY.lookupBurst; index += 1) await find(`unknown-${index}`)
  t.match(await find('unknown'), { outcome: 'later' })
  t.strictSame(asked(), [4, 0])
})

t.test('a waiting request is released after three seconds, and what it waited for goes on', async (t) => {
  const { place, ring, clock } = setUpOne()
  t.equal(LONGEST_WAIT_MS, 3 * SECOND)
  place.latencyMs = 5 * SECOND
  const waiting = ring.find('a', ORIGINAL)
  t.equal((await hear(clock, waiting, 3 * SECOND - 1)).outcome, 'waiting')
  t.strictSame(await hear(clock, waiting, 1), { outcome: 'failed', retryAfterMs: 1000 })
  await clock.advance(2 * SECOND)
  t.ok(ring.held('a'))
  t.equal(place.asked.length, 1)
})

t.test('it is released with the key of a trusted set whose place was asked, and of no other', async (t) => {
  const { find, use, clock, original, updated, ring } = setUp()
  await use('a', ORIGINAL)
  await clock.advance(11 * MINUTE)
  for (const { place } of [original, updated]) place.latencyMs = HOUR
  t.equal(
    (await find('a', UPDATED, 3 * SECOND)).outcome,
    'failed',
    'the place that has the key was not asked',
  )
  const waiting = ring.find('a', ORIGINAL)
  t.equal((await hear(clock, waiting, 3 * SECOND - 1)).outcome, 'waiting')
  t.strictSame(await hear(clock, waiting, 1), { outcome: 'found', key: { pem: 'a1' } })
  t.equal((await find('unknown', UPDATED, 3 * SECOND)).outcome, 'failed')
})

t.test('it is not released with the key of a set that is too old', async (t) => {
  const { find, use, clock, place } = setUpOne()
  await use('a')
  await clock.advance(24 * HOUR)
  place.latencyMs = HOUR
  t.strictSame(await find('a', 3 * SECOND), { outcome: 'failed', retryAfterMs: 1000 })
})

t.test('after a gap a waiting request has two seconds more, and no old key', async (t) => {
  const { find, use, clock, place, ring } = setUpOne()
  await use('a')
  await clock.advance(11 * MINUTE)
  place.latencyMs = HOUR
  const frozen = ring.find('a', ORIGINAL)
  await clock.freeze(10 * MINUTE)
  t.equal((await hear(clock, frozen, 2 * SECOND - 1)).outcome, 'waiting')
  t.strictSame(
    await hear(clock, frozen, 1),
    { outcome: 'failed', retryAfterMs: 1000 },
    'its silence is no reason',
  )
  t.equal((await find('a', 3 * SECOND)).outcome, 'found', 'but without a gap it is')
})

t.test('an answer that comes in the time after a gap is taken', async (t) => {
  const { clock, place, ring } = setUpOne()
  place.latencyMs = 10 * MINUTE + SECOND
  const frozen = ring.find('a', ORIGINAL)
  await clock.freeze(10 * MINUTE)
  // Its set was asked for ten minutes ago, and one more is fetched.
  place.latencyMs = LATENCY
  t.equal((await hear(clock, frozen, SECOND)).outcome, 'waiting')
  t.equal((await hear(clock, frozen, LATENCY)).outcome, 'found')
  t.equal(place.asked.length, 2)
  t.equal(clock.pending, 0)
})

t.test('a request that was answered waits for nothing on', async (t) => {
  const { find, use, clock, place } = setUpOne()
  for (const kid of ['a', 'unknown']) await find(kid)
  place.failure = FAILED
  t.equal(await use('failing'), 'failed')
  t.equal(clock.pending, 0)
})

t.test('to ensure keys is to ask the first place, and the other one should it fail', async (t) => {
  const { ring, clock, asked, original, updated } = setUp()
  const ensure = async () => {
    const ensured = ring.ensure()
    await clock.advance(2 * LATENCY)
    await ensured
  }
  await ensure()
  t.strictSame(asked(), [1, 0])
  t.equal(ring.status().state, 'ok')
  await ensure()
  t.strictSame(asked(), [1, 0])
  original.place.failure = FAILED
  await clock.advance(6 * MINUTE)
  await ensure()
  t.strictSame(asked(), [2, 1])
  updated.place.failure = FAILED
  const other = setUp()
  for (const { place } of [other.original, other.updated]) place.failure = FAILED
  const ensured = other.ring.ensure()
  await other.clock.advance(2 * LATENCY)
  await ensured
  t.strictSame(other.asked(), [1, 1])
  t.equal(other.ring.status().state, 'down')
})

t.test('a refresh asks every place that has a set, and tells whether all have answered', async (t) => {
  const { ring, clock, use, asked, updated } = setUp()
  const refresh = async () => {
    const refreshed = ring.refresh()
    await clock.advance(LATENCY)
    return refreshed
  }
  t.equal(await refresh(), true, 'where nothing is held there is nothing to refresh')
  t.strictSame(asked(), [0, 0])
  await use('a', ORIGINAL)
  t.equal(await refresh(), true)
  t.strictSame(asked(), [2, 0])
  updated.place.published = { u: 'u1' }
  await use('u', UPDATED)
  t.equal(await refresh(), true)
  t.strictSame(asked(), [3, 2])
  updated.place.failure = FAILED
  t.equal(await refresh(), false)
  t.strictSame(asked(), [4, 3])
  t.ok(ring.held('u'))
})

t.test('of two refreshes at once, the answer of the later one counts', async (t) => {
  const { ring, clock, use, place } = setUpOne()
  await use('a')
  const first = ring.refresh()
  place.published = { b: 'b1' }
  const second = ring.refresh()
  await clock.advance(2 * LATENCY)
  t.strictSame(await Promise.all([first, second]), [true, true])
  t.equal(place.asked.length, 3, 'a place of two issuers is one place')
  t.equal(ring.held('a'), undefined)
})
