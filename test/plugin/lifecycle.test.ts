/**
 * Nothing of the plugin outlives its application, however often one is made and closed.
 * @module
 */
import { queryObjects } from 'node:v8'
import Fastify from 'fastify'
import t from 'tap'
import cognito from '../../src/index.js'
import { startIssuer } from '../support/app.js'
import { exposeGarbageCollector } from '../support/garbage.js'

const WARM_UP = 50
const CYCLES = 300
/** A test looks this often for objects that are gone, and for connections that are closed, every 100 ms. */
const LONGEST_TURNS = { objects: 20, resources: 400 }

const { eu } = await startIssuer(t)
const token = eu.accessToken()
const collect = exposeGarbageCollector()
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const countResources = () => process.getActiveResourcesInfo().length

async function cycle(times: number): Promise<void> {
  for (let index = 0; index < times; index += 1) {
    const app = Fastify()
    app.register(cognito, { pools: { eu: eu.options() } })
    await app.ready()
    // Some have asked for a key.
    if (index % 100 === 0) await app.cognito.verify(token)
    await app.close()
  }
}

/** Counts the objects that are reachable, with functions, arrays and maps. */
function countObjects(): number {
  collect()
  return Number(queryObjects(Object))
}

/** Looks until it is so. What never is so is for the test to say. */
async function until(isSo: () => boolean, longestTurns: number): Promise<void> {
  for (let turn = 0; turn < longestTurns && !isSo(); turn += 1) await pause(100)
}

// Bytes would tell less: the code that Node compiles and drops meanwhile has more of them than a small leak. One object in two
// applications is more than everything else that stays.
t.test('300 applications are registered and closed, and leave nothing', async (t) => {
  const idle = countResources()
  await cycle(WARM_UP)
  await pause(100)
  const before = countObjects()
  await cycle(CYCLES)
  const grown = () => countObjects() - before
  await until(() => grown() < CYCLES / 2, LONGEST_TURNS.objects)
  t.ok(grown() < CYCLES / 2, `${grown()} objects`)
  // The connections of Node's own fetch stay open for some seconds.
  await until(() => countResources() <= idle, LONGEST_TURNS.resources)
  t.ok(countResources() <= idle, `${countResources()} resources, ${idle} before`)
})
