/**
 * Nothing of the plugin outlives its application, however often one is made and closed.
 * @module
 */
import Fastify from 'fastify'
import t from 'tap'
import cognito from '../src/index.js'
import { startIssuer } from './support/app.js'
import { exposeGarbageCollector } from './support/garbage.js'

const WARM_UP = 500
const CYCLES = 10_000

const { eu } = await startIssuer(t)
const collect = exposeGarbageCollector()
const countResources = () => process.getActiveResourcesInfo().length

async function cycle(times: number): Promise<void> {
  for (let index = 0; index < times; index += 1) {
    const app = Fastify()
    app.register(cognito, { pools: { eu: eu.options() } })
    await app.ready()
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
  t.ok(grown < 500, `${Math.round(grown)} bytes an application`)
  t.ok(countResources() <= idle, `${countResources()} resources, ${idle} before`)
})
