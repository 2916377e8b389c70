// What is the time of a fresh token spent on? A CPU profile of the guard, by function.
import { Session } from 'node:inspector/promises'
import { basename } from 'node:path'
import { answer } from '../answer.mjs'
import { FRESH, Tokens } from '../tokens.mjs'
import { createGuard } from './own.mjs'

const PASSES = 5
const INTERVAL = 100
const TOP = 15

/** The cache holds fewer tokens than a pass has: all are fresh. */
function pass(guard, tokens) {
  for (let index = 0; index < FRESH; index += 1) {
    if (!guard.run(guard.prepare(tokens.fresh(index)))) throw new Error('a good token is refused')
  }
}

/** Self time by function, as a share of all. */
function summarize({ nodes, samples, timeDeltas }) {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
  const times = new Map()
  samples.forEach((id, index) => {
    const name = names.get(id)
    times.set(name, (times.get(name) ?? 0) + timeDeltas[index])
  })
  const total = timeDeltas.reduce((sum, delta) => sum + delta, 0)
  return [...times]
    .map(([name, time]) => ({ name, share: time / total }))
    .sort((one, other) => other.share - one.share)
    .slice(0, TOP)
}

function nameOf({ functionName, url, lineNumber }) {
  const name = functionName || '(anonymous)'
  return url === '' ? name : `${name}  ${basename(url)}:${lineNumber + 1}`
}

answer({
  async profile({ pool, tokenFile }) {
    const tokens = new Tokens(tokenFile)
    const guard = await createGuard({ pools: { eu: pool.options } }, 'eu', tokens.repeated(0))
    pass(guard, tokens)
    const session = new Session()
    session.connect()
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: INTERVAL })
    await session.post('Profiler.start')
    const start = process.hrtime.bigint()
    for (let count = 0; count < PASSES; count += 1) pass(guard, tokens)
    const microseconds = Number(process.hrtime.bigint() - start) / 1000 / (PASSES * FRESH)
    const { profile } = await session.post('Profiler.stop')
    return { functions: summarize(profile), microseconds }
  },
})
