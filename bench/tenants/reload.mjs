// What does a reading of 10,000 tenants cost, and how long does it hold the event loop?
import { readFileSync } from 'node:fs'
import { answer } from '../answer.mjs'
import { median } from '../statistics.mjs'
import { createApp } from './app.mjs'
import { makeRows } from './rows.mjs'

const ROUNDS = 12

/** Nanoseconds that this thread has had the processor for. */
const SPENT = `/proc/self/task/${process.pid}/schedstat`

/** Milliseconds of the processor on Linux, so that other processes of the machine do not count; else milliseconds. */
function readClock() {
  if (process.platform !== 'linux') return performance.now()
  // The call brings the figure in the file up to date.
  process.cpuUsage()
  return Number.parseInt(readFileSync(SPENT, 'latin1'), 10) / 1e6
}

/** Milliseconds of a task, and the longest stretch in which nobody else had a turn meanwhile. */
async function watch(task) {
  let isOver = false
  let longest = 0
  const start = performance.now()
  const watching = (async () => {
    let before = readClock()
    while (!isOver) {
      await new Promise((resolve) => setImmediate(resolve))
      const now = readClock()
      longest = Math.max(longest, now - before)
      before = now
    }
  })()
  await task()
  const ms = performance.now() - start
  isOver = true
  await watching
  return { ms, longest }
}

/** Several rounds: `prepare` makes the rows that `load` returns, outside of the clock. */
async function repeat(app, prepare) {
  const seen = []
  for (let round = 0; round < ROUNDS; round += 1) {
    await prepare(round)
    globalThis.gc()
    seen.push(await watch(() => app.cognito.tenants.reload()))
  }
  return {
    ms: median(seen.map(({ ms }) => ms)),
    longest: median(seen.map(({ longest }) => longest)),
    worst: Math.max(...seen.map(({ longest }) => longest)),
  }
}

answer({
  async measure({ count }) {
    let rows = []
    const app = await createApp(() => rows)
    const set = (from, clientId = 'client') => {
      rows = makeRows(from, count, clientId)
    }
    const first = await repeat(app, async () => {
      rows = []
      await app.cognito.tenants.reload()
      set(0)
    })
    const results = {
      'first list': first,
      'unchanged list': await repeat(app, () => set(0)),
      'every client changed': await repeat(app, (round) => set(0, `client${round}`)),
      'every tenant replaced': await repeat(app, (round) => set((round + 1) * count)),
      // The rows of a disputed pool are many: each tenant is listed twice.
      'every row disputed': await repeat(app, () => {
        rows = [...makeRows(0, count / 2, 'client'), ...makeRows(0, count / 2, 'client')]
      }),
    }
    // What the machine itself does to a loop that nobody holds.
    const idle = () =>
      watch(() => new Promise((resolve) => setTimeout(resolve, results['unchanged list'].ms)))
    const seen = []
    for (let round = 0; round < ROUNDS; round += 1) seen.push(await idle())
    results['nothing at all'] = {
      ms: median(seen.map(({ ms }) => ms)),
      longest: median(seen.map(({ longest }) => longest)),
      worst: Math.max(...seen.map(({ longest }) => longest)),
    }
    return results
  },
})
