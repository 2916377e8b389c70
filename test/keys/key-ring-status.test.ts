/**
 * How the keys of a pool are, under a clock that the test moves: `app.cognito.status()`.
 * @module
 */
import t from 'tap'
import { FAILED, HOUR, INTERRUPTED, LATENCY, MINUTE, SECOND, toKeys } from '../support/places.js'
import { ORIGINAL, setUp, setUpOne, UPDATED } from '../support/rings.js'
import { TestClock } from '../support/test-clock.js'

t.test('status: cold, ok, degraded, down, and ok again', async (t) => {
  const { ring, clock, use, place } = setUpOne()
  const nothing = { keys: [], source: undefined, lastSuccessSeconds: undefined, lastFailure: undefined }
  t.strictSame(ring.status(), { state: 'cold', ...nothing })
  place.failure = { ...FAILED, code: '503' }
  await use('a')
  await clock.advance(SECOND)
  const failure = { seconds: 1, reason: 'status', code: '503' }
  t.strictSame(ring.status(), { state: 'down', ...nothing, lastFailure: failure })
  place.failure = undefined
  await use('a')
  await clock.advance(90 * SECOND)
  const keys = [{ ageSeconds: 90 }, { ageSeconds: 90 }]
  t.strictSame(ring.status(), {
    state: 'ok',
    keys,
    source: 'network',
    lastSuccessSeconds: 90,
    lastFailure: { ...failure, seconds: 91 },
  })
  place.failure = { failure: 'network', wasInterrupted: false }
  await clock.advance(5 * MINUTE)
  ring.held('a')
  await clock.advance(LATENCY)
  t.match(ring.status(), {
    state: 'degraded',
    keys: [{ ageSeconds: 390 }, { ageSeconds: 390 }],
    source: 'network',
    lastSuccessSeconds: 390,
    lastFailure: { seconds: 0, reason: 'network', code: undefined },
  })
  await clock.advance(24 * HOUR)
  t.match(ring.status(), { state: 'down', keys: [], source: undefined }, 'a set past its time counts no more')
  place.failure = undefined
  t.equal(await use('a'), 'found')
  t.match(ring.status(), { state: 'ok', source: 'network', lastSuccessSeconds: 0 })
})

t.test('status: a failure in which the process stood still is one', async (t) => {
  const { ring, use, place } = setUpOne()
  place.failure = INTERRUPTED
  await use('a')
  t.match(ring.status(), { state: 'down', lastFailure: { reason: 'timeout' } })
})

t.test('status: a set that is too old, without any failure, is as none', async (t) => {
  const { ring, clock, use } = setUpOne()
  await use('a')
  await clock.advance(25 * HOUR)
  t.match(ring.status(), { state: 'cold', keys: [], source: undefined, lastSuccessSeconds: 90_000 })
})

t.test('status: of two places, the newer set, answer and failure count', async (t) => {
  const { ring, clock, use, find, original, updated } = setUp()
  original.place.published = { a: 'a1', shared: 's1' }
  updated.place.published = { b: 'b1', shared: 's1' }
  await use('a', ORIGINAL)
  await clock.advance(MINUTE)
  await use('b', UPDATED)
  await clock.advance(MINUTE)
  const ages = () => ring.status().keys.map(({ ageSeconds }) => ageSeconds)
  t.strictSame(ages(), [120, 60, 60], 'the key of both is as old as in the newer set')
  t.equal(ring.status().lastSuccessSeconds, 60)

  original.place.failure = { ...FAILED, code: '500' }
  updated.place.failure = { ...FAILED, code: '502' }
  const ofBoth = { state: 'degraded', lastFailure: { code: '500', seconds: 30 } }
  await find('unknown', UPDATED, 2 * LATENCY)
  t.match(ring.status().lastFailure, { code: '500' }, 'it was asked after the other')
  await clock.advance(30 * SECOND)
  t.match(ring.status(), ofBoth)
  original.place.failure = undefined
  await find('unknown', ORIGINAL)
  t.match(ring.status(), { state: 'ok', lastSuccessSeconds: 0 }, 'one that answers is enough')
})

t.test('status: one place holds a set and answers, the other has failed', async (t) => {
  const { ring, find, original, updated, clock } = setUp()
  updated.place.failure = FAILED
  await find('a', UPDATED, 2 * LATENCY)
  t.equal(ring.status().state, 'ok')
  original.place.failure = FAILED
  await clock.advance(6 * MINUTE)
  ring.held('a')
  await clock.advance(LATENCY)
  t.equal(ring.status().state, 'degraded', 'the one that holds it fails')
})

t.test('status: it names where the newest set comes from', async (t) => {
  for (const name of ['network', 'file', 'inline'] as const) {
    const { ring, use } = setUpOne({}, { name })
    await use('a')
    t.equal(ring.status().source, name)
  }
  const clock = new TestClock()
  const askedAt = clock.now() - MINUTE
  const memory = { restore: async () => ({ keys: toKeys({ a: 'a1' }), askedAt }), keep: () => {} }
  const restored = setUp({}, [{ memory }])
  await restored.use('a', ORIGINAL)
  t.match(restored.ring.status(), {
    state: 'ok',
    source: 'store',
    keys: [{ ageSeconds: 60 }],
    lastSuccessSeconds: undefined,
  })
  await restored.use('b', UPDATED)
  t.match(restored.ring.status(), { source: 'network', keys: [{ ageSeconds: 0 }, { ageSeconds: 0 }] })
})
