// How many requests does a guarded route answer? A few servers are measured side by side, in turns of a fraction of a
// second and in an order that chance decides, so that whatever slows the machine slows them alike. Each workload of a round
// has fresh servers: two processes of one program may differ by a tenth for as long as they live.
import { LOAD_CORE, SERVER_CORE, startChild } from '../children.mjs'
import { shuffle } from '../statistics.mjs'
import { ONLY_READS, UNGUARDED } from '../variants/index.mjs'
import { Book } from './book.mjs'
import { workloads } from './workloads.mjs'

/**
 * What is measured side by side. Seconds are those of a server's processor time.
 *
 * @typedef {object} Heat
 * @property {string[]} variants
 * @property {string[]} workloads - names
 * @property {number} rounds
 * @property {number} turns - of each server
 * @property {number} seconds - a turn
 * @property {number} warmUp - seconds before the first turn; V8 compiles for most of two, on threads that count as well
 */

/**
 * @param {Heat[]} heats
 * @param {{ pool: import('../issuer.mjs').Pool, tokenFile: string }} world
 * @param {(text: string) => void} say
 */
export async function measureHttp(heats, world, say) {
  const generator = await startChild('http/load.mjs', { core: LOAD_CORE })
  await generator.ask('open', world)
  const book = new Book()
  for (const [at, heat] of heats.entries()) {
    for (let round = 1; round <= heat.rounds; round += 1) {
      say(`http: heat ${at + 1} of ${heats.length}, round ${round} of ${heat.rounds}`)
      await runRound({ generator, heat, book }, world.pool)
    }
  }
  await generator.stop()
  return book
}

/** Servers of one workload know nothing of another: what it would leave in their memory is not measured with it. */
async function runRound(bench, pool) {
  const { heat, book } = bench
  for (const workload of heat.workloads) {
    const names = heat.variants.filter((name) => !book.isFaulty(name, workload))
    const servers = await startServers(shuffle(names), pool, book)
    await warmUp(bench, servers, workload)
    await measureWorkload(bench, servers, workload)
    await Promise.all(servers.map(({ child }) => child.stop()))
  }
}

async function startServers(names, pool, book) {
  const servers = []
  for (const name of names) {
    const child = await startChild('http/server.mjs', { core: SERVER_CORE })
    try {
      servers.push({ name, child, ...(await child.ask('start', { variant: name, pool })) })
    } catch (error) {
      book.addFault(name, firstLine(error))
      await child.stop()
    }
  }
  return servers
}

async function warmUp(bench, servers, workload) {
  for (const server of servers) await attempt(bench, server, workload, bench.heat.warmUp)
}

async function measureWorkload(bench, servers, workload) {
  const { heat, book } = bench
  for (let turn = 0; turn < heat.turns; turn += 1) {
    book.turn()
    for (const server of shuffle(servers)) {
      const run = await attempt(bench, server, workload, heat.seconds)
      if (run !== undefined) book.add(server.name, workload, run)
    }
  }
}

/** @returns {Promise<import('./tally.mjs').Run | undefined>} nothing of a variant that failed, now or before */
async function attempt({ generator, book }, { name, pid, port }, workload, seconds) {
  if (book.isFaulty(name, workload)) return undefined
  try {
    const run = await generator.ask('run', { server: { pid, port }, workload, seconds })
    if (isAsExpected(run.statuses, name, workload)) return run
    book.addFault(name, `answered ${JSON.stringify(run.statuses)}`, workload)
  } catch (error) {
    book.addFault(name, firstLine(error), workload)
  }
  return undefined
}

const firstLine = ({ message }) => message.split('\n')[0]

/** What lets junk pass or refuses good tokens is not wired the way it has to be. */
function isAsExpected(statuses, variant, workload) {
  const { 200: passed = 0, 401: refused = 0, ...others } = statuses
  const expected = expectedRefusals(variant, workload)
  return Object.keys(others).length === 0 && Math.abs(refused / (passed + refused) - expected) < 0.05
}

function expectedRefusals(variant, workload) {
  const isBlind = variant === UNGUARDED || (variant === ONLY_READS && workload !== 'missing')
  return isBlind ? 0 : workloads[workload].refused
}
