/**
 * What can happen to a key ring, as commands of fast-check.
 * @module
 */
import fc from 'fast-check'
import { Breach } from './breach.js'
import { askFirstMs, type CoursePolicy, PATIENCE_AFTER_GAP_MS, PATIENCE_MS, ROOM } from './course-policy.js'
import { FATES, type Fate, MODES, type Mode } from './jwks-url.js'
import { type Material, materialOf } from './key-material.js'
import { LONGEST_HICCUP_MS, SHORTEST_GAP_MS } from './lived-time.js'
import type { PublishedDocument } from './published-document.js'
import { STORE_FAULTS, type StoreFault, toDocument } from './stored-sets.js'
import type { World } from './world.js'

type Command = fc.AsyncCommand<object, World, true>

const SECOND = 1000
const MINUTE = 60 * SECOND

const command = (name: string, run: (world: World) => void | Promise<void>): Command => ({
  check: async () => true,
  async run(_nothing, world) {
    await run(world)
    // What was begun is seen before the next command, and no two commands happen at the same time.
    await world.pass(1)
  },
  toString: () => name,
})

/** A length of time. */
interface Span {
  readonly text: string
  readonly of: (policy: CoursePolicy) => number
}

const milliseconds = (min: number, max: number): fc.Arbitrary<Span> =>
  fc.integer({ min, max }).map((ms) => ({ text: `${ms} ms`, of: () => ms }))

/** In thousandths of a time of the policy. */
const share = (time: 'refreshMs' | 'staleMs', min: number, max: number): fc.Arbitrary<Span> =>
  fc.integer({ min, max }).map((thousandths) => ({
    text: `${thousandths / 1000} of ${time}`,
    of: (policy) => Math.round((policy[time] * thousandths) / 1000),
  }))

const span = fc.oneof(
  milliseconds(1, 100),
  milliseconds(100, 3 * SECOND),
  milliseconds(3 * SECOND, MINUTE),
  share('refreshMs', 500, 3000),
  share('staleMs', 100, 1200),
)

/** URLs, issuers and keys by their numbers, counted round. */
const url = fc.nat({ max: 1 })
const key = fc.nat({ max: 9 })
const fate = fc.constantFrom(...FATES)

const kidOf = ({ kids }: World, number: number): string => kids[number % kids.length] as string
const documentOf = (world: World, index: number): PublishedDocument => world.urlOf(index).document

const publish = (index: number) =>
  command(`URL ${index} publishes a key`, (world) => world.publish(documentOf(world, index)))

const remove = (number: number, index: number) =>
  command(`URL ${index} removes key ${number}`, (world) =>
    documentOf(world, index).remove(kidOf(world, number), world.clock.now()),
  )

const change = (number: number, index: number) =>
  command(`URL ${index} changes key ${number}`, (world) => {
    const kid = kidOf(world, number)
    if (documentOf(world, index).keyOf(kid)) world.change(documentOf(world, index), kid)
  })

const bringBack = (number: number, index: number) =>
  command(`URL ${index} publishes again what key ${number} was`, (world) => {
    const kid = kidOf(world, number)
    const former = documentOf(world, index).formerKeyOf(kid)
    if (former) documentOf(world, index).publish(kid, former, world.clock.now())
  })

const spoil = (number: number, index: number) =>
  command(`URL ${index} has an unusable key ${number}`, (world) =>
    documentOf(world, index).publish(kidOf(world, number), materialOf(-2), world.clock.now()),
  )

/** Another key id for the same key; the old one goes or stays, or has the key of the new one. */
const rename = (from: number, to: number, index: number, old: 'goes' | 'stays' | 'is swapped') =>
  command(`URL ${index} has key ${from} as key ${to}, the old id ${old}`, (world) => {
    const document = documentOf(world, index)
    const [before, after] = [kidOf(world, from), kidOf(world, to)]
    const moved = document.keyOf(before)
    if (moved === undefined || before === after) return
    const replaced = document.keyOf(after)
    document.publish(after, moved, world.clock.now())
    if (old === 'goes') document.remove(before, world.clock.now())
    if (old === 'is swapped' && replaced) document.publish(before, replaced, world.clock.now())
  })

const behave = (index: number, mode: Mode) =>
  command(`URL ${index} ${mode}`, (world) => {
    world.urlOf(index).mode = mode
  })

const fail = (mode: Mode) =>
  command(`all URLs: ${mode}`, (world) => {
    for (const one of world.urls) one.mode = mode
  })

const ask = (number: number, index: number) =>
  command(
    `key ${number} is asked for at URL ${index}`,
    (world) => void world.ask(kidOf(world, number), index),
  )

const flood = (kids: number, index: number) =>
  command(`${kids} unknown keys are asked for at URL ${index}`, (world) => askForUnknown(world, kids, index))

