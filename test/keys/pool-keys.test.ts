/**
 * The key ring of a pool as its options make it: when keys are re-checked, and what a refresh before the first token does.
 * @module
 */
import t from 'tap'
import { createPoolKeys } from '../../src/keys/pool-keys.js'
import { resolveOptions } from '../../src/options.js'
import type { ResolvedPool } from '../../src/pool/pool.js'
import { startIssuer } from '../support/app.js'
import { TestClock } from '../support/test-clock.js'

const HOUR = 3_600_000
const { issuer, eu } = await startIssuer(t)
const kid = eu.kid('access')
const { pools, keys: options } = resolveOptions({ pools: { eu: eu.options() } }, {})

/** A ring that has fetched nothing, under a clock that the test moves. */
function createRing(extra: Partial<typeof options>) {
  const clock = new TestClock()
  const context = {
    options: { ...options, ...extra },
    tolerance: 5,
    closing: new AbortController().signal,
    clock,
    random: () => 0.5,
  }
  const listener = { onStatus: () => {}, onStoreFailure: t.fail }
  const ring = createPoolKeys(pools.get('eu') as ResolvedPool, context, listener)
  const until = async (isMet: () => boolean) => {
    while (!isMet()) await clock.advance(10)
  }
  return { ring, clock, until }
}

/** A ring that holds the keys of the pool, and re-checks them hourly. */
async function createHourly(staleIfError = options.staleIfError) {
  const created = createRing({ refreshAfter: 3600, staleIfError })
  await created.ring.ensure()
  return created
}

const fetches = () => issuer.fetches.get(eu.userPoolId) ?? 0

t.test(
  'a set that is re-checked hourly is used at once for an hour, and in the background for one more',
  async (t) => {
    const { ring, clock, until } = await createHourly()
    const before = fetches()
    await clock.advance(HOUR)
    t.ok(ring.held(kid))
    t.equal(fetches(), before)
    await clock.advance(HOUR)
    t.ok(ring.held(kid))
    await until(() => ring.status().lastSuccessSeconds === 0)
    t.equal(fetches(), before + 1)
    await clock.advance(2 * HOUR + 1000)
    t.equal(ring.held(kid), undefined, 'a process that idled asks first')
    t.match(await ring.find(kid, eu.issuers.original), { outcome: 'found' })
    t.equal(fetches(), before + 2)
  },
)

t.test('it is trusted for a day in an outage, and never for less than its hour', async (t) => {
  for (const [staleIfError, trustedMs] of [
    [options.staleIfError, 24 * HOUR],
    [600, HOUR],
  ] as const) {
    const { ring, clock, until } = await createHourly(staleIfError)
    issuer.down = true
    await clock.advance(HOUR)
    t.ok(ring.held(kid))
    await clock.advance(trustedMs - HOUR)
    t.ok(ring.status().keys.length > 0)
    await clock.advance(1)
    t.equal(ring.status().keys.length, 0)
    t.equal(ring.held(kid), undefined)
    let outcome = ''
    void ring.find(kid, eu.issuers.original).then((lookup) => {
      outcome = lookup.outcome
    })
    await until(() => outcome !== '')
    t.equal(outcome, 'failed')
    t.equal(ring.status().state, 'down')
    issuer.down = false
  }
})

t.test(
  'a refresh before the first token asks for a set that a store has, and for nothing without one',
  async (t) => {
    const stored = { url: eu.jwksUrl, document: JSON.stringify(eu.keySet()), askedAt: Date.now() }
    for (const [store, count] of [
      [{ load: async () => stored, save: async () => {} }, 1],
      [undefined, 0],
    ] as const) {
      const { ring } = createRing(store === undefined ? {} : { store })
      const before = fetches()
      t.equal(ring.status().state, 'cold')
      t.equal(await ring.refresh(), true)
      t.equal(fetches() - before, count)
      t.equal(ring.held(kid) === undefined, count === 0)
    }
  },
)
