/**
 * Nothing of the plugin outlives its application, however often one is made and closed.
 * @module
 */
import Fastify from 'fastify'
import t from 'tap'
import cognito from '../../src/index.js'
import { startIssuer } from '../support/app.js'
import { exposeGarbageCollector } from '../support/garbage.js'

const WARM_UP = 500
const CYCLES = 10_000

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
  collect()
}

t.test('10,000 applications are registered and closed, and leave nothing', async (t) => {
  const idle = countResources()
  await cycle(WARM_UP)
  const before = process.memoryUsage().heapUsed
  await cycle(CYCLES)
  const grown = (process.memoryUsage().heapUsed - before) / CYCLES
  t.ok(grown < 200, `${Math.round(grown)} bytes an application`)
  // The connections of Node's own fetch stay open for some seconds.
  for (let index = 0; index < 100 && countResources() > idle; index += 1) await pause(100)
  t.ok(countResources() <= idle, `${countResources()} resources, ${idle} before`)
})
