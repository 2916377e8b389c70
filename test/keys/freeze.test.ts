/**
 * A process that stands still, as AWS Lambda freezes one between two requests, or whose event loop is held: silence in that
 * time says nothing of the key endpoint, and a set of keys gets old meanwhile.
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { KeysOptions } from '../../src/index.js'
import { TestIssuer } from '../../src/testing/index.js'
import { runAtOnce } from '../support/at-once.js'
import { createChance } from '../support/chance.js'
import { Freezer, type FrozenApp } from '../support/frozen-app.js'
import { Publication, union } from '../support/publication.js'

const chance = createChance(1)

const [one, two, three] = await Promise.all([Freezer.start(t), Freezer.start(t), Freezer.start(t)])
const issuer = await TestIssuer.start()
t.teardown(() => issuer.close())
/** The same pool before and after a rotation. */
const old = issuer.createPool()
const fresh = issuer.createPool(old)

/** Longer than an attempt at a fetch may take; milliseconds. */
const LONG_MS = 2500
/** Apps of a process, each of which is at another moment of its start when the process is frozen. */
const MOMENTS = 15
const SPACING_MS = 20

/** A set is old after a second, and is not used any more after two unless the endpoint is known to fail. */
const SOON_OLD: KeysOptions = { prefetch: false, refreshAfter: 1, timeout: 1 }
const ASK_FIRST_AFTER_MS = 2000

interface Place {
  readonly app: FrozenApp
  readonly keys: Publication
}

/** An app, and its endpoint at the distance of real ones. */
async function open(test: Test, freezer: Freezer, options?: KeysOptions): Promise<Place> {
  const keys = await Publication.start(test, union(old))
  keys.delayMs = 60 + 90 * chance()
  return { keys, app: await freezer.open(old.options({ jwksUrl: keys.url }), options) }
}

async function untilLetIn({ app }: Place): Promise<void> {
  while ((await app.get(old.accessToken())) !== 200) await pause(50)
}

/** Resolves to when each request was sent that was let in; milliseconds from now. */
async function useUntilRefused({ app }: Place, interlude: () => Promise<void>): Promise<readonly number[]> {
  const start = performance.now()
  const sentAt: number[] = []
  for (;;) {
    const sent = performance.now() - start
    if ((await app.get(old.accessToken())) !== 200) return sentAt
    sentAt.push(sent)
    await interlude()
  }
}

const askThreeTimes = ({ app }: Place) => Promise.all([1, 2, 3].map(() => app.get(old.accessToken())))

t.test('a process that is frozen, and another one whose event loop is held, at boot', async (t) => {
  const atOnce = runAtOnce(t, 2)

  t.test('frozen at any moment around ready, an app lets everybody in after the thaw', atOnce, async (t) => {
    const sweep = async (freezer: Freezer, isCut: boolean) => {
      const places: Place[] = []
      while (places.length < MOMENTS) {
        places.push(await open(t, freezer))
        await pause(SPACING_MS)
      }
      const ask = (part: number) => places.filter((_place, index) => index % 3 === part).map(askThreeTimes)
      const before = ask(0)
      const frozen = freezer.freezeFor(LONG_MS, () => isCut && places.map(({ keys }) => keys.cut()))
      const meanwhile = ask(1)
      await frozen
      const statuses = await Promise.all([...before, ...meanwhile, ...ask(2)])
      t.strictSame(statuses.flat(), Array(3 * MOMENTS).fill(200), `cut off: ${isCut}`)
      const states = await Promise.all(places.map(async ({ app }) => (await app.status()).state))
      t.strictSame(states, Array(MOMENTS).fill('ok'), `cut off: ${isCut}`)
    }
    await Promise.all([sweep(one, false), sweep(two, true)])
  })

  t.test('apps whose event loop is held while they ask for keys let everybody in', atOnce, async (t) => {
    const ways: Readonly<Record<string, (answer: () => void, keys: Publication) => void>> = {
      'the answer comes meanwhile': (answer) => answer(),
      'the answer is lost with its connection': (_answer, keys) => keys.cut(),
      'the answer never comes': () => {},
    }
    const hold = async (ms: number, names: readonly string[]) => {
      const asked = []
      for (const name of names) {
        const place = await open(t, three, { prefetch: false })
        const taken = place.keys.takeNext()
        const statuses = askThreeTimes(place)
        asked.push({ name, place, statuses, answer: await taken })
      }
      await three.hold(ms)
      for (const { name, answer, place } of asked) ways[name]?.(answer, place.keys)
      for (const { name, statuses, place } of asked) {
        t.strictSame(await statuses, [200, 200, 200], `${ms} ms, ${name}`)
        t.match(await place.app.status(), { state: 'ok', keys: [{}, {}] }, `${ms} ms, ${name}`)
      }
    }
    const names = Object.keys(ways)
    await hold(500, names.slice(0, 2))
    await hold(LONG_MS, names)
  })
})

