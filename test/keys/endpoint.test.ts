/**
 * One place that publishes keys, under a clock that the test moves: how long its set is trusted, when it is asked again, and
 * what is told of a failure.
 * @module
 */
import t from 'tap'
import { createFetch, type FetchFailure } from '../../src/keys/fetch.js'
import { TestIssuer } from '../../src/testing/index.js'
import { setUp } from '../support/endpoints.js'
import {
  FAILED,
  hear,
  INTERRUPTED,
  LATENCY,
  MINUTE,
  openPlace,
  POLICY,
  SECOND,
  toKeys,
} from '../support/places.js'
import { TestClock } from '../support/test-clock.js'

t.test('nobody is asked before a key is, and then one fetch brings the whole set', async (t) => {
  const { endpoint, place, use, look, seen } = setUp()
  t.equal(endpoint.held('a'), undefined)
  t.notOk(endpoint.has('a'))
  t.equal(endpoint.trusted(), undefined)
  t.strictSame(place.asked, [])
  t.strictSame(await look('a'), { outcome: 'found', key: { pem: 'a1' } })
  t.equal(await use('b'), 'held')
  t.strictSame(endpoint.held('b'), { pem: 'b1' })
  t.ok(endpoint.has('b'))
  t.notOk(endpoint.has('c'))
  t.equal(place.asked.length, 1)
  t.equal(seen.outcomes, 1)
  t.match(endpoint.trusted(), { source: 'network', askedAt: place.asked[0] })
})

t.test('a cold herd is one fetch, whatever keys it asks for and whenever it comes meanwhile', async (t) => {
  const { endpoint, place, clock, seen } = setUp()
  const early = Array.from({ length: 500 }, (_, index) => endpoint.lookUp(index % 2 ? 'a' : 'b'))
  await clock.advance(LATENCY / 2)
  const late = Array.from({ length: 500 }, (_, index) => endpoint.lookUp(index % 2 ? 'a' : 'b'))
  await clock.advance(LATENCY / 2)
  const found = await Promise.all([...early, ...late])
  t.equal(new Set(found.map((lookup) => lookup.outcome === 'found' && lookup.key)).size, 2, 'two key objects')
  t.equal(place.asked.length, 1)
  t.strictSame(seen.built, ['a1', 'b1'])
})

t.test('a set is used at once, and fetched again in the background after its time', async (t) => {
  const { endpoint, place, clock, use } = setUp()
  const begun = clock.now()
  await use('a')
  const key = endpoint.held('a')
  await clock.advance(5 * MINUTE - LATENCY)
  t.equal(clock.now() - begun, 5 * MINUTE, 'since it was asked for, not since it came')
  t.equal(await use('a'), 'held')
  t.equal(place.asked.length, 1)
  await clock.advance(1)
  t.equal(await use('a'), 'held')
  t.equal(await use('b'), 'held')
  t.equal(place.asked.length, 2, 'one fetch, however many uses')
  await clock.advance(LATENCY)
  t.equal(endpoint.held('a'), key, 'the same key object')
  t.equal(await use('a'), 'held')
  t.equal(place.asked.length, 2)
})

t.test('the time of the next fetch varies by a tenth', async (t) => {
  for (const [random, ms] of [
    [0, 270_000],
    [1, 330_000],
  ] as const) {
    const { endpoint, place, clock, use } = setUp({ random: () => random })
    await use('a')
    await clock.advance(ms - LATENCY)
    endpoint.held('a')
    t.equal(place.asked.length, 1)
    await clock.advance(1)
    endpoint.held('a')
    t.equal(place.asked.length, 2)
  }
})

t.test('a set that may not get old is fetched again before it is too old', async (t) => {
  const { endpoint, clock, place, use } = setUp({ random: () => 1, staleIfErrorMs: 5 * MINUTE })
  await use('a')
  await clock.advance(5 * MINUTE - LATENCY)
  t.ok(endpoint.held('a'))
  t.equal(place.asked.length, 1)
  await clock.advance(1)
  t.equal(endpoint.held('a'), undefined, 'the jitter makes nothing last longer')
  t.equal(await use('a'), 'found')
  t.equal(place.asked.length, 2)
})

