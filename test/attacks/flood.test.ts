/**
 * Floods of forged tokens, over real sockets: no token whose key is published is refused or waits for long, the key
 * endpoint is asked seldom, and no forged token passes.
 * @module
 */
import type { FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import { CognitoError, type KeysOptions, type PoolOptions } from '../../src/index.js'
import { TestIssuer, type TestPool } from '../../src/testing/index.js'
import {
  type Answer,
  allowedFetches,
  type FetchBounds,
  faultsOf,
  forger,
  STRATEGIES,
  Town,
  tally,
} from '../support/flood.js'
import { decode } from '../support/forge.js'
import { addGuards } from '../support/moved-app.js'
import { type KeySet, type Publication, union } from '../support/publication.js'

const issuer = await TestIssuer.start()
t.teardown(() => issuer.close())
/** The same pool before and after a rotation, and another one. */
const old = issuer.createPool({ region: 'eu-west-1' })
const { userPoolId, appClientId } = old
const fresh = issuer.createPool({ userPoolId, appClientId })
const us = issuer.createPool({ region: 'us-east-1' })

const DEFAULT: FetchBounds = { burst: 10, intervalMs: 2000, refreshAfterMs: 300_000 }
/** Many intervals go by in a short time. */
const SCALED: FetchBounds = { ...DEFAULT, burst: 3, intervalMs: 500 }
/** No interval goes by. */
const BURST_ONLY: FetchBounds = { ...SCALED, intervalMs: 3_600_000 }
/** The time of an endpoint that is far away; milliseconds. */
const DELAY_MS = 40

const toOptions = ({ burst, intervalMs, refreshAfterMs }: FetchBounds): KeysOptions => ({
  prefetch: false,
  lookupBurst: burst,
  lookupInterval: intervalMs / 1000,
  refreshAfter: refreshAfterMs / 1000,
})

/** Publishes keys far away. */
async function publish(test: Test, town: Town, pool: TestPool): Promise<Publication> {
  const publication = await town.publish(test, pool)
  publication.delayMs = DELAY_MS
  return publication
}

type Pools = Readonly<Record<string, PoolOptions>>

/** Opens an app with a route for each pool, `/eu`. */
function open(test: Test, town: Town, pools: Pools, keys: KeysOptions): Promise<void> {
  return town.open(test, (app) => {
    const { authRequired } = addGuards(app, { pools, keys }, town)
    for (const name of Object.keys(pools)) {
      app.get(`/${name}`, { onRequest: authRequired(name) }, async () => 'in')
    }
  })
}

/** Tokens of both generations take turns. */
function eitherToken(claims = {}): () => string {
  let count = 0
  return () => (++count % 2 === 0 ? old : fresh).accessToken(claims)
}

interface Crowds {
  readonly genuine: readonly Answer[]
  readonly forged: readonly Answer[]
}

/** Holds a flood against an endpoint to the rule. */
function faults({ genuine, forged }: Crowds, { town, keys, bounds }: Site) {
  const allowed = allowedFetches(bounds, town.lived)
  // A genuine token waits for the fetch that is under way, for the budget where the flood has spent it, and for a fetch of its own.
  const longestMs = 2 * DELAY_MS + (bounds === SCALED || bounds === DEFAULT ? bounds.intervalMs : 0)
  return faultsOf({ genuine, forged, fetches: keys.requests, allowedFetches: allowed, longestMs })
}

/** The same as a test, named after the scenario. */
function judge(test: Test, name: string, crowds: Crowds, site: Site): void {
  const { keys } = site
  const longest = Math.round(Math.max(...crowds.genuine.map(({ waitedMs }) => waitedMs)))
  const [genuine, forged] = [tally(crowds.genuine), tally(crowds.forged)]
  const allowed = allowedFetches(site.bounds, site.town.lived)
  test.comment(name, { genuine, forged, longest, fetches: keys.requests, allowed })
  test.strictSame(faults(crowds, site), [], name)
}

/** An app of one pool, and its key endpoint. */
interface Site {
  readonly town: Town
  readonly keys: Publication
  readonly bounds: FetchBounds
}

async function openSite(test: Test, bounds: FetchBounds, options = toOptions(bounds)): Promise<Site> {
  const town = new Town()
  const keys = await publish(test, town, old)
  await open(test, town, { eu: old.options({ jwksUrl: keys.url }) }, options)
  return { town, keys, bounds }
}

interface Rates {
  readonly genuine: number
  readonly forged: number
}

/**
 * People and a flood at an app that holds the keys. Once the flood has spent the budget, a new key is published and used at
 * once, beside the old one.
 */
async function rotate(
  { town, keys, bounds }: Site,
  rates: Rates,
  forge: () => string,
  lastsMs: number,
): Promise<Crowds> {
  const asked = keys.requests
  const endFlood = town.send(rates.forged, '/eu', forge)
  const endEarly = town.send(rates.genuine, '/eu', () => old.accessToken())
  await town.until(() => keys.requests >= asked + bounds.burst)
  await town.live(2 * DELAY_MS)
  const [early] = await town.gather(endEarly)
  keys.keySet = union(old, fresh)
  const endLate = town.send(rates.genuine, '/eu', eitherToken())
  await town.live(lastsMs)
  const [forged, late] = await town.gather(endFlood, endLate)
  return { forged, genuine: [...early, ...late] }
}

type Strategy = (typeof STRATEGIES)[keyof typeof STRATEGIES]

/** Runs a scenario for every strategy at once. */
const forEachStrategy = (scenario: (name: string, toChoice: Strategy) => Promise<void>) =>
  Promise.all(Object.entries(STRATEGIES).map(([name, toChoice]) => scenario(name, toChoice)))

const letIn = async (test: Test, { town }: Site) =>
  test.equal((await town.ask('/eu', old.accessToken())).status, 200)

t.test('two genuine requests a second against 1,000 forged ones, with the defaults', async (t) => {
  const site = await openSite(t, DEFAULT, { prefetch: false })
  await letIn(t, site)
  const forge = forger(old, STRATEGIES['random key ids']())
  const crowds = await rotate(site, { genuine: 2, forged: 1000 }, forge, 2500)
  t.ok(crowds.forged.length > 1000)
  judge(t, 'random key ids', crowds, site)
})

t.test('a flood that has spent the budget before anybody else has come keeps nobody out', async (t) => {
  await forEachStrategy(async (name, toChoice) => {
    const site = await openSite(t, SCALED)
    const { town, keys } = site
    const endFlood = town.send(
      100,
      '/eu',
      forger(old, toChoice({ endpoint: keys, town, intervalMs: SCALED.intervalMs })),
    )
    await town.until(() => keys.requests > SCALED.burst)
    const endPeople = town.send(10, '/eu', () => old.accessToken())
    await town.live(1500)
    const [forged, genuine] = await town.gather(endFlood, endPeople)
    judge(t, name, { forged, genuine }, site)
  })
})

t.test('a key that is published in a flood, and used at once, serves', async (t) => {
  await forEachStrategy(async (name, toChoice) => {
    const site = await openSite(t, SCALED)
    await letIn(t, site)
    const forge = forger(
      old,
      toChoice({ endpoint: site.keys, town: site.town, intervalMs: SCALED.intervalMs }),
    )
    const crowds = await rotate(site, { genuine: 20, forged: 100 }, forge, 2500)
    judge(t, name, crowds, site)
  })
})

t.test('five genuine and 60 forged a second, from the moment that the port is open', async (t) => {
  const boot = async () => {
    const site = await openSite(t, SCALED)
    const { town } = site
    const endFlood = town.send(60, '/eu', forger(old, STRATEGIES['random key ids']()))
    const endPeople = town.send(5, '/eu', () => old.accessToken())
    await town.live(1000)
    const [forged, genuine] = await town.gather(endFlood, endPeople)
    judge(t, 'random key ids', { forged, genuine }, site)
  }
  await Promise.all([boot(), boot(), boot(), boot()])
})

t.test('a set that is due is asked for in a flood as without one', async (t) => {
  const site = await openSite(t, { ...BURST_ONLY, refreshAfterMs: 1000 })
  const { town, keys } = site
  await letIn(t, site)
  const endFlood = town.send(100, '/eu', forger(old, STRATEGIES['random key ids']()))
  const endPeople = town.send(20, '/eu', () => old.accessToken())
  await town.until(() => keys.requests > BURST_ONLY.burst + 3)
  t.ok(keys.requests > BURST_ONLY.burst + 3)
  const [forged, genuine] = await town.gather(endFlood, endPeople)
  judge(t, 'random key ids', { forged, genuine }, site)
  t.ok(forged.some(isPutOff), 'the flood has no budget left')
})

const isPutOff = ({ status }: Answer) => status === 503

t.test('those of another pool notice nothing, not even while its keys are rotated', async (t) => {
  const town = new Town()
  const [keys, others] = [await publish(t, town, old), await publish(t, town, us)]
  const next = issuer.createPool(us)
  const pools = { eu: old.options({ jwksUrl: keys.url }), us: us.options({ jwksUrl: others.url }) }
  await open(t, town, pools, toOptions(BURST_ONLY))
  const endFlood = town.send(200, '/eu', forger(old, STRATEGIES['random key ids']()))
  await town.until(() => keys.requests >= BURST_ONLY.burst)
  const endEarly = town.send(10, '/us', () => us.accessToken())
  await town.live(1000)
  const [early] = await town.gather(endEarly)
  t.equal(others.requests, 1)
  others.keySet = union(us, next)
  const endLate = town.send(10, '/us', () => next.accessToken())
  await town.live(1000)
  const [forged, late] = await town.gather(endFlood, endLate)
  t.equal(others.requests, 2)
  const site = { town, keys: others, bounds: BURST_ONLY }
  judge(t, 'random key ids', { forged, genuine: [...early, ...late] }, site)
  t.ok(forged.some(isPutOff), 'the pool of the flood has no budget left')
})

t.test("forged tokens name the pool's other issuer, whose endpoint answers or refuses", async (t) => {
  const flood = async (status: number) => {
    const town = new Town()
    const [keys, others] = [await publish(t, town, old), await publish(t, town, us)]
    others.status = status
    const pool = { userPoolId, appClientId, region: old.region, issuer: [keys.origin, others.origin] }
    await open(t, town, { eu: pool }, toOptions(SCALED))
    const [here, there] = [{ iss: keys.origin }, { iss: others.origin }]
    t.equal((await town.ask('/eu', old.accessToken(here))).status, 200)
    const endFlood = town.send(100, '/eu', forger(old, STRATEGIES['random key ids'](), there))
    const endEarly = town.send(20, '/eu', () => old.accessToken(here))
    await town.live(1500)
    const [early] = await town.gather(endEarly)
    keys.keySet = union(old, fresh)
    const endLate = town.send(20, '/eu', eitherToken(here))
    await town.live(1500)
    const [forged, late] = await town.gather(endFlood, endLate)
    const crowds = { forged, genuine: [...early, ...late] }
    for (const endpoint of [keys, others]) {
      judge(t, `the other one answers ${status}`, crowds, { town, keys: endpoint, bounds: SCALED })
    }
  }
  await Promise.all([flood(200), flood(403)])
})

/**
 * Opens an app with a guard as others have been written: it asks for the set at boot, and again for an unknown key where it
 * may. It knows a key by its id alone.
 */
async function openSimple(test: Test, mayAsk: () => boolean): Promise<Site> {
  const town = new Town()
  const keys = await publish(test, town, old)
  const read = async () => {
    const { keys: entries } = (await (await fetch(keys.url)).json()) as KeySet
    return new Set(entries.map(({ kid }) => kid))
  }
  const ask = () => town.fetching(read())
  let kids = new Set(old.keySet().keys.map(({ kid }) => kid))
  await town.open(test, (app) => {
    const onRequest = async ({ headers: { authorization = '' } }: FastifyRequest) => {
      const { kid } = decode(authorization.slice('Bearer '.length)).header
      if (!kids.has(kid) && mayAsk()) kids = await ask()
      if (!kids.has(kid)) throw new CognitoError('COGNITO_ERR_TOKEN_INVALID', { reason: 'unknown' })
    }
    app.get('/eu', { onRequest }, async () => 'in')
  })
  return { town, keys, bounds: SCALED }
}

t.test(
  'the rule catches a guard that refuses unknown keys when it may not ask, and one that always asks',
  async (t) => {
    const flood = async (mayAsk: () => boolean) => {
      const site = await openSimple(t, mayAsk)
      const forge = forger(old, STRATEGIES['random key ids']())
      const crowds = await rotate(site, { genuine: 20, forged: 100 }, forge, 1000)
      return faults(crowds, site)
    }
    let left = SCALED.burst
    const [ofRefusing, ofAsking] = await Promise.all([flood(() => --left >= 0), flood(() => true)])
    t.match(ofRefusing, [/^genuine tokens were refused: 401 × \d+$/])
    t.match(ofAsking, [/^fetches: \d+ instead of \d+$/])
  },
)

t.test('the rule catches each kind of fault', async (t) => {
  const answer = { status: 200, retryAfter: undefined, waitedMs: 10 }
  const refusal = { ...answer, status: 401 }
  const later = { ...answer, status: 503, retryAfter: '2' }
  const good = { genuine: [answer], forged: [refusal, later], fetches: 2, allowedFetches: 2, longestMs: 3000 }
  t.strictSame(faultsOf(good), [])
  for (const [run, fault] of [
    [{ ...good, genuine: [] }, 'no genuine token was sent'],
    [{ ...good, forged: [] }, 'no forged token was sent'],
    [{ ...good, genuine: [answer, refusal] }, 'genuine tokens were refused: 401 × 1'],
    [{ ...good, genuine: [later] }, 'genuine tokens were refused: 503 × 1'],
    [{ ...good, genuine: [{ ...answer, waitedMs: 3001 }] }, 'genuine tokens waited: 3001 ms'],
    [{ ...good, forged: [answer] }, 'forged tokens were answered: 200 × 1'],
    [{ ...good, forged: [{ ...later, retryAfter: undefined }] }, 'forged tokens were answered: 503 × 1'],
    [{ ...good, fetches: 3 }, 'fetches: 3 instead of 2'],
  ] as const) {
    t.strictSame(faultsOf(run), [fault])
  }
})