t.test(
  'a key that is not published any more dies as soon in a process that is frozen after each answer',
  async (t) => {
    const use = async (name: string, freezer: Freezer, interlude: (keys: Publication) => Promise<void>) => {
      const place = await open(t, freezer, SOON_OLD)
      const { app, keys } = place
      await untilLetIn(place)
      keys.keySet = union(fresh)
      const ages = await useUntilRefused(place, () => interlude(keys))
      t.comment(name, ages.map(Math.round))
      t.notOk(
        ages.some((age) => age > ASK_FIRST_AFTER_MS),
        name,
      )
      t.equal(await app.get(old.accessToken()), 401, name)
      t.equal(await app.get(fresh.accessToken()), 200, name)
      t.match(await app.status(), { state: 'ok', keys: [{}, {}] }, name)
    }
    await Promise.all([
      use('goes on', one, () => pause(700)),
      use('frozen', two, () => two.freezeFor(700)),
      use('frozen and cut off', three, (keys) => three.freezeFor(700, () => keys.cut())),
    ])
  },
)

t.test('a process that is frozen in a fetch, and another one that finds a black hole', async (t) => {
  const atOnce = runAtOnce(t, 2)

  t.test(
    'a set that was on its way while the process was frozen is as old as the question',
    atOnce,
    async (t) => {
      const { app, keys } = await open(t, two, SOON_OLD)
      const taken = keys.takeNext()
      const waiting = app.get(old.accessToken())
      const answer = await taken
      const answerNow = () => {
        answer()
        keys.keySet = union(fresh)
      }
      await two.freezeFor(1.2 * ASK_FIRST_AFTER_MS, () => {}, answerNow)
      t.equal(await app.get(old.accessToken()), 401)
      // A busy machine may use up the patience of the request that waited. Nobody is let in.
      t.match(String(await waiting), /^(?:401|503)$/)
      t.equal(await app.get(fresh.accessToken()), 200)
    },
  )

  t.test(
    'a black hole in place of the endpoint after the thaw keeps nobody out whose key is held',
    atOnce,
    async (t) => {
      const openWithKeys = async () => {
        const place = await open(t, one, SOON_OLD)
        await untilLetIn(place)
        return { ...place, asked: place.keys.requests }
      }
      // Their sets will be too old to be used before the endpoint is asked.
      const [idle, asking] = [await openWithKeys(), await openWithKeys()]
      await pause(1200)
      // The endpoint is asked in the background. The process is frozen before it hears an answer.
      asking.keys.delayMs = LONG_MS
      t.equal(await asking.app.get(old.accessToken()), 200)
      // This one will only be due.
      const due = await openWithKeys()
      const all = [idle, asking, due]
      await one.freezeFor(1500, () => {
        for (const { keys } of all) {
          keys.isSilent = true
          keys.cut()
        }
      })
      t.strictSame((await Promise.all(all.map(askThreeTimes))).flat(), Array(9).fill(200))
      for (const { keys, asked } of all) while (keys.requests === asked) await pause(10)
      const recover = async ({ app, keys }: Place) => {
        Object.assign(keys, { isSilent: false, delayMs: 0 })
        const statuses: number[] = []
        while ((await app.status()).state !== 'ok') {
          statuses.push(await app.get(old.accessToken()))
          await pause(50)
        }
        return statuses
      }
      const statuses = await Promise.all(all.map(recover))
      t.strictSame([...new Set(statuses.flat())], [200])
    },
  )
})