t.test('a key that was taken out of the set is gone with the next fetch', async (t) => {
  const { endpoint, place, clock, use } = setUp()
  await use('a')
  place.published = { b: 'b1', c: 'c1' }
  await clock.advance(5 * MINUTE)
  t.equal(await use('a'), 'held', 'used once more')
  await clock.advance(LATENCY)
  t.equal(endpoint.held('a'), undefined)
  t.equal(await use('c'), 'held', 'and the new one is there')
  t.equal(await use('a'), 'absent')
})

t.test('it is gone too when another unknown key had the set fetched', async (t) => {
  const { endpoint, place, use } = setUp()
  await use('a')
  place.published = { b: 'b1', c: 'c1' }
  t.equal(await use('c'), 'found')
  t.equal(endpoint.held('a'), undefined)
  t.ok(endpoint.held('b'))
})

t.test('a key whose material changed is replaced, the others stay as they are', async (t) => {
  const { endpoint, place, clock, use, seen } = setUp()
  await use('a')
  const [a, b] = [endpoint.held('a'), endpoint.held('b')]
  place.published = { a: 'a2', b: 'b1' }
  await clock.advance(5 * MINUTE)
  t.equal(endpoint.held('a'), a)
  await clock.advance(LATENCY)
  t.strictSame(endpoint.held('a'), { pem: 'a2' })
  t.equal(endpoint.held('b'), b)
  t.strictSame(seen.built, ['a1', 'b1', 'a2'], 'each key is built once')
})

t.test('a fetch is told which keys are known', async (t) => {
  const { place, clock, endpoint, use } = setUp()
  await use('a')
  await clock.advance(6 * MINUTE)
  endpoint.held('a')
  t.strictSame(place.known, [new Map(), toKeys({ a: 'a1', b: 'b1' })])
})

t.test('a key that cannot be built is as good as not published', async (t) => {
  const { place, use, seen, endpoint, clock } = setUp()
  seen.unusable.add('a1')
  t.equal(await use('b'), 'found')
  t.equal(await use('a'), 'absent')
  place.published = { a: 'a1' }
  await clock.advance(5 * MINUTE)
  t.equal(await use('b'), 'held')
  await clock.advance(LATENCY)
  t.match(endpoint.health(), {
    isFailing: true,
    lastFailure: { reason: 'not a key set', code: 'NO_USABLE_KEY' },
  })
  t.equal(await use('b'), 'held', 'a set without any key that can be built replaces nothing')
})

t.test('an outage takes no key away before the set is too old, and nobody waits for it', async (t) => {
  const { endpoint, place, clock, use } = setUp()
  await use('a')
  place.failure = FAILED
  await clock.advance(5 * MINUTE)
  for (let minutes = 5; minutes < 24 * 60; minutes += 5) {
    t.equal(await use('a'), 'held', `${minutes} minutes later`)
    await clock.advance(5 * MINUTE)
  }
  t.equal(await use('a'), 'failed', 'after 24 hours')
  t.equal(await use('b'), 'failed')
  t.equal(endpoint.trusted(), undefined)
  t.ok(endpoint.has('a'), 'it is held, and not used')
  place.failure = undefined
  await clock.advance(MINUTE)
  t.equal(await use('a'), 'found')
  t.equal(endpoint.health().isFailing, false)
})

t.test('a process that idled asks before it trusts an old set', async (t) => {
  const { place, clock, use, endpoint } = setUp()
  await use('a')
  await clock.advance(10 * MINUTE - LATENCY)
  t.equal(await use('a'), 'held', 'not yet')
  await clock.advance(LATENCY)
  await clock.advance(10 * MINUTE + 1 - LATENCY)
  t.equal(endpoint.held('a'), undefined)
  t.equal(await use('a'), 'found')
  t.equal(place.asked.length, 3)
  place.published = { b: 'b1' }
  await clock.advance(11 * MINUTE)
  t.equal(await use('a'), 'absent')
  place.failure = FAILED
  await clock.advance(11 * MINUTE)
  t.equal(await use('b'), 'found', 'a place that fails takes no key away')
  t.equal(await use('b'), 'held', 'and from then on nobody waits')
})

