/**
 * One place that publishes keys, under a clock that the test moves: how long its set is trusted, when it is asked again, who
 * waits for that, and what requests are told.
 * @module
 */
import t from 'tap'
import { pause } from '../../src/keys/deadline.js'
import { Endpoint, type EndpointPolicy, type KeySource } from '../../src/keys/endpoint.js'
import { createFetch, type FetchFailure, type GoodSet } from '../../src/keys/fetch.js'
import type { Memory } from '../../src/keys/store.js'
import { TestIssuer } from '../../src/testing/index.js'
import { TestClock } from '../support/test-clock.js'
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
  toKeys,
} from '../support/places.js'

function setUp(extra: Partial<EndpointPolicy> = {}, source: Partial<KeySource> = {}) {
  const clock = new TestClock()
  const opened = openPlace(clock, extra, source)
  const { endpoint } = opened
  const look = (kid: string, ms = LATENCY) => hear(clock, endpoint.lookUp(kid), ms)
  return {
    ...opened,
    clock,
    /** Looks a key up, and tells what came of it within the time. */
    look,
    /** Looks a key up as a request does: it is held, or asked for. */
    use: async (kid: string) => (endpoint.held(kid) === undefined ? (await look(kid)).outcome : 'held'),
    /** A number of lookups at once, each of a key of its own. */
    flood: (count: number, name = 'unknown') =>
      Promise.all(Array.from({ length: count }, (_, index) => endpoint.lookUp(`${name}-${index}`))),
  }
}

/** Spends the whole budget of fetches. */
async function spendBudget({ look }: ReturnType<typeof setUp>): Promise<void> {
  for (let index = 0; index < POLICY.lookupBurst; index += 1) await look(`spent-${index}`)
}

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

t.test('unknown keys share one budget of fetches, which grows with time up to the burst', async (t) => {
  const { place, clock, look, use, flood } = setUp()
  const begun = clock.now()
  await use('a')
  for (let index = 0; index < 3; index += 1) t.equal((await look(`unknown-${index}`)).outcome, 'absent')
  t.equal(place.asked.length, 4)
  t.equal((await look('unknown-3')).outcome, 'waiting')
  t.equal((await look('unknown-0')).outcome, 'waiting', 'also for a key that was absent before')
  t.equal(await use('a'), 'held', 'which concerns no key of the set')
  await clock.advance(begun + 2 * SECOND - 1 - clock.now())
  t.equal(place.asked.length, 4)
  await clock.advance(1 + LATENCY)
  t.equal(place.asked.length, 5, 'one fetch for both')

  // A set that is due would be fetched without the budget.
  await clock.advance(4 * MINUTE)
  const count = place.asked.length
  for (let round = 0; round < 5; round += 1) {
    void flood(10, `round-${round}`)
    await clock.advance(LATENCY)
  }
  t.equal(place.asked.length - count, 3, 'never more than the burst')
})

t.test('all unknown keys of one moment are one fetch', async (t) => {
  const { place, clock, use, flood, endpoint } = setUp()
  await use('a')
  const lookups = flood(1000)
  await clock.advance(LATENCY)
  t.ok((await lookups).every(({ outcome }) => outcome === 'absent'))
  t.equal(place.asked.length, 2)
  t.ok(endpoint.held('a'))
})

t.test('a place is asked no oftener than the budget says, whatever keys are asked for', async (t) => {
  const { place, clock, use, endpoint } = setUp()
  await use('a')
  const [begun, count] = [clock.now(), place.asked.length]
  const outcomes = new Map<string, number>()
  for (let index = 0; index < 1200; index += 1) {
    for (const kid of [`random-${index}`, 'same', `cycle-${index % 7}`]) {
      void endpoint.lookUp(kid).then(({ outcome }) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1))
    }
    await clock.advance(50)
  }
  const seconds = (clock.now() - begun) / SECOND
  t.equal(seconds, 60)
  t.ok(place.asked.length - count <= 3 + seconds / 2, `${place.asked.length - count} fetches`)
  t.ok(place.asked.length - count >= seconds / 2, 'and no fewer')
  await clock.advance(3 * SECOND)
  t.strictSame([...outcomes], [['absent', 3600]], 'everybody is told by a set of after the request')
})

