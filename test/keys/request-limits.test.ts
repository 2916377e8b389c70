/**
 * When one place may be asked again, under a clock that the test moves: the budget of unknown keys, who waits for it, and the
 * back-off of a place that fails.
 * @module
 */
import t from 'tap'
import { setUp, spendBudget } from '../support/endpoints.js'
import { FAILED, HOUR, LATENCY, MINUTE, SECOND } from '../support/places.js'

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