t.test('a failure of long ago does not spare an idle process the question', async (t) => {
  const { place, clock, use, endpoint } = setUp()
  await use('a')
  place.failure = FAILED
  await clock.advance(11 * MINUTE)
  t.equal(await use('a'), 'found')
  await clock.advance(10 * MINUTE)
  t.equal(endpoint.held('a')?.pem, 'a1', 'the failure is ten minutes old')
  await clock.advance(LATENCY)
  place.failure = undefined
  place.published = { b: 'b1' }
  await clock.advance(10 * MINUTE + 2 * SECOND)
  t.equal(endpoint.held('a'), undefined, 'the next one is older')
  t.equal(await use('a'), 'absent')
})

t.test('a failure in which the process stood still prolongs no trust', async (t) => {
  for (const [failure, isUsed] of [
    [FAILED, true],
    [INTERRUPTED, false],
    [{ ...FAILED, wasInterrupted: true }, false],
  ] as const) {
    const { place, clock, use, look, endpoint } = setUp()
    await use('a')
    place.failure = failure
    await clock.advance(11 * MINUTE)
    t.equal((await look('a')).outcome, isUsed ? 'found' : 'failed')
    t.equal(endpoint.held('a') !== undefined, isUsed)
    t.match(
      endpoint.health(),
      { isFailing: true, lastFailure: { reason: failure.failure, at: clock.now() } },
      'it counts as a failure all the same',
    )
    t.strictSame(
      await look('a', 0),
      isUsed ? { outcome: 'found', key: { pem: 'a1' } } : { outcome: 'failed', retryAfterMs: 750 },
    )
    t.equal(place.asked.length, 2, 'and nobody asks within the back-off')
  }
})

t.test('it does not end the trust that an earlier failure gave, nor make it longer', async (t) => {
  const { place, clock, use, endpoint } = setUp()
  await use('a')
  place.failure = FAILED
  await clock.advance(9 * MINUTE)
  await use('a')
  await clock.advance(LATENCY)
  const until = endpoint.health().knownToFailUntil ?? 0
  t.ok(until > clock.now(), 'it is left alone for a while')
  place.failure = INTERRUPTED
  await clock.advance(5 * MINUTE)
  t.equal(await use('a'), 'held')
  await clock.advance(LATENCY)
  t.equal(endpoint.health().knownToFailUntil, until)
  t.equal(await use('a'), 'held')
  await clock.advance(until + 10 * MINUTE - clock.now())
  t.ok(endpoint.held('a'))
  await clock.advance(1)
  t.equal(endpoint.held('a'), undefined)
})

t.test('a success ends what is known of failures', async (t) => {
  const { place, clock, use, endpoint } = setUp()
  place.failure = FAILED
  t.equal(await use('a'), 'failed')
  t.match(endpoint.health(), { isFailing: true, lastSuccess: undefined, knownToFailUntil: clock.now() + 750 })
  const failedAt = clock.now()
  place.failure = undefined
  await clock.advance(SECOND)
  t.equal(await use('a'), 'found')
  t.strictSame(endpoint.health(), {
    isFailing: false,
    lastSuccess: clock.now(),
    lastFailure: { at: failedAt, reason: 'status', code: '500' },
    knownToFailUntil: undefined,
  })
  await clock.advance(10 * MINUTE + 1)
  t.equal(endpoint.held('a'), undefined, 'the failure before it counts no more')
})

t.test('a set is as old as its question, also when the process stood still before the answer', async (t) => {
  const { place, look, endpoint } = setUp()
  place.latencyMs = 11 * MINUTE
  t.equal(
    (await look('a', 11 * MINUTE)).outcome,
    'waiting',
    'a set that is old when it comes is asked for again',
  )
  t.equal(place.asked.length, 2)
  place.latencyMs = LATENCY
  t.equal((await look('b', 11 * MINUTE)).outcome, 'waiting')
  t.equal((await look('b', LATENCY)).outcome, 'found')
  t.equal(place.asked.length, 3)
  t.ok(endpoint.held('a'))
})