t.test('while a key is waited for, a new one in the set ends the waiting', async (t) => {
  const bench = setUp()
  const { place, look, clock, endpoint } = bench
  await bench.use('a')
  await spendBudget(bench)
  place.published = { a: 'a1', new: 'n1' }
  const forged = endpoint.lookUp('forged')
  t.equal((await look('new')).outcome, 'waiting')
  t.equal((await look('new', 2 * SECOND)).outcome, 'found')
  t.match(await forged, { outcome: 'absent' })
  t.ok(clock.pending === 0)
})

t.test('five thousand requests wait for the budget, the next are told when to come again', async (t) => {
  const bench = setUp()
  const { place, clock, flood, look, use } = bench
  const begun = clock.now()
  await use('a')
  await spendBudget(bench)
  const count = place.asked.length
  const waiting = flood(5000)
  await clock.advance(500)
  const retryAfterMs = begun + 2 * SECOND - clock.now()
  t.strictSame(await look('one too many', 0), { outcome: 'later', retryAfterMs })
  t.equal(await use('a'), 'held')
  await clock.advance(2 * SECOND)
  t.ok((await waiting).every(({ outcome }) => outcome === 'absent'))
  t.equal(place.asked.length, count + 1)
  t.equal((await look('after', 0)).outcome, 'waiting', 'there is room again')
})

t.test('the room is the same for those who wait for the end of a fetch, but for a cold start', async (t) => {
  const { place, clock, flood, look, use } = setUp()
  place.latencyMs = 2 * SECOND
  const cold = flood(5001, 'cold')
  await clock.advance(4 * SECOND)
  t.ok(
    (await cold).every(({ outcome }) => outcome === 'absent'),
    'nobody is turned away',
  )
  t.equal(await use('a'), 'held')
  void look('begins a fetch', 0)
  await clock.advance(1)
  const waiting = flood(5000)
  t.match(await look('one too many', 0), { outcome: 'later', retryAfterMs: SECOND })
  t.equal(await use('a'), 'held')
  await clock.advance(4 * SECOND)
  t.ok((await waiting).every(({ outcome }) => outcome === 'absent'))
  t.ok(place.asked.length <= 5)
})

t.test('where the budget grows more slowly than a request may wait, it is told so at once', async (t) => {
  const bench = setUp({ lookupIntervalMs: 10 * SECOND })
  const { place, clock, look, use } = bench
  await use('a')
  await spendBudget(bench)
  const { outcome, ...rest } = await look('unknown', 0)
  t.equal(outcome, 'later')
  const retryAfterMs = 'retryAfterMs' in rest ? rest.retryAfterMs : 0
  t.ok(retryAfterMs > 9 * SECOND && retryAfterMs < 10 * SECOND)
  await clock.advance(retryAfterMs - 3 * SECOND)
  t.equal((await look('unknown', 3 * SECOND)).outcome, 'waiting', 'who comes near enough to it waits')
  await clock.advance(LATENCY)
  t.equal(place.asked.length, 5)
})

t.test('no budget is needed where nothing is held, what is held is due, or the place fails', async (t) => {
  const bench = setUp({ lookupIntervalMs: 24 * HOUR })
  const { place, clock, look, use, endpoint } = bench
  t.equal(await use('a'), 'found')
  await spendBudget(bench)
  t.equal((await look('unknown')).outcome, 'later', 'it is spent')
  await clock.advance(5 * MINUTE)
  t.equal((await look('unknown')).outcome, 'absent', 'due')
  t.equal((await look('unknown')).outcome, 'later')
  place.failure = FAILED
  const refreshed = endpoint.refresh()
  await clock.advance(LATENCY)
  t.equal(await refreshed, false)
  for (const backOff of [750, 1500, 3000]) {
    t.match(await look('unknown', 0), { outcome: 'failed', retryAfterMs: backOff })
    await clock.advance(backOff - 1)
    t.match(await look('unknown', 0), { outcome: 'failed', retryAfterMs: 1 })
    await clock.advance(1)
    const count = place.asked.length
    t.match(await look('unknown'), { outcome: 'failed', retryAfterMs: backOff * 2 }, 'not due, and failing')
    t.equal(place.asked.length, count + 1)
  }
})

