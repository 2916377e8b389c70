// How much time has passed, for a process that is watched, for this one, and on the wall?
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'

const canWatch = existsSync('/proc/self/schedstat')

/** @param {number} pid */
export function readClocks(pid) {
  const wall = performance.now() / 1000
  const { user, system } = process.cpuUsage()
  return { wall, own: (user + system) / 1e6, server: canWatch ? processorSeconds(pid) : wall }
}

/** Of all threads. */
function processorSeconds(pid) {
  const folder = `/proc/${pid}/task`
  let nanoseconds = 0
  for (const thread of readdirSync(folder)) {
    const [running] = readFileSync(`${folder}/${thread}/schedstat`, 'latin1').split(' ')
    nanoseconds += Number(running)
  }
  return nanoseconds / 1e9
}