t.test(
  'a key that an old answer lacks is absent all the same: it was asked for after the request came',
  async (t) => {
    const { place, look } = setUp()
    place.latencyMs = 11 * MINUTE
    t.equal((await look('unknown', 11 * MINUTE)).outcome, 'absent')
    t.equal(place.asked.length, 1)
  },
)

t.test('a key is absent only by a set that was asked for after the request came', async (t) => {
  const { endpoint, place, clock, look } = setUp()
  const first = endpoint.lookUp('a')
  await clock.advance(LATENCY / 2)
  place.published = { a: 'a1', b: 'b1', new: 'n1' }
  t.equal((await look('new', LATENCY / 2)).outcome, 'waiting', 'the set under way was asked for before')
  t.match(await first, { outcome: 'found' })
  t.equal(place.asked.length, 2)
  await clock.advance(LATENCY)
  t.ok(endpoint.held('new'))

  const unknown = endpoint.lookUp('unknown')
  await clock.advance(LATENCY / 2)
  const other = hear(clock, endpoint.lookUp('other'), LATENCY / 2)
  t.equal((await other).outcome, 'waiting')
  t.match(await unknown, { outcome: 'absent' })
  t.equal(place.asked.length, 4)
})

t.test(
  'a failure under way is no answer for a request that came meanwhile, but the back-off is',
  async (t) => {
    const { endpoint, place, clock, look } = setUp()
    place.failure = FAILED
    const first = endpoint.lookUp('a')
    await clock.advance(LATENCY / 2)
    t.strictSame(await look('a', LATENCY / 2), { outcome: 'failed', retryAfterMs: 750 })
    t.strictSame(await first, { outcome: 'failed', retryAfterMs: 750 })
    t.equal(place.asked.length, 1)
  },
)

t.test('over the network, one request brings both keys of a pool, and an outage keeps them', async (t) => {
  const issuer = await TestIssuer.start()
  t.teardown(() => issuer.close())
  const pool = issuer.createPool()
  const clock = new TestClock()
  const { random } = POLICY
  const fetch = createFetch(pool.jwksUrl, { pool: 'eu', clock, timeoutMs: 2000, random })
  const { endpoint } = openPlace(clock, {}, { fetch })
  const lookups = await Promise.all(Array.from({ length: 1000 }, () => endpoint.lookUp(pool.kid('access'))))
  t.ok(lookups.every(({ outcome }) => outcome === 'found'))
  t.match(endpoint.held(pool.kid('id')), { pem: /^-----BEGIN PUBLIC KEY-----/ })
  const asked = () => issuer.fetches.get(pool.userPoolId)
  t.equal(asked(), 1)

  const removed = pool.kid()
  pool.rotateKeys({ keepOld: false })
  t.match(await endpoint.lookUp(pool.kid()), { outcome: 'found' })
  t.equal(endpoint.held(removed), undefined)
  t.equal(asked(), 2)
  t.match(await endpoint.lookUp(removed), { outcome: 'absent' })
  t.equal(asked(), 3)
})

const failures: readonly FetchFailure['failure'][] = ['timeout', 'network', 'status', 'not a key set', 'file']
t.test('every way to fail is told by the health, with its code', async (t) => {
  for (const failure of failures) {
    const { place, use, endpoint, clock } = setUp()
    place.failure = { failure, code: 'CODE', wasInterrupted: false }
    t.equal(await use('a'), 'failed')
    t.strictSame(endpoint.health().lastFailure, { at: clock.now(), reason: failure, code: 'CODE' })
    const other = setUp()
    other.place.failure = { failure, wasInterrupted: false }
    await other.use('a')
    t.strictSame(other.endpoint.health().lastFailure, {
      at: other.clock.now(),
      reason: failure,
      code: undefined,
    })
  }
})
