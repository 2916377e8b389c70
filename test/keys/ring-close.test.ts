/**
 * A key ring that is closed while the application goes on, because its pool was removed.
 * @module
 */
import { getEventListeners } from 'node:events'
import t from 'tap'
import { createPoolKeys } from '../../src/keys/pool-keys.js'
import { resolveOptions } from '../../src/options.js'
import type { ResolvedPool } from '../../src/pool/pool.js'
import { startIssuer } from '../support/app.js'
import { FAILED, hear, LATENCY, MINUTE, SECOND, toKeys } from '../support/places.js'
import { ORIGINAL, setUp, setUpOne, UPDATED } from '../support/rings.js'
import { startServer } from '../support/server.js'
import { TestClock } from '../support/test-clock.js'

const CLOSED = { outcome: 'failed', retryAfterMs: SECOND } as const

t.test('closing a ring ends its fetch, and wakes everybody who waits for it', async (t) => {
  const { ring, clock, asked } = setUp()
  const lookups = [ring.find('a', ORIGINAL), ring.find('b', ORIGINAL), ring.find('c', UPDATED)]
  const ensured = ring.ensure()
  await clock.advance(LATENCY / 2)
  t.strictSame(asked(), [1, 1])
  ring.close()
  t.strictSame(await Promise.all(lookups), [CLOSED, CLOSED, CLOSED])
  await ensured
  t.equal(clock.pending, 0)
  await clock.advance(MINUTE)
  t.strictSame(asked(), [1, 1])
})

t.test('closing a ring wakes who waits for the budget', async (t) => {
  const { ring, clock, find } = setUpOne()
  for (const kid of ['a', 'x', 'y', 'z']) await find(kid)
  const waiting = ring.find('unknown', ORIGINAL)
  t.equal((await hear(clock, waiting, LATENCY)).outcome, 'waiting')
  ring.close()
  t.strictSame(await waiting, CLOSED)
  t.equal(clock.pending, 0)
})

t.test('a closed ring holds nothing, asks nobody, and is down', async (t) => {
  const { ring, clock, use, find, asked } = setUp()
  await use('a', ORIGINAL)
  t.ok(ring.held('a'))
  t.equal(ring.status().state, 'ok')
  ring.close()
  ring.close()
  t.equal(ring.held('a'), undefined, 'not even a key that it held')
  t.strictSame(await find('a', ORIGINAL, 0), CLOSED)
  t.strictSame(await find('a', UPDATED, 0), CLOSED)
  await ring.ensure()
  t.equal(await ring.refresh(), true, 'there is nothing to refresh')
  t.match(ring.status(), { state: 'down', keys: [], source: undefined })
  await clock.advance(MINUTE)
  t.strictSame(asked(), [1, 0])
  t.equal(clock.pending, 0)
})

t.test('what a store still gives to a ring that was closed meanwhile is no key', async (t) => {
  for (const isClosed of [false, true]) {
    let give = () => {}
    const restored = new Promise<void>((resolve) => {
      give = resolve
    })
    const memory = {
      restore: async () => {
        await restored
        return { keys: toKeys({ a: 'a1' }), askedAt: 1_000_000 }
      },
      keep: () => {},
    }
    const { ring } = setUpOne({}, { memory })
    const lookup = ring.find('a', ORIGINAL)
    if (isClosed) ring.close()
    give()
    t.equal((await lookup).outcome, isClosed ? 'failed' : 'found')
  }
})

t.test('a refusal of an open ring is what it was', async (t) => {
  const { find, original, updated } = setUp()
  for (const { place } of [original, updated]) place.failure = { ...FAILED, retryAfterMs: 7 * SECOND }
  t.strictSame(await find('a', ORIGINAL, 2 * LATENCY), { outcome: 'failed', retryAfterMs: 7 * SECOND })
})

const { issuer, eu } = await startIssuer(t)
const { pools, keys: options } = resolveOptions({ pools: { eu: eu.options() } }, {})
const LISTENER = { onStatus: () => {}, onStoreFailure: () => {} }

/** Makes rings of the pool, in an application that the test closes. */
function createKeys(changed: Partial<ResolvedPool> = {}) {
  const application = new AbortController()
  const pool = { ...(pools.get('eu') as ResolvedPool), ...changed }
  const clock = new TestClock()
  const context = { options, tolerance: 5, closing: application.signal, clock }
  const create = () => createPoolKeys(pool, { ...context, random: () => 0.5 }, LISTENER)
  return { application, clock, create }
}

t.test('a thousand rings leave nothing on the signal of the application', async (t) => {
  const { application, create } = createKeys()
  const rings = Array.from({ length: 1000 }, create)
  t.equal(getEventListeners(application.signal, 'abort').length, 0)
  const before = issuer.fetches.get(eu.userPoolId) ?? 0
  await Promise.all(rings.slice(0, 20).map((ring) => ring.ensure()))
  t.equal((issuer.fetches.get(eu.userPoolId) ?? 0) - before, 20)
  for (const ring of rings.slice(0, 990)) ring.close()
  t.equal(getEventListeners(application.signal, 'abort').length, 1, 'the one of all rings')
  const [open] = rings.slice(-1)
  await open?.ensure()
  t.ok(open?.held(eu.kid('access')), 'the others go on')
  t.equal(rings[0]?.held(eu.kid('access')), undefined)
  application.abort()
  t.equal(getEventListeners(application.signal, 'abort').length, 0)
})

t.test('closing a ring ends a request over HTTP, and no request of another ring', async (t) => {
  const state = { asked: 0, ended: 0 }
  const url = await startServer(t, (request) => {
    state.asked += 1
    request.socket.once('close', () => {
      state.ended += 1
    })
  })
  const places = new Map([[eu.issuers.original, `${url}/jwks.json`]])
  const { create, clock } = createKeys({ jwksUrls: places })
  const [one, other] = [create(), create()]
  const lookups = [one, other].map((ring) => ring.find('a', eu.issuers.original))
  while (state.asked < 2) await clock.advance(0)
  one.close()
  t.strictSame(await lookups[0], CLOSED)
  while (state.ended < 1) await clock.advance(0)
  t.strictSame(state, { asked: 2, ended: 1 })
  other.close()
  t.strictSame(await lookups[1], CLOSED)
})