function askForUnknown(world: World, kids: number, index: number): void {
  for (let number = 0; number < kids; number += 1) world.ask(world.newUnknownKid(), index)
}

const storm = (times: number, ms: number, index: number, isRepeated: boolean) =>
  command(
    `${isRepeated ? 'the same' : 'another'} unknown key is asked for ${times} times at URL ${index}, every ${ms} ms`,
    async (world) => {
      for (let time = 0; time < times; time += 1) {
        world.ask(isRepeated ? 'unknown' : world.newUnknownKid(), index)
        await world.pass(ms)
      }
    },
  )

const traffic = (steps: number, { text, of }: Span) =>
  command(`all keys are asked for ${steps} times, every ${text}`, async (world) => {
    for (let step = 0; step < steps; step += 1) {
      for (const kid of world.kids) world.ask(kid, step)
      await world.pass(of(world.setting.policy))
    }
  })

const stumble = (index: number) =>
  command(`URL ${index} fails once, while unknown keys are asked for without end`, async (world) => {
    world.recover()
    await spendBudget(world, index)
    world.urlOf(index).mode = 'fails'
    askForUnknown(world, 1, index)
    await world.pass(PATIENCE_MS)
    world.recover()
    await world.pass(SECOND)
    askForUnknown(world, 1, index)
  })

async function spendBudget(world: World, index: number): Promise<void> {
  for (let time = 0; time < 2 * world.setting.policy.burst; time += 1) {
    askForUnknown(world, 2, index)
    await world.pass(50)
  }
}

const refresh = command('re-checks are asked for', (world) => world.refresh())

const purge = command('the URLs answer, re-checks are asked for, and no removed key works', async (world) => {
  world.recover()
  world.refresh()
  await world.pass(30 * SECOND)
  await askForRemovedKeys(world)
})

const ensure = command('the application is ready', (world) => world.ensure())

const restart = command('the process starts anew', (world) => world.restart())

const close = command('the application closes while keys are asked for, and starts anew', async (world) => {
  for (const kid of world.kids) world.ask(kid, 0)
  await world.pass(1)
  await world.close()
  for (const kid of world.kids) world.ask(kid, 1)
  await world.pass(SECOND)
  world.refresh()
  world.ensure()
  await world.restart()
})

const pass = ({ text, of }: Span) => command(`${text} pass`, (world) => world.pass(of(world.setting.policy)))

const freeze = (length: Span, fate: Fate, removed: number) =>
  command(`the process stands still for ${length.text}, what is asked is ${fate}`, (world) =>
    freezeNow(world, length, fate, removed),
  )

const freezeUnderWay = (number: number, index: number, ms: number, length: Span, fate: Fate) =>
  command(
    `key ${number} is asked for at URL ${index}, is removed ${ms} ms later in a freeze of ${length.text}, and is ${fate}`,
    async (world) => {
      world.ask(kidOf(world, number), index)
      await world.pass(ms)
      await freezeNow(world, length, fate, number)
    },
  )

/** A key is removed on half of the way. */
async function freezeNow(world: World, { of }: Span, fate: Fate, removed: number): Promise<void> {
  const ms = toFreeze(of(world.setting.policy))
  await world.freeze(ms, fate, () => {
    for (const { document } of world.urls) {
      if (document.size > 1) document.remove(kidOf(world, removed), world.clock.now() - ms / 2)
    }
  })
}

/** No freeze is of a length of which one cannot tell whether it is a gap. */
const toFreeze = (ms: number): number =>
  ms > LONGEST_HICCUP_MS && ms < SHORTEST_GAP_MS ? SHORTEST_GAP_MS : ms

const breakStore = (fault: StoreFault) =>
  command(`fault of the store: ${fault}`, (world) => {
    world.store.fault = fault
  })

const freezeOnLoad = ({ text, of }: Span) =>
  command(`the process will stand still for ${text} while a stored set is checked`, (world) => {
    world.freezeOnLoadMs = toFreeze(of(world.setting.policy))
  })

const STORED = {
  'the published set': (world: World, index: number) => [...documentOf(world, index).read()],
  'what all keys were': (world: World, index: number) =>
    world.kids.flatMap((kid): [string, Material][] => {
      const former = documentOf(world, index).formerKeyOf(kid)
      return former === undefined ? [] : [[kid, former]]
    }),
  'two keys of one id': (world: World) =>
    [1, 2, 3].map((number): [string, Material] => [kidOf(world, Math.floor(number / 2)), materialOf(number)]),
  'unusable keys alone': (world: World) => [[kidOf(world, 0), materialOf(-1)] as const],
  'no keys': () => [],
} as const satisfies Record<string, (world: World, index: number) => (readonly [string, Material])[]>

