// Which functions took the time? A CPU profile of this process, by self time.
import { Session } from 'node:inspector/promises'
import { basename } from 'node:path'

/** Microseconds between two samples. */
const INTERVAL = 100
const TOP = 15

/** @returns {Promise<{ stop: () => Promise<{ name: string, share: number }[]> }>} */
export async function startProfile() {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL })
  await session.post('Profiler.start')
  return {
    async stop() {
      const { profile } = await session.post('Profiler.stop')
      session.disconnect()
      return summarize(profile)
    },
  }
}

/** Self time by function, as a share of all; of the time that the process had nothing to do, none. */
function summarize({ nodes, samples, timeDeltas }) {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
  const times = new Map()
  samples.forEach((id, index) => {
    const name = names.get(id)
    times.set(name, (times.get(name) ?? 0) + timeDeltas[index])
  })
  times.delete('(idle)')
  const total = [...times.values()].reduce((sum, time) => sum + time, 0)
  return [...times]
    .map(([name, time]) => ({ name, share: time / total }))
    .sort((one, other) => other.share - one.share)
    .slice(0, TOP)
}

function nameOf({ functionName, url, lineNumber }) {
  const name = functionName || '(anonymous)'
  return url === '' ? name : `${name}  ${basename(url)}:${lineNumber + 1}`
}
