/**
 * What can happen to a key ring, as commands of fast-check.
 * @module
 */
import fc from 'fast-check'
import { Breach, REFRESH_MS, WAIT_MS } from './policy-model.js'
import { MODES, URLS, type World } from './world.js'

type Command = fc.AsyncCommand<object, World, true>

const SECOND = 1000
const HOUR = 3_600_000

const command = (name: string, run: (world: World) => void | Promise<void>): Command => ({
  check: async () => true,
  async run(_nothing, world) {
    await run(world)
    // What was begun is seen before the next command.
    await world.pass(0)
  },
  toString: () => name,
})

const url = fc.nat({ max: URLS.length - 1 })
/** A key by its number, counted round. */
const key = fc.nat({ max: 20 })
const milliseconds = fc.oneof(
  fc.integer({ min: 1, max: 100 }),
  fc.integer({ min: 100, max: 3 * SECOND }),
  fc.integer({ min: 3 * SECOND, max: 60 * SECOND }),
  fc.integer({ min: REFRESH_MS / 2, max: 3 * REFRESH_MS }),
  fc.integer({ min: HOUR, max: 25 * HOUR }),
)

const pick = ({ kids }: World, number: number) => kids[number % kids.length] as string

const pass = (ms: number) => command(`${ms} ms pass`, (world) => world.pass(ms))

const behave = (index: number, mode: (typeof MODES)[number]) =>
  command(`URL ${index} ${mode}`, (world) => world.setMode(URLS[index] as string, mode))

const publish = command('a key is published', (world) => world.publish())

const remove = (number: number) =>
  command(`key ${number} is removed`, (world) => void world.published.delete(pick(world, number)))

const change = (number: number) =>
  command(`key ${number} changes`, (world) => {
    const kid = pick(world, number)
    if (world.published.has(kid)) world.change(kid)
  })

const ask = (number: number, index: number) =>
  command(`key ${number} is asked for at URL ${index}`, (world) => void world.ask(pick(world, number), index))

const flood = (kids: number, index: number) =>
  command(`${kids} unknown keys are asked for at URL ${index}`, (world) => {
    for (let number = 0; number < kids; number += 1) {
      world.ask(`unknown-${world.clock.now()}-${number}`, index)
    }
  })

const traffic = (steps: number, ms: number) =>
  command(`all keys are asked for ${steps} times, every ${ms} ms`, async (world) => {
    for (let step = 0; step < steps; step += 1) {
      for (const kid of world.kids) world.ask(kid, 0)
      await world.pass(ms)
    }
  })

const refresh = command('re-checks are asked for', (world) => void world.refresh())

const purge = command('the URLs answer, re-checks are asked for, and no removed key works', async (world) => {
  world.recover()
  const refreshed = world.refresh()
  await world.pass(2 * WAIT_MS)
  if (!(await refreshed)) return
  for (const kid of world.kids) {
    const outcome = world.published.has(kid) ? '' : await hear(world, kid)
    if (outcome === 'found') throw new Breach(`${kid} works although removed`)
  }
})

async function hear(world: World, kid: string): Promise<string> {
  const heard = world.ask(kid, 0)
  await world.pass(100)
  return heard.outcome
}

const recover = command('the URLs recover, and a minute later every published key works', async (world) => {
  world.recover()
  await world.pass(60 * SECOND)
  for (const kid of world.published.keys()) {
    if ((await hear(world, kid)) !== 'found') throw new Breach(`${kid} does not work again`)
  }
})

const idle = command('the process idles, and after it no removed key works', async (world) => {
  world.recover()
  // What was under way may still fail.
  await world.pass(WAIT_MS)
  await world.pass(2 * REFRESH_MS + 1)
  for (const kid of world.kids) {
    const outcome = await hear(world, kid)
    if (!world.published.has(kid) && outcome === 'found') throw new Breach(`${kid} works although removed`)
  }
})

/** Any course of events. */
export const courses = fc.commands<object, World, true>(
  [
    milliseconds.map(pass),
    fc.tuple(url, fc.constantFrom(...MODES)).map(([index, mode]) => behave(index, mode)),
    fc.constant(publish),
    key.map(remove),
    key.map(change),
    fc.tuple(key, url).map(([number, index]) => ask(number, index)),
    fc.tuple(fc.integer({ min: 1, max: 80 }), url).map(([kids, index]) => flood(kids, index)),
    fc.tuple(fc.integer({ min: 2, max: 8 }), milliseconds).map(([steps, ms]) => traffic(steps, ms)),
    fc.constant(refresh),
    fc.constant(purge),
    fc.constant(recover),
    fc.constant(idle),
  ],
  { maxCommands: 40, size: '+1' },
)