t.test('a fetch that needs no budget takes none', async (t) => {
  const bench = setUp({ lookupIntervalMs: 24 * HOUR })
  const { clock, look, use } = bench
  await use('a')
  for (let round = 0; round < 5; round += 1) {
    await clock.advance(6 * MINUTE)
    t.equal((await look('unknown')).outcome, 'absent')
  }
  for (const outcome of ['absent', 'absent', 'absent', 'later'])
    t.equal((await look('unknown')).outcome, outcome)
})

t.test(
  'after a failure nobody asks before the back-off ends, which doubles up to half a minute',
  async (t) => {
    const { place, clock, look, endpoint } = setUp({ random: () => 1 })
    place.failure = FAILED
    for (const [index, backOff] of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000].entries()) {
      t.strictSame(await look('a'), { outcome: 'failed', retryAfterMs: backOff })
      await clock.advance(backOff - 1)
      t.strictSame(await look('another', 0), { outcome: 'failed', retryAfterMs: 1 })
      t.equal(place.asked.length, index + 1)
      await clock.advance(1)
    }
    place.failure = undefined
    t.equal((await look('a')).outcome, 'found')
    place.failure = FAILED
    await clock.advance(6 * MINUTE)
    endpoint.held('a')
    await clock.advance(LATENCY)
    t.strictSame(await look('unknown'), { outcome: 'failed', retryAfterMs: 1000 }, 'it begins anew')
  },
)

t.test('the back-off varies by half', async (t) => {
  for (const [random, retryAfterMs] of [
    [0, 500],
    [0.5, 750],
    [1, 1000],
  ] as const) {
    const { place, look } = setUp({ random: () => random })
    place.failure = FAILED
    t.strictSame(await look('a'), { outcome: 'failed', retryAfterMs })
  }
})

t.test('lookups that fail together are one failure', async (t) => {
  const { place, clock, flood, look } = setUp({ random: () => 1 })
  place.failure = FAILED
  const lookups = flood(20)
  await clock.advance(LATENCY)
  t.ok((await lookups).every(({ outcome }) => outcome === 'failed'))
  t.strictSame(await look('d', 0), { outcome: 'failed', retryAfterMs: 1000 })
  t.equal(place.asked.length, 1)
})

t.test('a place that wants peace has it', async (t) => {
  const { place, clock, look, endpoint } = setUp({ random: () => 1 })
  place.failure = { ...FAILED, code: '429', retryAfterMs: 10 * SECOND }
  t.strictSame(await look('a'), { outcome: 'failed', retryAfterMs: 10 * SECOND })
  await clock.advance(10 * SECOND - 1)
  t.strictSame(await look('a', 0), { outcome: 'failed', retryAfterMs: 1 })
  t.equal(place.asked.length, 1)
  await clock.advance(1)
  place.failure = { ...FAILED, code: '503', retryAfterMs: 100 }
  t.strictSame(await look('a'), { outcome: 'failed', retryAfterMs: 2000 }, 'but the back-off is no shorter')
  t.match(endpoint.health().lastFailure, { reason: 'status', code: '503' })
  place.failure = undefined
  await clock.advance(2 * SECOND)
  t.equal((await look('a')).outcome, 'found')
})

t.test('in the back-off of a place that fails, a set that is due is used, and nobody asks', async (t) => {
  const { place, clock, use } = setUp()
  await use('a')
  place.failure = FAILED
  await clock.advance(6 * MINUTE)
  for (const asked of [2, 2, 2]) {
    t.equal(await use('a'), 'held')
    await clock.advance(LATENCY)
    t.equal(place.asked.length, asked)
  }
  await clock.advance(SECOND)
  t.equal(await use('a'), 'held')
  t.equal(place.asked.length, 3)
})

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
  const endpoint = new Endpoint(source, (pem) => pem, { ...clock, ...POLICY }, new AbortController().signal)
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
