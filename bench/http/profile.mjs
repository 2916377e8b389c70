// What is the time of a guarded request spent on? A CPU profile of a server for each workload.
import { LOAD_CORE, SERVER_CORE, startChild } from '../children.mjs'
import { OURS } from '../variants/index.mjs'
import { workloads } from './workloads.mjs'

/** Seconds of the server's processor time, before a profile and of it. */
const WARM_UP = 3
const SECONDS = 2

/**
 * @param {{ pool: import('../issuer.mjs').Pool, tokenFile: string }} world
 * @param {(text: string) => void} say
 */
export async function profileHttp(world, say) {
  const generator = await startChild('http/load.mjs', { core: LOAD_CORE })
  await generator.ask('open', world)
  const profiles = []
  for (const [workload, { title }] of Object.entries(workloads)) {
    say(`http: ${title}`)
    profiles.push({ title, ...(await profileWorkload(generator, workload, world.pool)) })
  }
  await generator.stop()
  return profiles
}

async function profileWorkload(generator, workload, pool) {
  const child = await startChild('http/server.mjs', { core: SERVER_CORE })
  const server = await child.ask('start', { variant: OURS, pool })
  await generator.ask('run', { server, workload, seconds: WARM_UP })
  await child.ask('startProfile')
  const { perCoreSecond } = await generator.ask('run', { server, workload, seconds: SECONDS })
  const functions = await child.ask('stopProfile')
  await child.stop()
  return { functions, microseconds: 1e6 / perCoreSecond }
}
