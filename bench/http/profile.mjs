// What is the time of a guarded request spent on? A CPU profile of the server for each workload.
import { LOAD_CORE, SERVER_CORE, startChild } from '../children.mjs'
import { OURS } from '../variants/index.mjs'
import { workloads } from './workloads.mjs'

/** Seconds of the server's processor time, before a profile and of it. */
const SECONDS = 2

/**
 * @param {{ pool: import('../issuer.mjs').Pool, tokenFile: string }} world
 * @param {(text: string) => void} say
 */
export async function profileHttp(world, say) {
  const generator = await startChild('http/load.mjs', { core: LOAD_CORE })
  await generator.ask('open', world)
  const server = await startChild('http/server.mjs', { core: SERVER_CORE })
  const { pid, port } = await server.ask('start', { variant: OURS, pool: world.pool })
  const profiles = []
  for (const [workload, { title }] of Object.entries(workloads)) {
    say(`http: ${title}`)
    const order = { server: { pid, port }, workload, seconds: SECONDS }
    await generator.ask('run', order)
    await server.ask('startProfile')
    const { perCoreSecond } = await generator.ask('run', order)
    profiles.push({ title, functions: await server.ask('stopProfile'), microseconds: 1e6 / perCoreSecond })
  }
  await server.stop()
  await generator.stop()
  return profiles
}