const store = (what: keyof typeof STORED, index: number, { text, of }: Span, isAhead: boolean) =>
  command(`the store of URL ${index} has ${what}, of ${text} ${isAhead ? 'ahead' : 'ago'}`, async (world) => {
    const ms = of(world.setting.policy)
    const askedAt = world.clock.now() - (isAhead ? -ms : ms)
    const { href } = world.urlOf(index)
    world.store.put({ url: href, askedAt, document: toDocument(STORED[what](world, index)) })
    await world.restart()
  })

const storeNonsense = (index: number, kind: 'another URL' | 'no JSON' | 'no time') =>
  command(`the store of URL ${index} has a set of ${kind}`, async (world) => {
    const { href } = world.urlOf(index)
    const document = toDocument(documentOf(world, index).read())
    const good = { url: href, askedAt: world.clock.now(), document }
    if (kind === 'another URL') world.store.put({ ...good, url: 'https://other.example' }, href)
    if (kind === 'no JSON') world.store.put({ ...good, document: document.slice(1) })
    if (kind === 'no time') world.store.put({ ...good, askedAt: Number.NaN })
    await world.restart()
  })

const recover = command('the URLs answer, and a minute later every published key works', async (world) => {
  world.recover()
  await world.pass(MINUTE + 30 * SECOND)
  for (const [index, { document }] of world.urls.entries()) {
    for (const kid of world.kids) {
      if (!document.hasHad(kid, world.clock.now())) continue
      const heard = world.ask(kid, index)
      await world.pass(PATIENCE_MS + PATIENCE_AFTER_GAP_MS)
      if (heard.outcome !== 'found') throw new Breach(`${kid} does not work again: ${heard.outcome}`)
    }
  }
})

const idle = command('the process idles, and after it no removed key works', async (world) => {
  world.recover()
  // What was under way may still fail.
  await world.pass(30 * SECOND)
  await world.pass(askFirstMs(world.setting.policy) + 1)
  await askForRemovedKeys(world)
})

/** The model hears whether they work. */
async function askForRemovedKeys(world: World): Promise<void> {
  for (const kid of world.kids) {
    if (world.urls.some(({ document }) => document.keyOf(kid))) continue
    for (const index of world.urls.keys()) world.ask(kid, index)
    await world.pass(100)
  }
}

/** More requests than there is room for: first while the set is asked for, then while it must not be asked for. */
export async function crowd(world: World): Promise<void> {
  world.recover()
  await world.pass(MINUTE + 30 * SECOND)
  world.ensure()
  await world.pass(100)
  for (const one of world.urls) one.mode = 'is slow'
  askForUnknown(world, ROOM + 50, 0)
  await world.pass(1)
  world.recover()
  await world.pass(MINUTE)
  await spendBudget(world, 0)
  askForUnknown(world, ROOM + 50, 0)
  await world.pass(1)
  // Later there is room again.
  await world.pass(2 * MINUTE)
  await spendBudget(world, 0)
  await world.pass(1)
}

const times = fc.integer({ min: 2, max: 30 })

/** Any course of events. */
export const courses = fc.commands<object, World, true>(
  [
    url.map(publish),
    fc.tuple(key, url).map((given) => remove(...given)),
    fc.tuple(key, url).map((given) => change(...given)),
    fc.tuple(key, url).map((given) => bringBack(...given)),
    fc.tuple(key, url).map((given) => spoil(...given)),
    fc.tuple(key, key, url, fc.constantFrom('goes', 'stays', 'is swapped')).map((given) => rename(...given)),
    fc.tuple(url, fc.constantFrom(...MODES)).map((given) => behave(...given)),
    fc.constantFrom(...MODES).map(fail),
    fc.tuple(key, url).map((given) => ask(...given)),
    fc.tuple(fc.integer({ min: 1, max: 40 }), url).map((given) => flood(...given)),
    fc.tuple(times, fc.integer({ min: 1, max: 200 }), url, fc.boolean()).map((given) => storm(...given)),
    fc.tuple(fc.integer({ min: 2, max: 8 }), span).map((given) => traffic(...given)),
    url.map(stumble),
    fc.constantFrom(refresh, purge, ensure, restart, close),
    span.map(pass),
    fc.tuple(span, fate, key).map((given) => freeze(...given)),
    fc.tuple(key, url, fc.integer({ min: 1, max: 30 }), span, fate).map((given) => freezeUnderWay(...given)),
    fc.constantFrom(...STORE_FAULTS).map(breakStore),
    span.map(freezeOnLoad),
    fc
      .tuple(fc.constantFrom(...(Object.keys(STORED) as (keyof typeof STORED)[])), url, span, fc.boolean())
      .map((given) => store(...given)),
    fc
      .tuple(url, fc.constantFrom('another URL', 'no JSON', 'no time'))
      .map((given) => storeNonsense(...given)),
    fc.constantFrom(recover, idle),
  ],
  { maxCommands: 40, size: '+1' },
)
